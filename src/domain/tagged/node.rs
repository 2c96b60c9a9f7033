//! Any JSON value, and the one way of reading types from it.
//!
//! Small rather than clever: an error says which member, not what was expected; only what is asked for is tried, so a
//! type that is read from an object has no code for being read from a list.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// A value. Texts without escapes are borrowed from what is read.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the kinds of JSON")]
pub enum Node<'de> {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'de, str>),
    List(Vec<Node<'de>>),
    Object(Vec<(Cow<'de, str>, Node<'de>)>),
}

/// A value is not what a type is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit(&'static str);

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for Misfit {}

impl Error for Misfit {
    #[inline]
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("a value is out of place")
    }

    #[inline]
    fn missing_field(field: &'static str) -> Self {
        Self(field)
    }

    // Said in few words, so that none of those that serde would say is in the worker.

    #[inline]
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        MISFIT
    }

    #[inline]
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        MISFIT
    }

    #[inline]
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        MISFIT
    }

    #[inline]
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        MISFIT
    }

    #[inline]
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        MISFIT
    }

    #[inline]
    fn duplicate_field(field: &'static str) -> Self {
        Self(field)
    }
}

const MISFIT: Misfit = Misfit("a value is of another kind");

impl<'de> Node<'de> {
    /// The value as an enum whose variant stands in a member.
    pub fn tagged(self) -> Tagged<'de> {
        Tagged(self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Signed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = access.next_element()? {
            list.push(element);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = access.next_key()? {
            let Node::Text(name) = name else { return Err(A::Error::custom("a name is no text")) };
            members.push((name, access.next_value()?));
        }
        Ok(Node::Object(members))
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

fn text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, Misfit> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

/// Of what is read from these, nothing else is tried.
macro_rules! exactly {
    ($($method:ident($($type:ty),*) $pattern:pat => $visit:ident($($value:expr),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Misfit> {
            match self {
                $pattern => visitor.$visit($($value),*),
                _ => Err(MISFIT),
            }
        })*
    };
}

macro_rules! number {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match self {
                Self::Unsigned(number) => visitor.visit_u64(number),
                Self::Signed(number) => visitor.visit_i64(number),
                Self::Float(number) => visitor.visit_f64(number),
                _ => Err(MISFIT),
            }
        })*
    };
}

macro_rules! string {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match self {
                Self::Text(value) => text(value, visitor),
                _ => Err(MISFIT),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Boolean(value) => visitor.visit_bool(value),
            Self::Unsigned(_) | Self::Signed(_) | Self::Float(_) => self.deserialize_f64(visitor),
            Self::Text(value) => text(value, visitor),
            Self::List(list) => visitor.visit_seq(Elements(list.into_iter())),
            Self::Object(members) => visitor.visit_map(Members::new(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_enum(Variant::of(self)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64
    }

    string! { deserialize_char deserialize_str deserialize_string deserialize_identifier }

    exactly! {
        deserialize_bool() Self::Boolean(value) => visit_bool(value);
        deserialize_unit() Self::Null => visit_unit();
        deserialize_unit_struct(&'static str) Self::Null => visit_unit();
        deserialize_seq() Self::List(list) => visit_seq(Elements(list.into_iter()));
        deserialize_tuple(usize) Self::List(list) => visit_seq(Elements(list.into_iter()));
        deserialize_tuple_struct(&'static str, usize) Self::List(list) => visit_seq(Elements(list.into_iter()));
        deserialize_map() Self::Object(members) => visit_map(Members::new(members));
        deserialize_struct(&'static str, &'static [&'static str]) Self::Object(members) =>
            visit_map(Members::new(members));
    }

    forward_to_deserialize_any! { bytes byte_buf }
}

struct Elements<'de>(std::vec::IntoIter<Node<'de>>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        self.0.next().map(|element| seed.deserialize(element)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members<'de> {
    left: std::vec::IntoIter<(Cow<'de, str>, Node<'de>)>,
    value: Node<'de>,
}

impl<'de> Members<'de> {
    fn new(members: Vec<(Cow<'de, str>, Node<'de>)>) -> Self {
        Self { left: members.into_iter(), value: Node::Null }
    }

    fn next(&mut self) -> Option<Node<'de>> {
        let (name, value) = self.left.next()?;
        self.value = value;
        Some(Node::Text(name))
    }

    fn value(&mut self) -> Node<'de> {
        std::mem::replace(&mut self.value, Node::Null)
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.next().map(|name| seed.deserialize(name)).transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self.value())
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// A value that is read as an enum, by the name of its member of that name.
#[derive(Debug)]
pub struct Tagged<'de>(Node<'de>);

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Misfit> {
        Err(MISFIT)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_enum(Variant::tagged(name, self.0)?)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The name of a variant, and what there is in it.
struct Variant<'de> {
    name: Node<'de>,
    content: Node<'de>,
}

impl<'de> Variant<'de> {
    /// As serde writes an enum: its name, or an object with its name.
    fn of(node: Node<'de>) -> Result<Self, Misfit> {
        if matches!(node, Node::Text(_)) {
            return Ok(Self { name: node, content: Node::Null });
        }
        let Node::Object(mut members) = node else { return Err(MISFIT) };
        match (members.pop(), members.is_empty()) {
            (Some((name, content)), true) => Ok(Self { name: Node::Text(name), content }),
            _ => Err(MISFIT),
        }
    }

    /// As an enum is written that is tagged by the member `tag`.
    fn tagged(tag: &'static str, node: Node<'de>) -> Result<Self, Misfit> {
        let Node::Object(mut members) = node else { return Err(MISFIT) };
        let at = members.iter().position(|(name, _)| name == tag).ok_or(Misfit(tag))?;
        let (_, name) = members.remove(at);
        Ok(Self { name, content: Node::Object(members) })
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Misfit;
    type Variant = Node<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Node<'de>), Misfit> {
        Ok((seed.deserialize(self.name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Node<'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }
}
