//! Who asks, where, and how often: locations, sessions, keys, and the isolates that serve them.
//!
//! All assumptions about traffic stand here, as constants; docs/PERFORMANCE.md says them in words.

use crate::chance::{Chance, Draw, zipf};

/// Locations in the world.
pub(crate) const LOCATIONS: usize = 300;
/// Sessions of the deployment.
pub(crate) const SESSIONS: usize = 1_000;
/// Keys of the busiest session; the session of rank r has this many divided by r, and at least one.
pub(crate) const MOST_KEYS: usize = 1_000;
/// Zipf's exponent for locations, sessions and keys.
pub(crate) const EXPONENT: f64 = 1.0;
/// Verifications a second, of all sessions, that one isolate serves before its location starts another.
pub(crate) const PER_ISOLATE: f64 = 500.0;
/// One in so many keys has a small limit or credits …
pub(crate) const LIMITED_ONE_IN: usize = 10;
/// … if it is asked for at most so often a second, in all the world: a limit of 1,000 a minute leaves no more.
pub(crate) const LIMITED_BELOW: f64 = 1_000.0 / 60.0;
/// What is varied.
#[derive(Clone, Copy)]
pub(crate) struct Traffic {
    /// Verifications a second, of all sessions.
    pub(crate) load: f64,
    /// See `PER_ISOLATE`; infinite for one cache in each location.
    pub(crate) per_isolate: f64,
    /// See `MOST_KEYS`.
    pub(crate) most_keys: usize,
    /// From how many locations one key is used; `LOCATIONS` for the same shares as its session's.
    pub(crate) key_locations: usize,
}

impl Traffic {
    /// What is assumed where nothing else is said.
    pub(crate) fn of(load: f64) -> Self {
        Self { load, per_isolate: PER_ISOLATE, most_keys: MOST_KEYS, key_locations: LOCATIONS }
    }
}

/// The deployment under one load.
pub(crate) struct World {
    /// Isolates of each location.
    pub(crate) isolates: Vec<usize>,
    pub(crate) sessions: Vec<Session>,
    /// Milliseconds from each location to each and back.
    places: Vec<[f64; 3]>,
}

/// What one session's callers do.
pub(crate) struct Session {
    pub(crate) number: u64,
    /// Verifications a second.
    pub(crate) rate: f64,
    /// The part of its traffic that each location sees; its object is where most of it is.
    pub(crate) shares: Vec<f64>,
    pub(crate) home: usize,
    /// Verifications a second of each key.
    pub(crate) keys: Vec<f64>,
    /// Which of them spend single tokens.
    pub(crate) limited: Vec<bool>,
    /// From where each key is used, most first; empty where that is as its session is.
    pub(crate) used_from: Vec<Vec<usize>>,
}

impl Session {
    /// Verifications a second that each location sees.
    fn seen_by(&self) -> Vec<f64> {
        if self.used_from.is_empty() {
            return self.shares.iter().map(|share| share * self.rate).collect();
        }
        let mut seen = vec![0.0; self.shares.len()];
        for (rate, from) in self.keys.iter().zip(&self.used_from) {
            for (location, part) in from.iter().zip(zipf(from.len(), EXPONENT)) {
                seen[*location] += rate * part;
            }
        }
        seen
    }
}

/// One isolate as a session sees it, or several that are alike and of which it is the sample.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) location: usize,
    /// How many isolates it stands for.
    pub(crate) weight: f64,
    /// Verifications a second of this session at each of them.
    pub(crate) rate: f64,
    /// Milliseconds to the session's object and back.
    pub(crate) round_trip: u32,
}

