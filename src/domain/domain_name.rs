//! A domain name to which a key can be restricted, as the DNS knows it.
//!
//! UTS #46 to ASCII, so that `Bücher.example` and `xn--bcher-kva.example` are the same name and are compared
//! as bytes. An IP address is not a domain name.

use std::fmt;
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

/// A domain name of at least two labels, in lower-case ASCII, without the dot of the root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

/// Why a text is not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainNameError {
    /// It breaks the rules of the DNS or of internationalised names.
    #[error("is not a domain name")]
    Syntax,
    /// It has one label only.
    #[error("must have at least two labels")]
    SingleLabel,
    /// It is an IP address, or ends in a number like one.
    #[error("must not be an IP address")]
    IpAddress,
}

impl DomainName {
    /// Reads a domain name, in ASCII or in any script.
    ///
    /// # Errors
    /// Names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, DomainNameError> {
        let name = Uts46::new()
            .to_ascii(
                text.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .map_err(|_| DomainNameError::Syntax)?;
        let (_, last) = name.rsplit_once('.').ok_or(DomainNameError::SingleLabel)?;
        // No top-level domain begins with a digit; browsers read such a host as an IPv4 address (WHATWG URL, §3.5).
        if last.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(DomainNameError::IpAddress);
        }
        Ok(Self(name.into_owned()))
    }

    /// The name in lower-case ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for DomainName {
    type Err = DomainNameError;

    fn from_str(text: &str) -> Result<Self, DomainNameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DomainName {
    type Error = DomainNameError;

    fn try_from(text: String) -> Result<Self, DomainNameError> {
        Self::parse(&text)
    }
}

impl From<DomainName> for String {
    fn from(name: DomainName) -> Self {
        name.0
    }
}
