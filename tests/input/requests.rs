//! The requests, their answers, and that most of what can happen did happen.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use super::judge::{judge, reason, secret_part};
use super::random::Random;
use super::request::{Draft, Operation};
use super::spoil::spoil;
use super::support::contract::CONTRACT;
use super::support::{PASSWORD, Response};
use super::town::Town;
use super::{figure, full, number};

/// How many requests a town lives through.
const ROUND: u64 = 1_000;
const QUICK: u64 = 5_000;
const FULL: u64 = 1_000_000;

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let paths = CONTRACT.0["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, described)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            described,
        })
    });
    all.collect()
});

/// What was seen of all requests.
#[derive(Default)]
struct Seen {
    failures: Vec<String>,
    statuses: BTreeMap<u16, u64>,
    /// Of each operation, how often it was sent and how often it was carried out.
    operations: BTreeMap<String, (u64, u64)>,
    codes: BTreeMap<String, u64>,
    unsent: u64,
}

/// One town and its requests.
fn round(number: u64, seen: &Mutex<Seen>) {
    let mut random = Random::new(number);
    let mut town = Town::new();
    let wheel: Vec<&Operation> =
        OPERATIONS.iter().flat_map(|operation| std::iter::repeat_n(operation, operation.weight())).collect();
    for n in 0..ROUND {
        if n % 50 == 49 {
            town.house.advance(61_000);
            town.revive(usize::try_from(number * ROUND + n).unwrap());
        }
        let operation = *random.pick(&wheel);
        let mut draft = operation.draft(&town, &mut random);
        if random.percent(60) {
            let bait = town.bait.clone();
            spoil(&mut draft, &mut random, &bait);
        }
        draft.settle();
        draft.sign(&town);
        let Some(request) = draft.finish() else {
            seen.lock().unwrap().unsent += 1;
            continue;
        };
        let answered = catch_unwind(AssertUnwindSafe(|| town.house.deliver(request)));
        let failed = match &answered {
            Err(panic) => Some(format!("panic: {}", reason(&**panic))),
            Ok(response) => judge(&town, operation, &draft, response),
        };
        let shown = failed.map(|why| format!("request {}: {why}\n  {}", number * ROUND + n, draft.shown()));
        note(&mut seen.lock().unwrap(), operation, &draft, answered.as_ref().ok(), shown);
        match answered {
            Ok(response) if response.status < 300 => {
                serde_json::from_slice(&response.body).iter().for_each(|body| town.learn(body));
            }
            Ok(_) => {}
            // Nobody knows what a panic leaves behind.
            Err(_) => return,
        }
    }
    let lines = [town.house.log.lines(), town.house.log.told()].concat().join("\n");
    let secrets = town.credentials().into_iter().chain([town.bait.as_str()]).map(secret_part).chain([PASSWORD]);
    for secret in secrets.filter(|secret| lines.contains(secret)) {
        let line = lines.lines().find(|line| line.contains(secret)).unwrap();
        seen.lock().unwrap().failures.push(format!("round {number}: a secret in the log: {line}"));
    }
}

fn note(seen: &mut Seen, operation: &Operation, draft: &Draft, response: Option<&Response>, failed: Option<String>) {
    let name = format!("{} {}", operation.method, operation.path);
    let (sent, carried_out) = seen.operations.entry(name).or_default();
    *sent += 1;
    *carried_out += u64::from(draft.method == operation.method && response.is_some_and(|answer| answer.status < 300));
    if let Some(response) = response {
        *seen.statuses.entry(response.status).or_default() += 1;
        if response.status >= 400
            && let Ok(body) = serde_json::from_slice::<Value>(&response.body)
        {
            *seen.codes.entry(body["code"].as_str().unwrap_or("none").to_owned()).or_default() += 1;
        }
    }
    seen.failures.extend(failed);
}