impl World {
    pub(crate) fn new(seed: u64, traffic: Traffic) -> Self {
        let mut chance = Chance::new(seed, 0);
        let population = zipf(LOCATIONS, EXPONENT);
        let places: Vec<[f64; 3]> = (0..LOCATIONS).map(|_| on_a_sphere(&mut chance)).collect();
        let falling = zipf(LOCATIONS, EXPONENT);
        let rates = zipf(SESSIONS, EXPONENT);
        let sessions: Vec<Session> = rates
            .iter()
            .enumerate()
            .map(|(rank, part)| {
                let order = drawn_order(&population, &mut chance);
                let mut shares = vec![0.0; LOCATIONS];
                for (location, share) in order.iter().zip(&falling) {
                    shares[*location] = *share;
                }
                let rate = traffic.load * part;
                let keys = zipf((traffic.most_keys / (rank + 1)).max(1), EXPONENT);
                let keys: Vec<f64> = keys.iter().map(|key| key * rate).collect();
                let limited = keys
                    .iter()
                    .map(|key| chance.part() * (LIMITED_ONE_IN as f64) < 1.0 && *key <= LIMITED_BELOW)
                    .collect();
                let used_from = if traffic.key_locations < LOCATIONS {
                    let draw = Draw::new(&shares);
                    let mut several = || (0..traffic.key_locations).map(|_| draw.pick(&mut chance)).collect();
                    keys.iter().map(|_| several()).collect()
                } else {
                    Vec::new()
                };
                Session { number: rank as u64, rate, shares, home: order[0], keys, limited, used_from }
            })
            .collect();
        let mut load = vec![0.0; LOCATIONS];
        for session in &sessions {
            session.seen_by().iter().zip(&mut load).for_each(|(seen, load)| *load += seen);
        }
        let isolates = load.iter().map(|here| (here / traffic.per_isolate).ceil().max(1.0) as usize).collect();
        Self { isolates, sessions, places }
    }

    /// The isolates that serve a session, of each location one in `one_in` or at least one.
    pub(crate) fn places_of(&self, session: &Session, one_in: f64) -> Vec<Place> {
        let mut found = Vec::new();
        for (location, seen) in session.seen_by().iter().enumerate() {
            let all = self.isolates[location] as f64;
            let kept = (all / one_in).round().max(1.0);
            let place = Place {
                location,
                weight: all / kept,
                rate: seen / all,
                round_trip: self.round_trip(location, session.home),
            };
            found.extend(std::iter::repeat_n(place, kept as usize));
        }
        found
    }

    /// 5 ms, and 1 ms for each 100 km along the earth: light in glass, there and back.
    fn round_trip(&self, from: usize, to: usize) -> u32 {
        let (a, b) = (self.places[from], self.places[to]);
        let cosine = a[0].mul_add(b[0], a[1].mul_add(b[1], a[2] * b[2])).clamp(-1.0, 1.0);
        (5.0 + cosine.acos() * 6_371.0 / 100.0).round() as u32
    }
}

fn on_a_sphere(chance: &mut Chance) -> [f64; 3] {
    let height = 2.0 * chance.part() - 1.0;
    let angle = std::f64::consts::TAU * chance.part();
    let radius = (1.0 - height * height).sqrt();
    [radius * angle.cos(), radius * angle.sin(), height]
}

/// All indices, drawn one after another by weight (Efraimidis and Spirakis, 2006).
fn drawn_order(weights: &[f64], chance: &mut Chance) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> =
        weights.iter().enumerate().map(|(index, weight)| (chance.gap(*weight), index)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    order.into_iter().map(|(_, index)| index).collect()
}

/// Where the next verification comes to, of those at isolates that are followed, and of which key.
pub(crate) struct Arrivals {
    keys: Draw,
    places: Draw,
    /// Where keys have locations of their own: key, and the first and the number of the location's isolates.
    pairs: Vec<(usize, usize, usize)>,
}

