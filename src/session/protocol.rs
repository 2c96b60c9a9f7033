//! What a session object can be told, and what it answers. One definition for both ends of the wire.
//!
//! Fields are only ever added, with a default, so that an object and a worker of neighbouring versions
//! understand each other during a deployment (H11).

mod import;
mod standing;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::domain::api_key::{ApiKey, KeySettings};
use crate::domain::audit::Actor;
use crate::domain::caller::{Caller, Reach};
use crate::domain::consistency::ConsistencyChange;
use crate::domain::environment::Environment;
use crate::domain::evidence::Evidence;
use crate::domain::id::{ApiKeyId, VerificationId};
use crate::domain::key_change::KeyChange;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::grant::{IsolateId, KeyWish, Lease, RenewedKey, Wish};
use crate::domain::owned_domain::book::Book;
use crate::domain::permission::Permission;
use crate::domain::rate_limit::{LimitUse, RateLimits};
use crate::domain::session::{LeakPolicy, Policy, Session, SessionStatus};
use crate::domain::tagged::tagged;
use crate::domain::text::{Name, Reason};
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::{Outcome, Verdict};
use crate::domain::usage::series::Slab;
use crate::domain::usage::{Origin, Report, Seen, UsageQuery};
use crate::domain::verification::{Check, Code, Demand};
use crate::object::{Authority, Credential};

use super::upkeep::{Upkeep, UpkeepReply};
pub use import::{Fate, Import, ImportedKey, NotImported};
pub use standing::{Health, SessionUsage};

/// A command to one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Command {
    /// Exist, under this policy: begin to, or take over a newer policy. Repeating it changes nothing.
    Initialize(Box<Initialize>),
    /// A key was found where it should not be, at this place if that was told.
    ReportLeak { hashes: Vec<KeyHash>, place: Option<String> },
    /// A key of this session was refused something: for the audit log.
    NoteDenial { hashes: Vec<KeyHash>, code: String, route: String },
    /// Who presents this key, and may it do this?
    Authenticate {
        hashes: Vec<KeyHash>,
        ip: Option<IpAddr>,
        needs: Option<Permission>,
        #[serde(default)]
        call: Call,
        /// An isolate that would like to know the next time without asking.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wish: Option<Wish>,
    },
    /// Is this caller still good? Asked by another object before it commits a change.
    Confirm {
        credential: Credential,
        /// Whether the change only takes away, so that the last policy heard will do if the one in force is unknown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ends: bool,
    },
    /// Is this key good, for this, now?
    Verify(Box<Verify>),
    /// What an isolate has decided by its leases, and which of them it would like to keep.
    Renew(Box<Renewal>),
    /// Write down what has been counted: what follows the answer to a verification.
    #[serde(alias = "touch")]
    Flush,
    /// Issue a key whose secret the edge has made. Repeating it with the same id and hash changes nothing.
    Issue { authority: Authority, key: Box<NewKey> },
    /// Take over keys of another system. Repeating it changes nothing.
    Import { authority: Authority, import: Box<Import> },
    /// Read a key.
    ReadKey { caller: Caller, key_id: ApiKeyId },
    /// Change a key.
    ChangeKey { authority: Authority, key_id: ApiKeyId, change: Box<KeyChange> },
    /// End a key. Repeating it changes nothing.
    RevokeKey { authority: Authority, key_id: ApiKeyId, reason: Option<Reason> },
    /// Replace a key.
    RotateKey { authority: Authority, key_id: ApiKeyId, rotation: Box<Rotation> },
    /// Read the session.
    ReadSession { caller: Caller },
    /// Change the session.
    ChangeSession { authority: Authority, change: SessionChange },
    /// End the session and all its keys. Repeating it changes nothing.
    DeleteSession { authority: Authority },
    /// How the session is doing.
    Health { caller: Caller },
    /// What a key or, without one, the session has been used for.
    ReadUsage {
        caller: Caller,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<ApiKeyId>,
        query: UsageQuery,
    },
    /// What became of requests that were made with keys of this session. Repeating it counts nothing again.
    CountOutcomes { caller: Caller, outcomes: Vec<Outcome> },
    /// Who uses a key that is to go, or that has ended.
    ReadEvidence { caller: Caller, key_id: ApiKeyId },
    /// The last verifications of a key.
    ReadRequests { caller: Caller, key_id: ApiKeyId, limit: u32 },
    /// Begin, or come back to, a creation under an `Idempotency-Key`.
    Claim(Claim),
    /// The creation under this claim is no longer at work.
    Release { header_hash: String },
    /// The organization's time is over: forget everything but that there was a session.
    Erase,
    /// Something for the operator.
    Upkeep { upkeep: Box<Upkeep> },
}
tagged!(Command);

