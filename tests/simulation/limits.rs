//! Limits under leases, seen from outside: which there are, how much of each is spent in true time, and whether any window
//! has ever held more than was allowed then.

use std::collections::VecDeque;

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::plan::{Plan as Tariff, PlanName, Pool};
use latchkey::domain::rate_limit::{LimitName, RateLimit, RateLimits};

use crate::random::Random;
use crate::world::World;

/// The limits of one schedule: tokens and windows (ms) of each key and of each session, and the pool of the plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limited {
    key: Option<(u32, u32)>,
    session: Option<(u32, u32)>,
    pool: Option<u32>,
}

impl Limited {
    pub(crate) fn any(random: &mut Random) -> Self {
        let short = [(40, 1_000), (500, 30_000), (1_000, 30_000), (1_000, 60_000)];
        let key = random.per_mille(700).then(|| random.pick(&short));
        let session = random.per_mille(350).then(|| random.pick(&[(800, 30_000), (1_600, 60_000)]));
        let pool = random.per_mille(350).then(|| random.pick(&[400, 1_000, 1_600]));
        let key = key.or_else(|| (session.is_none() && pool.is_none()).then_some((500, 30_000)));
        Self { key, session, pool }
    }

    pub(crate) fn of_keys(&self) -> RateLimits {
        limits(self.key)
    }

    pub(crate) fn of_sessions(&self) -> RateLimits {
        limits(self.session)
    }

    pub(crate) fn tariff(&self) -> Tariff {
        Tariff { requests_per_minute: self.pool, ..Tariff::preset(PlanName::Enterprise) }
    }

    /// So many hundredths of the pool, if there is one.
    pub(crate) fn part_of_pool(&self, percent: u32) -> Option<Tariff> {
        let pool = self.pool? * percent / 100;
        Some(Tariff { requests_per_minute: Some(pool), ..self.tariff() })
    }

    /// The limits of a key or session, with so many hundredths of the tokens that they had at first.
    pub(crate) fn part(&self, percent: u32, is_session: bool) -> RateLimits {
        let all = if is_session { self.session } else { self.key };
        limits(all.map(|(tokens, window_ms)| (tokens * percent / 100, window_ms)))
    }
}

fn limits(numbers: Option<(u32, u32)>) -> RateLimits {
    let name = || LimitName::parse("sample").unwrap();
    let limit = numbers.map(|(limit, window_ms)| RateLimit { name: name(), limit, window_ms });
    RateLimits::new(limit.into_iter().collect()).unwrap()
}

/// How many tokens of which subject are allowed within which window (ms).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cap {
    subject: usize,
    limit: u32,
    window_ms: i64,
}

/// A token that an authority has spent by itself: when, and what was allowed then; of the pool at a moment of its own.
#[derive(Debug)]
pub(crate) struct Spent {
    pub(crate) key: usize,
    pub(crate) at: i64,
    pub(crate) caps: Option<Vec<Cap>>,
    pub(crate) of_pool: Option<(i64, Option<Cap>)>,
}

/// For how long (ms) after its window a token is remembered: as long as an answer may be on its way.
const LATE_MS: i64 = 20_000;

/// The tokens of one subject in true time.
#[derive(Default)]
pub(crate) struct Tally {
    /// When each was spent that a window may still hold, and how many were allowed then.
    spent: VecDeque<(i64, u32)>,
    /// How many were given away in banks and have not come back, and how many of these isolates have spent.
    pub(crate) given: u64,
    pub(crate) spent_ahead: u64,
}

impl Tally {
    /// One more is spent, perhaps a while ago. Tells of a window that holds too many now.
    fn spend(&mut self, at: i64, cap: &Cap) -> Option<String> {
        while self.spent.front().is_some_and(|(first, _)| *first <= at - cap.window_ms - LATE_MS) {
            self.spent.pop_front();
        }
        let place = self.spent.partition_point(|(one, _)| *one <= at);
        self.spent.insert(place, (at, cap.limit));
        (place..self.spent.len()).take_while(|last| self.spent[*last].0 < at + cap.window_ms).find_map(|last| {
            let (end, limit) = self.spent[last];
            let first = self.spent.partition_point(|(one, _)| *one <= end - cap.window_ms);
            let count = last + 1 - first;
            (count > limit as usize).then(|| format!("{count} of {limit} in {} ms of {}", cap.window_ms, cap.subject))
        })
    }
}

