//! Enums that say in a member of their own object what they are: `{"command": "revoke_key", …}`.
//!
//! serde's `tag` writes the same, but reads by way of a general value of its own: everything below such an enum is
//! compiled once more for it, which was a third of the worker. Here there is one way of reading, a [`Node`], and
//! whatever can be read from it is compiled once. The name of the enum is the name of the member.

pub mod node;

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer};

pub use node::{Misfit, Node};

/// Makes an enum with `#[serde(remote = "Self", rename = "member")]` one that is tagged by this member.
macro_rules! tagged {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, $crate::domain::tagged::Tagging::new(serializer))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let node = <$crate::domain::tagged::Node as serde::Deserialize>::deserialize(deserializer)?;
                Self::deserialize(node.tagged()).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use tagged;

/// Writes an enum as its variant's members after the tag.
pub struct Tagging<S> {
    inner: S,
    /// Member and value, once they are known.
    tag: Option<(&'static str, &'static str)>,
}

impl<S: Serializer> Tagging<S> {
    /// In front of the serializer that is to write the object.
    pub fn new(inner: S) -> Self {
        Self { inner, tag: None }
    }

    fn unfit<T>() -> Result<T, S::Error> {
        Err(S::Error::custom("has no members to be tagged among"))
    }
}

/// The members of a variant.
pub struct Members<S>(S);

