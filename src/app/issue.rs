//! Issuing and rotating keys: the one place where secrets are made.
//!
//! A secret is made here and leaves only in the answer (H3); the session gets its hash. Under an
//! `Idempotency-Key` the random part is derived rather than drawn, so a retry finds the same secret although
//! nobody has stored it.

use sha2::{Digest, Sha256};

use super::call::{Outcome, Patience, unexpected};
use super::{App, Error, Principal};
use crate::domain::api_key::{ApiKey, KeySettings};
use crate::domain::caller::Reach;
use crate::domain::consistency::Consistency;
use crate::domain::environment::Environment;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::keyring::IdempotentSeed;
use crate::domain::locator::Locator;
use crate::domain::operation::Operation;
use crate::domain::rate_limit::RateLimits;
use crate::domain::secret_key::{KeyPrefix, SecretKey};
use crate::domain::session::LeakPolicy;
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::Rejection;
use crate::organization::protocol::{Command as OrganizationCommand, NewSession, Reply as OrganizationReply};
use crate::session::protocol::{Claim, Command, NewKey, NewSecret, Reply, Rotation};

/// How often, at what distance (ms) and for how long (ms) a default session that is being made is asked for again.
const DEFAULT_SESSION_TRIES: usize = 20;
const DEFAULT_SESSION_PAUSE_MS: u64 = 50;
const DEFAULT_SESSION_PATIENCE_MS: i64 = 2_000;

/// A key to issue.
#[derive(Debug)]
pub struct IssueKey {
    /// What the owner chose.
    pub settings: KeySettings,
    /// Whether the session should name it.
    pub unnamed: bool,
    /// Which session it belongs to.
    pub session: SessionChoice,
    /// How many credits it begins with, if it has any.
    pub credits: Option<u64>,
}

/// The session a new key belongs to.
#[derive(Debug)]
pub struct SessionChoice {
    /// The one with this id; else the default of the environment, else the caller's own.
    pub id: Option<SessionId>,
    /// The environment it must be of.
    pub environment: Option<Environment>,
}

/// A key to rotate.
#[derive(Debug)]
pub struct RotateKey {
    /// The key to replace.
    pub key_id: ApiKeyId,
    /// How long (ms) the old one goes on.
    pub overlap_ms: i64,
    /// The successor's expiry in place of the old key's.
    pub expires_at: Option<Timestamp>,
}

/// The `Idempotency-Key` of a request, with what must be the same when it comes back.
#[derive(Debug)]
pub struct Idempotency {
    /// The header.
    pub header: String,
    /// Method and path.
    pub route: String,
    /// SHA-256 of the body.
    pub body_digest: [u8; 32],
}

/// A key and its plaintext, which exists nowhere else.
#[derive(Debug)]
pub struct Issued {
    /// The record.
    pub key: ApiKey,
    /// The secret key.
    pub secret: SecretKey,
}

pub(super) struct Target {
    pub(super) locator: Locator,
    session_id: SessionId,
    pub(super) environment: Option<Environment>,
}

impl App {
    /// Issues a key.
    ///
    /// # Errors
    /// What the session refuses; `Unavailable` if it cannot be reached.
    pub async fn issue(
        &self,
        by: &Principal,
        request: IssueKey,
        idempotency: Option<&Idempotency>,
    ) -> Result<Outcome<Issued>, Error> {
        let target = self.target(by, &request.session).await?;
        let claim = self.claim(by, &target, idempotency).await?;
        let issued = async {
            let (secret, key_id) = self.new_secret(by, &target, idempotency, claim.as_ref())?;
            let key = NewKey {
                secret: self.describe(&secret, key_id)?,
                settings: request.settings,
                unnamed: request.unnamed,
                credits: request.credits,
            };
            let authority = by.authority(Operation::WriteApiKeys);
            let command = Command::Issue { authority, key: Box::new(key) };
            self.session(target.locator, command).await?.map(|reply| {
                let Reply::Key { key, .. } = reply else {
                    return unexpected();
                };
                Ok(Issued { key: *key, secret })
            })
        }
        .await;
        self.release(by, claim).await;
        issued
    }

