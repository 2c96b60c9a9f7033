//! Where keys may be sent, and which paths may be made of what somebody gave.

use http::{HeaderValue, Uri};

use crate::error::Error;

/// Where the service is: scheme, authority and path, without a slash at the end.
pub(crate) struct Target {
    pub(crate) base: String,
    pub(crate) is_https: bool,
}

impl Target {
    pub(crate) fn parse(url: &str, allow_http: bool) -> Result<Self, Error> {
        let wrong = || Error::invalid_argument("The URL must be an https URL, such as https://keys.example.com.");
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(wrong()) };
        let is_https = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        if authority.as_str().contains('@') || uri.query().is_some() || url.contains('#') {
            return Err(Error::invalid_argument("The URL has no place for credentials, a query or a fragment."));
        }
        if !is_https && !allow_http && !is_this_machine(authority.host()) {
            return Err(Error::invalid_argument(
                "The URL must be https, so that no key is sent in the clear; within a network of your own set `allow_http`.",
            ));
        }
        Ok(Self { base: format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')), is_https })
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The header with the credential of the client, which no log shows.
pub(crate) fn authorization(key: &str) -> Result<HeaderValue, Error> {
    let wrong = || {
        Error::invalid_argument("The key of the client is no API key: it must be 1 to 512 visible ASCII characters.")
    };
    if !(1..=512).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong());
    }
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok(value)
}

/// A path that ends with an id: whatever could lead elsewhere is a mistake, and is not repeated.
pub(crate) fn path_of_key(id: &str, rest: &str) -> Result<String, Error> {
    let tail = id.len().checked_sub(48).and_then(|at| id.get(at..));
    // A secret key in a path would stand in logs.
    if tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err(Error::invalid_argument("`id` is a secret key, not an id."));
    }
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || !(1..=64).contains(&id.len()) {
        return Err(Error::invalid_argument("`id` is no id."));
    }
    Ok(format!("/v1/api_keys/{id}{rest}"))
}
