//! "Is this key good, for this, now?": asked, or answered once more within what the service has promised.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;

use crate::client::{Latchkey, OnUnavailable};
use crate::demand::Demand;
use crate::error::{Error, request_id};
use crate::leases::{Kept, lifetime, may_be_kept, name_of};
use crate::transport::{Call, Reply};
use crate::verification::Verification;
use crate::words::Code;

/// A decision on a key; the fields of the [`Verification`] are its own.
#[derive(Debug, Clone)]
#[must_use = "a key is good only if `valid` is true"]
#[non_exhaustive]
pub struct Decision {
    /// What the service has decided.
    pub verification: Verification,
    /// Whether it repeats a decision that still stands. Such an answer is not counted as a request of the key.
    pub is_repeated: bool,
    /// Names the request that decided, in the log of the service (`req_…`).
    pub request_id: Option<String>,
    /// Why nobody could be asked, if the code is [`Code::Unverified`].
    pub unavailable: Option<Error>,
    /// `RateLimit` and `RateLimit-Policy`, to pass on.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Deref for Decision {
    type Target = Verification;

    fn deref(&self) -> &Verification {
        &self.verification
    }
}

/// The body of a question.
#[derive(Serialize)]
struct Question<'a> {
    #[serde(flatten)]
    demand: &'a Demand,
    key: &'a str,
}

impl Latchkey {
    /// Decides on a key that somebody presented. `Ok` whatever is decided: look at `valid`.
    ///
    /// # Errors
    ///
    /// If nobody could be asked. With [`OnUnavailable::Allow`] that is a valid decision with [`Code::Unverified`] instead,
    /// unless the client's own key is refused or the question is not understood.
    pub async fn verify(&self, key: &str, demand: &Demand) -> Result<Decision, Error> {
        self.verify_or(key, demand, self.inner.on_unavailable).await
    }

    pub(crate) async fn verify_or(&self, key: &str, demand: &Demand, or: OnUnavailable) -> Result<Decision, Error> {
        let failed = match self.ask(key, demand).await {
            Ok(decision) => return Ok(decision),
            Err(failed) => failed,
        };
        // This client may not ask any more: then it has nothing to answer with either.
        if matches!(failed.status(), Some(401 | 403)) {
            self.inner.leases.clear();
        }
        match or {
            OnUnavailable::Allow if failed.is_unavailable() => Ok(unverified(failed)),
            OnUnavailable::Allow | OnUnavailable::Deny => Err(failed),
        }
    }

    async fn ask(&self, key: &str, demand: &Demand) -> Result<Decision, Error> {
        let inner = &self.inner;
        let name = (!inner.leases.is_off() && may_be_kept(demand)).then(|| name_of(key, demand));
        if let Some((verification, rest)) = name.and_then(|name| inner.leases.find(&name, inner.transport.now())) {
            return Ok(again(&verification, rest));
        }
        let body = serde_json::to_vec(&Question { demand, key })
            .map_err(|_| Error::invalid_argument("The demand cannot be sent."))?;
        let call = Call {
            method: Method::POST,
            path: "/v1/keys/verify".to_owned(),
            body: Some(body),
            idempotency_key: None,
            // What a lost answer has spent would be spent twice. Without a cost that is one request of a limit, never one
            // too many.
            is_repeatable: !demand.spends_expressly(),
            timeout: inner.verify_timeout,
            secret: key,
        };
        let reply = inner.transport.send(&call).await?;
        let verification = read(&reply)?;
        let lifetime = lifetime(demand, &verification);
        if let Some(name) = name
            && !lifetime.is_zero()
        {
            let kept = Kept { verification: Arc::new(verification.clone()), sent_at: reply.sent_at, lifetime };
            inner.leases.keep(name, kept, inner.transport.now());
        }
        Ok(Decision {
            verification,
            is_repeated: false,
            request_id: request_id(&reply.headers),
            unavailable: None,
            headers: limits(&reply.headers),
        })
    }
}

/// Nothing but a whole decision is one; least of all a page that some proxy answers with.
fn read(reply: &Reply) -> Result<Verification, Error> {
    let verification: Verification = reply.read()?;
    let agrees = verification.valid == (verification.code == Code::Valid);
    if agrees && verification.freshness.is_some() { Ok(verification) } else { Err(reply.unexpected()) }
}

/// A decision that has been given before.
fn again(verification: &Verification, rest: Duration) -> Decision {
    let mut verification = verification.clone();
    verification.verification_id = None;
    if let Some(freshness) = &mut verification.freshness {
        freshness.max_staleness_ms = u64::try_from(rest.as_millis()).unwrap_or(0);
    }
    Decision { verification, is_repeated: true, request_id: None, unavailable: None, headers: Vec::new() }
}

fn limits(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let names = ["ratelimit", "ratelimit-policy"].map(HeaderName::from_static);
    names.into_iter().filter_map(|name| headers.get(&name).cloned().map(|value| (name, value))).collect()
}

fn unverified(failed: Error) -> Decision {
    let verification = Verification {
        valid: true,
        code: Code::Unverified,
        key_id: None,
        name: None,
        organization_id: None,
        session_id: None,
        environment: None,
        permissions: None,
        domain: None,
        external_id: None,
        metadata: None,
        expires_at: None,
        rate_limits: Vec::new(),
        credits: None,
        limited_by: None,
        verification_id: None,
        freshness: None,
        trace: None,
    };
    let request_id = failed.request_id().map(str::to_owned);
    Decision { verification, is_repeated: false, request_id, unavailable: Some(failed), headers: Vec::new() }
}
