//! When a delivery is tried again, and when its endpoint counts as dead.
//!
//! Pure: the attempt, the state before and the time decide. Each delivery has a schedule of its own; one that fails does
//! not hold back those after it.

use super::{Attempt, Dead, Delivery, DeliveryStatus, Endpoint, Failure};
use crate::domain::timestamp::Timestamp;

/// For how long (ms) an event is tried: 24 hours.
pub const LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// The pauses (ms) after the first failures: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h; then [`LAST_PAUSE_MS`].
pub const PAUSES_MS: [i64; 6] = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
/// The pause (ms) after every later one: 2 h.
pub const LAST_PAUSE_MS: i64 = 7_200_000;
/// How many parts of a hundred a pause may be longer or shorter, so that not all come back at once.
pub const JITTER_PERCENT: i64 = 10;
const LONGEST_PAUSE_MS: i64 = LAST_PAUSE_MS / 100 * (100 + JITTER_PERCENT);
/// An endpoint that takes nothing for so long (ms) is switched off.
pub const DEAD_AFTER_MS: i64 = LIFE_MS;
/// So is one that lets so many events in a row go past their time.
pub const GIVEN_UP_MAX: u32 = 5;

/// The pause (ms) after the `tried`-th attempt has failed (1 = the first); `chance` spreads it.
#[must_use]
pub fn pause_ms(tried: u32, chance: u64) -> i64 {
    let place = usize::try_from(tried.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES_MS.get(place).copied().unwrap_or(LAST_PAUSE_MS);
    let spread = pause.saturating_mul(JITTER_PERCENT) / 100;
    let width = u64::try_from(spread.saturating_mul(2)).unwrap_or(0).saturating_add(1);
    let offset = i64::try_from(chance.checked_rem(width).unwrap_or(0)).unwrap_or(0);
    pause.saturating_sub(spread).saturating_add(offset)
}

/// Notes an attempt: what has become of the delivery, and of its endpoint. An endpoint that this makes dead says why.
pub fn note(endpoint: &mut Endpoint, delivery: &mut Delivery, attempt: Attempt, chance: u64, now: Timestamp) {
    let (answered, failure) = attempt.read();
    delivery.attempts = delivery.attempts.saturating_add(1);
    delivery.tried = delivery.tried.saturating_add(1);
    delivery.attempted_at = Some(now);
    delivery.answered = answered;
    delivery.failure = failure;
    delivery.due_at = None;
    let Some(failure) = failure else {
        delivery.status = DeliveryStatus::Delivered;
        delivery.delivered_at = Some(now);
        endpoint.failing_since = None;
        endpoint.given_up = 0;
        endpoint.delivered_at = Some(now);
        return;
    };
    let next = now.plus_millis(pause_ms(delivery.tried, chance));
    let goes_on = next <= delivery.deadline_at && failure != Failure::Gone;
    if goes_on {
        delivery.status = DeliveryStatus::Pending;
        delivery.due_at = Some(next);
    } else {
        delivery.status = DeliveryStatus::Failed;
        endpoint.given_up = endpoint.given_up.saturating_add(1);
    }
    let since = *endpoint.failing_since.get_or_insert(now);
    // What is decided by time is decided where something is given up: until then it is being tried. The last attempt lies
    // up to a pause before the end.
    let for_long = !goes_on && now.millis_since(since) >= DEAD_AFTER_MS - LONGEST_PAUSE_MS;
    if failure == Failure::Gone {
        switch_off(endpoint, Dead::Gone);
    } else if for_long || endpoint.given_up >= GIVEN_UP_MAX {
        switch_off(endpoint, Dead::Failing);
    }
}

fn switch_off(endpoint: &mut Endpoint, dead: Dead) {
    endpoint.active = false;
    endpoint.dead = Some(dead);
}

/// Has a delivery tried once more, from now on for as long as a new one.
pub fn replay(delivery: &mut Delivery, now: Timestamp) {
    delivery.status = DeliveryStatus::Pending;
    delivery.tried = 0;
    delivery.failure = None;
    delivery.deadline_at = now.plus_millis(LIFE_MS);
    delivery.due_at = Some(now);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::audit::Actor;
    use crate::domain::egress::ReceiverUrl;
    use crate::domain::event::EventKind;
    use crate::domain::id::{DeliveryId, EndpointId, EventId};
    use crate::domain::webhook::EventFilter;

    fn t() -> Timestamp {
        Timestamp::from_millis(1_767_323_045_678)
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            id: EndpointId::from_seed(&[1; 64]),
            url: ReceiverUrl::parse("https://hooks.example.com/", false).unwrap(),
            events: EventFilter::All,
            description: None,
            active: true,
            dead: None,
            secrets: Vec::new(),
            failing_since: None,
            given_up: 0,
            delivered_at: None,
            created_by: Actor::Operator,
            created_at: t(),
            updated_at: t(),
        }
    }

    fn delivery(at: Timestamp) -> Delivery {
        Delivery {
            id: DeliveryId::from_seed(&[2; 64]),
            endpoint_id: endpoint().id,
            event_id: EventId::from_seed(&[3; 64]),
            seq: 1,
            kind: EventKind::KeyCreated,
            created_at: at,
            deadline_at: at.plus_millis(LIFE_MS),
            status: DeliveryStatus::Pending,
            attempts: 0,
            tried: 0,
            attempted_at: None,
            answered: None,
            failure: None,
            due_at: Some(at),
            delivered_at: None,
        }
    }

    /// Tries a delivery until it is settled: the pauses in seconds.
    fn exhaust(endpoint: &mut Endpoint, delivery: &mut Delivery, attempt: Attempt, chance: u64) -> Vec<i64> {
        let mut pauses = Vec::new();
        while let Some(due) = delivery.due_at {
            note(endpoint, delivery, attempt, chance, due);
            pauses.extend(delivery.due_at.map(|next| next.millis_since(due) / 1_000));
        }
        pauses
    }

    #[test]
    fn an_event_is_tried_for_a_day_and_its_endpoint_is_dead_then() {
        let (mut endpoint, mut delivery) = (endpoint(), delivery(t()));
        // The middle of every pause.
        let middle = |ms: i64| u64::try_from(ms / 10).unwrap();
        let mut pauses = Vec::new();
        while let Some(due) = delivery.due_at {
            let place = usize::try_from(delivery.tried).unwrap();
            let pause = PAUSES_MS.get(place).copied().unwrap_or(LAST_PAUSE_MS);
            assert!(endpoint.active, "while it is being tried");
            note(&mut endpoint, &mut delivery, Attempt::Answered(500), middle(pause), due);
            pauses.extend(delivery.due_at.map(|next| next.millis_since(due) / 1_000));
        }
        assert_eq!(pauses[..7], [5, 30, 120, 600, 1_800, 3_600, 7_200]);
        assert!(pauses[7..].iter().all(|pause| *pause == 7_200) && pauses.len() == 17, "{pauses:?}");
        assert_eq!((delivery.status, delivery.attempts), (DeliveryStatus::Failed, 18));
        assert_eq!((endpoint.active, endpoint.dead), (false, Some(Dead::Failing)));
    }

    #[test]
    fn what_took_something_today_is_dead_after_five_that_were_given_up_in_a_row() {
        let mut endpoint = endpoint();
        let late = |n: i64| t().plus_millis(LIFE_MS - 1_000 + n);
        for n in 0..5 {
            assert!(endpoint.active);
            let mut delivery = delivery(t());
            note(&mut endpoint, &mut delivery, Attempt::Failed(Failure::Timeout), 0, late(n * 100));
            assert_eq!((delivery.status, delivery.failure), (DeliveryStatus::Failed, Some(Failure::Timeout)));
        }
        assert_eq!(endpoint.dead, Some(Dead::Failing));
        let mut other = self::endpoint();
        for n in 0..9 {
            let attempt = Attempt::Answered(if n == 4 { 200 } else { 503 });
            note(&mut other, &mut delivery(t()), attempt, 0, late(n));
        }
        assert!(other.active, "a success begins the count anew");
        let mut half = self::endpoint();
        for hours in [0, 12, 21] {
            note(&mut half, &mut delivery(t()), Attempt::Failed(Failure::Timeout), 0, late(hours * 3_600_000));
        }
        assert!(half.active, "it has failed for less than a day");
    }

    #[test]
    fn answers_are_read_as_the_specification_has_it() {
        for (status, failure) in [
            (200, None),
            (204, None),
            (299, None),
            (199, Some(Failure::Status)),
            (301, Some(Failure::Redirect)),
            (307, Some(Failure::Redirect)),
            (400, Some(Failure::Status)),
            (410, Some(Failure::Gone)),
            (503, Some(Failure::Status)),
        ] {
            assert_eq!(Attempt::Answered(status).read(), (Some(status), failure));
            let (mut endpoint, mut delivery) = (endpoint(), delivery(t()));
            note(&mut endpoint, &mut delivery, Attempt::Answered(status), 0, t());
            assert_eq!(endpoint.dead, (status == 410).then_some(Dead::Gone));
            let expected = match failure {
                None => DeliveryStatus::Delivered,
                Some(Failure::Gone) => DeliveryStatus::Failed,
                Some(_) => DeliveryStatus::Pending,
            };
            assert_eq!(delivery.status, expected, "{status}");
        }
    }

    #[test]
    fn a_replay_begins_the_schedule_anew_and_keeps_the_count() {
        let (mut endpoint, mut delivery) = (endpoint(), delivery(t()));
        exhaust(&mut endpoint, &mut delivery, Attempt::Answered(500), 0);
        let (attempts, later) = (delivery.attempts, t().plus_millis(3 * LIFE_MS));
        replay(&mut delivery, later);
        assert_eq!((delivery.status, delivery.due_at), (DeliveryStatus::Pending, Some(later)));
        note(&mut endpoint, &mut delivery, Attempt::Answered(500), 0, later);
        assert_eq!(delivery.attempts, attempts + 1);
        assert_eq!(delivery.due_at.map(|next| next.millis_since(later)), Some(4_500));
    }

    proptest! {
        #[test]
        fn every_pause_is_within_a_tenth_and_everything_ends_within_a_day(chance: u64, tried in 1_u32..40) {
            let pause = pause_ms(tried, chance);
            let middle = PAUSES_MS.get(tried as usize - 1).copied().unwrap_or(LAST_PAUSE_MS);
            prop_assert!((pause - middle).abs() <= middle / 10);
            let (mut endpoint, mut delivery) = (endpoint(), delivery(t()));
            exhaust(&mut endpoint, &mut delivery, Attempt::Failed(Failure::Unreachable), chance);
            prop_assert!(delivery.attempted_at <= Some(delivery.deadline_at));
            prop_assert!(!endpoint.active);
        }
    }
}