#[test]
fn no_request_is_answered_with_a_5xx_a_secret_or_what_the_description_does_not_show() {
    let wanted = number("LATCHKEY_REQUESTS").unwrap_or(if full() { FULL } else { QUICK });
    let first = number("LATCHKEY_FROM").unwrap_or(0) / ROUND;
    let (rounds, next, stop) = (first..first + wanted.div_ceil(ROUND), AtomicU64::new(first), AtomicBool::new(false));
    let (seen, started) = (Mutex::new(Seen::default()), Instant::now());
    let threads = number("LATCHKEY_THREADS").unwrap_or(2);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if !rounds.contains(&number) || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    round(number, &seen);
                    let broken = seen.lock().unwrap().failures.len();
                    stop.fetch_or(broken >= 20, Ordering::Relaxed);
                    if number % 25 == 24 {
                        println!(
                            "{} requests after {:?}, {broken} failures",
                            (number + 1 - first) * ROUND,
                            started.elapsed()
                        );
                    }
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    report(&seen, started.elapsed().as_secs());
    assert!(seen.failures.is_empty(), "{} failures:\n\n{}", seen.failures.len(), seen.failures.join("\n\n"));
    let answered: u64 = seen.statuses.values().sum();
    let good: u64 = seen.statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(answered * 9 / 10 >= wanted.div_ceil(ROUND) * ROUND * 8 / 10, "{answered} of {wanted} were answered");
    assert!(good * 100 >= answered * 15, "{good} of {answered}: what nobody lets in reaches nothing");
    let never: Vec<_> = seen.operations.iter().filter(|(_, (_, carried_out))| *carried_out == 0).collect();
    // Codes and links that are good once are mostly not at hand.
    let tolerated = if wanted >= 200_000 { 6 } else { OPERATIONS.len() / 3 };
    assert!(seen.operations.len() == OPERATIONS.len() && never.len() <= tolerated, "never carried out: {never:?}");
}

#[test]
fn a_key_that_a_client_calls_itself_by_is_kept_nowhere() {
    let town = Town::new();
    let bearer = format!("Bearer {}", town.root);
    let login = json!({ "email": town.owner.email, "password": PASSWORD }).to_string();
    for agent in [town.bait.clone(), format!("Bearer {}", town.bait), format!("{} {}", "x ".repeat(40), town.bait)] {
        let headers =
            [("authorization", bearer.as_str()), ("user-agent", &agent), ("content-type", "application/json")];
        for (method, path, body) in [
            ("GET", "/v1/whoami", ""),
            ("POST", "/v1/keys/verify", r#"{"key":"x"}"#),
            ("POST", "/v1/api_keys", r#"{"name":"Made"}"#),
            ("GET", "/nowhere", ""),
        ] {
            assert!(town.house.request(method, path, &headers, body).status < 500);
        }
        assert_eq!(town.house.request("POST", "/auth/login", &headers[1..], &login).status, 200);
    }
    town.house.advance(120_000);
    let kept = [town.house.dump(&[]), town.house.log.lines().join("\n"), town.house.log.told().join("\n")].concat();
    assert!(kept.contains("Bearer sk_live_…"));
    let body = town.bait.rsplit('_').next().unwrap();
    // Its end is shown on purpose, like that of every key.
    assert!((0..30).all(|at| !kept.contains(&body[at..at + 12])));
}

fn report(seen: &Seen, seconds: u64) {
    let answered: u64 = seen.statuses.values().sum();
    let good: u64 = seen.statuses.range(200..300).map(|(_, count)| count).sum();
    println!("statuses {:?}\ncodes {:?}\nnot sendable {}", seen.statuses, seen.codes, seen.unsent);
    let never: Vec<_> = seen.operations.iter().filter(|(_, (_, carried_out))| *carried_out == 0).collect();
    println!("never carried out: {never:?}");
    figure("input.native.requests", answered, "requests");
    figure("input.native.carried_out", good, "requests");
    figure("input.native.failures", seen.failures.len(), "answers");
    figure("input.native.seconds", seconds, "s");
}
