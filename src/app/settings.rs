//! What the operator of a deployment has set, read from its environment.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::domain::keyring::{Keyring, KeyringError};
use crate::domain::link_hook::{LinkHook, LinkHookError};
use crate::domain::plan::PlanName;
use crate::domain::secret_key::PrefixWord;
use crate::ports::Rules;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// For how long (days) the data of a deleted organization is kept unless the operator says otherwise.
const RETENTION_DAYS: i64 = 30;
const RETENTION_DAYS_MAX: i64 = 365;

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever has an invitation.
    Invite,
    /// Whoever has an invitation of the operator's.
    Closed,
}

/// Who chooses the plan of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChanges {
    /// Its owners.
    Owner,
    /// The operator.
    Operator,
}

/// What the edge has to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The word that secret keys begin with.
    pub prefix: PrefixWord,
    /// SHA-256 of the operator token; without it there are no operator routes.
    pub operator_digest: Option<[u8; 32]>,
    /// SHA-256 of the one-time token with which the first account can be created.
    pub setup_digest: Option<[u8; 32]>,
    /// The plan of new organizations.
    pub default_plan: PlanName,
    /// Who may register.
    pub registration: Registration,
    /// Who chooses plans.
    pub plan_changes: PlanChanges,
}

/// Why a deployment cannot work. The reason is for its operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The root secrets are missing or unusable.
    #[error("ROOT_SECRETS: {0}")]
    RootSecrets(#[from] KeyringError),
    /// The prefix word cannot stand in a key.
    #[error("KEY_PREFIX must be 1 to 16 lower-case letters and digits, beginning with a letter")]
    Prefix,
    /// A digest is not one.
    #[error("{0} must be 64 hex digits")]
    Digest(&'static str),
    /// A word is not one of those that are understood.
    #[error("{0}")]
    Word(&'static str),
    /// The hook cannot be used.
    #[error("{0}")]
    LinkHook(#[from] LinkHookError),
}

impl Settings {
    /// Reads the settings as the deployment's environment has them; an empty text counts as absent.
    ///
    /// # Errors
    /// Names the first setting that cannot be used.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Result<(Keyring, Rules, Self), SettingsError> {
        let given = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let or = |name: &str, default: &str| given(name).unwrap_or_else(|| default.to_owned());
        let keyring = Keyring::parse(&or("ROOT_SECRETS", ""))?;
        let link_hook = given("LINK_HOOK_URL").map(|url| LinkHook::parse(&url, &or("LINK_HOOK_SECRET", "")));
        let rules = Rules {
            retention_ms: retention(given("ORGANIZATION_RETENTION_DAYS").as_deref())?,
            dashboard_url: given("DASHBOARD_URL").map(|url| base(&url)).transpose()?,
            link_hook: link_hook.transpose()?,
        };
        let settings = Self {
            prefix: PrefixWord::parse(&or("KEY_PREFIX", "sk")).map_err(|_| SettingsError::Prefix)?,
            operator_digest: digest("OPERATOR_TOKEN_SHA256", given("OPERATOR_TOKEN_SHA256"))?,
            setup_digest: digest("SETUP_TOKEN_SHA256", given("SETUP_TOKEN_SHA256"))?,
            default_plan: PlanName::parse(&or("DEFAULT_PLAN", "enterprise"))
                .ok_or(SettingsError::Word("DEFAULT_PLAN must be free, starter, pro or enterprise"))?,
            registration: registration(&or("REGISTRATION", "closed"))?,
            plan_changes: plan_changes(&or("PLAN_CHANGES", "operator"))?,
        };
        Ok((keyring, rules, settings))
    }

    /// Whether a token is the one for the first account.
    pub fn is_setup(&self, token: &str) -> bool {
        self.setup_digest.is_some_and(|expected| matches(&expected, token))
    }
}

/// Whether a token is the one with this SHA-256; takes the same time for every wrong one.
pub(super) fn matches(expected: &[u8; 32], token: &str) -> bool {
    let presented: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    presented.ct_eq(expected).into()
}

fn digest(name: &'static str, text: Option<String>) -> Result<Option<[u8; 32]>, SettingsError> {
    text.map(|text| {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map(|()| digest)
    })
    .transpose()
    .map_err(|_| SettingsError::Digest(name))
}

fn registration(word: &str) -> Result<Registration, SettingsError> {
    match word {
        "open" => Ok(Registration::Open),
        "invite" => Ok(Registration::Invite),
        "closed" => Ok(Registration::Closed),
        _ => Err(SettingsError::Word("REGISTRATION must be open, invite or closed")),
    }
}

fn plan_changes(word: &str) -> Result<PlanChanges, SettingsError> {
    match word {
        "owner" => Ok(PlanChanges::Owner),
        "operator" => Ok(PlanChanges::Operator),
        _ => Err(SettingsError::Word("PLAN_CHANGES must be owner or operator")),
    }
}

fn retention(days: Option<&str>) -> Result<i64, SettingsError> {
    let days = days.map_or(Ok(RETENTION_DAYS), str::parse::<i64>);
    days.ok()
        .filter(|days| (0..=RETENTION_DAYS_MAX).contains(days))
        .map(|days| days.saturating_mul(DAY_MS))
        .ok_or(SettingsError::Word("ORGANIZATION_RETENTION_DAYS must be a number from 0 to 365"))
}

fn base(url: &str) -> Result<String, SettingsError> {
    let refused = SettingsError::Word("DASHBOARD_URL must be an http or https URL without query");
    match Url::parse(url) {
        Ok(parsed) if ["http", "https"].contains(&parsed.scheme()) && parsed.query().is_none() => {
            Ok(parsed.as_str().trim_end_matches('/').to_owned())
        }
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<(Keyring, Rules, Settings), SettingsError> {
        let root = "00".repeat(32);
        Settings::parse(|name| match pairs.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => Some((*value).to_owned()),
            None => (name == "ROOT_SECRETS").then(|| root.clone()),
        })
    }

    #[test]
    fn a_deployment_is_closed_unless_somebody_opens_it() {
        let (_, rules, settings) = parse(&[]).unwrap();
        assert_eq!(settings.registration, Registration::Closed);
        assert_eq!(settings.plan_changes, PlanChanges::Operator);
        assert_eq!((settings.operator_digest, settings.setup_digest), (None, None));
        assert!(!settings.is_setup(""));
        assert_eq!((rules.retention_ms, rules.link_hook.is_none()), (30 * DAY_MS, true));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (name, value) in [
            ("ROOT_SECRETS", ""),
            ("KEY_PREFIX", "SK"),
            ("OPERATOR_TOKEN_SHA256", "abc"),
            ("SETUP_TOKEN_SHA256", "abc"),
            ("DEFAULT_PLAN", "gold"),
            ("REGISTRATION", "Open"),
            ("PLAN_CHANGES", "anybody"),
            ("ORGANIZATION_RETENTION_DAYS", "-1"),
            ("ORGANIZATION_RETENTION_DAYS", "366"),
            ("LINK_HOOK_URL", "http://mail.example"),
            ("DASHBOARD_URL", "javascript:alert(1)"),
        ] {
            let refused = parse(&[(name, value)]).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
        let hook = [("LINK_HOOK_URL", "https://mail.example"), ("LINK_HOOK_SECRET", "short")];
        assert!(parse(&hook).unwrap_err().to_string().contains("LINK_HOOK_SECRET"));
    }

    #[test]
    fn the_setup_token_is_known_by_its_digest() {
        let digest = hex::encode(Sha256::digest(b"the token"));
        let (_, _, settings) = parse(&[("SETUP_TOKEN_SHA256", &digest)]).unwrap();
        assert!(settings.is_setup("the token") && !settings.is_setup("another") && !settings.is_setup(&digest));
    }
}
