//! One request, as the description says that it may be.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Uri};
use serde_json::Value;

use super::node::Node;
use super::odd::percent;
use super::random::Random;
use super::schema::{make, resolved, text};
use super::support::OPERATOR_TOKEN;
use super::town::{GITHUB_KEY, Town};

/// What the description says of a method of a path.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) described: &'static Value,
}

/// A request before it is one.
pub(crate) struct Draft {
    pub(crate) method: String,
    /// Pieces between slashes.
    pub(crate) path: Vec<String>,
    /// Names and values, percent-encoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) node: Option<Node>,
    pub(crate) body: Vec<u8>,
}

impl Operation {
    /// Whether it may take away what everything else depends on.
    fn is_final(&self) -> bool {
        let ends = ["/suspend", "/transfer", "/logout", "/password", "/revoke", "/rotate"];
        self.method == "DELETE" || ends.iter().any(|end| self.path.ends_with(end))
    }

    /// How often it is sent: passwords are made to be slow.
    pub(crate) fn weight(&self) -> usize {
        let slow = ["/auth/login", "/auth/register", "/auth/password", "/auth/totp"];
        if self.path != "/auth/totp/confirm" && slow.iter().any(|slow| self.path.starts_with(slow)) { 1 } else { 8 }
    }

    /// A request that may well be right.
    pub(crate) fn draft(&self, town: &Town, random: &mut Random) -> Draft {
        let parameters = || self.described["parameters"].as_array().into_iter().flatten();
        let mut draft = Draft {
            method: self.method.clone(),
            path: self.path.split('/').skip(1).map(str::to_owned).collect(),
            query: Vec::new(),
            headers: vec![("cf-connecting-ip", b"192.0.2.1".to_vec())],
            node: None,
            body: Vec::new(),
        };
        for parameter in parameters() {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    let id = self.place(town, random, name, schema);
                    let hole = format!("{{{name}}}");
                    draft.path.iter_mut().filter(|piece| **piece == hole).for_each(|piece| piece.clone_from(&id));
                }
                "query" if random.percent(25) => {
                    let value = plain(&make(town, random, schema, name));
                    draft.query.push((name.to_owned(), percent(&value)));
                }
                "header" if random.percent(30) => {
                    let value = if name == "Prefer" {
                        "respond-async".to_owned()
                    } else {
                        text(town, random, resolved(schema), name)
                    };
                    let name = if name == "Prefer" { "prefer" } else { "idempotency-key" };
                    draft.headers.push((name, value.into_bytes()));
                }
                _ => {}
            }
        }
        let schema = &self.described["requestBody"]["content"]["application/json"]["schema"];
        if !schema.is_null() && (self.described["requestBody"]["required"] == true || random.percent(50)) {
            draft.headers.push(("content-type", b"application/json".to_vec()));
            draft.node = Some(make(town, random, schema, ""));
        }
        draft.headers.extend(self.credential(town, random));
        draft
    }

    /// What stands in a hole of the path.
    fn place(&self, town: &Town, random: &mut Random, name: &str, schema: &Value) -> String {
        let spare = self.is_final() || random.percent(10);
        match name {
            "organizationId" if self.path == "/organizations/{organizationId}" && spare => {
                town.spare.organization.clone()
            }
            "organizationId" => town.owner.organization.clone(),
            "id" if self.path.starts_with("/operator") && !spare => town.root_organization.clone(),
            _ => {
                let value = plain(&make(town, random, schema, name));
                let own = [&town.root_organization, &town.owner.user_id, &town.owner.organization];
                if spare && own.contains(&&value) { town.spare.organization.clone() } else { value }
            }
        }
    }

    /// Who sends it.
    fn credential(&self, town: &Town, random: &mut Random) -> Vec<(&'static str, Vec<u8>)> {
        let bearer = |token: &str| ("authorization", format!("Bearer {token}").into_bytes());
        let schemes = self.described["security"].as_array();
        let scheme = schemes.and_then(|all| all.first()?.as_object()?.keys().next().map(String::as_str));
        let is_risky = self.path.starts_with("/auth") && self.method != "GET";
        let person = if is_risky || random.percent(5) { &town.spare } else { &town.owner };
        match scheme {
            None if self.path == "/v1/leaks/github" => {
                vec![("github-public-key-identifier", GITHUB_KEY.as_bytes().to_vec())]
            }
            None => Vec::new(),
            Some("operator") => vec![bearer(OPERATOR_TOKEN)],
            Some("accessToken") if random.percent(80) => vec![bearer(&person.token)],
            Some("accessToken") => vec![
                ("cookie", format!("__Host-latchkey={}", person.token).into_bytes()),
                ("host", b"latchkey.test".to_vec()),
                ("origin", b"https://latchkey.test".to_vec()),
                ("x-requested-with", b"fetch".to_vec()),
            ],
            Some(_) => {
                let other = !town.secrets.is_empty() && (random.percent(6) || self.path == "/v1/whoami");
                let key = if other { random.pick(&town.secrets) } else { &town.root };
                if random.percent(75) { vec![bearer(key)] } else { vec![("x-api-key", key.clone().into_bytes())] }
            }
        }
    }
}

/// A value outside of JSON.
fn plain(node: &Node) -> String {
    let mut text = String::new();
    node.write(&mut text);
    match serde_json::from_str(&text) {
        Ok(Value::String(text)) => text,
        _ => text,
    }
}

impl Draft {
    /// The body of what is not spoilt as bytes.
    pub(crate) fn settle(&mut self) {
        if let Some(node) = self.node.take() {
            let mut text = String::new();
            node.write(&mut text);
            self.body = text.into_bytes();
        }
    }

    /// Signs the body where a body has to be signed.
    pub(crate) fn sign(&mut self, town: &Town) {
        if self.headers.iter().any(|(name, _)| *name == "github-public-key-identifier") {
            self.headers.push(("github-public-key-signature", town.signature(&self.body).into_bytes()));
        }
    }

    pub(crate) fn target(&self) -> String {
        let mut target: String = self.path.iter().map(|piece| format!("/{piece}")).collect();
        for (at, (name, value)) in self.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(name);
            target.push('=');
            target.push_str(value);
        }
        target
    }

    /// The request, unless no library would let it through.
    pub(crate) fn finish(&self) -> Option<Request<Body>> {
        let uri: Uri = self.target().parse().ok()?;
        let method = Method::from_bytes(self.method.as_bytes()).ok()?;
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(*name, HeaderValue::from_bytes(value).ok()?);
        }
        request.body(Body::from(self.body.clone())).ok()
    }

    /// The request as whoever repeats it needs it.
    pub(crate) fn shown(&self) -> String {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))).collect();
        let body: String = String::from_utf8_lossy(&self.body).chars().take(1_500).collect();
        let target: String = self.target().chars().take(600).collect();
        format!("{} {target}\n  {headers:?}\n  {body}", self.method)
    }
}
