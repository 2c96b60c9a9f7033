//! Who is calling? Always asked at the authority of the presented key, never of a copy.

use std::fmt;
use std::net::IpAddr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::call::unexpected;
use super::{App, Error};
use crate::domain::caller::Caller;
use crate::domain::operation::Operation;
use crate::domain::secret_key::SecretKey;
use crate::domain::verification::Code;
use crate::object::{Authority, Credential, Rejection};
use crate::session::protocol::{Command, Reply};

/// A caller that has been authenticated, with what is needed to act for it.
pub struct Principal {
    /// The key that was presented.
    pub caller: Caller,
    /// The address it was presented from.
    pub ip: Option<IpAddr>,
    pub(super) credential_digest: [u8; 32],
}

impl fmt::Debug for Principal {
    /// Without the digest of the credential.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Principal").field("key_id", &self.caller.key_id).finish_non_exhaustive()
    }
}

impl Principal {
    /// The authority under which the caller gives a command; checked again where it is carried out.
    pub(super) fn authority(&self, operation: Operation) -> Authority {
        Authority::Key(Credential { key_id: self.caller.key_id.clone(), needs: operation.permission(), ip: self.ip })
    }
}

impl App {
    /// Authenticates the bearer of a secret key for an operation.
    ///
    /// # Errors
    /// `CallerRefused` with the code of the verification; `Unavailable` if its authority cannot be asked.
    pub async fn authenticate(
        &self,
        presented: &str,
        ip: Option<IpAddr>,
        operation: Operation,
    ) -> Result<Principal, Error> {
        let needs = operation.permission();
        let Ok(secret) = SecretKey::parse(presented, &self.settings.prefix, self.keyring()) else {
            return Err(Rejection::CallerRefused { code: Code::NotFound, needs: Some(needs) }.into());
        };
        let hashes = secret.hashes(self.keyring());
        let command = Command::Authenticate { hashes, ip, needs: Some(needs) };
        let Reply::Caller(caller) = self.session(secret.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(Principal { caller: *caller, ip, credential_digest: secret.digest() })
    }

    /// Whether a token is the operator's; `None` if the deployment has no operator.
    pub fn is_operator(&self, token: &str) -> Option<bool> {
        let expected = self.settings.operator_digest?;
        let presented: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        Some(bool::from(presented.ct_eq(&expected)))
    }

    /// Whether the deployment has an operator at all.
    pub fn has_operator(&self) -> bool {
        self.settings.operator_digest.is_some()
    }
}
