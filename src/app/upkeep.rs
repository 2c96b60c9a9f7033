//! What the operator does to keep a deployment in order: look at its figures, and have copies made anew out of the objects
//! that own what was copied.
//!
//! KV may have been emptied, and an object may have been set back to an earlier point in time. A key that was revoked in
//! between must not come back to life, so nothing is told to anybody before it has been asked what it knows: whatever a
//! copy in KV or the organization's list says is revoked, is revoked at its authority first.

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream;

use super::call::{Patience, unexpected};
use super::{App, Error};
use crate::directory::protocol::{Command as DirectoryCommand, Reply as DirectoryReply};
use crate::domain::api_key::Revocation;
use crate::domain::id::{ApiKeyId, OrganizationId, SessionId};
use crate::domain::locator::Locator;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::hash_index;
use crate::object::figures::Figures;
use crate::object::{Authority, Rejection};
use crate::organization::protocol::{Command as OrganizationCommand, Page, Reply as OrganizationReply};
use crate::organization::upkeep::{Heard, Upkeep as OrganizationUpkeep, UpkeepReply as OrganizationUpkeepReply};
use crate::ports::PortError;
use crate::session::protocol::{Command, Reply};
use crate::session::upkeep::{Copied, PORTION, Portion, Upkeep, UpkeepReply};

/// How many sessions one call goes through, and in which pages.
const SESSIONS_AT_ONCE: u32 = 20;
/// How many keys one call goes through at least, if there are as many: the platform bounds what a request may ask.
const KEYS_AT_ONCE: usize = 2 * PORTION;
/// How many names are read from KV at once.
const READS_AT_ONCE: usize = 6;
/// How long (ms) KV may take for one of them.
const KV_PATIENCE_MS: u64 = 5_000;

/// Where the operator looks.
#[derive(Debug, Clone)]
pub enum Object {
    /// At the directory.
    Directory,
    /// At an organization.
    Organization(OrganizationId),
    /// At a session of an organization.
    Session(OrganizationId, SessionId),
}

/// What has come of a call, and where to go on.
#[derive(Debug, Default)]
pub struct Republished {
    /// How many sessions are through.
    pub sessions: u32,
    /// How many keys will be told of once more.
    pub keys: u32,
    /// Which keys were revoked because a copy said so.
    pub revoked: Vec<ApiKeyId>,
    /// Which sessions were behind what others had heard of them.
    pub set_back: Vec<SessionId>,
    /// Where to go on: the creation of a session, and its id or, in the midst of its keys, the id of the last key.
    pub next: Option<(Timestamp, String)>,
}

impl App {
    /// The figures of one object, which is all that is woken.
    ///
    /// # Errors
    /// `OrganizationNotFound`, `SessionNotFound`.
    pub async fn figures(&self, object: Object) -> Result<Figures, Error> {
        match object {
            Object::Directory => {
                let reply = self.directory(DirectoryCommand::Figures).await?.reply;
                let DirectoryReply::Figures { figures } = reply else { return unexpected() };
                Ok(figures)
            }
            Object::Organization(id) => {
                let reply = self.keep_organization(id.locator(), OrganizationUpkeep::Figures).await?;
                let OrganizationUpkeepReply::Figures { figures } = reply else { return unexpected() };
                Ok(figures)
            }
            Object::Session(organization_id, id) => {
                let reply = self.keep_session(id.locator(), Upkeep::Figures { organization_id }).await?;
                let UpkeepReply::Figures { figures } = reply else { return unexpected() };
                Ok(figures)
            }
        }
    }

    /// Has the sessions of an organization tell KV and the organization's list of their keys once more, as many as one call
    /// may, from a place on.
    ///
    /// # Errors
    /// `OrganizationNotFound`; `Unavailable` if an object or KV cannot be asked. What was done by then stays done.
    pub async fn republish(
        &self,
        id: &OrganizationId,
        after: Option<(Timestamp, String)>,
    ) -> Result<Republished, Error> {
        let organization = id.locator();
        let mut done = Republished::default();
        let mut place = after;
        if let Some(key_id) = place.as_ref().map(|(_, id)| id).filter(|id| id.starts_with(ApiKeyId::PREFIX)) {
            let key_id = ApiKeyId::from_trusted(key_id.clone());
            let session = self.republish_session(organization, key_id.locator(), Some(key_id), &mut done).await?;
            if done.next.is_some() {
                return Ok(done);
            }
            place = session.map(|session| (session.created_at, session.id.to_string()));
        }
        let page = Page { after: place, limit: SESSIONS_AT_ONCE };
        let reply = self.keep_organization(organization, OrganizationUpkeep::Sessions { page }).await?;
        let OrganizationUpkeepReply::Sessions { sessions, more } = reply else { return unexpected() };
        let count = sessions.len();
        for (number, session) in (1..).zip(sessions) {
            let place = (session.created_at, session.id.to_string());
            self.republish_session(organization, session.id.locator(), None, &mut done).await?;
            if done.next.is_some() {
                break;
            }
            let is_full = usize::try_from(done.keys).unwrap_or(usize::MAX) >= KEYS_AT_ONCE;
            let is_last = number == count;
            if (is_last && more) || (!is_last && is_full) {
                done.next = Some(place);
                break;
            }
        }
        Ok(done)
    }

