//! Whether a comparison of secrets tells by its time how much of a guess was right (as dudect does it: two classes of wrong
//! guesses, interleaved by chance, and Welch's t over the times of each).
//!
//! Times on a busy machine prove nothing in a second, so `npm test` measures none: it tries the judge on times that were
//! made up, and `comparisons` in the integration tests reads off the source that nothing but `subtle` compares secrets.
//! `LATCHKEY_PROOF=full` measures 1,000,000 samples of each, best with `--release` and on one thread.
//!
//! The rule, stated before the measurement: samples above the 90th percentile of both classes together are left out, as
//! whatever interrupts a process makes those. |t| < 4.5 passes. Above, it is measured again, twice at most, and fails only
//! if each of the three is above, in the same direction. The comparison that ends at the first difference must be above
//! 10 by the same rule; otherwise the machine was too loud to hear anything, and the run is void, which fails it too.

use std::hint::black_box;
use std::time::Instant;

use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::keyring::{Keyring, TagKind};
use latchkey::domain::password::Password;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::totp::TotpSecret;

use crate::support::*;

const SAMPLES: usize = 1_000_000;
/// From here on a difference is believed.
const LEAKS: f64 = 4.5;
/// What a comparison that does leak must reach.
const HEARD: f64 = 10.0;
/// Times below this (ns) drown in the clock's own.
const SAMPLE_NS: u128 = 500;

/// Chance that can be repeated.
struct Coin(u64);

impl Coin {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Welch's t of two lots of times, without those above the 90th percentile of both.
fn judged(lots: &[Vec<u32>; 2]) -> f64 {
    let mut all: Vec<u32> = lots.iter().flatten().copied().collect();
    all.sort_unstable();
    let most = all[all.len() * 9 / 10];
    let moments = lots.each_ref().map(|times| {
        let kept: Vec<f64> = times.iter().filter(|time| **time <= most).map(|time| f64::from(*time)).collect();
        let count = kept.len() as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    });
    let [(far, far_error), (near, near_error)] = moments;
    let error = (far_error + near_error).sqrt();
    if error == 0.0 { 0.0 } else { (near - far) / error }
}

/// A comparison: whether what was presented is right.
type Compare<'a> = Box<dyn Fn(&[u8]) -> bool + 'a>;

/// A comparison, a guess that is wrong from its first byte on, and one that is wrong only at its end.
struct Subject<'a> {
    name: &'static str,
    compare: Compare<'a>,
    guesses: [Vec<u8>; 2],
}

impl Subject<'_> {
    /// The times of one round, one lot for each guess. Both stand in the same bytes when their turn comes.
    fn times(&self, coin: &mut Coin) -> [Vec<u32>; 2] {
        let mut presented = self.guesses[0].clone();
        let once = |presented: &[u8], often: u32| {
            let begun = Instant::now();
            for _ in 0..often {
                black_box((self.compare)(black_box(presented)));
            }
            begun.elapsed().as_nanos()
        };
        let warm = (0..100).map(|_| once(&presented, 100)).min().unwrap();
        let often = u32::try_from((SAMPLE_NS * 100 / warm.max(1)).clamp(1, 200)).unwrap();
        let mut lots = [Vec::with_capacity(SAMPLES / 2), Vec::with_capacity(SAMPLES / 2)];
        for _ in 0..SAMPLES {
            let class = usize::from(coin.next() & 1 == 1);
            presented.copy_from_slice(&self.guesses[class]);
            lots[class].push(u32::try_from(once(&presented, often)).unwrap_or(u32::MAX));
        }
        lots
    }

    /// The t of up to three measurements, until one is as it should be.
    fn measured(&self, coin: &mut Coin, is_fine: impl Fn(f64) -> bool) -> Vec<f64> {
        let mut found: Vec<f64> = Vec::new();
        while found.len() < 3 && found.last().is_none_or(|t| !is_fine(t.abs())) {
            found.push(judged(&self.times(coin)));
        }
        println!("{}: t = {found:.2?}", self.name);
        let figure = serde_json::json!({ "name": self.name, "value": found.last().unwrap().abs(), "unit": "|t|" });
        println!("FIGURE {figure}");
        found
    }
}

/// What no comparison of ours does.
fn ends_at_the_first_difference(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| black_box(one) == black_box(other))
}

fn guesses(right: &[u8]) -> [Vec<u8>; 2] {
    guesses_behind(0, right)
}

/// Guesses at what comes after so many bytes that everybody knows.
fn guesses_behind(known: usize, right: &[u8]) -> [Vec<u8>; 2] {
    let wrong = |at: usize| {
        let mut guess = right.to_vec();
        // Its neighbour, a digit for a digit and a letter for a letter: whoever reads the text may take another time for each,
        // and that tells of the guess only.
        guess[at] = if matches!(guess[at], b'0' | b'A' | b'a') { guess[at] + 1 } else { guess[at] - 1 };
        guess
    };
    [wrong(known), wrong(right.len() - 1)]
}

