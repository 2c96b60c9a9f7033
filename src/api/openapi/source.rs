//! Reads the code of this room: which routes there are, what their handlers say of themselves, and the fields of
//! the answers. What is read cannot disagree with what is built.
#![allow(clippy::wildcard_enum_match_arm, reason = "a look at a little of what Rust can say")]

use std::collections::BTreeMap;

use syn::{Expr, Fields, GenericArgument, Item, Lit, Meta, PathArguments, ReturnType, Type};

use crate::api::mount::{KEYS, MEMBERS};

/// The files that hold handlers, the fields they read, and the bodies of answers, by module.
pub(super) const FILES: &[(&str, &str)] = &[
    ("audit_export", include_str!("../audit_export.rs")),
    ("alert_rules", include_str!("../alert_rules.rs")),
    ("alerts", include_str!("../alerts.rs")),
    ("auth", include_str!("../auth.rs")),
    ("export", include_str!("../export.rs")),
    ("invitations", include_str!("../invitations.rs")),
    ("key_body", include_str!("../key_body.rs")),
    ("key_requests", include_str!("../key_requests.rs")),
    ("keys", include_str!("../keys.rs")),
    ("limit_body", include_str!("../limit_body.rs")),
    ("limits", include_str!("../fields/limits.rs")),
    ("members", include_str!("../members.rs")),
    ("meta", include_str!("../meta.rs")),
    ("operator", include_str!("../operator.rs")),
    ("operator_users", include_str!("../operator_users.rs")),
    ("organization", include_str!("../organization.rs")),
    ("organizations", include_str!("../organizations.rs")),
    ("outcome_body", include_str!("../outcome_body.rs")),
    ("bulk", include_str!("../bulk.rs")),
    ("leaks", include_str!("../leaks.rs")),
    ("imports", include_str!("../imports.rs")),
    ("evidence", include_str!("../evidence.rs")),
    ("outcomes", include_str!("../outcomes.rs")),
    ("pages", include_str!("../pages.rs")),
    ("passwords", include_str!("../passwords.rs")),
    ("people_body", include_str!("../people_body.rs")),
    ("session_keys", include_str!("../session_keys.rs")),
    ("sessions", include_str!("../sessions.rs")),
    ("sign_ins", include_str!("../sign_ins.rs")),
    ("totp", include_str!("../totp.rs")),
    ("upkeep", include_str!("../upkeep.rs")),
    ("usage", include_str!("../usage.rs")),
    ("verification", include_str!("../verification.rs")),
    ("domain_body", include_str!("../domain_body.rs")),
    ("domains", include_str!("../domains.rs")),
    ("gateway_body", include_str!("../gateway_body.rs")),
    ("gateway_routes", include_str!("../gateway_routes.rs")),
    ("webhook_body", include_str!("../webhook_body.rs")),
    ("webhooks", include_str!("../webhooks.rs")),
    ("check", include_str!("../../domain/verification.rs")),
];

/// The code, read once.
pub(super) struct Source {
    /// Handlers by `module::name`.
    pub(super) handlers: BTreeMap<String, Handler>,
    /// Structs by name.
    pub(super) structs: BTreeMap<String, Struct>,
}

/// What a handler says in its signature and its comment.
pub(super) struct Handler {
    /// The first sentences of its comment.
    pub(super) doc: String,
    /// The types it extracts.
    pub(super) takes: Vec<Type>,
    /// What it answers inside `Reply<…>`, unless it writes the response itself.
    pub(super) answers: Option<Type>,
}

/// A struct that is written as JSON.
pub(super) struct Struct {
    /// Its comment.
    pub(super) doc: String,
    /// Its fields in order.
    pub(super) fields: Vec<Field>,
}

/// A member of an answer.
pub(super) struct Field {
    /// Its name in Rust.
    pub(super) name: String,
    /// Its comment.
    pub(super) doc: String,
    /// Its type.
    pub(super) r#type: Type,
    /// Whether its own members stand in its place.
    pub(super) flattened: bool,
    /// Whether it may be left out.
    pub(super) skippable: bool,
}

/// One row of the router: method, path, `module::handler`.
pub(super) type Route = (String, String, String);

impl Source {
    /// Reads the files.
    pub(super) fn read() -> Self {
        let mut source = Self { handlers: BTreeMap::new(), structs: BTreeMap::new() };
        for (module, text) in FILES {
            for item in syn::parse_file(text).unwrap().items {
                match item {
                    Item::Fn(function) if function.sig.asyncness.is_some() => {
                        let handler = Handler::read(&function);
                        source.handlers.insert(format!("{module}::{}", function.sig.ident), handler);
                    }
                    Item::Struct(item) => {
                        source.structs.insert(item.ident.to_string(), Struct::read(item));
                    }
                    _ => {}
                }
            }
        }
        source
    }
}

