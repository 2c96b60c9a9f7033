//! From where a key may be used: addresses and networks in CIDR notation (RFC 4632, RFC 4291 §2.3).
//!
//! An IPv4 address that arrives as IPv6 (`::ffff:192.0.2.1`) is compared as IPv4, on both sides, so that
//! the way a connection came in decides nothing.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// How many networks a key may list.
pub const MAX_NETWORKS: usize = 50;

/// One address, or all addresses with a common beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IpNetwork(IpNet);

/// The networks from which a key may be used, sorted, at most 50. An empty list restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<IpNetwork>", into = "Vec<IpNetwork>")]
pub struct IpAllowList(Vec<IpNetwork>);

/// Why a text is not a network, or a list no allow-list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IpNetworkError {
    /// It is neither an address nor a network.
    #[error("must be an IP address or a network such as 192.0.2.0/24")]
    Syntax,
    /// Bits are set behind the prefix: either the address or the length is a mistake.
    #[error("has bits set behind its prefix length")]
    HostBits,
    /// There are more than 50.
    #[error("at most 50 networks")]
    TooMany,
}

impl IpNetwork {
    /// Reads an address or a network.
    ///
    /// # Errors
    /// Names what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, IpNetworkError> {
        let network = if text.contains('/') {
            text.parse::<IpNet>().map_err(|_| IpNetworkError::Syntax)?
        } else {
            text.parse::<IpAddr>().map_err(|_| IpNetworkError::Syntax)?.into()
        };
        if network.addr() != network.network() {
            return Err(IpNetworkError::HostBits);
        }
        Ok(Self(unmapped(network)))
    }

    /// Whether the address lies in this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl IpAllowList {
    /// Makes a list.
    ///
    /// # Errors
    /// If there are too many networks.
    pub fn new(networks: impl IntoIterator<Item = IpNetwork>) -> Result<Self, IpNetworkError> {
        let mut networks: Vec<_> = networks.into_iter().collect();
        networks.sort_unstable();
        networks.dedup();
        if networks.len() > MAX_NETWORKS {
            return Err(IpNetworkError::TooMany);
        }
        Ok(Self(networks))
    }

    /// Reads a list of texts.
    ///
    /// # Errors
    /// If one of them is not a network, or if there are too many.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, IpNetworkError> {
        Self::new(texts.into_iter().map(IpNetwork::parse).collect::<Result<Vec<_>, _>>()?)
    }

    /// Whether a key with this list may be used from the address.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.is_empty() || self.0.iter().any(|network| network.contains(address))
    }

    /// Whether every address that the other list allows is allowed here.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // Merged, two halves of a network count as the whole.
        let merged = IpNet::aggregate(&self.networks());
        self.is_empty() || other.networks().iter().all(|network| merged.iter().any(|wider| wider.contains(network)))
    }

    /// The networks, in order.
    pub fn iter(&self) -> impl Iterator<Item = &IpNetwork> {
        self.0.iter()
    }

    /// Whether there is no restriction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The networks, spelled out: no restriction is both families whole.
    fn networks(&self) -> Vec<IpNet> {
        if self.is_empty() {
            return vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())];
        }
        self.0.iter().map(|network| network.0).collect()
    }
}

impl fmt::Display for IpNetwork {
    /// A single address stands without its length.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            return self.0.addr().fmt(formatter);
        }
        self.0.fmt(formatter)
    }
}

impl FromStr for IpNetwork {
    type Err = IpNetworkError;

    fn from_str(text: &str) -> Result<Self, IpNetworkError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for IpNetwork {
    type Error = IpNetworkError;

    fn try_from(text: String) -> Result<Self, IpNetworkError> {
        Self::parse(&text)
    }
}

impl From<IpNetwork> for String {
    fn from(network: IpNetwork) -> Self {
        network.to_string()
    }
}

impl TryFrom<Vec<IpNetwork>> for IpAllowList {
    type Error = IpNetworkError;

