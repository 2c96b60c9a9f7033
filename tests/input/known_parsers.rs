//! Whoever reads what comes from outside has a target: this list is compared with the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What reads text or bytes in a file, and the targets that feed it: of the rooms of the domain, and of what of the API can
/// be named from outside. The other readers of the API stand behind a route, and all routes are in the description.
#[rustfmt::skip]
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("api/around.rs", "header", &["FromRequestParts for Around"]),
    ("api/body.rs", "body github_alert", &["FromRequest for JsonBody<MOST>", "FromRequest for JsonBody<MOST>", "FromRequest for RawBody<MOST>"]),
    ("api/callers.rs", "header", &["FromRequestParts for By<N>", "FromRequestParts for Operator", "FromRequestParts for SignedIn", "FromRequestParts for Visitor"]),
    ("api/client_ip.rs", "client_ip", &["FromRequestParts for ClientIp", "find"]),
    ("api/credentials.rs", "credentials header body", &["FromRequestParts for Presented", "find", "in_body"]),
    ("api/fields/consistency.rs", "fields", &["consistency", "consistency_change", "mode"]),
    ("api/fields/limits.rs", "fields", &["credits", "credits_change", "rate_limits"]),
    ("api/fields/metadata.rs", "fields", &["metadata"]),
    ("api/fields/people.rs", "fields", &["email", "own_password", "presented_code", "presented_password", "presented_token", "role"]),
    ("api/fields/plain.rs", "fields", &["boolean", "list", "string", "text"]),
    ("api/fields/values.rs", "fields", &["domain", "environment", "external_id", "ip", "ip_allow_list", "name", "one_or_more_permissions", "permission", "permission_preset", "permissions", "reason", "tags", "timestamp"]),
    ("api/json.rs", "json", &["parse"]),
    ("api/paths.rs", "path", &["FromRequestParts for $name"]),
    ("api/prefer.rs", "header", &["FromRequestParts for Prefer"]),
    ("api/problem/rendering.rs", "header", &["wanted"]),
    ("api/query.rs", "query cursor", &["FromRequestParts for Query", "of"]),
    ("api/webhooks.rs", "path", &["FromRequestParts for SentTo"]),
    ("domain/base62.rs", "key_hash", &["decode"]),
    ("domain/dns.rs", "dns", &["question", "texts"]),
    ("domain/domain_name.rs", "domain_name", &["FromStr for DomainName", "TryFrom for DomainName", "parse"]),
    ("domain/egress.rs", "url", &["parse"]),
    ("domain/email.rs", "email", &["FromStr for Email", "parse"]),
    ("domain/environment.rs", "word", &["FromStr for Environment", "from_key_segment", "parse"]),
    ("domain/event.rs", "word", &["parse"]),
    ("domain/gateway.rs", "origin", &["parse"]),
    ("domain/gateway/handover.rs", "request_path", &["target", "without_cookie"]),
    ("domain/gateway/path.rs", "route_path request_path", &["TryFrom for RoutePath", "parse", "parse"]),
    ("domain/id.rs", "id", &["parse"]),
    ("domain/id/verification.rs", "id", &["parse"]),
    ("domain/imported_key.rs", "imported_key", &["TryFrom for ForeignPrefix", "of_hash", "of_plaintext", "parse"]),
    ("domain/ip_network.rs", "ip_network", &["FromStr for IpNetwork", "TryFrom for IpAllowList", "TryFrom for IpNetwork", "parse", "parse"]),
    ("domain/key_hash.rs", "key_hash", &["FromStr for KeyHash", "TryFrom for KeyHash", "parse"]),
    ("domain/keyring.rs", "settings", &["parse"]),
    ("domain/leak_place.rs", "leak_place", &["kept"]),
    ("domain/link_hook.rs", "url settings", &["parse", "shielded"]),
    ("domain/locator.rs", "key_hash", &["FromStr for Locator", "TryFrom for Locator", "parse"]),
    ("domain/metadata.rs", "metadata", &["Deserialize for Metadata", "Deserialize for Unique", "TryFrom for Metadata"]),
    ("domain/password.rs", "password", &["choose", "present"]),
    ("domain/permission.rs", "permission", &["FromStr for Permission", "TryFrom for Permission", "TryFrom for Permissions", "parse", "parse", "parse"]),
    ("domain/plan.rs", "word", &["parse"]),
    ("domain/rate_limit.rs", "word rate_limits", &["TryFrom for LimitName", "TryFrom for RateLimits", "parse"]),
    ("domain/secret_key.rs", "secret_key key_hash", &["FromStr for PrefixWord", "TryFrom for PrefixWord", "parse", "parse"]),
    ("domain/tagged.rs", "message", &["Deserialize for $name"]),
    ("domain/tagged/node.rs", "message kv_record", &["Deserialize for Node<'de>"]),
    ("domain/text.rs", "line", &["FromStr for $name", "TryFrom for $name", "parse"]),
    ("domain/timestamp.rs", "timestamp", &["FromStr for Timestamp", "parse"]),
    ("domain/token.rs", "token", &["parse"]),
    ("domain/totp.rs", "recovery_code", &["parse"]),
    ("domain/usage/latency.rs", "latency", &["TryFrom for Latency"]),
    ("hash_index.rs", "kv_record", &["accepted", "decode", "route", "tombstone"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// What reads something in a file, sorted.
fn readers(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]").collect();
    let mut found: Vec<String> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| implemented(line).or_else(|| function(line, &lines[at..])))
        .collect();
    found.sort();
    found
}

