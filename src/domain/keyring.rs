//! The deployment's root secrets, and everything that is derived from them.
//!
//! One root secret gives one key per purpose (HKDF-SHA-256, RFC 5869, one label each); raw roots are not kept.
//! A new root is put in front and none is ever taken away: every past tag key stays accepted, because tags
//! only shed load, and stored hashes are layered over the peppers, oldest first, so that they can move to a
//! newer pepper without any plaintext.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use super::base62;
use super::key_hash::KeyHash;

/// How many characters a tag has: 62^8 is about 2^47 guesses.
pub const TAG_CHARACTERS: usize = 8;

const TAG_VALUES: u64 = 62_u64.pow(8);
const MAX_ROOTS: usize = 8;
const MIN_ROOT_BYTES: usize = 32;

type HmacSha256 = Hmac<Sha256>;

/// The keys of one deployment; the newest root signs, all of them are accepted.
pub struct Keyring {
    /// The roots before the newest, oldest first.
    older: Vec<RootKeys>,
    newest: RootKeys,
}

/// What one root secret gives.
struct RootKeys {
    tag: HmacSha256,
    pepper: HmacSha256,
    header: HmacSha256,
    seed: [u8; 64],
}

/// What a tag vouches for; a tag of one kind is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// A secret key.
    SecretKey,
    /// The id of an organization.
    Organization,
    /// The id of a session.
    Session,
    /// The id of an API key.
    ApiKey,
    /// The id of a user.
    User,
    /// A user's access token.
    AccessToken,
    /// The cursor of a list.
    Cursor,
}

/// Why a text is not a keyring. No variant carries any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is no root secret at all.
    #[error("there is no root secret")]
    Empty,
    /// There are more than eight root secrets.
    #[error("there are more than 8 root secrets")]
    TooMany,
    /// A root secret is not hexadecimal.
    #[error("a root secret is not hexadecimal")]
    Encoding,
    /// A root secret has less than 32 bytes.
    #[error("a root secret is shorter than 32 bytes (64 hexadecimal digits)")]
    TooShort,
    /// A root secret occurs twice.
    #[error("a root secret occurs twice")]
    Duplicate,
}

/// Everything that a repeated creation must have in common with the first to get the same secret.
#[derive(Clone, Copy)]
pub struct IdempotentSeed<'a> {
    /// SHA-256 of the credential presented: without the credential the stored row reveals nothing.
    pub credential_digest: &'a [u8; 32],
    /// The random value in the row of the first attempt.
    pub nonce: &'a [u8],
    /// The id of the credential presented.
    pub credential_id: &'a str,
    /// The session in which the key is created.
    pub session_id: &'a str,
    /// The route that was called.
    pub route: &'a str,
    /// The value of the `Idempotency-Key` header.
    pub header: &'a str,
    /// SHA-256 of the body.
    pub body_digest: &'a [u8; 32],
    /// What the seed is for, so that the secret and the id of one key are unrelated.
    pub purpose: &'a str,
}