impl World {
    fn spare_of(&self, key: usize) -> usize {
        (key / self.plan.keys_each + 1) * self.plan.keys_each - 1
    }

    /// What a key may spend at most by all that was in force since the last change that anybody was told of.
    pub(crate) fn caps(&self, key: usize) -> Vec<Cap> {
        let Some(limited) = &self.plan.limits else { return Vec::new() };
        let (session, spare) = (key / self.plan.keys_each, self.spare_of(key));
        let root = session * self.plan.keys_each;
        let mut caps = Vec::new();
        let is_shared = self.observer.keys[spare].last().rotated_from.is_some() && (key == spare || key == root);
        let most = |keys: &mut dyn Iterator<Item = &ApiKey>| {
            keys.filter_map(|key| Some(key.settings.rate_limits.as_slice().first()?.limit)).max()
        };
        if let Some((_, window_ms)) = limited.key {
            // Both halves of a rotation spend the same tokens, under the limits of the successor.
            let limit = if is_shared {
                let is_half = |key: &&ApiKey| key.rotated_to.is_none();
                let before = most(&mut self.observer.key_in_force(root).filter(is_half));
                let after = most(&mut self.observer.key_in_force(spare).filter(|key| key.rotated_from.is_some()));
                before.max(after)
            } else {
                most(&mut self.observer.key_in_force(key))
            };
            let subject = if is_shared { root } else { key };
            caps.push(Cap { subject, limit: limit.unwrap_or(u32::MAX), window_ms: window_ms.into() });
        }
        if let Some((_, window_ms)) = limited.session {
            let sessions = self.observer.session_in_force(session);
            let limits = sessions.filter_map(|session| Some(session.rate_limits.as_slice().first()?.limit));
            let (subject, limit) = (self.hashes.len() + session, limits.max().unwrap_or(u32::MAX));
            caps.push(Cap { subject, limit, window_ms: window_ms.into() });
        }
        caps.extend(self.cap_of_pool());
        caps
    }

    pub(crate) fn cap_of_pool(&self) -> Option<Cap> {
        self.plan.limits.as_ref()?.pool?;
        let policies = self.observer.policy_in_force();
        let limits = policies.map(|policy| policy.plan.pool(Pool::Requests).map_or(u32::MAX, |pool| pool.limit));
        let subject = self.hashes.len() + self.sessions.len();
        Some(Cap { subject, limit: limits.max().unwrap_or(u32::MAX), window_ms: 60_000 })
    }

    /// A token is spent by an isolate, of what it was given.
    pub(crate) fn note_ahead(&mut self, key: usize) {
        for cap in self.caps(key) {
            self.note_one(&cap, self.time);
        }
        let shares = self.plan.limits.as_ref().is_some_and(|limited| limited.key.is_none());
        let key = if shares { key / self.plan.keys_each * self.plan.keys_each } else { key };
        let tally = &mut self.tallies[key];
        tally.spent_ahead += 1;
        if tally.spent_ahead > tally.given {
            let Tally { given, spent_ahead, .. } = tally;
            let what = format!("{spent_ahead} tokens of {given} given for key {key}");
            self.observer.complain(what);
        }
    }

    fn note_one(&mut self, cap: &Cap, at: i64) {
        if let Some(what) = self.tallies[cap.subject].spend(at, cap) {
            self.observer.complain(what);
        }
    }

    pub(crate) fn note_tokens(&mut self, given: &[(usize, u64)], returned: &[(usize, u64)], spent: Option<Spent>) {
        for (key, tokens) in given {
            self.tallies[*key].given += tokens;
        }
        for (key, tokens) in returned {
            self.tallies[*key].given -= tokens;
        }
        let Some(Spent { key, at, caps, of_pool }) = spent else { return };
        let pool = self.hashes.len() + self.sessions.len();
        for cap in caps.unwrap_or_else(|| self.caps(key)) {
            match of_pool {
                Some((drawn_at, drawn)) if cap.subject == pool => self.note_one(&drawn.unwrap_or(cap), drawn_at),
                _ => self.note_one(&cap, at),
            }
        }
    }
}