    fn try_from(networks: Vec<IpNetwork>) -> Result<Self, IpNetworkError> {
        Self::new(networks)
    }
}

impl From<IpAllowList> for Vec<IpNetwork> {
    fn from(list: IpAllowList) -> Self {
        list.0
    }
}

/// A network of IPv4-mapped addresses (`::ffff:0:0/96` and within) as the IPv4 network that it means.
fn unmapped(network: IpNet) -> IpNet {
    let (IpAddr::V4(address), Some(length)) = (network.addr().to_canonical(), network.prefix_len().checked_sub(96))
    else {
        return network;
    };
    Ipv4Net::new(address, length).map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn list(texts: &[&str]) -> IpAllowList {
        IpAllowList::parse(texts.iter().copied()).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_have_one_text_each() {
        for (text, shown) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1"),
            ("::/0", "::/0"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            let network = IpNetwork::parse(text).unwrap();
            assert_eq!(network.to_string(), shown);
            assert_eq!(IpNetwork::parse(shown), Ok(network));
        }
        let shown = list(&["2001:db8::/32", "192.0.2.0/24"]).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown, ["192.0.2.0/24", "2001:db8::/32"], "in order");
    }

    #[test]
    fn everything_that_is_no_network_is_refused() {
        use IpNetworkError::{HostBits, Syntax};
        for (text, error) in [
            ("", Syntax),
            ("localhost", Syntax),
            ("192.0.2", Syntax),
            ("192.0.2.256", Syntax),
            ("192.0.2.01", Syntax),
            ("192.0.2.0/33", Syntax),
            ("192.0.2.0/-1", Syntax),
            ("192.0.2.0/", Syntax),
            ("192.0.2.0/24 ", Syntax),
            ("192.0.2.0/255.255.255.0", Syntax),
            ("[2001:db8::1]", Syntax),
            ("fe80::1%eth0", Syntax),
            ("2001:db8::/129", Syntax),
            ("192.0.2.1/24", HostBits),
            ("2001:db8::1/32", HostBits),
            ("::ffff:192.0.2.1/120", HostBits),
        ] {
            assert_eq!(IpNetwork::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_address_is_allowed_if_a_network_has_it() {
        let list = list(&["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"]);
        for (address, allowed) in [
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("::ffff:192.0.2.9", true),
            ("::ffff:192.0.3.9", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(list.allows(ip(address)), allowed, "{address}");
        }
        assert!(!super::tests::list(&["::/0"]).allows(ip("::ffff:192.0.2.1")), "IPv4 in disguise is IPv4");
    }

    #[test]
    fn an_empty_list_restricts_nothing() {
        let everywhere = IpAllowList::default();
        assert!(everywhere.is_empty() && everywhere.allows(ip("192.0.2.1")) && everywhere.allows(ip("::1")));
        assert!(everywhere.covers(&list(&["192.0.2.0/24"])));
        assert!(!list(&["192.0.2.0/24"]).covers(&everywhere));
        assert!(!list(&["0.0.0.0/0"]).covers(&everywhere));
        assert!(list(&["0.0.0.0/0", "::/0"]).covers(&everywhere));
    }

    #[test]
    fn two_halves_cover_the_whole() {
        assert!(list(&["10.0.0.0/9", "10.128.0.0/9"]).covers(&list(&["10.0.0.0/8"])));
        assert!(!list(&["10.0.0.0/9"]).covers(&list(&["10.0.0.0/8"])));
        assert!(list(&["10.0.0.0/8"]).covers(&list(&["10.1.2.3", "10.9.0.0/16"])));
    }

    #[test]
    fn a_list_is_sorted_without_repetition_and_bounded() {
        let json = r#"["192.0.2.1","198.51.100.0/24"]"#;
        let sorted: IpAllowList = serde_json::from_str(r#"["198.51.100.0/24","192.0.2.1","192.0.2.1/32"]"#).unwrap();
        assert_eq!(serde_json::to_string(&sorted).unwrap(), json);
        let many: Vec<_> = (0..=MAX_NETWORKS).map(|n| format!("192.0.2.{n}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(IpAllowList::parse(many.iter().copied()), Err(IpNetworkError::TooMany));
        assert!(IpAllowList::parse(many.into_iter().skip(1)).is_ok());
    }

    /// Lists within 10.0.0.0/29, so that all their addresses can be asked.
    fn any_list() -> impl Strategy<Value = IpAllowList> {
        let network = (0_u8..8, 29_u8..=32).prop_map(|(host, length)| {
            let masked = host & !(8_u8.wrapping_shr(u32::from(length - 29)).wrapping_sub(1));
            IpNetwork::parse(&format!("10.0.0.{masked}/{length}")).unwrap()
        });
        prop::collection::vec(network, 1..6).prop_map(|networks| IpAllowList::new(networks).unwrap())
    }

    proptest! {
        #[test]
        fn covering_is_allowing_all_that_the_other_allows(one in any_list(), other in any_list()) {
            let allows_all = (0..8).map(|host| IpAddr::from([10, 0, 0, host]))
                .all(|address| one.allows(address) || !other.allows(address));
            prop_assert_eq!(one.covers(&other), allows_all);
        }

        #[test]
        fn no_text_panics(text in r"[0-9a-f:./]{0,20}") {
            if let Ok(network) = IpNetwork::parse(&text) {
                prop_assert_eq!(IpNetwork::parse(&network.to_string()), Ok(network));
            }
        }
    }
}
