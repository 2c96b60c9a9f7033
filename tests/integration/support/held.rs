//! What owners hold: keys with their plaintext, organizations as they were founded.

use latchkey::app::Error;
use latchkey::domain::api_key::ApiKey;
use latchkey::domain::id::{ApiKeyId, SessionId};
use latchkey::domain::organization::Organization;
use latchkey::domain::plan::Plan;
use latchkey::ports::Address;

use super::house::House;
use super::words::name;

/// A key with its plaintext, as its owner holds it.
#[derive(Debug, Clone)]
pub struct Held {
    pub key: ApiKey,
    pub text: String,
}

impl Held {
    /// The id of the key.
    pub fn id(&self) -> &ApiKeyId {
        &self.key.id
    }

    /// The object that owns the key.
    pub fn authority(&self) -> Address {
        Address::Session(self.key.session_id.locator())
    }
}

/// An organization as its founder holds it.
#[derive(Debug, Clone)]
pub struct Home {
    pub organization: Organization,
    pub session_id: SessionId,
    /// The first key: production default session, full access.
    pub secret: String,
    pub key_id: ApiKeyId,
    pub settled: bool,
}

impl Home {
    /// The organization's object.
    pub fn address(&self) -> Address {
        Address::Organization(self.organization.id.locator())
    }

    /// The object of its production default session.
    pub fn session_address(&self) -> Address {
        Address::Session(self.session_id.locator())
    }
}

impl House {
    /// Founds an organization.
    pub fn found(&self, label: &str) -> Home {
        self.try_found(label, None).unwrap()
    }

    /// Founds an organization on a plan.
    pub fn found_on(&self, label: &str, plan: Plan) -> Home {
        self.try_found(label, Some(plan)).unwrap()
    }

    /// Founds an organization, or not.
    pub fn try_found(&self, label: &str, plan: Option<Plan>) -> Result<Home, Error> {
        let outcome = self.run(self.app.found_organization(name(label), plan))?;
        let founded = outcome.reply;
        Ok(Home {
            session_id: founded.organization.default_session_id.clone(),
            organization: founded.organization,
            secret: founded.secret.expose().to_owned(),
            key_id: founded.key.id,
            settled: outcome.settled,
        })
    }
}
