//! Where the service may send something that somebody else has chosen: which URLs, and which addresses.
//!
//! A URL of a client makes this service speak to whatever it names, with the service's own place in the network. So only
//! https to a public DNS name on port 443 is let out, in its plainest spelling: what the parser of URLs would have to
//! repair, decode or fold is refused, because somebody else may read it differently. Names that end in private networks
//! are refused here, addresses that a public name leads to by [`is_public`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The most characters of a URL.
pub const URL_CHARACTERS_MAX: usize = 2_048;
/// The most characters of one label of a DNS name, and of all (RFC 1035 §2.3.4).
const LABEL_CHARACTERS_MAX: usize = 63;
const NAME_CHARACTERS_MAX: usize = 253;

/// What names end with that belong to one machine or one network (RFC 6761, 6762, 7686, 8375, 9476, and usage).
const PRIVATE_SUFFIXES: [&str; 19] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "workgroup",
    "test",
    "invalid",
    "alt",
    "onion",
    "arpa",
    "svc",
    "consul",
    "docker",
    "kubernetes",
];

/// Public names, with all below them, that lead back: to this machine, to an address that stands in the name, or to the
/// metadata of a cloud.
const LEADING_BACK: [&str; 14] = [
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "fbi.com.localhost.direct",
    "localhost.direct",
    "traefik.me",
    "nip.io",
    "sslip.io",
    "xip.io",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "metadata.goog",
];

/// A URL that something may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiverUrl(String);

/// Why a URL is refused. No variant quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// It is longer than anybody needs.
    #[error("must have at most 2048 characters")]
    TooLong,
    /// It is no absolute URL.
    #[error("must be an absolute URL")]
    Malformed,
    /// It is not https.
    #[error("must begin with https://")]
    Scheme,
    /// It carries a user name or a password.
    #[error("must not have a user name or password")]
    UserInfo,
    /// It has a fragment, which is never sent.
    #[error("must not have a fragment")]
    Fragment,
    /// It names another port.
    #[error("must be on port 443")]
    Port,
    /// It names an address.
    #[error("must name a host by DNS, not by address")]
    Address,
    /// The host is spelled in a way that not everybody reads alike.
    #[error("must spell its host in plain ASCII: letters, digits, hyphens and dots")]
    Spelling,
    /// The host belongs to one machine or one network.
    #[error("must name a host on the public Internet")]
    Private,
}

impl ReceiverUrl {
    /// Reads a URL. `loopback` lets http to this very machine pass, for work on one's own machine.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn parse(text: &str, loopback: bool) -> Result<Self, EgressError> {
        if text.len() > URL_CHARACTERS_MAX {
            return Err(EgressError::TooLong);
        }
        // WHATWG drops tabs and line breaks, trims blanks and turns backslashes: nobody needs that.
        if text.chars().any(|c| c.is_ascii_control() || c.is_whitespace() || c == '\\') {
            return Err(EgressError::Spelling);
        }
        let url = Url::parse(text).map_err(|_| EgressError::Malformed)?;
        // As it is kept and shown, where every character beyond ASCII takes several.
        if url.as_str().len() > URL_CHARACTERS_MAX {
            return Err(EgressError::TooLong);
        }
        let authority = authority(text).ok_or(EgressError::Malformed)?;
        if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::UserInfo);
        }
        if text.contains('#') {
            return Err(EgressError::Fragment);
        }
        if loopback && url.scheme() == "http" && is_loopback(&url) {
            return Ok(Self(url.into()));
        }
        if url.scheme() != "https" {
            return Err(EgressError::Scheme);
        }
        if url.port().is_some() {
            return Err(EgressError::Port);
        }
        let Some(Host::Domain(host)) = url.host() else { return Err(EgressError::Address) };
        // Whatever was decoded, folded or encoded on the way is no plain spelling.
        let written = authority.strip_suffix(":443").unwrap_or(authority);
        if !written.is_ascii() || !written.eq_ignore_ascii_case(host) {
            return Err(EgressError::Spelling);
        }
        check_name(host)?;
        Ok(Self(url.into()))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, for people: a path may hold what is nobody else's business.
    #[must_use]
    pub fn host(&self) -> String {
        Url::parse(&self.0).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default()
    }
}