impl Arrivals {
    pub(crate) fn new(session: &Session, places: &[Place]) -> Self {
        let keys = Draw::new(&session.keys);
        if session.used_from.is_empty() {
            let rates: Vec<f64> = places.iter().map(|place| place.rate).collect();
            return Self { keys, places: Draw::new(&rates), pairs: Vec::new() };
        }
        let (mut pairs, mut rates) = (Vec::new(), Vec::new());
        for (key, from) in session.used_from.iter().enumerate() {
            for (location, part) in from.iter().zip(zipf(from.len(), EXPONENT)) {
                let first = places.partition_point(|place| place.location < *location);
                let followed = places.partition_point(|place| place.location <= *location) - first;
                pairs.push((key, first, followed));
                rates.push(session.keys[key] * part / places[first].weight);
            }
        }
        Self { keys, places: Draw::new(&rates), pairs }
    }

    /// A key.
    pub(crate) fn key(&self, chance: &mut Chance) -> usize {
        self.keys.pick(chance)
    }

    /// An isolate and a key.
    pub(crate) fn next(&self, chance: &mut Chance) -> (usize, usize) {
        let place = self.places.pick(chance);
        let Some((key, first, followed)) = self.pairs.get(place) else { return (place, self.keys.pick(chance)) };
        (first + (chance.part() * *followed as f64) as usize, *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_traffic_is_lost_between_sessions_locations_isolates_and_keys() {
        let world = World::new(1, Traffic::of(50_000.0));
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert!(close(world.sessions.iter().map(|session| session.rate).sum(), 50_000.0));
        for session in world.sessions.iter().step_by(97) {
            assert!(close(session.shares.iter().sum(), 1.0));
            assert!(close(session.keys.iter().sum(), session.rate));
            for one_in in [1.0, 7.0, 1_000.0] {
                let seen = world.places_of(session, one_in).iter().map(|place| place.rate * place.weight).sum();
                assert!(close(seen, session.rate), "one in {one_in}");
            }
        }
    }

    #[test]
    fn keys_that_are_used_from_few_locations_are_seen_nowhere_else() {
        let world = World::new(1, Traffic { key_locations: 2, ..Traffic::of(50_000.0) });
        let session = &world.sessions[900];
        let seen = session.seen_by();
        assert_eq!(session.keys.len(), 1);
        assert!(seen.iter().filter(|rate| **rate > 0.0).count() <= 2);
        assert!((seen.iter().sum::<f64>() / session.rate - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_location_has_the_isolates_that_its_load_needs_and_at_least_one() {
        let world = World::new(1, Traffic::of(1_000_000.0));
        let needed = 1_000_000.0 / PER_ISOLATE;
        let sum: usize = world.isolates.iter().sum();
        assert!(sum as f64 >= needed && sum as f64 <= needed + LOCATIONS as f64, "{sum}");
        assert_eq!(World::new(1, Traffic::of(100.0)).isolates, vec![1; LOCATIONS]);
    }

    #[test]
    fn the_object_is_where_most_of_the_traffic_is() {
        let world = World::new(5, Traffic::of(1_000.0));
        for session in &world.sessions {
            assert!(session.shares.iter().all(|share| *share <= session.shares[session.home]));
            assert_eq!(world.round_trip(session.home, session.home), 5);
        }
        let times: Vec<u32> = (0..LOCATIONS).map(|location| world.round_trip(location, 0)).collect();
        assert!(times.iter().all(|time| (5..=206).contains(time)) && times.iter().any(|time| *time > 150));
    }

    #[test]
    fn only_keys_that_a_small_limit_would_allow_have_one() {
        let world = World::new(1, Traffic::of(10_000.0));
        let (mut small, mut limited) = (0.0, 0.0);
        for session in &world.sessions {
            for (rate, is_limited) in session.keys.iter().zip(&session.limited) {
                assert!(!is_limited || *rate <= LIMITED_BELOW);
                small += f64::from(u8::from(*rate <= LIMITED_BELOW));
                limited += f64::from(u8::from(*is_limited));
            }
        }
        assert!((0.08..0.12).contains(&(limited / small)), "{limited} of {small}");
    }
}
