//! What a domain's records prove, and when they are asked for again.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 60 * 60 * 1_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + hours * HOUR)
}

fn domain(status: DomainStatus) -> OwnedDomain {
    OwnedDomain {
        id: DomainId::from_seed(&[1; 64]),
        name: DomainName::parse("example.com").unwrap(),
        token: "abc".to_owned(),
        include_subdomains: false,
        on_loss: OnLoss::Refuse,
        status,
        verified_at: None,
        lost_at: None,
        checked_at: None,
        finding: None,
        missing: 0,
        missing_since: None,
        due_at: None,
        created_by: Actor::Operator,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[test]
fn a_proof_stands_below_a_name_of_its_own() {
    let proof = domain(DomainStatus::Pending).proof();
    assert_eq!(proof.name, "_latchkey.example.com");
    assert_eq!(proof.text, "latchkey-verification=abc");
    assert_eq!(NAME_CHARACTERS_MAX + "_latchkey.".len(), 253);
}

#[test]
fn only_a_domain_that_is_lost_and_told_to_refuse_refuses() {
    for status in [DomainStatus::Pending, DomainStatus::Verified, DomainStatus::Lost] {
        for on_loss in [OnLoss::Refuse, OnLoss::Warn] {
            let domain = OwnedDomain { on_loss, ..domain(status) };
            let expected = status == DomainStatus::Lost && on_loss == OnLoss::Refuse;
            assert_eq!(domain.refuses(), expected, "{status:?} {on_loss:?}");
        }
    }
}

#[test]
fn checks_come_when_they_are_due_spread_by_chance() {
    let pause = |finding: Finding, missing: u32, random: u64| {
        let mut domain = OwnedDomain { missing, ..domain(DomainStatus::Verified) };
        domain.note(finding, LOSS_MS, random, at(0));
        domain.due_at.unwrap().millis_since(at(0))
    };
    assert_eq!([0, 512, 1_023].map(|random| pause(Finding::Found, 0, random)), [77_760_000, 86_400_000, 95_023_125]);
    assert_eq!([0, 512, 1_024].map(|random| pause(Finding::Missing, 0, random)), [43_200_000, 45_000_000, 43_200_000]);
    assert_eq!(pause(Finding::Unknown, 1, 512), 3_600_000);
}

#[test]
fn what_is_found_is_verified_and_what_was_never_found_is_not_lost() {
    let mut domain = domain(DomainStatus::Pending);
    for hours in 0..100 {
        assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(hours)), None);
        assert_eq!((domain.status, domain.due_at), (DomainStatus::Pending, None), "only its owner asks");
    }
    assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(100)), Some(Turn::Verified));
    assert_eq!((domain.verified_at, domain.updated_at), (Some(at(100)), at(100)));
    assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(101)), None);
    assert_eq!((domain.verified_at, domain.checked_at), (Some(at(100)), Some(at(101))));
}

#[test]
fn a_domain_is_lost_after_three_checks_over_a_day_and_comes_back_with_its_proof() {
    let mut domain = domain(DomainStatus::Verified);
    for hours in [0, 1, 2, 3, 23] {
        assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(hours)), None, "{hours} h");
    }
    assert_eq!(domain.note(Finding::Unknown, LOSS_MS, 0, at(30)), None, "nobody knows");
    assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(24)), Some(Turn::Lost));
    assert!(domain.refuses() && domain.lost_at == Some(at(24)));
    assert_eq!(domain.note(Finding::Missing, LOSS_MS, 0, at(40)), None, "once");
    assert_eq!(domain.note(Finding::Found, LOSS_MS, 0, at(41)), Some(Turn::Verified));
    assert_eq!((domain.lost_at, domain.missing, domain.missing_since), (None, 0, None));
    let mut rare = self::domain(DomainStatus::Verified);
    assert_eq!([0, 100].map(|hours| rare.note(Finding::Missing, LOSS_MS, 0, at(hours))), [None, None], "twice only");
}

#[test]
fn by_itself_the_third_check_comes_after_a_day_whatever_the_spread() {
    for random in [0, 1, 511, 1_023, u64::MAX] {
        let mut domain = domain(DomainStatus::Verified);
        let mut now = at(0);
        let turns: Vec<Option<Turn>> = (0..3)
            .map(|_| {
                let turn = domain.note(Finding::Missing, LOSS_MS, random, now);
                now = domain.due_at.unwrap();
                turn
            })
            .collect();
        assert_eq!(turns, [None, None, Some(Turn::Lost)]);
        let well = {
            let mut domain = self::domain(DomainStatus::Verified);
            domain.note(Finding::Found, LOSS_MS, random, at(0));
            domain.due_at.unwrap().millis_since(at(0))
        };
        assert!((DAY_MS * 9 / 10..=DAY_MS * 11 / 10).contains(&well), "{well}");
    }
}

proptest! {
    #[test]
    fn it_is_lost_only_after_three_misses_without_a_find_between_over_a_day(
        steps in prop::collection::vec((0_i64..40, 0_u8..4), 1..60),
    ) {
        let mut domain = domain(DomainStatus::Verified);
        let (mut hours, mut misses) = (0, Vec::new());
        for (pause, what) in steps {
            hours += pause;
            let before = domain.clone();
            let finding = match what {
                0 => Finding::Found,
                1 => Finding::Unknown,
                _ => Finding::Missing,
            };
            let turn = domain.note(finding, LOSS_MS, 7, at(hours));
            match finding {
                Finding::Found => misses.clear(),
                Finding::Missing => misses.push(hours),
                Finding::Unknown => {
                    let same = OwnedDomain {
                        checked_at: domain.checked_at, finding: domain.finding, due_at: domain.due_at, ..before
                    };
                    prop_assert_eq!(&domain, &same, "what nobody knows changes nothing");
                }
            }
            let expected = misses.len() >= 3 && misses[misses.len() - 1] - misses[0] >= 24;
            prop_assert_eq!(domain.status == DomainStatus::Lost, expected || (domain.status == DomainStatus::Lost && turn.is_none()));
            if turn == Some(Turn::Lost) {
                prop_assert!(expected);
            }
            if turn == Some(Turn::Verified) {
                prop_assert_eq!(finding, Finding::Found);
            }
            prop_assert!(domain.due_at.unwrap() >= at(hours).plus_millis(PAUSE_MS));
        }
    }
}