/// What stands between `//` and the path, as it was written.
fn authority(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn check_name(host: &str) -> Result<(), EgressError> {
    if host.len() > NAME_CHARACTERS_MAX || host.split('.').any(|label| !is_label(label)) {
        return Err(EgressError::Spelling);
    }
    let top = host.rsplit('.').next().unwrap_or_default();
    let is_top = top.len() >= 2 && (top.bytes().all(|byte| byte.is_ascii_lowercase()) || top.starts_with("xn--"));
    let below = |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let is_private = PRIVATE_SUFFIXES.into_iter().chain(LEADING_BACK).any(below);
    if !host.contains('.') || !is_top || is_private { Err(EgressError::Private) } else { Ok(()) }
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty()
        && label.len() <= LABEL_CHARACTERS_MAX
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether an address, such as one that a name leads to, is on the public Internet (IANA special-purpose registries).
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // This network, private, loopback, multicast and reserved.
        (0 | 10 | 127 | 224..=255, ..) => true,
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) | (198, 18..=19, _) => true,
        (192, 0, 0 | 2) | (192, 31, 196) | (192, 52, 193) | (192, 88, 99) | (192, 175, 48) => true,
        (198, 51, 100) | (203, 0, 113) => true,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Global unicast, without what holds an address of version 4, documentation, and protocols.
    (0x2000..=0x3fff).contains(&a)
        && a != 0x2002
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
        && a != 0x3ffe
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_public_urls_pass_as_they_are() {
        for (url, stored) in [
            ("https://hooks.example.com/x?y=1", "https://hooks.example.com/x?y=1"),
            ("https://example.com", "https://example.com/"),
            ("https://EXAMPLE.com:443/a", "https://example.com/a"),
            ("https://xn--mnchen-3ya.example.org/%2e%2e/a", "https://xn--mnchen-3ya.example.org/a"),
            ("https://a-1.b2.co.uk/@x", "https://a-1.b2.co.uk/@x"),
            ("https://internal.example.com/", "https://internal.example.com/"),
            ("https://localhost.example.com/", "https://localhost.example.com/"),
            ("https://mynip.io/", "https://mynip.io/"),
        ] {
            assert_eq!(ReceiverUrl::parse(url, false).map(|url| url.0), Ok(stored.to_owned()), "{url}");
        }
    }

    #[test]
    fn every_url_of_the_corpus_is_refused_for_its_reason() {
        let corpus = include_str!("../../tests/vectors/egress.txt");
        let (mut refused, mut wrong) = (0, Vec::new());
        for line in corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            let (reason, url) = line.split_once(' ').unwrap();
            // \t and the like stand for the characters; \\ for a backslash.
            let url: String = serde_json::from_str(&format!("\"{url}\"")).unwrap();
            let found = ReceiverUrl::parse(&url, false).map_err(|error| format!("{error:?}"));
            if found != Err(reason.to_owned()) {
                wrong.push(format!("{url:?}: {found:?}, not {reason}"));
            }
            refused += 1;
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(refused >= 90, "{refused}");
        let long = format!("https://example.com/{}", "x".repeat(URL_CHARACTERS_MAX));
        assert_eq!(ReceiverUrl::parse(&long, false), Err(EgressError::TooLong));
        // Short once it is read, but nobody reads that much.
        let long = format!("https://example.com/{}", "x/../".repeat(URL_CHARACTERS_MAX));
        assert_eq!(ReceiverUrl::parse(&long, false), Err(EgressError::TooLong));
        let longest = format!("https://example.com/{}", "x".repeat(URL_CHARACTERS_MAX - 20));
        assert!(ReceiverUrl::parse(&longest, false).is_ok());
        for (label, refused) in [(58, false), (59, true)] {
            let name = [63, 63, 63, label].map(|length| "a".repeat(length)).join(".");
            assert_eq!(ReceiverUrl::parse(&format!("https://{name}.de"), false).is_err(), refused, "{label}");
        }
    }

    #[test]
    fn a_loopback_receiver_is_http_to_this_machine_and_only_where_that_is_allowed() {
        for url in ["http://127.0.0.1:9000/x", "http://localhost:1/", "http://[::1]:80/", "http://localhost/"] {
            assert!(ReceiverUrl::parse(url, true).is_ok(), "{url}");
            assert_eq!(ReceiverUrl::parse(url, false), Err(EgressError::Scheme), "{url}");
        }
        for url in [
            "http://127.0.0.2/",
            "http://10.0.0.1/",
            "http://example.com/",
            "https://127.0.0.1/",
            "http://localhost.example.com/",
            "http://169.254.169.254/",
            "http://a@127.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost./",
        ] {
            assert!(ReceiverUrl::parse(url, true).is_err(), "{url}");
        }
        assert!(ReceiverUrl::parse("https://example.com/", true).is_ok());
    }

    #[test]
    fn an_address_is_public_or_it_is_special() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2000::1",
            "2001:200::1",
            "2606:4700::1111",
            "3fff:1000::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:1ff::1",
            "1fff::1",
            "4000::1",
            "3ffe::1",
            "3fff:fff::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "3fff::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    proptest! {
        #[test]
        fn whatever_passes_is_https_to_a_name_and_passes_again(text in "https?://[a-zA-Z0-9.@:%_/#?\\[\\]-]{0,40}|\\PC{0,40}") {
            if let Ok(url) = ReceiverUrl::parse(&text, false) {
                prop_assert!(url.as_str().starts_with("https://"));
                prop_assert!(url.host().contains('.'));
                prop_assert_eq!(ReceiverUrl::parse(url.as_str(), false), Ok(url.clone()));
            }
        }
    }
}
