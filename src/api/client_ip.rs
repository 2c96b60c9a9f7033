//! The address a request came from.
//!
//! Only the platform is believed: `X-Forwarded-For` and its kin are what a client wishes to be taken for.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

/// Where Cloudflare puts the client's address; it overwrites what the client sends. No other header is believed.
const CLIENT_IP: HeaderName = HeaderName::from_static("cf-connecting-ip");

/// The address a request came from, if the platform says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientIp(pub Option<IpAddr>);

impl ClientIp {
    /// Reads the platform's header; a header that is there twice is believed by nobody.
    #[must_use]
    pub fn find(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(CLIENT_IP).iter();
        let address = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(|text| text.trim().parse::<IpAddr>().ok()),
            _ => None,
        };
        Self(address.map(|address| address.to_canonical()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::find(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_platform_tells_the_address() {
        let ip = ("cf-connecting-ip", b"192.0.2.1".as_slice());
        for (headers, address) in [
            (vec![ip], Some("192.0.2.1")),
            (vec![("cf-connecting-ip", b"::ffff:192.0.2.1")], Some("192.0.2.1")),
            (vec![("x-forwarded-for", ip.1), ("x-real-ip", ip.1)], None),
            (vec![ip, ip], None),
            (vec![("cf-connecting-ip", b"192.0.2.1, 192.0.2.2")], None),
            (vec![("cf-connecting-ip", b"\xff")], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, HeaderValue::from_bytes(value).unwrap());
            }
            assert_eq!(ClientIp::find(&map).0.map(|ip| ip.to_string()).as_deref(), address, "{headers:?}");
        }
    }
}
