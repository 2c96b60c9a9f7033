//! The DNS of the tests: a resolver that knows a zone, and how somebody proves a domain.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dns::base::iana::{Class, Rcode};
use dns::base::record::Ttl;
use dns::base::{Message, MessageBuilder};
use dns::dep::octseq::Array;
use dns::rdata::Txt;
use serde_json::{Value, json};

use super::house::House;
use super::people::text;

/// What is asked of the resolver begins so.
const RESOLVER: &str = "https://cloudflare-dns.com/dns-query?dns=";

/// A resolver over HTTPS.
#[derive(Default)]
pub struct FakeResolver {
    /// The texts under each name.
    pub zone: Mutex<HashMap<String, Vec<String>>>,
    /// Whether it has no answer (SERVFAIL).
    pub failing: AtomicBool,
    /// The names that it was asked for.
    pub asked: Mutex<Vec<String>>,
}

impl FakeResolver {
    /// The answer to what is asked by this URL, if it is asked at all.
    pub fn answer(&self, url: &str) -> Option<Vec<u8>> {
        let message = URL_SAFE_NO_PAD.decode(url.strip_prefix(RESOLVER)?).unwrap();
        let message = Message::from_octets(&message[..]).unwrap();
        let question = message.sole_question().unwrap();
        let name = question.qname().to_string();
        self.asked.lock().unwrap().push(name.clone());
        let found = self.zone.lock().unwrap().get(&name).cloned();
        let rcode = match &found {
            _ if self.failing.load(Ordering::Relaxed) => Rcode::SERVFAIL,
            None => Rcode::NXDOMAIN,
            Some(_) => Rcode::NOERROR,
        };
        let mut answer =
            MessageBuilder::from_target(Array::<4_096>::new()).unwrap().start_answer(&message, rcode).unwrap();
        for text in found.unwrap_or_default() {
            let data = Txt::from_octets([&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()).unwrap();
            answer.push((question.qname(), Class::IN, Ttl::from_secs(60), data)).unwrap();
        }
        Some(answer.finish().as_ref().to_vec())
    }
}

impl House {
    /// Puts the proof of a domain into the DNS.
    pub fn publish(&self, domain: &Value) {
        let record = &domain["record"];
        let mut zone = self.web.resolver.zone.lock().unwrap();
        zone.entry(text(record, "name")).or_default().push(text(record, "value"));
    }

    /// Takes all texts below a domain out of the DNS.
    pub fn unpublish(&self, name: &str) {
        self.web.resolver.zone.lock().unwrap().remove(&format!("_latchkey.{name}"));
    }

    /// Proves a domain, as whoever has the credential; `extra` are further fields. Answers its id.
    pub fn own_with(&self, secret: &str, name: &str, extra: &Value) -> String {
        let mut body = json!({ "domain": name });
        body.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap_or_default());
        let created = self.call(secret, "POST", "/v1/domains", &body);
        assert_eq!(created.status, 201, "{created:?}");
        self.publish(&created.json());
        let id = text(&created.json(), "id");
        let verified = self.call(secret, "POST", &format!("/v1/domains/{id}/verify"), &Value::Null);
        assert_eq!((verified.status, verified.json()["status"].as_str()), (200, Some("verified")), "{verified:?}");
        id
    }

    /// The same, with nothing beside it.
    pub fn own(&self, secret: &str, name: &str) -> String {
        self.own_with(secret, name, &Value::Null)
    }
}
