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
pub(crate) const MAX_ROOTS: usize = 8;
const MIN_ROOT_BYTES: usize = 32;
const UPCOMING: &str = "next:";
/// What stands before the organization where a key from elsewhere is hashed.
const IMPORTED: &[u8] = b"latchkey/imported\0";

type HmacSha256 = Hmac<Sha256>;

/// The keys of one deployment; the newest root signs, all of them are accepted.
pub struct Keyring {
    /// The roots before the newest, oldest first.
    older: Vec<RootKeys>,
    newest: RootKeys,
    /// A root that is about to become the newest: accepted already, used for nothing new.
    upcoming: Option<RootKeys>,
}

/// What one root secret gives.
struct RootKeys {
    tag: HmacSha256,
    pepper: HmacSha256,
    header: HmacSha256,
    seed: [u8; 64],
    password: [u8; 64],
    totp: [u8; 64],
    link: [u8; 64],
    webhook: [u8; 64],
    gateway: [u8; 64],
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
    /// A link by which a user chooses a new password.
    PasswordReset,
    /// A link by which somebody joins an organization.
    Invitation,
    /// The cursor of a list.
    Cursor,
}

/// What is derived from a root besides tags, peppers of keys and idempotent seeds; each is unrelated to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The secret input of a password's hash.
    Password,
    /// A user's secret for one-time codes.
    Totp,
    /// The random part of a token in a link.
    Link,
    /// The secret by which webhooks to an endpoint are signed.
    Webhook,
    /// The secret by which requests of the gateway to an origin are signed.
    Gateway,
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
    /// A root marked `next:` does not stand in front of the others.
    #[error("only the first root secret may be marked with next:, and another must follow it")]
    Upcoming,
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
    /// The first may be marked `next:`. Everybody accepts what such a root has signed, and nobody signs with it
    /// yet: while a deployment rolls out, isolates that know a new root work beside others that do not.
    ///
    /// # Errors
    /// Names what is wrong, without quoting any of it.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut roots: Vec<Vec<u8>> = Vec::new();
        let mut has_upcoming = false;
        for word in text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty()) {
            let (word, is_upcoming) = word.strip_prefix(UPCOMING).map_or((word, false), |word| (word, true));
            if is_upcoming && !roots.is_empty() {
                return Err(KeyringError::Upcoming);
            }
            has_upcoming |= is_upcoming;
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
        let upcoming = if has_upcoming { Some(RootKeys::derive(&roots.remove(0))) } else { None };
        let missing = if has_upcoming { KeyringError::Upcoming } else { KeyringError::Empty };
        let (newest, older) = roots.split_first().ok_or(missing)?;
        Ok(Self {
            upcoming,
            older: older.iter().rev().map(|root| RootKeys::derive(root)).collect(),
            newest: RootKeys::derive(newest),
        })
    }

    /// The keyed tag of a message: 8 base62 characters of HMAC-SHA-256 under the newest root.
    #[must_use]
    pub fn tag(&self, kind: TagKind, message: &[u8]) -> String {
        base62::encode(u128::from(self.newest.tag(kind, message)), TAG_CHARACTERS)
    }

    /// Whether the tag was made with any root of this keyring; takes the same time for every wrong tag.
    #[must_use]
    pub fn accepts_tag(&self, kind: TagKind, message: &[u8], tag: &str) -> bool {
        let Some(presented) = base62::decode(tag).filter(|_| tag.len() == TAG_CHARACTERS) else {
            return false;
        };
        self.oldest_first()
            .chain(&self.upcoming)
            .fold(Choice::from(0), |accepted, root| accepted | u128::from(root.tag(kind, message)).ct_eq(&presented))
            .into()
    }

    /// Under which hashes a secret key with this digest may be stored, version 1 first.
    ///
    /// `h(1) = HMAC(pepper(1), digest)`, `h(n + 1) = HMAC(pepper(n + 1), h(n))`; the oldest root is version 1.
    #[must_use]
    pub fn hashes(&self, digest: &[u8; 32]) -> Vec<KeyHash> {
        self.layers(&[digest])
    }

    /// The same for a key that an organization has brought from elsewhere. The same key in another organization has
    /// other hashes; and none of them is that of a key of ours, since a longer text is hashed first.
    #[must_use]
    pub fn imported_hashes(&self, organization: &str, digest: &[u8; 32]) -> Vec<KeyHash> {
        self.layers(&[IMPORTED, organization.as_bytes(), digest])
    }

    fn layers(&self, innermost: &[&[u8]]) -> Vec<KeyHash> {
        let mut inner: Option<[u8; 32]> = None;
        let layer = |(version, root): (u8, &RootKeys)| {
            let hash = inner.map_or_else(|| mac(&root.pepper, innermost), |inner| mac(&root.pepper, &[&inner]));
            inner = Some(hash);
            KeyHash::new(version, hash)
        };
        (1..).zip(self.oldest_first()).map(layer).collect()
    }

    /// The last of these: the one that is stored from now on.
    #[must_use]
    pub fn hash(&self, digest: &[u8; 32]) -> KeyHash {
        let start = (0_u8, *digest);
        let (version, hash) = self
            .oldest_first()
            .fold(start, |(version, inner), root| (version.saturating_add(1), mac(&root.pepper, &[inner.as_slice()])));
        KeyHash::new(version, hash)
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
            .fold(*hash.as_bytes(), |inner, root| mac(&root.pepper, &[inner.as_slice()]));
        Some(KeyHash::new(newest, advanced))
    }

    /// The same key under every later pepper, an upcoming one included: what a row may be stored under that was
    /// written by somebody who knows more roots than whoever made `hash`.
    #[must_use]
    pub fn later(&self, hash: &KeyHash) -> Vec<KeyHash> {
        let known = self.oldest_first().chain(&self.upcoming);
        let start = (hash.version(), *hash.as_bytes());
        known
            .skip(usize::from(hash.version()))
            .scan(start, |(version, inner), root| {
                *version = version.saturating_add(1);
                *inner = mac(&root.pepper, &[inner.as_slice()]);
                Some(KeyHash::new(*version, *inner))
            })
            .collect()
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
            .flat_map(|field| (field.len() as u64).to_be_bytes().into_iter().chain(field.iter().copied()))
            .collect();
        derive(Some(input.nonce), &material, &info)
    }

    /// 64 bytes for a purpose: HKDF-SHA-256 from the root of that version, the oldest root being version 1.
    ///
    /// What is derived so need not be stored: `salt` (a nonce in the row) and the version are enough to have it
    /// again. An upcoming root has its version already, since others may use it for new things. `None` if there
    /// is no root of that version.
    #[must_use]
    pub fn derived(&self, version: u8, purpose: Purpose, salt: &[u8], info: &[u8]) -> Option<[u8; 64]> {
        let root = self.oldest_first().chain(&self.upcoming).nth(usize::from(version.checked_sub(1)?))?;
        let material = match purpose {
            Purpose::Password => &root.password,
            Purpose::Totp => &root.totp,
            Purpose::Link => &root.link,
            Purpose::Webhook => &root.webhook,
            Purpose::Gateway => &root.gateway,
        };
        Some(derive(Some(salt), material, info))
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
            password: key("latchkey/v1/password"),
            totp: key("latchkey/v1/totp"),
            link: key("latchkey/v1/link"),
            webhook: key("latchkey/v1/webhook"),
            gateway: key("latchkey/v1/gateway"),
        }
    }

    /// The tag as a number below 62^8.
    fn tag(&self, kind: TagKind, message: &[u8]) -> u64 {
        let output = mac(&self.tag, &[kind.label().as_bytes(), &[0], message]);
        // 64 bits modulo 62^8: the bias is below 2^-16, and a tag is no key.
        output.iter().take(8).fold(0_u64, |value, byte| value << 8 | u64::from(*byte)) % TAG_VALUES
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
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
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

#[expect(clippy::expect_used, reason = "RFC 5869: expand fails above 255 × 32 bytes only, and N is checked")]
fn derive<const N: usize>(salt: Option<&[u8]>, material: &[u8], info: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32) };
    let mut output = [0; N];
    Hkdf::<Sha256>::new(salt, material).expand(info, &mut output).expect("N is within RFC 5869's bound");
    output
}

#[cfg(test)]
pub(super) mod tests;