    /// Replaces a key by a successor with the same settings.
    ///
    /// # Errors
    /// What the session refuses; `Unavailable` if it cannot be reached.
    pub async fn rotate(
        &self,
        by: &Principal,
        request: RotateKey,
        idempotency: Option<&Idempotency>,
    ) -> Result<Outcome<Issued>, Error> {
        let (old, _) = self.look_at_key(by, &request.key_id, Patience::RespondAsync).await?.reply;
        let locator = old.session_id.locator();
        let target = Target { locator, session_id: old.session_id, environment: old.environment };
        let claim = self.claim(by, &target, idempotency).await?;
        let issued = async {
            let (secret, key_id) = self.new_secret(by, &target, idempotency, claim.as_ref())?;
            let rotation = Rotation {
                secret: self.describe(&secret, key_id)?,
                overlap_ms: request.overlap_ms,
                expires_at: request.expires_at,
            };
            let authority = by.authority(Operation::WriteApiKeys);
            let command = Command::RotateKey { authority, key_id: request.key_id, rotation: Box::new(rotation) };
            self.session_with(locator, command, by.patience).await?.in_force(|reply| {
                let Reply::Rotated { successor, effective_at } = reply else {
                    return unexpected();
                };
                Ok((Issued { key: *successor, secret }, effective_at))
            })
        }
        .await;
        self.release(by, claim).await;
        issued
    }

    /// A secret for a session's first key, which nobody has asked for twice.
    pub(super) fn draw_secret(
        &self,
        locator: Locator,
        environment: Option<Environment>,
    ) -> Result<(SecretKey, NewSecret), Error> {
        let secret = self.make_secret(locator, environment, &self.seed()?)?;
        let key_id = self.draw_key_id(locator)?;
        let described = self.describe(&secret, key_id)?;
        Ok((secret, described))
    }

    pub(super) async fn target(&self, by: &Principal, choice: &SessionChoice) -> Result<Target, Error> {
        let target = match (&choice.id, choice.environment) {
            (Some(id), _) => self.named_target(by, id).await?,
            (None, Some(environment)) if by.caller.environment != Some(environment) => {
                self.default_target(by, environment).await?
            }
            (None, _) => Target {
                locator: by.caller.session_id.locator(),
                session_id: by.caller.session_id.clone(),
                environment: by.caller.environment,
            },
        };
        if choice.environment.is_some() && choice.environment != target.environment {
            return Err(Rejection::EnvironmentContradicts.into());
        }
        Ok(target)
    }

    async fn named_target(&self, by: &Principal, id: &SessionId) -> Result<Target, Error> {
        let (session, _) = self.look_at_session(by, id, Patience::RespondAsync).await?.reply;
        Ok(Target { locator: session.id.locator(), session_id: session.id, environment: session.environment })
    }

    async fn default_target(&self, by: &Principal, environment: Environment) -> Result<Target, Error> {
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let locator = self.new_locator()?;
        let session = NewSession {
            id: SessionId::mint(locator, self.keyring()),
            name: Name::of(match environment {
                Environment::Development => "Development",
                Environment::Staging => "Staging",
                Environment::Production => "Production",
            }),
            environment: Some(environment),
            region: None,
            rate_limits: RateLimits::default(),
            consistency: Consistency::default(),
            leak_policy: LeakPolicy::default(),
        };
        let authority = by.authority(Operation::WriteApiKeys);
        let command = OrganizationCommand::DefaultSession { authority, session };
        let asked_at = self.now();
        for _ in 0..DEFAULT_SESSION_TRIES {
            let outcome = self.organization(by.caller.organization_id.locator(), command.clone()).await?;
            let OrganizationReply::Session { session } = outcome.reply else {
                return unexpected();
            };
            if outcome.settled {
                let (locator, environment) = (session.id.locator(), session.environment);
                return Ok(Target { locator, session_id: session.id, environment });
            }
            if self.now().millis_since(asked_at) > DEFAULT_SESSION_PATIENCE_MS {
                break;
            }
            // Somebody else is making it at this very moment.
            self.world.timer.sleep(DEFAULT_SESSION_PAUSE_MS).await;
        }
        Err(Error::Failed("the default session does not answer yet".to_owned()))
    }

