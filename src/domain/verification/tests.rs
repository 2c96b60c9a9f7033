//! The order in which a key is refused.

use super::*;
use crate::domain::api_key::Revocation;
use crate::domain::ip_network::IpAllowList;
use crate::domain::sample::{at, key, settings};

const GOOD: Standing =
    Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active, domain_refused: false };

fn demand() -> Demand {
    Demand {
        permissions: vec![Permission::of("emails:send")],
        domain: Some(DomainName::parse("acme.example").unwrap()),
        session_id: None,
        environment: None,
        ip: Some("192.0.2.7".parse().unwrap()),
    }
}

/// One way to be refused: the case is broken, the code is what comes of it.
type Break = (Code, fn(&mut ApiKey, &mut Standing, &mut Demand));

/// In the order of the checks.
const BREAKS: [Break; 11] = [
    (Code::Revoked, |key, _, _| key.revocation = Some(Revocation { at: at(1), reason: None })),
    (Code::Disabled, |key, _, _| key.disabled = true),
    (Code::Expired, |key, _, _| key.settings.expires_at = Some(at(50))),
    (Code::NotYetValid, |key, _, _| key.settings.not_before = Some(at(200))),
    (Code::OrganizationSuspended, |_, standing, _| standing.organization = OrganizationStatus::Suspended),
    (Code::SessionDisconnected, |_, standing, _| standing.session = SessionStatus::Disconnected),
    (Code::WrongSession, |_, _, demand| demand.session_id = Some(SessionId::from_trusted("ses_other".to_owned()))),
    (Code::WrongEnvironment, |_, _, demand| demand.environment = Some(Some(Environment::Staging))),
    (Code::Forbidden, |key, _, _| key.settings.ip_allow_list = IpAllowList::parse(["198.51.100.0/24"]).unwrap()),
    (Code::InsufficientPermissions, |_, _, demand| demand.permissions.push(Permission::of("emails:delete"))),
    (Code::DomainNotAllowed, |key, _, _| {
        key.settings.domain = Some(DomainName::parse("other.example").unwrap());
    }),
];

fn broken(breaks: &[Break]) -> (ApiKey, Standing, Demand) {
    let mut case = (key(settings(&["emails:send"])), GOOD, demand());
    for (_, break_it) in breaks {
        break_it(&mut case.0, &mut case.1, &mut case.2);
    }
    case
}

#[test]
fn a_key_with_nothing_against_it_is_valid() {
    let (key, standing, demand) = broken(&[]);
    assert_eq!(decide(&key, standing, &demand, at(100)), Code::Valid);
}

#[test]
fn a_key_that_is_bound_to_a_domain_is_good_for_it_until_it_is_lost() {
    for (domain_refused, expected) in [(false, Code::Valid), (true, Code::DomainNotAllowed)] {
        let (mut key, standing, demand) = broken(&[]);
        key.settings.domain.clone_from(&demand.domain);
        let standing = Standing { domain_refused, ..standing };
        assert_eq!(decide(&key, standing, &demand, at(100)), expected);
    }
}

#[test]
fn every_refusal_has_its_code_and_the_earlier_check_wins() {
    for (place, first) in BREAKS.iter().enumerate() {
        for second in BREAKS.iter().skip(place) {
            let (key, standing, demand) = broken(&[*first, *second]);
            let code = decide(&key, standing, &demand, at(100));
            assert_eq!(code, first.0, "{:?} and {:?}", first.0, second.0);
        }
    }
}

#[test]
fn the_trace_ends_with_the_refusal_that_was_decided() {
    for (code, break_it) in BREAKS {
        let (key, standing, demand) = broken(&[(code, break_it)]);
        let trace = explain(&key, standing, &demand, Spent::default(), at(100));
        let (last, before) = trace.split_last().unwrap();
        assert_eq!(last.outcome, Outcome::Refused, "{code:?}");
        assert!(before.iter().all(|check| check.outcome != Outcome::Refused), "{code:?}");
    }
    let (key, standing, demand) = broken(&[]);
    let unlimited = explain(&key, standing, &demand, Spent::default(), at(100));
    assert_eq!(unlimited.len(), RULES.len() + 2);
    for (code, name) in [(Code::RateLimited, "rateLimits"), (Code::UsageExceeded, "credits")] {
        let spent = Spent { has_limits: true, has_credits: true, refusal: Some(code) };
        let trace = explain(&key, standing, &demand, spent, at(100));
        let last = trace.last().unwrap();
        assert_eq!((last.name.as_str(), last.outcome), (name, Outcome::Refused));
    }
}

#[test]
fn a_restricted_key_without_an_address_is_refused() {
    let (mut key, standing, mut demand) = broken(&[]);
    key.settings.ip_allow_list = IpAllowList::parse(["192.0.2.0/24"]).unwrap();
    assert_eq!(decide(&key, standing, &demand, at(100)), Code::Valid);
    demand.ip = None;
    assert_eq!(decide(&key, standing, &demand, at(100)), Code::Forbidden);
}

#[test]
fn an_environment_of_none_is_something_one_can_ask_for() {
    let (mut key, standing, mut demand) = broken(&[]);
    demand.environment = Some(None);
    assert_eq!(decide(&key, standing, &demand, at(100)), Code::WrongEnvironment);
    key.environment = None;
    assert_eq!(decide(&key, standing, &demand, at(100)), Code::Valid);
}

#[test]
fn a_demand_survives_the_wire() {
    for environment in [None, Some(None), Some(Some(Environment::Staging))] {
        let demand = Demand { environment, ..demand() };
        let text = serde_json::to_string(&demand).unwrap();
        assert_eq!(serde_json::from_str::<Demand>(&text).unwrap(), demand);
    }
}