/// A trait for reading, and for what.
fn implemented(line: &str) -> Option<String> {
    const TRAITS: [&str; 5] = ["FromStr", "TryFrom", "Deserialize", "FromRequestParts", "FromRequest"];
    let (head, rest) = line.strip_prefix("impl")?.split_once(" for ")?;
    let read = TRAITS.iter().find(|read| head.ends_with(**read) || head.contains(&format!("{read}<")))?;
    let kind = rest.split(" {").next()?.split(" where").next()?;
    Some(format!("{read} for {kind}"))
}

/// A public function that makes something, or nothing, of a text, of bytes, of headers or of JSON.
fn function(line: &str, rest: &[&str]) -> Option<String> {
    let named = line.strip_prefix("pub fn ").or(line.strip_prefix("pub const fn "))?;
    let mut signature = String::new();
    for line in rest.iter().take(8) {
        signature.push_str(line);
        signature.push(' ');
        if line.ends_with('{') {
            break;
        }
    }
    let (arguments, made) = signature.split_once(") -> ")?;
    let first = arguments.split_once('(')?.1.split(',').next()?;
    let reads = ["&str", "&'a str", "&[u8]", "&HeaderMap", "&Json"].iter().any(|read| arguments.contains(read));
    let makes = ["Option", "Result", "Self", "impl Fn"].iter().any(|kind| made.starts_with(kind));
    let name = named.split('(').next()?.split('<').next()?;
    (reads && makes && !first.contains("self")).then(|| name.to_owned())
}

#[test]
fn every_parser_has_a_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![root.join("hash_index.rs")];
    for room in ["domain", "api"] {
        sources(&root.join(room), &mut files);
    }
    let mut found = BTreeMap::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        // What writes the description, and tests in files of their own, read nothing of anybody's.
        let is_other = ["openapi", "tests.rs", "simulation"].iter().any(|other| name.contains(other));
        let readers = readers(&std::fs::read_to_string(&file).unwrap());
        if !is_other && !readers.is_empty() {
            found.insert(name, readers);
        }
    }
    let known: BTreeMap<_, Vec<_>> = KNOWN
        .iter()
        .map(|(file, _, names)| ((*file).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    for (file, readers) in &found {
        assert_eq!(
            known.get(file),
            Some(readers),
            "src/{file}: give it a target in tests/input/parsers, then name it here"
        );
    }
    assert_eq!(known.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "what is gone needs no target");
}

#[test]
fn every_target_is_there_for_something() {
    let targets: BTreeSet<_> = super::parsers::targets().into_iter().map(|target| target.name).collect();
    let named: BTreeSet<_> = KNOWN.iter().flat_map(|(_, targets, _)| targets.split(' ')).collect();
    let without_a_name = ["github_signature"];
    assert!(named.is_subset(&targets), "{:?}", named.difference(&targets));
    assert_eq!(targets.difference(&named).copied().collect::<Vec<_>>(), without_a_name);
}