impl Keyring {
    /// Reads root secrets, newest first, separated by commas or white space.
    ///
    /// # Errors
    /// Names what is wrong, without quoting any of it.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut roots: Vec<Vec<u8>> = Vec::new();
        for word in text
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|word| !word.is_empty())
        {
            let root = hex::decode(word).map_err(|_| KeyringError::Encoding)?;
            if root.len() < MIN_ROOT_BYTES {
                return Err(KeyringError::TooShort);
            }
            if roots.contains(&root) {
                return Err(KeyringError::Duplicate);
            }
            if roots.len() == MAX_ROOTS {
                return Err(KeyringError::TooMany);
            }
            roots.push(root);
        }
        let (newest, older) = roots.split_first().ok_or(KeyringError::Empty)?;
        Ok(Self {
            older: older
                .iter()
                .rev()
                .map(|root| RootKeys::derive(root))
                .collect(),
            newest: RootKeys::derive(newest),
        })
    }

    /// The keyed tag of a message: 8 base62 characters of HMAC-SHA-256 under the newest root.
    #[must_use]
    pub fn tag(&self, kind: TagKind, message: &[u8]) -> String {
        self.newest.tag(kind, message)
    }

    /// Whether the tag was made with any root of this keyring; takes the same time for every wrong tag.
    #[must_use]
    pub fn accepts_tag(&self, kind: TagKind, message: &[u8], tag: &str) -> bool {
        self.oldest_first()
            .fold(Choice::from(0), |accepted, root| {
                accepted | root.tag(kind, message).as_bytes().ct_eq(tag.as_bytes())
            })
            .into()
    }

    /// Under which hashes a secret key with this digest may be stored, version 1 first.
    ///
    /// `h(1) = HMAC(pepper(1), digest)`, `h(n + 1) = HMAC(pepper(n + 1), h(n))`; the oldest root is version 1.
    #[must_use]
    pub fn hashes(&self, digest: &[u8; 32]) -> Vec<KeyHash> {
        (1..)
            .zip(self.oldest_first())
            .scan(*digest, |inner, (version, root)| {
                *inner = mac(&root.pepper, &[inner.as_slice()]);
                Some(KeyHash::new(version, *inner))
            })
            .collect()
    }

    /// The version of the hashes that are stored from now on: how many roots there are.
    #[must_use]
    pub fn newest_version(&self) -> u8 {
        self.oldest_first().fold(0, |count, _| count + 1)
    }

    /// The same key under the newest pepper; `None` if it is there already, or comes from another keyring.
    #[must_use]
    pub fn advance(&self, hash: &KeyHash) -> Option<KeyHash> {
        let newest = self.newest_version();
        if !(1..newest).contains(&hash.version()) {
            return None;
        }
        let advanced = self
            .oldest_first()
            .skip(usize::from(hash.version()))
            .fold(*hash.as_bytes(), |inner, root| {
                mac(&root.pepper, &[inner.as_slice()])
            });
        Some(KeyHash::new(newest, advanced))
    }

    /// The seed of a key that is created idempotently: the same request gives the same key, and no secret is stored.
    #[must_use]
    pub fn idempotent_seed(&self, input: &IdempotentSeed<'_>) -> [u8; 64] {
        let material = [self.newest.seed.as_slice(), input.credential_digest].concat();
        let fields: [&[u8]; 6] = [
            input.credential_id.as_bytes(),
            input.session_id.as_bytes(),
            input.route.as_bytes(),
            input.header.as_bytes(),
            input.body_digest,
            input.purpose.as_bytes(),
        ];
        // Each field behind its length, so that no two different requests read the same.
        let info: Vec<u8> = fields
            .iter()
            .flat_map(|field| {
                (field.len() as u64)
                    .to_be_bytes()
                    .into_iter()
                    .chain(field.iter().copied())
            })
            .collect();
        derive(Some(input.nonce), &material, &info)
    }

    /// Under which name the row of an `Idempotency-Key` is kept: a keyed hash, in hexadecimal.
    ///
    /// Keyed by the oldest root, so that the row is found again after a new root was put in front.
    #[must_use]
    pub fn header_hash(&self, header: &str) -> String {
        let oldest = self.older.first().unwrap_or(&self.newest);
        hex::encode(mac(&oldest.header, &[header.as_bytes()]))
    }

    fn oldest_first(&self) -> impl Iterator<Item = &RootKeys> {
        self.older.iter().chain([&self.newest])
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keyring(…)")
    }
}

impl RootKeys {
    fn derive(root: &[u8]) -> Self {
        // One SHA-256 block each, so that HMAC takes the key as it is.
        let key = |label: &str| derive::<64>(None, root, label.as_bytes());
        Self {
            tag: HmacSha256::new(&key("latchkey/v1/tag").into()),
            pepper: HmacSha256::new(&key("latchkey/v1/pepper").into()),
            header: HmacSha256::new(&key("latchkey/v1/idempotency").into()),
            seed: key("latchkey/v1/idempotent-seed"),
        }
    }

    fn tag(&self, kind: TagKind, message: &[u8]) -> String {
        let output = mac(&self.tag, &[kind.label().as_bytes(), &[0], message]);
        // 64 bits modulo 62^8: the bias is below 2^-16, and a tag is no key.
        let value = output
            .iter()
            .take(8)
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        base62::encode(u128::from(value % TAG_VALUES), TAG_CHARACTERS)
    }
}

impl TagKind {
    const fn label(self) -> &'static str {
        match self {
            Self::SecretKey => "secret_key",
            Self::Organization => "organization",
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::User => "user",
            Self::AccessToken => "access_token",
            Self::Cursor => "cursor",
        }
    }
}

fn mac(key: &HmacSha256, message: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in message {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[expect(
    clippy::expect_used,
    reason = "RFC 5869: expand fails above 255 × 32 bytes only, and N is checked"
)]
fn derive<const N: usize>(salt: Option<&[u8]>, material: &[u8], info: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32) };
    let mut output = [0; N];
    Hkdf::<Sha256>::new(salt, material)
        .expand(info, &mut output)
        .expect("N is within RFC 5869's bound");
    output
}
