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
            .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_brought_to_lower_case_ascii() {
        for (text, name) in [
            ("example.com", "example.com"),
            ("EXAMPLE.Com", "example.com"),
            ("mail.example.co.uk", "mail.example.co.uk"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("1.example", "1.example"),
            ("a-b.example", "a-b.example"),
        ] {
            assert_eq!(DomainName::parse(text).unwrap().as_str(), name);
        }
    }

    #[test]
    fn everything_that_is_no_domain_name_is_refused() {
        use DomainNameError::{IpAddress, SingleLabel, Syntax};
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = format!("{}example", "abcdefg.".repeat(32));
        for (text, error) in [
            ("", Syntax),
            (".", Syntax),
            ("example.com.", Syntax),
            (".example.com", Syntax),
            ("a..example", Syntax),
            ("a_b.example", Syntax),
            ("-a.example", Syntax),
            ("a-.example", Syntax),
            ("*.example.com", Syntax),
            ("exa mple.com", Syntax),
            ("example.com ", Syntax),
            ("http://example.com", Syntax),
            ("example.com:443", Syntax),
            ("user@example.com", Syntax),
            ("xn--a.example", Syntax),
            ("a\0.example", Syntax),
            ("[::1]", Syntax),
            ("2001:db8::1", Syntax),
            (&long_label, Syntax),
            (&long_name, Syntax),
            ("localhost", SingleLabel),
            ("192.0.2.1", IpAddress),
            ("1.2.3.0x4", IpAddress),
            ("example.1", IpAddress),
            ("１９２.０.２.１", IpAddress),
        ] {
            assert_eq!(DomainName::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_stored_form_is_the_text() {
        let name = DomainName::parse("Example.com").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"example.com\"");
        assert!(serde_json::from_str::<DomainName>("\"localhost\"").is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_its_own_normal_form(
            any: String,
            likely in r"[a-zA-Z0-9äß例.-]{1,12}\.[a-z例]{1,5}",
        ) {
            for text in [any, likely] {
                if let Ok(name) = DomainName::parse(&text) {
                    prop_assert!(name.as_str().is_ascii() && name.as_str().len() <= 253);
                    prop_assert_eq!(DomainName::parse(name.as_str()), Ok(name));
                }
            }
        }
    }
}