impl Handler {
    fn read(function: &syn::ItemFn) -> Self {
        let takes = function.sig.inputs.iter().filter_map(|input| match input {
            syn::FnArg::Typed(input) => Some((*input.ty).clone()),
            syn::FnArg::Receiver(_) => None,
        });
        let returned = if let ReturnType::Type(_, r#type) = &function.sig.output { Some(&**r#type) } else { None };
        let answers = returned.and_then(|result| argument(result, "Result")).and_then(|reply| argument(reply, "Reply"));
        Self { doc: doc(&function.attrs), takes: takes.collect(), answers: answers.cloned() }
    }

    /// Whether it extracts this type, or that type for something.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.takes.iter().any(|r#type| named(r#type).0 == name)
    }

    /// The argument of a generic type that it extracts.
    pub(super) fn takes_for(&self, name: &str) -> Option<String> {
        self.takes.iter().find_map(|r#type| argument(r#type, name)).map(|inner| named(inner).0)
    }
}

impl Struct {
    fn read(item: syn::ItemStruct) -> Self {
        let fields = if let Fields::Named(fields) = item.fields { fields.named } else { Default::default() };
        let serde = |field: &syn::Field, word: &str| {
            field.attrs.iter().any(|attribute| match &attribute.meta {
                Meta::List(list) => list.path.is_ident("serde") && list.tokens.to_string().contains(word),
                _ => false,
            })
        };
        let fields = fields.into_iter().map(|field| Field {
            name: field.ident.as_ref().unwrap().to_string().trim_start_matches("r#").to_owned(),
            doc: doc(&field.attrs),
            flattened: serde(&field, "flatten"),
            skippable: serde(&field, "skip_serializing_if"),
            r#type: field.ty,
        });
        Self { doc: doc(&item.attrs), fields: fields.collect() }
    }
}

/// The routes in their order, from the text of the router: `.route("/path", get(module::handler).post(…))`, on one line
/// or several. What stands `below` a mount is there twice.
pub(super) fn routes() -> Vec<Route> {
    let text = include_str!("../../api.rs");
    let mut routes = Vec::new();
    for call in text.split(".route(").skip(1).filter(|call| !call.starts_with("\"/panic")) {
        let (path, methods) = until_closed(call).split_once(',').unwrap();
        for path in paths(path.trim()) {
            for method in methods.split(')').filter(|method| method.contains("::")) {
                let (method, handler) = method.trim().trim_start_matches('.').split_once('(').unwrap();
                routes.push((method.to_owned(), path.clone(), handler.to_owned()));
            }
        }
    }
    routes
}

/// The arguments of a call, up to the parenthesis that ends it.
fn until_closed(call: &str) -> &str {
    let mut depth = 1;
    let end = call.find(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth == 0
    });
    &call[..end.unwrap()]
}

fn paths(written: &str) -> Vec<String> {
    let text = written.split('"').nth(1).unwrap();
    if written.starts_with("&below(") {
        [KEYS, MEMBERS].map(|at| format!("{at}{text}")).into()
    } else {
        vec![text.to_owned()]
    }
}

/// The same handler's path for keys, if this is a path for members.
pub(super) fn twin(routes: &[Route], (method, path, handler): &Route) -> Option<String> {
    let same = |(other, twin, by): &&Route| other == method && by == handler && twin.starts_with(KEYS);
    routes.iter().find(same).map(|(_, twin, _)| twin.clone()).filter(|_| path.starts_with(MEMBERS))
}

/// The words of an enum whose variants are renamed one by one.
pub(super) fn words(text: &str, name: &str) -> Vec<String> {
    let items = syn::parse_file(text).unwrap().items;
    let variants = items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item.variants),
        _ => None,
    });
    let renamed = |variant: syn::Variant| {
        let lists = variant.attrs.iter().filter_map(|attribute| attribute.meta.require_list().ok());
        let tokens = lists.map(|list| list.tokens.to_string()).find(|tokens| tokens.starts_with("rename"));
        tokens.unwrap().split('"').nth(1).unwrap().to_owned()
    };
    variants.unwrap().into_iter().map(renamed).collect()
}

/// The last name in a type, and its first argument.
pub(super) fn named(r#type: &Type) -> (String, Option<&Type>) {
    match r#type {
        Type::Reference(reference) => named(&reference.elem),
        Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            let first = match &last.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
                    GenericArgument::Type(r#type) => Some(r#type),
                    _ => None,
                }),
                _ => None,
            };
            (last.ident.to_string(), first)
        }
        _ => (String::new(), None),
    }
}

fn argument<'t>(r#type: &'t Type, name: &str) -> Option<&'t Type> {
    let (found, first) = named(r#type);
    first.filter(|_| found == name)
}

fn doc(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ")
}