/// What somebody presents a key for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// To have a key verified, whose limits are spent then.
    #[default]
    Verify,
    /// To manage something, which counts against the pool for that.
    Manage,
    /// To take something away, which is never counted, and goes on if nobody knows the policy.
    End,
}

/// A session as its organization wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Initialize {
    /// The session record.
    pub session: Session,
    /// The policy it lives under.
    pub policy: Policy,
    /// Who changed it last; none stands for the operator.
    #[serde(default)]
    pub policy_by: Option<Actor>,
    /// The domains of the organization, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Box<Book>>,
    /// Who creates it.
    pub actor: Actor,
    /// A key that exists from the start.
    pub first_key: Option<NewKey>,
}

/// One verification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verify {
    /// The hash of the presented key, at every pepper version.
    pub hashes: Vec<KeyHash>,
    /// What it is wanted for.
    pub demand: Demand,
    /// Who asks; none when the key speaks for itself at the gate.
    pub caller: Option<Caller>,
    /// Whether to write down the checks; that leaves no trace either.
    pub explain: bool,
    /// Whether to leave no trace and to spend nothing.
    pub dry_run: bool,
    /// How many tokens and credits it costs.
    #[serde(default = "one")]
    pub cost: u32,
    /// An isolate that would like to decide the next one itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Wish>,
    /// Names the decision; none if it is not to be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VerificationId>,
    /// Where it comes from.
    #[serde(default)]
    pub origin: Origin,
    /// The caller's own words for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What an isolate has decided by its leases on keys of one session, and which of them it would like to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renewal {
    /// Who asks.
    pub isolate: IsolateId,
    /// The leases.
    pub keys: Vec<KeyWish>,
    /// What was decided and is not known to be durable yet, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
}

fn one() -> u32 {
    1
}

impl Verify {
    /// Whether it is asked only to be seen.
    pub fn is_dry(&self) -> bool {
        self.dry_run || self.explain
    }
}

/// A key to be: everything about it but its plaintext.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewKey {
    /// Id, hash and hint of its secret.
    pub secret: NewSecret,
    /// What the owner chose.
    pub settings: KeySettings,
    /// Whether the session should name it.
    pub unnamed: bool,
    /// How many credits it begins with, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<u64>,
}

impl NewKey {
    /// The record of this key when it is issued in a session.
    pub fn record(self, session: &Session, actor: Actor, now: Timestamp) -> ApiKey {
        ApiKey {
            id: self.secret.id,
            organization_id: session.organization_id.clone(),
            session_id: session.id.clone(),
            environment: self.secret.environment,
            start: self.secret.start,
            last4: self.secret.last4,
            settings: self.settings,
            disabled: false,
            revocation: None,
            rotated_from: None,
            rotated_to: None,
            created_at: now,
            created_by: actor,
            updated_at: now,
            last_used_at: None,
            generation: 1,
            spends_as: None,
            balance: None,
            domain_verified: None,
            imported: None,
        }
    }
}

/// What is stored of a new secret key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSecret {
    /// The id.
    pub id: ApiKeyId,
    /// The newest hash.
    pub hash: KeyHash,
    /// Prefix and first four random characters.
    pub start: String,
    /// Last four characters.
    pub last4: String,
    /// The environment in the prefix.
    pub environment: Option<Environment>,
}