/// Two tokens: of one the digest begins otherwise than what is expected, of the other its first two bytes are right.
fn tokens(expected: &[u8; 32]) -> [Vec<u8>; 2] {
    let named = |number: u32| format!("a token of somebody {number:08}");
    let find = |fits: &dyn Fn(&[u8; 32]) -> bool| (0..).map(named).find(|token| fits(&sha256(token))).unwrap();
    let far = find(&|digest| digest[0] != expected[0]);
    let near = find(&|digest| digest[..2] == expected[..2]);
    [far.into_bytes(), near.into_bytes()]
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Every place where a secret is compared (`comparisons` in the integration tests counts them).
fn subjects<'a>(keyring: &'a Keyring, settings: &'a latchkey::app::Settings) -> Vec<Subject<'a>> {
    let message = b"the locator of a session and the random part";
    let tag = keyring.tag(TagKind::SecretKey, message);
    let stored = keyring.hash(&sha256("a secret key"));
    let hash = stored.to_string();
    let secret = TotpSecret::new([9; 20]);
    let now = Timestamp::from_millis(1_767_323_045_678);
    let right =
        (0..1_000_000).map(|code| format!("{code:06}")).find(|code| secret.accept(code, now, None).is_some()).unwrap();
    let known = Password::present("a lamp, a ladder, a lemon 1").unwrap();
    let setup = sha256(SETUP);
    vec![
        Subject {
            name: "tag of a secret key, an id, a cursor",
            compare: Box::new(move |guess| keyring.accepts_tag(TagKind::SecretKey, message, text(guess))),
            guesses: guesses(tag.as_bytes()),
        },
        Subject {
            name: "hash of a key, a token, a link",
            compare: Box::new(move |guess| KeyHash::parse(text(guess)).is_ok_and(|guess| stored == guess)),
            guesses: guesses_behind("h1:".len(), hash.as_bytes()),
        },
        Subject {
            name: "token of the operator, of the set-up",
            compare: Box::new(move |guess| settings.is_setup(text(guess))),
            guesses: tokens(&setup),
        },
        Subject {
            name: "code of a second factor",
            compare: Box::new(move |guess| secret.accept(text(guess), now, None).is_some()),
            guesses: guesses(right.as_bytes()),
        },
        Subject {
            name: "password, beside the one before",
            compare: Box::new(move |guess| known == Password::present(text(guess)).unwrap()),
            guesses: guesses(b"a lamp, a ladder, a lemon 1"),
        },
    ]
}

/// The same work with a comparison that leaks: a short one and one behind an HMAC.
fn controls(keyring: &Keyring) -> Vec<Subject<'_>> {
    let message = b"the locator of a session and the random part";
    let tag = keyring.tag(TagKind::SecretKey, message);
    vec![
        Subject {
            name: "control: 32 bytes",
            compare: Box::new(move |guess| ends_at_the_first_difference(&[b'7'; 32], guess)),
            guesses: guesses(&[b'7'; 32]),
        },
        Subject {
            name: "control: a tag",
            compare: Box::new(move |guess| {
                ends_at_the_first_difference(keyring.tag(TagKind::SecretKey, message).as_bytes(), guess)
            }),
            guesses: guesses(tag.as_bytes()),
        },
    ]
}

const SETUP: &str = "the token of the set-up in the tests";

fn with_settings(work: impl FnOnce(&Keyring, &latchkey::app::Settings)) {
    let (root, digest) = (root_secret(1), hex::encode(sha256(SETUP)));
    let (keyring, _, settings) = latchkey::app::Settings::parse(|name| match name {
        "ROOT_SECRETS" => Some(root.clone()),
        "SETUP_TOKEN_SHA256" => Some(digest.clone()),
        _ => None,
    })
    .unwrap();
    work(&keyring, &settings);
}

#[test]
fn every_comparison_refuses_both_guesses() {
    with_settings(|keyring, settings| {
        for subject in subjects(keyring, settings).iter().chain(&controls(keyring)) {
            for guess in &subject.guesses {
                assert!(!(subject.compare)(guess), "{}: {guess:?}", subject.name);
            }
        }
        assert!(settings.is_setup(SETUP));
    });
}

#[test]
fn the_judge_hears_a_nanosecond_and_nothing_where_there_is_nothing() {
    let mut coin = Coin(7);
    // Times as they are: a floor, a tail of interruptions, and for one class what is added to it.
    let mut lots = |more: u32| {
        let mut time = |added: u32| {
            let noise: u64 = (0..4).map(|_| coin.next() % 20).sum();
            let interrupted = if coin.next().is_multiple_of(20) { coin.next() % 50_000 } else { 0 };
            u32::try_from(500 + noise + interrupted).unwrap() + added
        };
        let far: Vec<u32> = (0..100_000).map(|_| time(0)).collect();
        [far, (0..100_000).map(|_| time(more)).collect()]
    };
    let (nothing, one) = (judged(&lots(0)), judged(&lots(1)));
    println!("nothing: {nothing:.2}, a nanosecond: {one:.2}");
    assert!(nothing.abs() < LEAKS, "{nothing}");
    assert!(one > HEARD, "{one}");
}

#[test]
fn no_comparison_tells_by_its_time_how_much_was_right() {
    if !crate::full() {
        println!("measured with LATCHKEY_PROOF=full only");
        return;
    }
    let mut coin = Coin(0x9e37_79b9_7f4a_7c15);
    println!(
        "{SAMPLES} samples of each, seed 0x9e3779b97f4a7c15, {}",
        if cfg!(debug_assertions) { "dev" } else { "release" }
    );
    with_settings(|keyring, settings| {
        for control in controls(keyring) {
            let found = control.measured(&mut coin, |t| t > HEARD);
            let heard = found.iter().any(|t| t.abs() > HEARD);
            assert!(heard, "void: {} reaches {found:.1?} only: this machine is too loud", control.name);
        }
        for subject in subjects(keyring, settings) {
            let found = subject.measured(&mut coin, |t| t < LEAKS);
            let leaks = |t: &f64| t.abs() >= LEAKS && t.signum() == found[0].signum();
            assert!(!found.iter().all(leaks), "{} tells by its time: {found:.1?}", subject.name);
        }
    });
}