    /// Begins, or comes back to, the creation that an `Idempotency-Key` names.
    async fn claim(
        &self,
        by: &Principal,
        target: &Target,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<Claim>, Error> {
        let Some(Idempotency { header, route, body_digest }) = idempotency else {
            return Ok(None);
        };
        let header_hash = self.keyring().header_hash(&format!("{}\n{route}\n{header}", by.caller.bearer.as_str()));
        let request_hash = hex::encode(Sha256::digest(format!("{}\n{}", target.session_id, hex::encode(body_digest))));
        let nonce = self.seed()?;
        let claim = Claim {
            header_hash,
            request_hash,
            nonce: hex::encode(nonce),
            key_id: self.draw_key_id(target.locator)?.to_string(),
        };
        let Reply::Claimed { nonce, key_id } =
            self.session(by.caller.session_id.locator(), Command::Claim(claim.clone())).await?.reply
        else {
            return unexpected();
        };
        Ok(Some(Claim { nonce, key_id, ..claim }))
    }

    async fn release(&self, by: &Principal, claim: Option<Claim>) {
        if let Some(Claim { header_hash, .. }) = claim {
            // If this is lost the claim frees itself after half a minute; the result above stands either way.
            let _ = self.session(by.caller.session_id.locator(), Command::Release { header_hash }).await;
        }
    }

    fn new_secret(
        &self,
        by: &Principal,
        target: &Target,
        idempotency: Option<&Idempotency>,
        claim: Option<&Claim>,
    ) -> Result<(SecretKey, ApiKeyId), Error> {
        let (Some(idempotency), Some(claim)) = (idempotency, claim) else {
            let secret = self.make_secret(target.locator, target.environment, &self.seed()?)?;
            return Ok((secret, self.draw_key_id(target.locator)?));
        };
        let seed = self.keyring().idempotent_seed(&IdempotentSeed {
            credential_digest: &by.credential_digest,
            nonce: claim.nonce.as_bytes(),
            credential_id: by.caller.bearer.as_str(),
            session_id: target.session_id.as_str(),
            route: &idempotency.route,
            header: &idempotency.header,
            body_digest: &idempotency.body_digest,
            purpose: "secret key",
        });
        let secret = self.make_secret(target.locator, target.environment, &seed)?;
        Ok((secret, ApiKeyId::from_trusted(claim.key_id.clone())))
    }

    fn make_secret(
        &self,
        locator: Locator,
        environment: Option<Environment>,
        seed: &[u8; 64],
    ) -> Result<SecretKey, Error> {
        let prefix = KeyPrefix { word: self.settings.prefix.clone(), environment };
        SecretKey::generate(&prefix, locator, seed, self.keyring()).ok_or_else(seed_ran_out)
    }

    pub(super) fn draw_key_id(&self, locator: Locator) -> Result<ApiKeyId, Error> {
        ApiKeyId::mint(locator, &self.seed()?, self.keyring()).ok_or_else(seed_ran_out)
    }

    fn describe(&self, secret: &SecretKey, id: ApiKeyId) -> Result<NewSecret, Error> {
        let hash = secret.hashes(self.keyring()).pop().ok_or_else(|| Error::Failed("no pepper".to_owned()))?;
        Ok(NewSecret {
            id,
            hash,
            start: secret.start().to_owned(),
            last4: secret.last4().to_owned(),
            environment: secret.environment(),
        })
    }
}

/// More than 41 of 64 random bytes were above 247: once in 10^46 draws.
fn seed_ran_out() -> Error {
    Error::Failed("the seed ran out of unbiased bytes".to_owned())
}
