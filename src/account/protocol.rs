//! What an account object can be told, and what it answers.
//!
//! A password travels here in the clear, inside the deployment, because only the account hashes it; it is written
//! nowhere, and what carries one cannot be cloned or compared. A failed sign-in is an answer and not a rejection: it is
//! counted, and a rejection would roll that back.

use serde::{Deserialize, Serialize};

use crate::domain::audit::ChainedEntry;
use crate::domain::id::{OrganizationId, SignInId};
use crate::domain::key_hash::KeyHash;
use crate::domain::password::Password;
use crate::domain::tagged::tagged;
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::{Membership, User};
use crate::object::Seat;
use crate::object::audit_log::{Chain, Head};
use crate::organization::protocol::Founding;

/// A command to one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Command {
    /// Begin to exist, signed in, with an organization of one's own or none.
    Create(Box<NewAccount>),
    /// Sign in.
    SignIn(Box<SignIn>),
    /// Whose access token is this?
    Authenticate { hashes: Vec<KeyHash> },
    /// The sign-in was used.
    Touch { sign_in_id: SignInId },
    /// Does this sign-in still stand? Asked by another object before it commits a change.
    Confirm { sign_in_id: SignInId },
    /// Read the account.
    Read { by: SignInId },
    /// Change the name.
    ChangeName { by: SignInId, first_name: Option<Name>, last_name: Option<Name> },
    /// Change the password; ends the other sign-ins.
    ChangePassword { by: SignInId, current: Password, new: Password },
    /// The sign-ins that stand.
    ListSignIns { by: SignInId },
    /// End a sign-in: this one or another. Repeating it changes nothing.
    EndSignIn { by: SignInId, sign_in_id: SignInId },
    /// Begin to set up a second factor.
    BeginTotp { by: SignInId, password: Password },
    /// Finish it with a first code.
    ConfirmTotp { by: SignInId, code: String },
    /// Draw recovery codes anew.
    RenewRecoveryCodes { by: SignInId, password: Password },
    /// Take the second factor away.
    RemoveTotp { by: RemovedBy },
    /// Make a link that sets the password anew.
    RequestReset { by: ResetBy },
    /// Use such a link.
    Reset { hashes: Vec<KeyHash>, new: Password },
    /// A page of the account's own audit log, newest first.
    ListAudit { by: SignInId, before: Option<i64>, limit: u32 },
    /// A portion of that log as it is stored, from after an entry on.
    ReadChain { by: SignInId, after: i64 },
    /// Found another organization.
    FoundOrganization { by: SignInId, founding: Box<Founding> },
    /// News from an organization about a membership; none when it has ended.
    HearMembership { organization_id: OrganizationId, membership: Option<Membership>, generation: i64 },
}
tagged!(Command);

/// An account to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewAccount {
    /// The user record.
    pub user: User,
    /// The password.
    pub password: Password,
    /// The first sign-in.
    pub sign_in: NewSignIn,
    /// The organization that is founded along with it.
    pub founding: Option<Founding>,
}

/// A sign-in to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSignIn {
    /// Its id.
    pub id: SignInId,
    /// The newest hash of the access token.
    pub hash: KeyHash,
    /// Whether the token went into a cookie.
    pub cookie: bool,
    /// The address it came from.
    pub ip: Option<String>,
    /// What that address counts as: an IPv4 address, or the /64 of an IPv6 address.
    pub source: Option<String>,
    /// What the client calls itself, cut to a bounded length.
    pub client: Option<String>,
}

/// An attempt to sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// The password presented.
    pub password: Password,
    /// The second factor presented.
    pub second_factor: Option<SecondFactor>,
    /// The sign-in that follows.
    pub sign_in: NewSignIn,
}

/// A second factor as presented.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// A code of the moment.
    Totp(String),
    /// One of the codes for the day the phone is lost.
    RecoveryCode(String),
}

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecondFactor(…)")
    }
}

/// Who takes a second factor away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum RemovedBy {
    /// The user, who proves it by the password.
    User { by: SignInId, password: Password },
    /// The operator, for somebody who has lost everything.
    Operator,
}

/// Who asks for a link that sets a password anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetBy {
    /// Somebody who says that it is theirs: the link goes to the hook and nowhere else.
    Anybody,
    /// An owner of the only organization that the user belongs to.
    Owner(Seat),
    /// The operator.
    Operator,
}

/// What an account answers.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// The account as it stands.
    Account { account: Box<Account> },
    /// Signed in until then.
    SignedIn { account: Box<Account>, expires_at: Timestamp },
    /// Not signed in: wrong, locked, or no account. Nobody is told which.
    Refused,
    /// The password is right; a second factor is needed.
    SecondFactorNeeded,
    /// The bearer of an access token.
    Bearer { user: Box<User>, sign_in: Box<SignInRecord> },
    /// The sign-ins that stand, newest first.
    SignIns { sign_ins: Vec<SignInRecord> },
    /// The secret of a second factor that is being set up, base32, and its `otpauth` URI.
    TotpBegun { secret: String, uri: String },
    /// Recovery codes, shown this once.
    RecoveryCodes { codes: Vec<String> },
    /// The token of a one-time link, shown this once.
    Link { token: String, expires_at: Timestamp },
    /// A page of the audit log.
    Audit { entries: Vec<ChainedEntry>, more: bool, head: Head },
    /// A portion of that log as it is stored.
    Chain(Chain),
}
tagged!(Reply);

impl std::fmt::Debug for Reply {
    /// Without what is secret in some of them.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Reply(…)")
    }
}

/// An account as its user sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The user record.
    pub user: User,
    /// Whether a second factor is needed to sign in.
    pub totp_enabled: bool,
    /// The organizations that the user belongs to, oldest membership first.
    pub memberships: Vec<Membership>,
}

/// A sign-in that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInRecord {
    /// Its id.
    pub id: SignInId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, within an hour.
    pub last_used_at: Timestamp,
    /// When it ends if it is not used before.
    pub expires_at: Timestamp,
    /// Whether it is a browser's cookie.
    pub cookie: bool,
    /// The address it came from.
    pub ip: Option<String>,
    /// What the client called itself.
    pub client: Option<String>,
}