    /// Goes through the keys of a session from one on, and stops in the midst of them where it becomes too much. None if
    /// there is no such session yet: its organization is about to tell it.
    async fn republish_session(
        &self,
        organization: Locator,
        session: Locator,
        mut after: Option<ApiKeyId>,
        done: &mut Republished,
    ) -> Result<Option<Session>, Error> {
        loop {
            // What the organization has heard is asked first: the session only goes on from here.
            let known = match self.portion(session, after.clone()).await {
                Ok(portion) => self.heard(organization, &portion.session.id, Vec::new()).await?,
                Err(Error::Rejected(Rejection::SessionNotFound)) => return Ok(None),
                Err(error) => return Err(error),
            };
            let portion = self.portion(session, after.clone()).await?;
            if known.head > portion.head || known.generation > portion.session.generation {
                done.set_back.push(portion.session.id.clone());
                let (session_id, head) = (portion.session.id.clone(), portion.head);
                self.keep_organization(organization, OrganizationUpkeep::SetBack { session_id, head }).await?;
            }
            let ids: Vec<ApiKeyId> = portion.keys.iter().map(|key| key.id.clone()).collect();
            let heard = self.heard(organization, &portion.session.id, ids).await?;
            for (key_id, revocation) in self.revoked_elsewhere(session, &portion.keys, &heard).await? {
                let reason = revocation.reason;
                let command = Command::RevokeKey { authority: Authority::Operator, key_id: key_id.clone(), reason };
                // It was dead before: nobody waits for it to be in force.
                self.session_with(session, command, Patience::RespondAsync).await?;
                done.revoked.push(key_id);
            }
            let last = portion.keys.last().filter(|_| portion.more).map(|key| key.id.clone());
            let republish = Upkeep::Republish {
                after,
                last: last.clone(),
                generation: heard.generation,
                keys: heard.keys.into_iter().map(|key| (key.id, key.generation)).collect(),
            };
            self.keep_session(session, republish).await?;
            done.keys = done.keys.saturating_add(u32::try_from(portion.keys.len()).unwrap_or(u32::MAX));
            let Some(last) = last else {
                done.sessions = done.sessions.saturating_add(1);
                return Ok(Some(portion.session));
            };
            if usize::try_from(done.keys).unwrap_or(usize::MAX) >= KEYS_AT_ONCE {
                done.next = Some((portion.session.created_at, last.to_string()));
                return Ok(Some(portion.session));
            }
            after = Some(last);
        }
    }

    /// The keys of a portion that go on in the session though a copy says that they are revoked.
    async fn revoked_elsewhere(
        &self,
        session: Locator,
        keys: &[Copied],
        heard: &Heard,
    ) -> Result<Vec<(ApiKeyId, Revocation)>, Error> {
        let open = keys.iter().filter(|key| !key.revoked);
        let looking = stream::iter(open.cloned().collect::<Vec<_>>()).map(|key| async move {
            let listed = heard.keys.iter().find(|copy| copy.id == key.id).and_then(|copy| copy.revocation.clone());
            let revocation = match listed {
                Some(revocation) => Some(revocation),
                None => self.tombstone(session, &key).await?,
            };
            Ok::<_, Error>(revocation.map(|revocation| (key.id, revocation)))
        });
        let found: Vec<_> = looking.buffered(READS_AT_ONCE).collect().await;
        found.into_iter().filter_map(Result::transpose).collect()
    }

    /// What KV says of the end of a key. A KV that does not answer is no answer: it may know better.
    async fn tombstone(&self, session: Locator, key: &Copied) -> Result<Option<Revocation>, Error> {
        let name = hash_index::name(&key.hash);
        let reading = self.world.kv.get(&name);
        let value = match select(reading, self.world.timer.sleep(KV_PATIENCE_MS)).await {
            Either::Left((value, _)) => value?,
            Either::Right(_) => return Err(PortError::new("kv get", "no answer in time").into()),
        };
        let record = value.and_then(|bytes| hash_index::tombstone(&bytes, session));
        Ok(record.filter(|record| record.id == key.id).and_then(|record| record.revocation))
    }

    async fn portion(&self, session: Locator, after: Option<ApiKeyId>) -> Result<Portion, Error> {
        let reply = self.keep_session(session, Upkeep::Portion { after }).await?;
        let UpkeepReply::Portion { portion } = reply else { return unexpected() };
        Ok(*portion)
    }

    async fn heard(&self, organization: Locator, session: &SessionId, keys: Vec<ApiKeyId>) -> Result<Heard, Error> {
        let upkeep = OrganizationUpkeep::Heard { session_id: session.clone(), keys };
        let reply = self.keep_organization(organization, upkeep).await?;
        let OrganizationUpkeepReply::Heard { heard } = reply else { return unexpected() };
        Ok(*heard)
    }

    async fn keep_session(&self, session: Locator, upkeep: Upkeep) -> Result<UpkeepReply, Error> {
        let reply = self.session(session, Command::Upkeep { upkeep: Box::new(upkeep) }).await?.reply;
        let Reply::Upkeep { upkeep } = reply else { return unexpected() };
        Ok(*upkeep)
    }

    async fn keep_organization(
        &self,
        organization: Locator,
        upkeep: OrganizationUpkeep,
    ) -> Result<OrganizationUpkeepReply, Error> {
        let command = OrganizationCommand::Upkeep { upkeep: Box::new(upkeep) };
        let reply = self.organization(organization, command).await?.reply;
        let OrganizationReply::Upkeep { upkeep } = reply else { return unexpected() };
        Ok(*upkeep)
    }
}