impl<S: SerializeStruct> SerializeStructVariant for Members<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_field(key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
        self.0.skip_field(key)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// What is neither an enum nor has members.
macro_rules! unfit {
    ($($method:ident($($type:ty),*) $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, S::Error> {
            Self::unfit()
        })*
    };
}

impl<S: Serializer> Serializer for Tagging<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = S::SerializeMap;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Members<S::SerializeStruct>;

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        let mut object = self.inner.serialize_struct(name, 1)?;
        object.serialize_field(name, variant)?;
        object.end()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(Self { tag: Some((name, variant)), ..self })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        Self { tag: Some((name, variant)), ..self }.serialize_struct(name, len).map(Members)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<S::SerializeStruct, S::Error> {
        let Some((member, variant)) = self.tag else { return Self::unfit() };
        let mut object = self.inner.serialize_struct(name, len.saturating_add(1))?;
        object.serialize_field(member, variant)?;
        Ok(object)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<S::SerializeMap, S::Error> {
        let Some((member, variant)) = self.tag else { return Self::unfit() };
        let mut object = self.inner.serialize_map(len.map(|len| len.saturating_add(1)))?;
        object.serialize_entry(member, variant)?;
        Ok(object)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<S::Ok, S::Error> {
        Self::unfit()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<S::Ok, S::Error> {
        Self::unfit()
    }

    unfit! {
        serialize_bool(bool) S::Ok;
        serialize_i8(i8) S::Ok;
        serialize_i16(i16) S::Ok;
        serialize_i32(i32) S::Ok;
        serialize_i64(i64) S::Ok;
        serialize_u8(u8) S::Ok;
        serialize_u16(u16) S::Ok;
        serialize_u32(u32) S::Ok;
        serialize_u64(u64) S::Ok;
        serialize_f32(f32) S::Ok;
        serialize_f64(f64) S::Ok;
        serialize_char(char) S::Ok;
        serialize_str(&str) S::Ok;
        serialize_bytes(&[u8]) S::Ok;
        serialize_none() S::Ok;
        serialize_unit() S::Ok;
        serialize_unit_struct(&'static str) S::Ok;
        serialize_seq(Option<usize>) Self::SerializeSeq;
        serialize_tuple(usize) Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) Self::SerializeTupleVariant;
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, from_str, from_value, json, to_string};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(remote = "Self", rename = "kind", rename_all = "snake_case")]
    enum Shape {
        Nothing,
        Circle {
            radius: f64,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            name: Option<String>,
        },
        Line(Box<Line>),
        Inside {
            shapes: Vec<Shape>,
            either: Result<u8, Line>,
        },
    }
    tagged!(Shape);

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Line {
        from: i64,
        to: u64,
        #[serde(flatten)]
        style: Style,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Style {
        dashed: bool,
    }

    /// As serde writes and reads it.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Usual {
        Nothing,
        Circle { radius: f64 },
        Line(Line),
    }

    fn line() -> Line {
        Line { from: -3, to: u64::MAX, style: Style { dashed: true } }
    }

    fn shapes() -> Vec<Shape> {
        let circle = |name: Option<&str>| Shape::Circle { radius: 0.1, name: name.map(str::to_owned) };
        let inside = Shape::Inside { shapes: vec![Shape::Nothing, circle(Some("ä\n"))], either: Err(line()) };
        vec![Shape::Nothing, circle(None), circle(Some("o")), Shape::Line(Box::new(line())), inside]
    }

    #[test]
    fn what_is_written_is_read_again_from_a_text_and_from_a_value() {
        for shape in shapes() {
            let text = to_string(&shape).unwrap();
            assert_eq!(from_str::<Shape>(&text).unwrap(), shape, "{text}");
            let value: Value = from_str(&text).unwrap();
            assert_eq!(from_value::<Shape>(value).unwrap(), shape, "{text}");
        }
    }

    #[test]
    fn it_is_written_and_read_as_serde_does_it() {
        let usual = [Usual::Nothing, Usual::Circle { radius: 0.1 }, Usual::Line(line())];
        let ours = [Shape::Nothing, Shape::Circle { radius: 0.1, name: None }, Shape::Line(Box::new(line()))];
        for (usual, ours) in usual.iter().zip(&ours) {
            assert_eq!(to_string(ours).unwrap(), to_string(usual).unwrap());
        }
        assert_eq!(
            to_string(&ours).unwrap(),
            r#"[{"kind":"nothing"},{"kind":"circle","radius":0.1},{"kind":"line","from":-3,"to":18446744073709551615,"dashed":true}]"#
        );
    }

    #[test]
    fn the_tag_may_stand_anywhere_and_what_is_unknown_is_left_aside() {
        let read = from_str::<Shape>(r#"{"later":[{"x":null}],"radius":2,"kind":"circle"}"#).unwrap();
        assert_eq!(read, Shape::Circle { radius: 2.0, name: None });
        assert_eq!(from_str::<Shape>(r#"{"kind":"nothing","later":1}"#).unwrap(), Shape::Nothing);
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        for value in [
            json!(null),
            json!("nothing"),
            json!([]),
            json!({}),
            json!({ "kind": 1 }),
            json!({ "kind": "square" }),
            json!({ "kind": "circle" }),
            json!({ "kind": "circle", "radius": "1" }),
            json!({ "kind": "circle", "radius": null }),
            json!({ "kind": "circle", "radius": 1, "name": 1 }),
            json!({ "kind": "line", "from": 1.5, "to": 1, "dashed": true }),
            json!({ "kind": "line", "from": 1, "to": -1, "dashed": true }),
            json!({ "kind": "line", "from": 1, "to": 1 }),
            json!({ "kind": "inside", "shapes": {}, "either": { "Ok": 1 } }),
            json!({ "kind": "inside", "shapes": [], "either": { "Ok": 256 } }),
            json!({ "kind": "inside", "shapes": [], "either": { "Ok": 1, "Err": 1 } }),
            json!({ "kind": "inside", "shapes": [1], "either": { "Ok": 1 } }),
        ] {
            let error = from_value::<Shape>(value.clone()).unwrap_err();
            assert!(!error.to_string().is_empty(), "{value}");
        }
    }

    #[test]
    fn what_has_no_members_cannot_be_tagged() {
        #[derive(Serialize, Deserialize)]
        #[serde(remote = "Self", rename = "kind")]
        enum Odd {
            Number(u8),
            Pair(u8, u8),
        }
        tagged!(Odd);
        assert!(to_string(&Odd::Number(1)).is_err() && to_string(&Odd::Pair(1, 2)).is_err());
    }
}
