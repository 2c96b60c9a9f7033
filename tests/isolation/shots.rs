//! Requests, and what they are answered, without what belongs to the one request alone.

use serde_json::Value;

use crate::callers::Caller;
use crate::examples;
use crate::party::Party;
use crate::places::{Kind, Place, Route, Spot};
use crate::support::contract::CONTRACT;
use crate::support::people::{Timeless, timeless};
use crate::support::*;

/// A request that can be sent by anybody.
#[derive(Debug, Clone)]
pub struct Shot {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Value,
    pub headers: Vec<(String, String)>,
}

impl Shot {
    /// A request of an operation about what belongs to this party.
    pub fn at(route: &Route, party: &Party) -> Self {
        let mut path = route.template.replace("{kind}", "traffic_spike");
        for Place { spot, kind } in &route.places {
            if let Spot::Path(name) = spot {
                path = path.replace(&format!("{{{name}}}"), &party.ids[kind]);
            }
        }
        let query = match route.template.as_str() {
            // What is said of a key, said in header fields as well.
            "/v1/whoami" => vec![("identity".to_owned(), "headers".to_owned())],
            path if path.ends_with("/unused") => vec![("days".to_owned(), "1".to_owned())],
            _ => Vec::new(),
        };
        let body = examples::body(route, party);
        Self { method: route.method.clone(), path, query, body, headers: Vec::new() }
    }

    /// The same with something else in a place of it.
    pub fn with(&self, place: &Place, value: &str, route: &Route) -> Self {
        let mut shot = self.clone();
        match &place.spot {
            Spot::Path(name) => {
                // Segment by segment: two ids may be alike.
                let segments = route.template.split('/').zip(shot.path.split('/'));
                let changed =
                    segments.map(|(template, ours)| if template == format!("{{{name}}}") { value } else { ours });
                shot.path = changed.collect::<Vec<_>>().join("/");
            }
            Spot::Query(name) => shot.query.push((name.clone(), value.to_owned())),
            Spot::Body(pointer) => {
                examples::put(&mut shot.body, pointer, value.into());
            }
        }
        shot
    }

    /// Sends it; request and answer must be such as the description shows.
    pub fn send(&self, house: &House, caller: &Caller) -> Response {
        let response = self.sent(house, caller);
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        CONTRACT.check(&self.method, &self.target(), &body, &response);
        response
    }

    /// Sends it, whatever it is.
    pub fn sent(&self, house: &House, caller: &Caller) -> Response {
        let bearer = format!("Bearer {}", caller.credential);
        let mut headers = vec![("cf-connecting-ip", "192.0.2.1")];
        if !caller.credential.is_empty() {
            headers.push(("authorization", &bearer));
        }
        if !self.body.is_null() {
            headers.push(("content-type", "application/json"));
        }
        headers.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        house.run(house.sent(&self.method, &self.target(), &headers, &body))
    }

    /// Path and query.
    pub fn target(&self) -> String {
        let encoded = |text: &str| text.replace('%', "%25").replace(' ', "%20").replace('@', "%40");
        let pairs: Vec<_> = self.query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if pairs.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, pairs.join("&")) }
    }
}

/// Status, headers and body without the request's id, the name of a verification, how fresh it is, and what was sent. The
/// first of several verifications of a key asks its session; the others may be answered out of what that one has leased.
pub fn masked(response: &Response, sent: &[String]) -> Timeless {
    let (status, mut headers, mut body) = timeless(response);
    // With it goes how long the answer is.
    let is_fresh = body.contains("\"freshness\":{");
    headers.retain(|(name, _)| name != "server-timing" && !(is_fresh && name == "content-length"));
    for (field, ends) in
        [("\"verificationId\":\"ver_", ['}', ',']), ("\"freshness\":{", ['}', '}']), ("\"asOf\":\"", ['}', ','])]
    {
        while let Some(at) = body.find(field) {
            let end = at + body[at..].find(ends).unwrap();
            body.replace_range(at..end, "");
        }
    }
    for value in sent {
        body = body.replace(value.as_str(), "·");
        headers.iter_mut().for_each(|(_, text)| *text = text.replace(value.as_str(), "·"));
    }
    (status, headers, body)
}

/// What a response of ours must never say: any id or text of the other party but what was sent.
pub fn foreign_words(response: &Response, theirs: &Party, sent: &str) -> Vec<String> {
    let mut text = String::from_utf8_lossy(&response.body).into_owned();
    for (name, value) in &response.headers {
        text.push_str(&format!("\n{name}: {}", value.to_str().unwrap_or_default()));
    }
    let mut words: Vec<String> = theirs.all.iter().filter(|id| !sent.contains(id.as_str())).cloned().collect();
    words.push(theirs.name.to_owned());
    words.retain(|word| text.contains(word.as_str()) && !sent.contains(word.as_str()));
    words
}

/// Everything that was sent, as one text.
pub fn sent(shot: &Shot) -> String {
    format!("{} {:?} {} {:?}", shot.path, shot.query, shot.body, shot.headers)
}

/// A well-formed id that no deployment has made: its tag is wrong.
pub fn altered(id: &str) -> String {
    let middle = id.len() - 2;
    let letter = if id[middle..].starts_with('a') { "b" } else { "a" };
    format!("{}{letter}{}", &id[..middle], &id[middle + 1..])
}

/// Whether ids of this kind go away for good: what is deleted of it is answered to its owner as what never was.
pub fn goes_away(kind: Kind) -> bool {
    matches!(kind, Kind::User | Kind::SignIn | Kind::Endpoint | Kind::GatewayRoute | Kind::Domain)
}
