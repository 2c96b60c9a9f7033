//! Telling an authority that somebody it knows was refused something: once an hour of a kind, so that whoever tries again and
//! again is no work for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{App, trace};
use crate::domain::audit::Trace;
use crate::domain::id::{OrganizationId, UserId};
use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::object::denials::SILENCE_MS;
use crate::organization::protocol::Command as OrganizationCommand;
use crate::session::protocol::Command;

/// How many kinds an isolate remembers.
const KINDS_MAX: usize = 1_024;

/// What was told lately: who was refused what, and when.
pub(super) struct Told(Mutex<LruCache<Kind, Timestamp>>);

/// Who, the code, the route.
type Kind = (Denied, &'static str, String);

impl Default for Told {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl Told {
    fn kinds(&self) -> MutexGuard<'_, LruCache<Kind, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a kind was not told lately. It counts as told from now on.
    fn is_new(&self, kind: &Kind, now: Timestamp) -> bool {
        let mut kinds = self.kinds();
        // One that was told later than now was told before the clock was set back.
        let is_recent = |told: &Timestamp| *told <= now && now.millis_since(*told) < SILENCE_MS;
        if kinds.get(kind).is_some_and(is_recent) {
            return false;
        }
        if kinds.len() >= KINDS_MAX {
            kinds.pop_lru();
        }
        kinds.push(kind.clone(), now);
        true
    }

    fn forget(&self, kind: &Kind) {
        self.kinds().pop(kind);
    }
}

/// Who was refused something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Denied {
    /// Whoever has presented this key, which its session may know.
    Key {
        /// Where the session is.
        session: Locator,
        /// The hash of the key, at every pepper version.
        hashes: Vec<KeyHash>,
    },
    /// A user who is signed in, and may be a member.
    User {
        /// Who.
        user_id: UserId,
        /// The organization that was to be acted in.
        organization_id: OrganizationId,
    },
}

/// What is to be written down about it.
pub struct Denial {
    pub(super) who: Denied,
    pub(super) code: &'static str,
    pub(super) route: String,
    pub(super) trace: Option<Arc<Trace>>,
}

impl Denial {
    /// A denial of the request whose future runs.
    #[must_use]
    pub fn new(who: Denied, code: &'static str, route: String) -> Self {
        Self { who, code, route, trace: trace::current() }
    }
}

impl App {
    /// What a key that is presented is known by, if it is one of ours.
    pub fn denied_key(&self, presented: &str) -> Option<Denied> {
        let secret = self.recognised(presented)?;
        Some(Denied::Key { session: secret.locator(), hashes: secret.hashes(self.keyring()) })
    }

    /// Tells the authority. What comes of it is only for the log of the operator: the caller has its answer.
    pub(super) async fn note_denial(&self, denial: Denial) {
        let Denial { who, code, route, trace } = denial;
        let kind = (who.clone(), code, route.clone());
        if !self.denials.is_new(&kind, self.now()) {
            return;
        }
        let code = code.to_owned();
        let telling = async {
            match who {
                Denied::Key { session, hashes } => {
                    self.session(session, Command::NoteDenial { hashes, code, route }).await.map(drop)
                }
                Denied::User { user_id, organization_id } => {
                    let command = OrganizationCommand::NoteDenial { user_id, code, route };
                    self.organization(organization_id.locator(), command).await.map(drop)
                }
            }
        };
        let told = match trace {
            Some(trace) => trace::within(trace, telling).await,
            None => telling.await,
        };
        if let Err(error) = told {
            self.denials.forget(&kind);
            let line = serde_json::json!({ "level": "warn", "event": "denial not noted", "cause": error.to_string() });
            self.world.log.line(&line.to_string());
        }
    }
}
