//! Taking over keys of another system: many at once, each for itself, in one transaction.
//!
//! What arrives here is a hash that is bound to the organization, so a row is like any other: it is verified, leased,
//! changed, revoked and moved to a newer pepper by the same statements. What it lacks is a locator in its text; the
//! organization knows where it is (`organization/imports.rs`).

use crate::domain::api_key::ApiKey;
use crate::domain::audit::{Action, Actor};
use crate::domain::caller::Caller;
use crate::domain::credits::Balance;
use crate::domain::imported_key::ForeignPrefix;
use crate::object::ledgers::NewBalance;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::admission::{Admission, admit, require_state};
use super::issue::{generated_name, require_covers, require_lifetime, require_open};
use super::policy::Memory;
use super::projection::{announce_audit, announce_key};
use super::protocol::{Fate, Import, ImportedKey, NotImported, Reply};
use super::store::{self, State};
use super::{SessionObject, domains, tally};

/// Takes over keys, or tells what would become of them. All that are taken over share one entry of the log.
pub fn import(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    import: &Import,
) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    let caller = match admit(sql, context, &state, authority, Rejection::SessionNotFound)? {
        Admission::Granted(caller) => caller,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    require_open(&state)?;
    let mut places = match state.policy.plan.max_keys_per_session() {
        Some(limit) => Some(i64::from(limit).saturating_sub(tally::counted_keys(sql, context.now)?)),
        None => None,
    };
    let mut chosen = Vec::new();
    let mut fates = Vec::with_capacity(import.keys.len());
    for key in &import.keys {
        if let Some(before) = known(sql, context, &state, key)? {
            fates.push(Fate::Exists(before.id));
            continue;
        }
        let refusal = match refusal(caller.as_ref(), key) {
            Some(refusal) => Some(refusal),
            None => match domains::require_verified(sql, context, &state, &key.key.settings, None) {
                Ok(Some(question)) => return Ok(Step::Hear(question)),
                Ok(None) if places.is_some_and(|places| places <= 0) => Some(NotImported::Quota),
                Ok(None) => None,
                Err(Abort::Rejected(Rejection::DomainNotVerified)) => Some(NotImported::DomainNotVerified),
                Err(abort) => return Err(abort),
            },
        };
        if let Some(refusal) = refusal {
            fates.push(Fate::Refused(refusal));
            continue;
        }
        places = places.map(|places| places.saturating_sub(1));
        fates.push(Fate::Imported(key.key.secret.id.clone()));
        chosen.push(key);
    }
    // Only now: a question above would take all of it back.
    if !import.dry_run && !chosen.is_empty() {
        for key in &chosen {
            add(sql, memory, context, &mut state, (*key, &import.prefix), authority.actor())?;
        }
        store::save_state(sql, &state)?;
        let (count, target) = (chosen.len().to_string(), state.session.id.to_string());
        let details = [count.as_str(), import.prefix.as_str()];
        let seq = audit_log::record(sql, context, authority.actor(), Action::KeysImported, &target, &details)?;
        announce_audit(sql, seq, context.now)?;
    }
    Ok(Step::done(Reply::Imported { fates }))
}

/// The key that is here already, whatever has become of it: who brings a revoked one again does not bring it to life.
fn known(sql: &dyn Sql, context: &Context<'_>, state: &State, new: &ImportedKey) -> Result<Option<ApiKey>, SqlError> {
    let later = new.hashes.last().map(|hash| context.keyring.later(hash)).unwrap_or_default();
    store::key_by_hashes(sql, &state.session, &[new.hashes.as_slice(), &later].concat())
}

fn refusal(caller: Option<&Caller>, new: &ImportedKey) -> Option<NotImported> {
    let settings = &new.key.settings;
    if require_covers(caller, settings).is_err() {
        return Some(NotImported::ExceedsOwnPermissions);
    }
    require_lifetime(settings).is_err().then_some(NotImported::EmptyLifetime)
}

fn add(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &mut State,
    (new, prefix): (&ImportedKey, &ForeignPrefix),
    actor: Actor,
) -> Result<(), SqlError> {
    state.keys_issued = state.keys_issued.saturating_add(1);
    let mut key = new.key.clone().record(&state.session, actor, context.now);
    key.disabled = new.disabled;
    key.imported = Some(prefix.clone());
    if new.key.unnamed {
        key.settings.name = generated_name(&state.session.name, state.keys_issued);
    }
    store::insert_key(sql, &key, &new.key.secret.hash)?;
    announce_key(sql, &key, context.now)?;
    if key.settings.credits.is_some() {
        let balance = Some(Balance::new(new.key.credits.unwrap_or(0), context.now));
        memory.ledgers.set_balance(sql, key.id.as_str(), NewBalance::Set(balance), context.now)?;
    }
    Ok(())
}
