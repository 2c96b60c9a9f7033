//! What is put where something else belongs.

use super::node::quoted;
use super::random::Random;

/// JSON that is well formed, and seldom what was wanted.
const VALUES: [&str; 58] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "0.1",
    "1.0",
    "1e2",
    "1e400",
    "-1e400",
    "1E-400",
    "255",
    "256",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1000000000001",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udfff\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u202e\"",
    "\"\\u200b\"",
    "\"\\ufeff\"",
    "\"a\\u0300\"",
    "\"5\"",
    "\"true\"",
    "\"null\"",
    "\"NaN\"",
    "\"-1\"",
    "\"\\r\\nX-Injected: 1\"",
    "\"<img src=x onerror=alert(1)>\"",
    "\"' OR 1=1 --\"",
    "\"%00\"",
    "\"../../operator\"",
    "\"=1+1\"",
    "\"\\u2028\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{\"\":null}",
    "[[[[[[[[[[]]]]]]]]]]",
    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
    "{\"__proto__\":{\"x\":1}}",
    "{\"$ref\":\"#\"}",
];

/// Texts with a reputation: dates, addresses, hosts, names.
const TEXTS: [&str; 62] = [
    "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00.0000001Z",
    "2030-01-01 00:00:00Z",
    "2030-02-30T00:00:00Z",
    "2028-02-29T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "10000-01-01T00:00:00Z",
    "2030-01-01T00:00:00+24:00",
    "2030-01-01T00:00:00-00:00",
    "2030-01-01T00:00:00",
    "2030-01-01",
    "1970-01-01t00:00:00z",
    "2030-W01-1T00:00:00Z",
    "+002030-01-01T00:00:00Z",
    "2030-01-01T00:00:00,5Z",
    "tomorrow",
    "1893456000000",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "::ffff:127.0.0.1",
    "::",
    "fe80::1%eth0",
    "0.0.0.0/0",
    "::/0",
    "192.0.2.1/33",
    "2001:db8::/129",
    "192.0.2.01",
    "256.1.1.1",
    "192.0.2.0/24",
    "1.2.3.4/",
    "1.2.3.4/0x8",
    "example.com",
    "EXAMPLE.com.",
    "xn--",
    "xn--a",
    "xn--zzzzzzzzzzzz",
    "a..b",
    "-a.example",
    "*.example.com",
    "ex ample.com",
    "b\u{fc}cher.example",
    "\u{ff45}xample.com",
    "example.com:443",
    "localhost",
    "com",
    "faß.de",
    "\u{200d}.com",
    "https://hooks.example.com/x",
    "http://hooks.example.com",
    "https://a@127.0.0.1",
    "https://[::1]/",
    "https://ok#@evil",
    "javascript:alert(1)",
    "https://hooks.example.com:444/",
    "//evil",
    "emails:send",
    "*",
    "*:read",
    "emails:*:x",
    "Emails:Send",
];

/// Characters that a reader may trip over, anywhere.
const CHARACTERS: [&str; 22] = [
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{115f}",
    "\u{180e}",
    "\u{200b}",
    "\u{202e}",
    "\u{2028}",
    "\u{2066}",
    "\u{3000}",
    "\u{3164}",
    "\u{feff}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{10ffff}",
    "\u{1f468}\u{200d}\u{1f469}",
    "I\u{307}",
    "\u{df}",
    "\u{fb01}",
    "e\u{301}",
];

/// Lengths at which something begins or ends.
const LENGTHS: [usize; 21] =
    [1, 2, 8, 31, 32, 33, 50, 51, 63, 64, 65, 96, 97, 100, 101, 128, 129, 253, 255, 256, 2_049];

/// A text that may be taken, or not.
pub(crate) fn text(random: &mut Random, bait: &str) -> String {
    match random.below(10) {
        0..=3 => (*random.pick(&TEXTS)).to_owned(),
        4 => bait.to_owned(),
        5 => format!("{}{}{}", random.word(3), random.pick(&CHARACTERS), random.word(3)),
        6 => random.pick(&CHARACTERS).repeat(*random.pick(&LENGTHS)),
        7 => "\u{1f511}".repeat(*random.pick(&LENGTHS)),
        _ => {
            let length = *random.pick(&LENGTHS);
            random.word(length)
        }
    }
}

/// JSON in place of another.
pub(crate) fn value(random: &mut Random, bait: &str) -> String {
    match random.below(12) {
        0..=5 => (*random.pick(&VALUES)).to_owned(),
        6 => format!("[{}]", quoted(bait)),
        7 => format!("{{{}:{}}}", quoted(bait), quoted(bait)),
        8 => format!("{}{}", 1 + random.below(9), "0".repeat(*random.pick(&LENGTHS))),
        9 if random.percent(20) => wide(random),
        _ => quoted(&text(random, bait)),
    }
}

/// Too much of everything.
fn wide(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!("[{}0]", "0,".repeat(2_000)),
        1 => format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
        2 => format!("{{{}\"z\":0}}", (0..900).map(|n| format!("\"k{n}\":{n},")).collect::<String>()),
        _ => quoted(&"x".repeat(20_000)),
    }
}

/// What goes into a path or a query: percent-encoded, mostly.
pub(crate) fn encoded(random: &mut Random, bait: &str) -> String {
    const PIECES: [&str; 30] = [
        "%00",
        "%0d%0aX-Injected:%201",
        "%2e%2e%2f",
        "..%2f..%2foperator",
        "%ff%fe",
        "%zz",
        "%",
        "%c3%28",
        "%ed%a0%80",
        "+",
        "a+b",
        "%20",
        "%25",
        "%2B",
        "",
        "0",
        "-1",
        "null",
        "undefined",
        "*",
        "%2A",
        "%27%20OR%201=1",
        ";x=1",
        "a;b",
        "key_123",
        "%F0%9F%94%91",
        "9223372036854775808",
        "1e2",
        "[]",
        "%5B%5D=1",
    ];
    match random.below(8) {
        0..=4 => (*random.pick(&PIECES)).to_owned(),
        5 => bait.to_owned(),
        6 => percent(&text(random, bait)),
        _ => "x".repeat(*random.pick(&[64, 255, 256, 1_000, 2_100])),
    }
}

/// A text as a part of a path or of a query.
pub(crate) fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
