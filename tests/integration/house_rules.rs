//! Rules of the house that no compiler keeps, read off the source text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if !["node_modules", "target", "build", "pkg", ".wrangler"].iter().any(|skip| path.ends_with(skip)) {
                files_below(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

/// The files below some places, by path from the root.
fn texts(places: &[&str], extension: &str) -> BTreeMap<String, String> {
    let mut paths = Vec::new();
    for place in places {
        let path = root().join(place);
        if path.is_file() { paths.push(path) } else { files_below(&path, extension, &mut paths) }
    }
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The code of a file: no comments, nothing from its tests on.
pub fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    lines.map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// The places where code of `files` contains one of `words`.
fn hits(files: &BTreeMap<String, String>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files {
        for (number, line) in code(text) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    found
}

/// The worker, without its tests.
pub fn sources() -> BTreeMap<String, String> {
    let mut files = texts(&["src"], "rs");
    files.retain(|name, _| !name.ends_with("/tests.rs") && !name.contains("/tests/"));
    files
}

pub fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

const OBJECT_ROOMS: [&str; 10] = [
    "src/domain",
    "src/domain.rs",
    "src/account",
    "src/account.rs",
    "src/session",
    "src/session.rs",
    "src/organization",
    "src/organization.rs",
    "src/directory",
    "src/directory.rs",
];

#[test]
fn h1_only_the_room_with_the_door_to_cloudflare_names_the_platform() {
    let mut files = sources();
    files.retain(|name, _| !name.starts_with("src/cloudflare"));
    none(&hits(&files, &["worker::", "js_sys", "web_sys", "JsValue", "wasm_bindgen"]), "H1");
}

#[test]
fn h2_domain_and_object_rooms_know_no_async_no_clock_and_no_chance() {
    let files = texts(&OBJECT_ROOMS, "rs");
    assert!(files.len() > 30, "the rooms were found");
    let found =
        hits(&files, &["async ", ".await", "::now()", "getrandom", "rand::", "SystemTime", "Instant", "thread_rng"]);
    none(&found, "H2: `now` and entropy arrive as arguments");
}

#[test]
fn h4_kv_has_one_writer() {
    let mut files = sources();
    files.retain(|name, _| name != "src/delivery.rs" && !name.starts_with("src/cloudflare"));
    none(&hits(&files, &[".put(", ".kv.put"]), "H4: only delivery.rs writes KV");
    let delivery = texts(&["src/delivery.rs"], "rs");
    assert_eq!(hits(&delivery, &[".put("]).len(), 1);
}

#[test]
fn h8_status_codes_of_refusals_are_chosen_in_one_place() {
    let mut files = sources();
    files.retain(|name, _| name != "src/api/problem.rs" && !name.starts_with("src/api/problem/"));
    let mut found = hits(&files, &["StatusCode::"]);
    let successes = ["StatusCode::OK", "StatusCode::CREATED", "StatusCode::ACCEPTED", "StatusCode::NO_CONTENT"];
    found.retain(|line| !successes.iter().any(|success| line.contains(success)));
    none(&found, "H8: a refusal's status is chosen in api/problem.rs");
}

#[test]
fn the_core_does_not_speak_http() {
    let mut places = OBJECT_ROOMS.to_vec();
    places.extend([
        "src/app",
        "src/app.rs",
        "src/object",
        "src/object.rs",
        "src/ports.rs",
        "src/hash_index.rs",
        "src/delivery.rs",
    ]);
    none(&hits(&texts(&places, "rs"), &["StatusCode", "axum", "http::"]), "HTTP is api's");
}

#[test]
fn h10_ids_hashes_permissions_and_times_are_types() {
    let mut places = OBJECT_ROOMS.to_vec();
    places.extend(["src/app", "src/app.rs"]);
    let mut found = hits(
        &texts(&places, "rs"),
        &[
            "key_id: &str",
            "key_id: String",
            "session_id: &str",
            "session_id: String",
            "hash: &str",
            "hash: String",
            "permission: &str",
            "permission: String",
            "_at: i64",
            "_at: u64",
            "_at: String",
            "_at: &str",
        ],
    );
    // Texts on purpose: the parts of a claim and the hashes of the audit chain lead nowhere, and rows are decoded.
    let known = [
        "src/session/protocol.rs",
        "src/session/idempotency.rs",
        "src/domain/audit.rs",
        "src/app/organization.rs",
        "src/organization/protocol.rs",
        "src/domain/keyring.rs",
    ];
    found.retain(|line| !known.iter().any(|file| line.starts_with(file)));
    none(&found, "H10");
}

#[test]
fn the_glossary_is_kept() {
    let mut found = Vec::new();
    for (name, text) in texts(&["src"], "rs") {
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            // RFC 6750 calls its own things scope; so may the one file that writes its header.
            let scope = lower.contains("scope") && name != "src/api/problem/rendering.rs";
            let words = ["api_token", "apitoken", "workspace", "reroll", "fingerprint", "validate_key", "tenant"];
            if scope || words.iter().any(|word| lower.contains(word)) {
                found.push(format!("{name}:{}: {line}", number + 1));
            }
        }
    }
    none(&found, "the glossary has a word for it");
}

#[test]
fn a_plaintext_is_taken_out_of_its_type_in_these_places_and_no_other() {
    let mut places = BTreeMap::new();
    for (name, text) in sources() {
        let count = code(&text).filter(|(_, line)| line.contains(".expose()") || line.contains("::expose")).count();
        if count > 0 {
            places.insert(name, count);
        }
    }
    let expected = [
        // Tokens of one-time links and recovery codes, made where their hashes are kept: into the answer, or to the hook.
        ("src/account/resets.rs", 3),
        ("src/account/second_factor.rs", 1),
        ("src/organization/invitations.rs", 1),
        ("src/organization/projection.rs", 2),
        // Answers.
        ("src/api/auth.rs", 2),
        ("src/api/keys.rs", 1),
        ("src/api/operator.rs", 1),
        // What was presented, on its way to be recognised.
        ("src/api/callers.rs", 3),
        ("src/api/gateway.rs", 1),
        ("src/api/verification.rs", 1),
    ];
    assert_eq!(
        places,
        expected.map(|(name, count)| (name.to_owned(), count)).into(),
        "H3: each new place is a decision"
    );
}

#[test]
fn the_secret_type_cannot_be_shown_copied_stored_or_compared() {
    let text = &texts(&["src/domain/secret_key.rs"], "rs")["src/domain/secret_key.rs"];
    let before = text.split("pub struct SecretKey").next().unwrap();
    let attributes = before.rsplit("\n\n").next().unwrap();
    for derived in ["Clone", "Debug", "Serialize", "PartialEq", "Hash", "Display"] {
        assert!(!attributes.contains(derived), "SecretKey derives {derived}");
        let implemented = text.contains(&format!("impl {derived} for SecretKey"))
            || text.contains(&format!("impl fmt::{derived} for SecretKey"));
        assert_eq!(implemented, derived == "Debug", "SecretKey and {derived}");
    }
}

#[test]
fn files_are_short_and_begin_with_what_they_own() {
    let mut found = Vec::new();
    for (name, text) in texts(&["src", "tests", "benches", "examples", "clients"], "rs") {
        if !text.starts_with("//!") {
            found.push(format!("{name} does not begin with //!"));
        }
        let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        if lines > 400 {
            found.push(format!("{name} has {lines} lines"));
        }
    }
    none(&found, "a file begins with a map and ends before line 400");
    assert!(texts(&["src/lib.rs"], "rs")["src/lib.rs"].lines().count() <= 45);
}

#[test]
fn sql_is_never_built_from_what_somebody_sent() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (number, line) in code(&text) {
            let built = line.contains("format!(")
                && ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|word| line.contains(word));
            // Constants, places for parameters, and one of two fixed conditions.
            let known =
                ["{KEY_COLUMNS}", "({places})", "WHERE {after} ORDER", "{select} WHERE {conditions} ORDER BY {order}"];
            if built && !known.iter().any(|known| line.contains(known)) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    none(&found, "what a client chooses is a bound parameter");
    none(&hits(&sources(), &[" LIKE ", " GLOB "]), "patterns end at 50 bytes on the platform; use instr");
}

#[test]
fn nothing_that_looks_like_a_key_and_no_path_of_a_machine_stands_in_the_tree() {
    let mut found = Vec::new();
    let mut files = BTreeMap::new();
    for extension in ["rs", "ts", "mjs", "js", "json", "toml", "md", "html", "yml", "yaml", "txt"] {
        files.extend(texts(
            &["src", "tests", "scripts", "benches", "docs", "dashboard", "clients", "examples"],
            extension,
        ));
    }
    for file in ["Cargo.toml", "package.json", "wrangler.toml", "README.md", "CHANGELOG.md", "SECURITY.md"] {
        if root().join(file).exists() {
            files.extend(texts(&[file], ""));
        }
    }
    assert!(files.len() > 60);
    for (name, text) in files {
        for (number, line) in text.lines().enumerate() {
            let alphanumerics = |text: &str| text.chars().take_while(char::is_ascii_alphanumeric).count();
            let key = ["live", "dev", "staging"].iter().any(|word| {
                let prefix = ["sk", word, ""].join("_");
                line.match_indices(&prefix).any(|(at, _)| alphanumerics(&line[at + prefix.len()..]) >= 20)
            });
            let homes =
                [["/", "home/"].concat(), ["/", "Users/"].concat(), ["/", "work/"].concat(), ["/", "root/"].concat()];
            let path = homes.iter().any(|home| {
                line.match_indices(home.as_str()).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || "./-_}*@)".contains(before))
                })
            });
            if key || path {
                found.push(format!("{name}:{}", number + 1));
            }
        }
    }
    none(&found, "keys are built from parts; paths are relative");
}

#[test]
fn nothing_is_swallowed_without_a_word_why() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let lines: Vec<&str> = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").collect();
        for (number, line) in lines.iter().enumerate() {
            let swallowed =
                line.contains("let _ =") || (line.trim_end().ends_with(".ok();") && !line.contains("try_from"));
            let explained =
                lines[number.saturating_sub(3)..number].iter().any(|before| before.trim().starts_with("//"));
            if swallowed && !explained {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(&found, "a lost result needs a reason beside it");
}
