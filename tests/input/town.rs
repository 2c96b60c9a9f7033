//! Who lives behind the door while it is knocked at: an organization with keys, people, webhooks, domains; and everything
//! that answers have told so far, for requests that are right.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::{Value, json};

use super::random::Random;
use super::support::people::Someone;
use super::support::{House, webhooks};

/// As which key GitHub signs.
pub(crate) const GITHUB_KEY: &str = "k1";
const GITHUB_LIST: &str = "https://api.github.com/meta/public_keys/secret_scanning";
/// How many of each thing are remembered.
const KEPT: usize = 24;

pub(crate) struct Town {
    pub(crate) house: House,
    /// The first key of an organization without members.
    pub(crate) root: String,
    pub(crate) root_organization: String,
    /// Who is signed in.
    pub(crate) owner: Someone,
    /// Somebody whose account may come to harm.
    pub(crate) spare: Someone,
    /// A real key that is never used: it stands in fields, paths and headers where none belongs.
    pub(crate) bait: String,
    signing: SigningKey,
    ids: BTreeMap<String, Vec<String>>,
    pub(crate) cursors: Vec<String>,
    pub(crate) secrets: Vec<String>,
    pub(crate) tokens: Vec<String>,
}

impl Town {
    pub(crate) fn new() -> Self {
        let house = House::configured(&[
            ("LINK_HOOK_URL", "https://mail.example/hook"),
            ("LINK_HOOK_SECRET", "a secret of the tests, long enough"),
            ("DASHBOARD_URL", "https://keys.example"),
            ("LOG_REQUESTS", "all"),
        ]);
        let founded =
            house.operate("POST", "/operator/organizations", &json!({ "name": "Acme", "plan": plan() })).json();
        let root = founded["apiKey"]["key"].as_str().unwrap().to_owned();
        let root_organization = founded["organization"]["id"].as_str().unwrap().to_owned();
        let (owner, spare) = (house.register("owner"), house.register("spare"));
        let settings = json!({ "plan": plan() });
        house.operate("PATCH", &format!("/operator/organizations/{}", owner.organization), &settings);
        house.own(&root, "example.com");
        house.own(&owner.key, "example.com");
        let made = house.call(&root, "POST", "/v1/api_keys", &json!({ "name": "Bait" })).json();
        let bait = made["key"].as_str().unwrap().to_owned();
        let signing = listed(&house);
        let mut town = Self {
            house,
            root,
            root_organization,
            owner,
            spare,
            bait,
            signing,
            ids: BTreeMap::new(),
            cursors: Vec::new(),
            secrets: Vec::new(),
            tokens: Vec::new(),
        };
        let (root, owner) = (town.root.clone(), town.owner.clone());
        for secret in [&root, &owner.key] {
            for (path, body) in [
                ("/v1/api_keys", json!({ "name": "First" })),
                ("/v1/api_keys", json!({ "name": "Second", "environment": "staging" })),
                ("/v1/sessions", json!({ "name": "Customer" })),
                ("/v1/webhook_endpoints", json!({ "url": webhooks::URL })),
                ("/v1/gateway_routes", json!({ "path": "/a", "origin": "https://a.example.com" })),
            ] {
                let answer = town.house.call(secret, "POST", path, &body);
                town.learn(&answer.json());
            }
            let paths = ["/v1/domains", "/v1/sessions", "/v1/api_keys?limit=2", "/v1/audit_log?limit=2"];
            for path in paths {
                let answer = town.house.call(secret, "GET", path, &Value::Null);
                town.learn(&answer.json());
            }
        }
        let (helper, invitation) = (town.house.hire(&owner, "helper", "viewer"), town.house.invite(&owner, "viewer"));
        town.remember("usr", &helper.user_id);
        town.remember("inv", &invitation.0);
        town.tokens.push(helper.token);
        town.remember("org", &town.root_organization.clone());
        // Keys that the bait must not be found among.
        town.secrets.retain(|secret| *secret != town.bait);
        town
    }

    /// Somebody anew, if what was sent has ended the account.
    pub(crate) fn revive(&mut self, round: usize) {
        if self.house.call(&self.spare.token, "GET", "/auth/user", &Value::Null).status != 200 {
            self.spare = self.house.register(&format!("spare-{round}"));
        }
    }

    /// Ids, cursors, keys and tokens in an answer.
    pub(crate) fn learn(&mut self, answer: &Value) {
        match answer {
            Value::Array(elements) => elements.iter().for_each(|element| self.learn(element)),
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value.as_str()) {
                        ("nextCursor", Some(cursor)) => keep(&mut self.cursors, cursor),
                        ("key" | "secret", Some(secret)) if secret.starts_with("sk_") => {
                            keep(&mut self.secrets, secret);
                        }
                        ("accessToken" | "token", Some(token)) => keep(&mut self.tokens, token),
                        (_, Some(text)) => self.note(text),
                        _ => self.learn(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, text: &str) {
        let Some((prefix, rest)) = text.split_once('_') else { return };
        if prefix.len() == 3 && rest.len() >= 19 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.remember(prefix, text);
        }
    }

    fn remember(&mut self, prefix: &str, id: &str) {
        keep(self.ids.entry(prefix.to_owned()).or_default(), id);
    }

    /// An id of a kind, a made-up one if none is known.
    pub(crate) fn id(&self, random: &mut Random, prefix: &str) -> String {
        match self.ids.get(prefix) {
            Some(known) => random.pick(known).clone(),
            None => format!("{prefix}_{}", random.word(22)),
        }
    }

    /// One that there is.
    pub(crate) fn known(&self, prefix: &str) -> String {
        self.ids[prefix][0].clone()
    }

    /// What GitHub sends along with a body.
    pub(crate) fn signature(&self, body: &[u8]) -> String {
        STANDARD.encode(Signer::<DerSignature>::sign(&self.signing, body).as_bytes())
    }

    /// What may be in no answer at all: nothing of it is ever sent but where it belongs.
    pub(crate) fn credentials(&self) -> [&str; 4] {
        [&self.root, &self.owner.token, &self.spare.token, super::support::OPERATOR_TOKEN]
    }
}

/// One that refuses nothing for being asked often.
fn plan() -> Value {
    json!({ "name": "pro", "keysPerSession": 10_000, "requestsPerMinute": null })
}

fn keep(all: &mut Vec<String>, one: &str) {
    if !all.iter().any(|known| known == one) {
        if all.len() == KEPT {
            all.remove(KEPT / 2);
        }
        all.push(one.to_owned());
    }
}

/// Puts a key with which GitHub might sign on its list.
fn listed(house: &House) -> SigningKey {
    let signing = SigningKey::from_slice(&[7; 32]).unwrap();
    // SubjectPublicKeyInfo (RFC 5480): what says that it is a point on P-256, then the point.
    let mut der = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    der.extend(signing.verifying_key().to_sec1_point(false).as_bytes());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    let list = json!({ "public_keys": [{ "key_identifier": GITHUB_KEY, "key": pem, "is_current": true }] });
    house.web.pages.lock().unwrap().insert(GITHUB_LIST.to_owned(), list.to_string().into_bytes());
    signing
}