/// A successor for a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// The successor's secret.
    pub secret: NewSecret,
    /// How long (ms) the old key goes on.
    pub overlap_ms: i64,
    /// The successor's expiry in place of the old key's.
    pub expires_at: Option<Timestamp>,
}

/// What a `PATCH` of a session asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionChange {
    /// A new name.
    pub name: Option<Name>,
    /// Connected or disconnected.
    pub status: Option<SessionStatus>,
    /// Other limits.
    #[serde(default)]
    pub rate_limits: Option<RateLimits>,
    /// Another consistency of its verifications.
    #[serde(default)]
    pub consistency: Option<ConsistencyChange>,
    /// What else happens to a key that was found where it should not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak_policy: Option<LeakPolicy>,
}

/// A creation under an `Idempotency-Key`. What is stored cannot bring the secret back without the root
/// secret and the credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The keyed hash of header, credential and route.
    pub header_hash: String,
    /// SHA-256 of the request, hex.
    pub request_hash: String,
    /// A nonce for a first attempt, hex.
    pub nonce: String,
    /// An id for a first attempt.
    pub key_id: String,
}

/// What a session answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// The authenticated caller.
    Caller(Box<Caller>),
    /// The authenticated caller, and the pool that its call was counted against.
    Authenticated {
        caller: Box<Caller>,
        pool: Option<Box<LimitUse>>,
        /// Its key and a lease on it, if one was wished for and given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease: Option<Box<Lease>>,
    },
    /// What became of each key that was to be taken over, in their order.
    Imported { fates: Vec<Fate> },
    /// A verification's result.
    Verified(Box<Verified>),
    /// What has become of leases, and up to which report everything is durable.
    Renewed {
        keys: Vec<RenewedKey>,
        #[serde(default)]
        durable: Option<u64>,
    },
    /// A key, as it stands now.
    Key {
        key: Box<ApiKey>,
        /// Its limits, where they were asked for.
        #[serde(default)]
        limits: Vec<LimitUse>,
        /// From when on what was taken from it is in force, if that was not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_at: Option<Timestamp>,
    },
    /// A key that took another's place.
    Rotated {
        successor: Box<ApiKey>,
        /// From when on the other is what it has become, if that was not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_at: Option<Timestamp>,
    },
    /// The session, as it stands now.
    Session {
        session: Box<Session>,
        /// What is used of its limits, where that was asked for.
        #[serde(default)]
        usage: Option<Box<SessionUsage>>,
        /// From when on what was taken from it is in force, if that was not at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_at: Option<Timestamp>,
    },
    /// The health report.
    Health(Box<Health>),
    /// What was counted, and the last use.
    Usage { usage: Box<Slab> },
    /// What was done with each outcome, in their order.
    Outcomes { verdicts: Vec<Verdict> },
    /// The last verifications, the latest first.
    Requests { requests: Vec<Seen> },
    /// Whether there is, or was, the key that was found.
    Leaked { known: bool },
    /// Who uses a key.
    Evidence { key: Box<ApiKey>, evidence: Box<Evidence> },
    /// The nonce and id that the claim began with.
    Claimed { nonce: String, key_id: String },
    /// An answer to the operator.
    Upkeep { upkeep: Box<UpkeepReply> },
}
tagged!(Reply);

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// The decision.
    pub code: Code,
    /// The key, unless the code is `NOT_FOUND`.
    pub key: Option<ApiKey>,
    /// The checks, if they were asked for.
    pub trace: Vec<Check>,
    /// The limits that were looked at, with what is left of them.
    #[serde(default)]
    pub limits: Vec<LimitUse>,
    /// The credits that are left, if the key has any.
    #[serde(default)]
    pub credits: Option<u64>,
    /// How far the key reaches as a caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// A lease on the key, if one was wished for and given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Box<Lease>>,
}
