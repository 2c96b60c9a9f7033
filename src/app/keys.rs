//! Reading, listing, changing and revoking keys.

use super::call::{Outcome, Patience, unexpected};
use super::{App, Error, Principal};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Reach;
use crate::domain::id::ApiKeyId;
use crate::domain::key_change::KeyChange;
use crate::domain::operation::Operation;
use crate::domain::rate_limit::LimitUse;
use crate::domain::text::Reason;
use crate::object::Rejection;
use crate::organization::protocol::{Command as OrganizationCommand, KeyQuery, Reply as OrganizationReply};
use crate::session::protocol::{Command, Reply};

impl App {
    /// Reads a key at its authority, with what is left of its limits.
    ///
    /// # Errors
    /// `KeyNotFound` for a key that does not exist or is out of reach: the two are one.
    pub async fn read_key(&self, by: &Principal, key_id: &ApiKeyId) -> Result<Outcome<(ApiKey, Vec<LimitUse>)>, Error> {
        self.look_at_key(by, key_id, by.patience).await
    }

    /// Reads a key, for somebody who does not tell what became of it or waits only so long until that is in force.
    pub(super) async fn look_at_key(
        &self,
        by: &Principal,
        key_id: &ApiKeyId,
        patience: Patience,
    ) -> Result<Outcome<(ApiKey, Vec<LimitUse>)>, Error> {
        within_reach(by, key_id)?;
        let command = Command::ReadKey { caller: (*by.caller).clone(), key_id: key_id.clone() };
        let outcome = self.session_with(key_id.locator(), command, patience).await.map_err(hide_session)?;
        outcome.map(|reply| {
            let Reply::Key { key, limits, .. } = reply else {
                return unexpected();
            };
            Ok((*key, limits))
        })
    }

    /// A page of the keys within reach, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the directory cannot be reached.
    pub async fn list_keys(&self, by: &Principal, query: KeyQuery) -> Result<(Vec<ApiKey>, bool), Error> {
        let command = OrganizationCommand::ListKeys { caller: (*by.caller).clone(), query };
        let OrganizationReply::Keys { keys, more } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok((keys, more))
    }

    /// Changes a key.
    ///
    /// # Errors
    /// `KeyNotFound`, and what the lifecycle or the caller's own limits forbid.
    pub async fn change_key(
        &self,
        by: &Principal,
        key_id: &ApiKeyId,
        change: KeyChange,
    ) -> Result<Outcome<ApiKey>, Error> {
        let authority = by.authority(Operation::WriteApiKeys);
        let command = Command::ChangeKey { authority, key_id: key_id.clone(), change: Box::new(change) };
        self.command_key(by, key_id, command).await
    }

    /// Revokes a key: when this returns settled, no verification that begins later accepts it.
    ///
    /// # Errors
    /// `KeyNotFound`.
    pub async fn revoke_key(
        &self,
        by: &Principal,
        key_id: &ApiKeyId,
        reason: Option<Reason>,
    ) -> Result<Outcome<ApiKey>, Error> {
        let authority = by.authority(Operation::WriteApiKeys);
        let command = Command::RevokeKey { authority, key_id: key_id.clone(), reason };
        self.command_key(by, key_id, command).await
    }

    /// The same without waiting: the outcome tells from when on it is in force everywhere.
    pub(super) async fn revoke_key_at_once(
        &self,
        by: &Principal,
        key_id: &ApiKeyId,
        reason: Option<Reason>,
    ) -> Result<Outcome<ApiKey>, Error> {
        within_reach(by, key_id)?;
        let authority = by.authority(Operation::WriteApiKeys);
        let command = Command::RevokeKey { authority, key_id: key_id.clone(), reason };
        let outcome =
            self.session_with(key_id.locator(), command, Patience::RespondAsync).await.map_err(hide_session)?;
        outcome.map(|reply| {
            let Reply::Key { key, .. } = reply else {
                return unexpected();
            };
            Ok(*key)
        })
    }

    async fn command_key(&self, by: &Principal, key_id: &ApiKeyId, command: Command) -> Result<Outcome<ApiKey>, Error> {
        within_reach(by, key_id)?;
        let outcome = self.session_with(key_id.locator(), command, by.patience).await.map_err(hide_session)?;
        outcome.in_force(|reply| {
            let Reply::Key { key, effective_at, .. } = reply else {
                return unexpected();
            };
            Ok((*key, effective_at))
        })
    }
}

/// A key of another session is not even looked for on behalf of a caller that cannot see it.
pub(super) fn within_reach(by: &Principal, key_id: &ApiKeyId) -> Result<(), Error> {
    if by.caller.reach == Reach::Session && key_id.locator() != by.caller.session_id.locator() {
        return Err(Rejection::KeyNotFound.into());
    }
    Ok(())
}

/// To somebody who asks for a key, a missing session is a missing key.
pub(super) fn hide_session(error: Error) -> Error {
    if matches!(error, Error::Rejected(Rejection::SessionNotFound)) { Rejection::KeyNotFound.into() } else { error }
}
