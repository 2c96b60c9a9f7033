//! What the operator of a deployment has set, read from its environment.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::domain::keyring::{Keyring, KeyringError};
use crate::domain::link_hook::{LinkHook, LinkHookError, shielded};
use crate::domain::owned_domain::LOSS_MS;
use crate::domain::plan::PlanName;
use crate::domain::secret_key::PrefixWord;
use crate::ports::Rules;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Where GitHub says that they are (its secret scanning partner programme).
const GITHUB_KEYS_URL: &str = "https://api.github.com/meta/public_keys/secret_scanning";
/// Who is asked for texts in the DNS: Cloudflare's resolver, which is next to where workers run.
const RESOLVER_URL: &str = "https://cloudflare-dns.com/dns-query";
const HOUR_MS: i64 = 60 * 60 * 1_000;
const LOSS_HOURS_MAX: i64 = 720;
/// How long (days) entries of audit logs are kept: a year, and some weeks in which to look at it.
const AUDIT_RETENTION_DAYS: i64 = 400;
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

/// Which requests leave a line in the operator's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// None of them.
    None,
    /// All but verifications, of which there are many, and which usage counts.
    Management,
    /// All.
    All,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logging {
    /// Which requests.
    pub requests: Logged,
    /// Whether with the address of the client.
    pub addresses: bool,
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
    /// What is logged.
    pub logging: Logging,
    /// Where GitHub lists the keys with which it signs what its scanner has found.
    pub github_keys_url: String,
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
            audit_retention_ms: audit_retention(given("AUDIT_RETENTION_DAYS").as_deref())?,
            dashboard_url: given("DASHBOARD_URL").map(|url| base(&url)).transpose()?,
            link_hook: link_hook.transpose()?,
            loopback_webhooks: loopback(given("ALLOW_LOOPBACK_WEBHOOKS").as_deref())?,
            resolver_url: resolver(&or("DNS_RESOLVER_URL", RESOLVER_URL))?,
            domain_loss_ms: loss(given("DOMAIN_LOSS_HOURS").as_deref())?,
        };
        let settings = Self {
            prefix: PrefixWord::parse(&or("KEY_PREFIX", "sk")).map_err(|_| SettingsError::Prefix)?,
            operator_digest: digest("OPERATOR_TOKEN_SHA256", given("OPERATOR_TOKEN_SHA256"))?,
            setup_digest: digest("SETUP_TOKEN_SHA256", given("SETUP_TOKEN_SHA256"))?,
            default_plan: PlanName::parse(&or("DEFAULT_PLAN", "enterprise"))
                .ok_or(SettingsError::Word("DEFAULT_PLAN must be free, starter, pro or enterprise"))?,
            registration: registration(&or("REGISTRATION", "closed"))?,
            plan_changes: plan_changes(&or("PLAN_CHANGES", "operator"))?,
            github_keys_url: github_keys(&or("GITHUB_KEYS_URL", GITHUB_KEYS_URL))?,
            logging: Logging {
                requests: logged(&or("LOG_REQUESTS", "management"))?,
                addresses: addresses(&or("LOG_ADDRESSES", "no"))?,
            },
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

fn logged(word: &str) -> Result<Logged, SettingsError> {
    match word {
        "none" => Ok(Logged::None),
        "management" => Ok(Logged::Management),
        "all" => Ok(Logged::All),
        _ => Err(SettingsError::Word("LOG_REQUESTS must be none, management or all")),
    }
}

fn addresses(word: &str) -> Result<bool, SettingsError> {
    match word {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(SettingsError::Word("LOG_ADDRESSES must be yes or no")),
    }
}

fn loopback(word: Option<&str>) -> Result<bool, SettingsError> {
    match word {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(SettingsError::Word("ALLOW_LOOPBACK_WEBHOOKS must be true or false")),
    }
}

fn retention(days: Option<&str>) -> Result<i64, SettingsError> {
    let days = days.map_or(Ok(RETENTION_DAYS), str::parse::<i64>);
    days.ok()
        .filter(|days| (0..=RETENTION_DAYS_MAX).contains(days))
        .map(|days| days.saturating_mul(DAY_MS))
        .ok_or(SettingsError::Word("ORGANIZATION_RETENTION_DAYS must be a number from 0 to 365"))
}

/// None for ever.
fn audit_retention(days: Option<&str>) -> Result<Option<i64>, SettingsError> {
    let refused = SettingsError::Word("AUDIT_RETENTION_DAYS must be 0, for ever, or a number from 30 to 3650");
    match days.map_or(Ok(AUDIT_RETENTION_DAYS), str::parse::<i64>) {
        Ok(0) => Ok(None),
        Ok(days @ 30..=3_650) => Ok(Some(days.saturating_mul(DAY_MS))),
        _ => Err(refused),
    }
}

fn github_keys(url: &str) -> Result<String, SettingsError> {
    let refused = SettingsError::Word("GITHUB_KEYS_URL must be an https URL, or http to this very machine");
    shielded(url).map(String::from).ok_or(refused)
}

/// A resolver is asked over https; over http only on this very machine.
fn resolver(url: &str) -> Result<String, SettingsError> {
    let refused = SettingsError::Word("DNS_RESOLVER_URL must be an https URL, or http to this very machine");
    shielded(url).map(String::from).ok_or(refused)
}

fn loss(hours: Option<&str>) -> Result<i64, SettingsError> {
    let hours = hours.map_or(Ok(LOSS_MS / HOUR_MS), str::parse::<i64>);
    hours
        .ok()
        .filter(|hours| (0..=LOSS_HOURS_MAX).contains(hours))
        .map(|hours| hours.saturating_mul(HOUR_MS))
        .ok_or(SettingsError::Word("DOMAIN_LOSS_HOURS must be a number from 0 to 720"))
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
        assert!(!rules.loopback_webhooks);
        assert_eq!((rules.resolver_url.as_str(), rules.domain_loss_ms), (RESOLVER_URL, DAY_MS));
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
            ("ALLOW_LOOPBACK_WEBHOOKS", "1"),
            ("GITHUB_KEYS_URL", "http://keys.example/"),
            ("DNS_RESOLVER_URL", "http://dns.example/dns-query"),
            ("DNS_RESOLVER_URL", "dns.example"),
            ("DOMAIN_LOSS_HOURS", "-1"),
            ("DOMAIN_LOSS_HOURS", "721"),
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
