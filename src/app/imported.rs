//! Verifying a key that an organization has brought from another system: for callers of that organization alone.
//!
//! Its text tells nothing: no checksum, no tag, no session. So it is looked for only if it begins as the organization has
//! declared; then a lease decides as for any key, else KV or the organization tells which session has it, and that session
//! decides. KV is nothing but a way here: what it says of the key is not believed, since nothing in the text that was
//! presented vouches for it.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{Either, select};
use lru::LruCache;

use super::call::unexpected;
use super::verification::{Verification, VerifyKey};
use super::verify::{Asking, TOMBSTONE_PATIENCE_MS};
use super::{App, Error};
use crate::domain::caller::Caller;
use crate::domain::consistency::Mode;
use crate::domain::id::{OrganizationId, VerificationId};
use crate::domain::imported_key::{ForeignPrefix, PLAINTEXT_CHARACTERS, digest};
use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;
use crate::hash_index;
use crate::organization::imports::protocol::{ImportCommand, ImportReply};
use crate::organization::protocol::{Command as OrganizationCommand, Reply as OrganizationReply};

/// For how long (ms) it is taken for granted that an organization has declared nothing else. What it has declared stays.
pub(crate) const PREFIXES_MS: i64 = 5_000;
/// Of how many organizations an isolate remembers it.
const ORGANIZATIONS_MAX: usize = 2_048;

/// How the keys of organizations begin that were brought along, as far as this isolate knows.
pub(super) struct Prefixes(Mutex<LruCache<OrganizationId, Known>>);

/// What it has declared, and when it was asked.
type Known = (Timestamp, Arc<[ForeignPrefix]>);

impl Default for Prefixes {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl Prefixes {
    /// Whether one of them is the beginning of this text; none if somebody has to be asked.
    fn declared(&self, organization: &OrganizationId, presented: &str, now: Timestamp) -> Option<bool> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked_at, prefixes) = known.get(organization)?;
        let begins = prefixes.iter().any(|prefix| presented.starts_with(prefix.as_str()));
        let is_fresh = *asked_at <= now && now.millis_since(*asked_at) < PREFIXES_MS;
        (begins || is_fresh).then_some(begins)
    }

    fn learn(&self, organization: OrganizationId, prefixes: Arc<[ForeignPrefix]>, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ORGANIZATIONS_MAX {
            known.pop_lru();
        }
        known.push(organization, (now, prefixes));
    }

    /// The organization has declared something: it is asked the next time.
    pub(super) fn forget(&self, organization: &OrganizationId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(organization);
    }
}

impl App {
    /// Verifies what is no key of ours by its text.
    pub(super) async fn verify_imported(
        &self,
        presented: &str,
        caller: &Caller,
        request: &VerifyKey,
        mut id: VerificationId,
    ) -> Result<Verification, Error> {
        let organization = &caller.organization_id;
        if presented.len() > *PLAINTEXT_CHARACTERS.end() || !self.is_declared(presented, organization).await? {
            return Ok(Verification::unknown(id, request.explain, self.now()));
        }
        let hashes = self.keyring().imported_hashes(organization.as_str(), &digest(presented));
        let Some(hash) = hashes.last().copied() else {
            return Err(Error::Failed("no pepper".to_owned()));
        };
        if let Some(decision) = self.decide_here(None, hash, Some(caller), request, &mut id) {
            return Ok(Verification::here(id, decision, self.now()));
        }
        let by_kv = if request.mode == Mode::Strict { None } else { self.route_in_kv(&hash).await };
        if let Some(locator) = by_kv {
            let verification = self.ask_at(locator, &hashes, hash, (caller, request, &id)).await?;
            if verification.code != Code::NotFound {
                return Ok(verification.of_its_key());
            }
        }
        match self.whereabouts(organization, &hashes).await? {
            // That session has said that it has no such key, or none that this caller sees.
            Some(locator) if by_kv != Some(locator) => {
                let verification = self.ask_at(locator, &hashes, hash, (caller, request, &id)).await?;
                Ok(verification.of_its_key())
            }
            _ => Ok(Verification::unknown(id, request.explain, self.now())),
        }
    }

    async fn ask_at(
        &self,
        locator: Locator,
        hashes: &[KeyHash],
        hash: KeyHash,
        (caller, request, id): (&Caller, &VerifyKey, &VerificationId),
    ) -> Result<Verification, Error> {
        let question = self.leases.lock().book.ask(self.now());
        let (hashes, id) = (hashes.to_vec(), id.clone());
        self.ask_alone(Asking { locator, hashes, hash, caller: Some(caller), request, id, question }).await
    }

    /// Whether a text begins like keys that its organization has brought along.
    async fn is_declared(&self, presented: &str, organization: &OrganizationId) -> Result<bool, Error> {
        let asked_at = self.now();
        if let Some(declared) = self.prefixes.declared(organization, presented, asked_at) {
            return Ok(declared);
        }
        let ImportReply::Prefixes { prefixes } = self.about_imports(organization, ImportCommand::Prefixes).await?
        else {
            return unexpected();
        };
        let begins = prefixes.iter().any(|prefix| presented.starts_with(prefix.as_str()));
        self.prefixes.learn(organization.clone(), prefixes.into(), asked_at);
        Ok(begins)
    }

    /// Where KV has seen the key. A slow KV is not waited for: the organization knows as well.
    async fn route_in_kv(&self, hash: &KeyHash) -> Option<Locator> {
        let name = hash_index::name(hash);
        let patience = self.world.timer.sleep(TOMBSTONE_PATIENCE_MS);
        match select(self.world.kv.get(&name), patience).await {
            Either::Left((value, _)) => hash_index::route(&value.ok().flatten()?),
            Either::Right(_) => None,
        }
    }

    /// Where the organization knows the key.
    async fn whereabouts(&self, organization: &OrganizationId, hashes: &[KeyHash]) -> Result<Option<Locator>, Error> {
        let command = ImportCommand::Route { hashes: hashes.to_vec() };
        match self.about_imports(organization, command).await? {
            ImportReply::Route { id } => Ok(id.map(|id| id.locator())),
            ImportReply::Places { .. } | ImportReply::Prefixes { .. } => unexpected(),
        }
    }

    pub(super) async fn about_imports(
        &self,
        organization: &OrganizationId,
        command: ImportCommand,
    ) -> Result<ImportReply, Error> {
        let command = OrganizationCommand::Imports { imports: Box::new(command) };
        let OrganizationReply::Imports { imports } = self.organization(organization.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*imports)
    }
}
