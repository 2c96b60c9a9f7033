//! Management of keys.

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::client::Latchkey;
use crate::error::Error;
use crate::records::{ApiKey, ChangedKey, CreateKey, IssuedKey, RotateKey};
use crate::target::path_of_key;

/// Issues, reads, changes, rotates and revokes keys: [`Latchkey::keys`]. It takes a key with `api_keys:*` or a part of it.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    pub(crate) latchkey: &'a Latchkey,
}

impl Keys<'_> {
    /// Issues a key; its plaintext is in this answer and never again. Sent twice it issues one key, by an
    /// `Idempotency-Key` of its own.
    ///
    /// # Errors
    ///
    /// If it is refused ([`Error::violations`] says which field), or the service cannot be asked.
    pub async fn create(&self, key: &CreateKey) -> Result<IssuedKey, Error> {
        self.create_once(key, &chance()?).await
    }

    /// Issues a key once within 24 hours under an `Idempotency-Key` that you keep: 16 to 255 visible characters. The same
    /// value answers with the same key, also after a restart of yours.
    ///
    /// # Errors
    ///
    /// As for [`Keys::create`]; `idempotency_mismatch` if the value has issued another key.
    pub async fn create_once(&self, key: &CreateKey, idempotency_key: &str) -> Result<IssuedKey, Error> {
        let path = "/v1/api_keys".to_owned();
        self.latchkey.call(Method::POST, path, Some(key), Some(idempotency_key), true).await?.read()
    }

    /// Reads a key by its id (`key_…`).
    ///
    /// # Errors
    ///
    /// `api_key_not_found` if there is none within reach; if the service cannot be asked.
    pub async fn get(&self, id: &str) -> Result<ApiKey, Error> {
        self.latchkey.call(Method::GET, path_of_key(id, "")?, None::<&()>, None, true).await?.read()
    }

    /// Changes a key: any of the fields of docs/API.md, as JSON, `json!({"name": "Digest", "expiresAt": null})`.
    ///
    /// # Errors
    ///
    /// If it is refused, or the service cannot be asked.
    pub async fn update(&self, id: &str, change: &impl Serialize) -> Result<ChangedKey, Error> {
        let change = serde_json::to_value(change);
        let change = change.map_err(|_| Error::invalid_argument("The change cannot be written as JSON."))?;
        // Replacing a setting twice is replacing it; adding credits twice is not adding them once.
        let is_repeatable = change.pointer("/credits/add").is_none();
        self.latchkey.call(Method::PATCH, path_of_key(id, "")?, Some(&change), None, is_repeatable).await?.read()
    }

    /// Replaces a key; the old one goes on for `overlap_seconds`. Sent twice it issues one successor.
    ///
    /// # Errors
    ///
    /// If it is refused, or the service cannot be asked.
    pub async fn rotate(&self, id: &str, how: &RotateKey) -> Result<IssuedKey, Error> {
        let idempotency_key = chance()?;
        let path = path_of_key(id, "/rotate")?;
        self.latchkey.call(Method::POST, path, Some(how), Some(&idempotency_key), true).await?.read()
    }

    /// Ends a key for good: when this answers without `effective_at` in the future, no verification accepts it any more.
    /// `reason` is kept with the key: one line of at most 500 characters.
    ///
    /// # Errors
    ///
    /// If it is refused, or the service cannot be asked.
    pub async fn revoke(&self, id: &str, reason: Option<&str>) -> Result<ChangedKey, Error> {
        let body: Option<Value> = reason.map(|reason| json!({ "reason": reason }));
        self.latchkey.call(Method::DELETE, path_of_key(id, "")?, body.as_ref(), None, true).await?.read()
    }
}

/// An `Idempotency-Key` that nobody else has.
fn chance() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::invalid_argument("This machine has no randomness to offer."))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
