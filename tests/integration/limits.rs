//! Rate limits of keys, sessions and organizations: what is spent, by whom, and that a refusal spends nothing.

use latchkey::app::{Call, Error, Principal, VerifyKey};
use latchkey::domain::consistency::Mode;
use latchkey::domain::environment::Environment;
use latchkey::domain::ip_network::IpAllowList;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::operation::Operation;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::{OrganizationStatus, SessionStatus};
use latchkey::domain::verification::{Code, Demand};
use latchkey::object::Rejection;
use latchkey::session::protocol::SessionChange;

use crate::support::house::Home;
use crate::support::*;

fn on(plan: Plan) -> (House, Home, Principal) {
    let house = House::new();
    let home = house.found_on("Acme", plan);
    let admin = house.principal(&home.secret);
    // What the authority does; isolates have tests of their own.
    house.be_strict();
    (house, home, admin)
}

fn start() -> (House, Home, Principal) {
    on(Plan::preset(PlanName::Enterprise))
}

fn seen(all: &[(&str, u32)]) -> Vec<(String, u32)> {
    all.iter().map(|(label, remaining)| ((*label).to_owned(), *remaining)).collect()
}

#[test]
fn each_of_several_limits_counts_and_the_one_that_refuses_says_so() {
    let (house, _, admin) = start();
    let held = house.limited_key(&admin, &[("second", 2, 1_000), ("minute", 5, 60_000)]);
    let verify = || house.verify(&held.text).unwrap();
    assert_eq!(left(&verify()), seen(&[("key.second", 1), ("key.minute", 4)]));
    assert_eq!(left(&verify()), seen(&[("key.second", 0), ("key.minute", 3)]));
    let refused = verify();
    assert_eq!((refused.code, left(&refused)), (Code::RateLimited, seen(&[("key.second", 0), ("key.minute", 3)])));
    let waits: Vec<_> = refused.limits.iter().map(|one| one.refusal.map(|refusal| refusal.wait_ms)).collect();
    assert_eq!(waits, [Some(Some(1_000)), None]);
    house.clock.set(house.after(999));
    assert_eq!(verify().code, Code::RateLimited);
    house.clock.set(house.after(1));
    assert_eq!(house.admitted(&held.text, 5), 2);
    house.clock.set(house.after(1_000));
    assert_eq!(house.admitted(&held.text, 5), 1);
    let refused = verify();
    let waits: Vec<_> = refused.limits.iter().map(|one| one.refusal.map(|refusal| refusal.wait_ms)).collect();
    assert_eq!(
        (left(&refused), waits),
        (seen(&[("key.second", 1), ("key.minute", 0)]), vec![None, Some(Some(58_000))])
    );
    house.clock.set(house.after(57_999));
    assert_eq!(verify().code, Code::RateLimited);
    house.clock.set(house.after(1));
    assert_eq!(house.admitted(&held.text, 5), 2, "the first two have left the window");
}

#[test]
fn a_cost_takes_that_many_of_all_or_nothing_of_any() {
    let (house, _, admin) = start();
    let held = house.limited_key(&admin, &[("small", 10, 60_000), ("large", 100, 60_000)]);
    assert_eq!(house.code_at(&held.text, 7), Code::Valid);
    assert_eq!(house.code_at(&held.text, 4), Code::RateLimited);
    assert_eq!(house.left_of(&held.text), seen(&[("key.small", 3), ("key.large", 93)]));
    let never = house.verify_for(&held.text, costing(11)).unwrap();
    assert_eq!(never.limits[0].refusal.map(|refusal| refusal.wait_ms), Some(None), "waiting does not help");
    assert_eq!(house.code_at(&held.text, 3), Code::Valid);
    assert_eq!([0, 1].map(|cost| house.code_at(&held.text, cost)), [Code::Valid, Code::RateLimited]);
    assert_eq!(house.left_of(&held.text), seen(&[("key.small", 0), ("key.large", 90)]));
}

#[test]
fn the_limits_of_a_session_are_shared_by_its_keys_and_change_with_it() {
    let (house, home, admin) = start();
    let session = house.limited_session(&admin, &[("all", 5, 60_000)]);
    let keys = [(); 2].map(|()| house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap());
    let codes: Vec<Code> = house
        .burst(&[keys[0].text.as_str(), &keys[1].text].repeat(10), 1)
        .into_iter()
        .map(|one| one.unwrap().code)
        .collect();
    assert_eq!(codes.iter().filter(|code| **code == Code::Valid).count(), 5);
    assert_eq!(house.left_of(&keys[1].text), seen(&[("session.all", 0)]));
    assert_eq!(house.left_of(&home.secret), [], "another session has nothing to do with it");
    let change = |all: &[(&str, u32, u32)]| {
        let change = SessionChange { rate_limits: Some(limits(all)), ..SessionChange::default() };
        house.run(house.app.change_session(&admin, &session.id, change)).unwrap();
    };
    change(&[("all", 7, 60_000)]);
    assert_eq!(house.admitted(&keys[0].text, 10), 2, "what was spent stays spent");
    change(&[]);
    assert_eq!(house.admitted(&keys[0].text, 10), 10);
    let (_, usage) = house.run(house.app.read_session(&admin, &session.id)).unwrap().reply;
    assert_eq!((usage.keys, usage.limits), (2, Vec::new()));
}

#[test]
fn two_sessions_drain_one_pool_and_never_more_than_it_holds() {
    let (house, home, admin) = on(Plan::preset(PlanName::Free));
    let other = house.create_session(&admin, "Other", None).unwrap();
    let theirs = house.issue(&admin, key_in(&other.id, &["emails:send"])).unwrap();
    for round in 0..3 {
        let valid: Vec<bool> = house
            .burst(&[home.secret.as_str(), &theirs.text].repeat(50), 1)
            .into_iter()
            .map(|one| one.unwrap().code == Code::Valid)
            .collect();
        assert_eq!(valid.iter().filter(|valid| **valid).count(), 60, "round {round}");
        assert!([0, 1].iter().all(|place| valid.iter().skip(*place).step_by(2).any(|valid| *valid)), "both had some");
        assert_eq!(house.left_of(&theirs.text), seen(&[("organization.requests", 0)]));
        house.clock.set(house.after(59_999));
        assert_eq!((house.code(&home.secret), house.code(&theirs.text)), (Code::RateLimited, Code::RateLimited));
        house.clock.set(house.after(1));
    }
}

#[test]
fn a_spent_limit_is_named_before_spent_credits() {
    let (house, _, admin) = start();
    let held = house.issue(&admin, with_credits(limited(&[("burst", 1, 60_000)]), 1, None)).unwrap();
    assert_eq!([(); 2].map(|()| house.code(&held.text)), [Code::Valid, Code::RateLimited]);
    house.clock.set(house.after(MINUTE));
    assert_eq!(house.code(&held.text), Code::UsageExceeded);
    let session = house.limited_session(&admin, &[("all", 1, 60_000)]);
    let mut request = with_credits(settings(&["emails:send"]), 0, None);
    request.session.id = Some(session.id.clone());
    let poor = house.issue(&admin, request).unwrap();
    let rich = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    assert_eq!(house.code(&poor.text), Code::UsageExceeded);
    assert_eq!(house.code(&rich.text), Code::Valid, "what was refused for want of credits has taken no token");
    assert_eq!(house.code(&poor.text), Code::RateLimited, "the session's limit counts before the key's credits");
}

#[test]
fn a_pool_that_refuses_or_does_not_answer_takes_nothing_from_key_and_session() {
    let (house, home, admin) = on(requests(3));
    let session = house.limited_session(&admin, &[("all", 100, 60_000)]);
    let mut request = with(limited(&[("burst", 50, 60_000)]));
    request.session.id = Some(session.id);
    let held = house.issue(&admin, request).unwrap();
    assert_eq!(house.admitted(&held.text, 20), 3);
    let after = seen(&[("key.burst", 47), ("session.all", 97), ("organization.requests", 0)]);
    assert_eq!(house.left_of(&held.text), after);
    let refused = house.verify(&held.text).unwrap();
    assert_eq!(left(&refused), after);
    assert_eq!(refused.limits.iter().filter(|one| one.refusal.is_some()).count(), 1);
    house.clock.set(house.after(MINUTE));
    assert_eq!(house.code(&held.text), Code::Valid);
    house.no_draws(&home);
    for _ in 0..20 {
        assert_eq!(refusal(house.verify(&held.text)), Rejection::PolicyUnknown);
    }
    house.objects.heal();
    assert_eq!(house.left_of(&held.text), seen(&[("key.burst", 49), ("session.all", 99)]));
    assert_eq!(house.left_of(&home.secret), seen(&[("organization.requests", 2)]));
}

#[test]
fn who_only_looks_spends_nothing_and_sees_the_same_numbers() {
    let (house, home, admin) = on(requests(10));
    let held = house.issue(&admin, with_credits(limited(&[("burst", 5, 60_000)]), 4, None)).unwrap();
    house.code(&held.text);
    let numbers = |seen: &latchkey::app::Verification| (seen.code, left(seen), seen.credits);
    let before = house.dump(&[]);
    let explain = || VerifyKey { explain: true, ..VerifyKey::default() };
    let looks: Vec<_> = (0..20).map(|_| [dry(), explain()]).collect();
    for request in looks.into_iter().flatten() {
        let look = house.verify_for(&held.text, request).unwrap();
        assert_eq!(numbers(&look), (Code::Valid, seen(&[("key.burst", 4)]), Some(3)));
        assert_eq!(house.left_of(&home.secret), seen(&[("organization.requests", 9)]));
    }
    assert_eq!(house.dump(&[]), before, "and leaves no trace");
    assert_eq!(house.admitted(&held.text, 3), 3);
    for request in [dry(), explain(), VerifyKey { dry_run: true, ..explain() }] {
        assert_eq!(numbers(&house.verify_for(&held.text, request).unwrap()).0, Code::UsageExceeded);
    }
    house.clock.set(house.after(1));
    let real = house.verify(&held.text).unwrap();
    assert_eq!(numbers(&real), numbers(&house.verify_for(&held.text, dry()).unwrap()), "a refusal shows what there is");
    assert_eq!(house.code(&home.secret), Code::Valid);
}

#[test]
fn a_verification_spends_the_verified_keys_limits_and_never_the_callers() {
    let (house, _, admin) = start();
    let rights = latchkey::domain::api_key::KeySettings {
        rate_limits: limits(&[("own", 3, 60_000)]),
        ..settings(&["api_keys:*"])
    };
    let asker = house.issue(&admin, with(rights)).unwrap();
    let held = house.limited_key(&admin, &[("burst", 5, 60_000)]);
    let by = house.principal(&asker.text);
    for rest in (0..5).rev() {
        let verified = house.run(house.app.verify(&held.text, Some(&by.caller), costing(1))).unwrap();
        assert_eq!(left(&verified), seen(&[("key.burst", rest)]));
    }
    assert_eq!(house.left_of(&asker.text), seen(&[("key.own", 3)]));
    assert_eq!(house.code(&asker.text), Code::Valid, "at the gate it speaks for itself");
    assert_eq!(house.left_of(&asker.text), seen(&[("key.own", 2)]));
    assert_eq!(house.left_of(&held.text), seen(&[("key.burst", 0)]));
}

#[test]
fn what_is_refused_for_another_reason_spends_nothing() {
    let (house, home, admin) = on(requests(50));
    let session = house.limited_session(&admin, &[("all", 50, 60_000)]);
    let mut settings = limited(&[("burst", 50, 60_000)]);
    settings.ip_allow_list = networks(&["10.0.0.0/8"]);
    let mut request = with_credits(settings, 50, None);
    request.session.id = Some(session.id.clone());
    let held = house.issue(&admin, request).unwrap();
    let full = seen(&[("key.burst", 50), ("session.all", 50)]);
    let good = || Demand { ip: "10.1.2.3".parse().ok(), ..Demand::default() };
    let verify = |demand, dry_run| house.verify_for(&held.text, VerifyKey { demand, dry_run, ..VerifyKey::default() });
    let unspent = || {
        let look = verify(good(), true).unwrap();
        assert_eq!((look.code, left(&look), look.credits), (Code::Valid, full.clone(), Some(50)));
        assert_eq!(house.left_of(&home.secret), seen(&[("organization.requests", 50)]));
    };
    unspent();
    let refused = |code, demand| assert_eq!(verify(demand, false).unwrap().code, code);
    refused(Code::Forbidden, Demand::default());
    refused(Code::InsufficientPermissions, Demand { permissions: vec![permission("other:do")], ..good() });
    refused(Code::WrongSession, Demand { session_id: Some(home.session_id.clone()), ..good() });
    refused(Code::WrongEnvironment, Demand { environment: Some(Some(Environment::Staging)), ..good() });
    unspent();
    let change = |change| house.change(&admin, held.id(), change).map(drop).unwrap();
    change(KeyChange { active: Some(false), ..KeyChange::default() });
    refused(Code::Disabled, good());
    change(KeyChange { active: Some(true), not_before: set(house.after(HOUR)), ..KeyChange::default() });
    refused(Code::NotYetValid, good());
    change(KeyChange { not_before: clear(), ..KeyChange::default() });
    let status = |status| {
        let change = SessionChange { status: Some(status), ..SessionChange::default() };
        house.run(house.app.change_session(&admin, &session.id, change)).unwrap();
    };
    status(SessionStatus::Disconnected);
    refused(Code::SessionDisconnected, good());
    status(SessionStatus::Connected);
    house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
    refused(Code::OrganizationSuspended, good());
    house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
    unspent();
    change(KeyChange { ip_allow_list: Some(IpAllowList::default()), ..KeyChange::default() });
    let caller = house.principal(&held_elsewhere(&house)).caller;
    let unseen = house.run(house.app.verify(&held.text, Some(&caller), costing(1))).unwrap();
    assert_eq!(unseen.code, Code::NotFound);
    unspent();
    house.revoke(&admin, held.id()).unwrap();
    refused(Code::Revoked, good());
    assert_eq!(left(&house.verify_for(&home.secret, dry()).unwrap()), seen(&[("organization.requests", 50)]));
}

fn held_elsewhere(house: &House) -> String {
    house.found("Elsewhere").secret
}

#[test]
fn both_halves_of_a_rotation_spend_from_one_ledger_under_the_successors_limits() {
    let (house, _, admin) = start();
    let old = house.limited_key(&admin, &[("burst", 6, 60_000)]);
    assert_eq!(house.admitted(&old.text, 2), 2);
    let new = house.rotate(&admin, old.id(), HOUR).unwrap();
    assert_eq!((house.admitted(&new.text, 2), house.admitted(&old.text, 9)), (2, 2), "six in all");
    assert_eq!((house.code(&old.text), house.code(&new.text)), (Code::RateLimited, Code::RateLimited));
    for all in [&[("burst", 100, 60_000)][..], &[], &[("burst", 6, 60_000), ("more", 1, 1_000)]] {
        assert_eq!(refusal(house.change(&admin, old.id(), relimit(all))), Rejection::KeyRotated);
    }
    house.change(&admin, new.id(), relimit(&[("burst", 8, 60_000)])).unwrap();
    assert_eq!(house.left_of(&old.text), seen(&[("key.burst", 2)]), "the successor's limits count for both");
    assert_eq!((house.admitted(&old.text, 1), house.admitted(&new.text, 9)), (1, 1));
    house.change(&admin, new.id(), relimit(&[])).unwrap();
    assert_eq!((house.admitted(&old.text, 20), house.admitted(&new.text, 20)), (20, 20));
}

#[test]
fn a_key_revoked_while_the_pool_is_asked_is_refused_and_everything_comes_back() {
    let (house, home, admin) = on(requests(20));
    let held = house.issue(&admin, with_credits(limited(&[("burst", 5, 60_000)]), 5, None)).unwrap();
    let successor = house.rotate(&admin, held.id(), HOUR).unwrap();
    house.code(&home.secret);
    let (app, by, id) = (house.app.clone(), house.principal(&home.secret), held.id().clone());
    let draw = Whom::Command(home.address(), "draw");
    house.objects.before_answer(draw, Box::pin(async move { drop(app.revoke_key(&by, &id, None).await.unwrap()) }));
    let verified = house.verify(&held.text).unwrap();
    assert_eq!((verified.code, left(&verified)), (Code::Revoked, Vec::new()));
    let look = house.verify_for(&successor.text, dry()).unwrap();
    assert_eq!((left(&look), look.credits), (seen(&[("key.burst", 5)]), Some(5)));
    assert_eq!(house.left_of(&home.secret), seen(&[("organization.requests", 19)]));
}

#[test]
fn calls_that_manage_have_a_pool_of_their_own() {
    let (house, home, admin) = on(requests(5));
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let manage = || house.run(house.app.authenticate(&home.secret, None, Operation::ReadApiKeys, Call::Manage));
    let pool = |outcome: Result<Principal, Error>| outcome.unwrap().pool.unwrap();
    for rest in (0..5).rev() {
        let counted = pool(manage());
        assert_eq!((counted.label(), counted.remaining), ("organization.management".to_owned(), rest));
    }
    let Rejection::RateLimited { limit } = refusal(manage()) else { panic!("it was let through") };
    assert_eq!((limit.label(), limit.remaining), ("organization.management".to_owned(), 0));
    assert_eq!(limit.refusal.unwrap().wait_ms, Some(60_000));
    assert_eq!(house.admitted(&held.text, 9), 5, "verifications go on");
    house.revoke(&house.principal(&home.secret), held.id()).unwrap();
    assert_eq!(house.code(&held.text), Code::Revoked, "and so does revoking");
    house.clock.set(house.after(MINUTE));
    assert_eq!(house.admitted(&home.secret, 9), 5);
    assert_eq!(pool(manage()).remaining, 4, "a flood of verifications does not stand in its way");
    assert!(house.principal(&home.secret).pool.is_none(), "what does not count is not counted");
    assert_eq!(pool(manage()).remaining, 3);
    let wrong = house.app.authenticate(&home.secret, "10.0.0.1".parse().ok(), Operation::ReadApiKeys, Call::Manage);
    assert_eq!(pool(house.run(wrong)).remaining, 2);
    let limited = house.issue(&house.principal(&home.secret), with(limited(&[("burst", 1, 60_000)]))).unwrap();
    let lacking = house.app.authenticate(&limited.text, None, Operation::ReadApiKeys, Call::Manage);
    assert!(matches!(refusal(house.run(lacking)), Rejection::CallerRefused { .. }));
    assert_eq!(pool(manage()).remaining, 1, "who may not is not counted");
    house.no_draws(&home);
    assert_eq!(refusal(manage()), Rejection::PolicyUnknown);
    house.objects.heal();
    assert_eq!(pool(manage()).remaining, 0);
}

#[test]
fn a_refusal_by_a_key_tells_of_the_pool_as_well_and_stands_without_it() {
    let (house, home, admin) = start();
    house.put_on(&home, requests(50));
    let held = house.limited_key(&admin, &[("burst", 1, 60_000)]);
    assert_eq!(house.code(&held.text), Code::Valid);
    let verify = || house.run(house.app.verify(&held.text, Some(&admin.caller), VerifyKey::default())).unwrap();
    let (code, told) = (verify().code, left(&verify()));
    assert_eq!((code, told), (Code::RateLimited, seen(&[("key.burst", 0), ("organization.requests", 49)])));
    house.no_draws(&home);
    // This isolate remembers the refusal, pool included; the authority has to ask for that.
    let strict = VerifyKey { mode: Mode::Strict, ..VerifyKey::default() };
    let refused = house.run(house.app.verify(&held.text, Some(&admin.caller), strict)).unwrap();
    assert_eq!((refused.code, left(&refused)), (Code::RateLimited, seen(&[("key.burst", 0)])));
}

#[test]
fn what_a_key_has_spent_comes_back_if_the_lease_on_the_policy_ends_while_the_pool_is_asked() {
    let house = House::new();
    house.be_strict();
    let home = house.found_on("Acme", requests(1_000));
    let held = house.limited_key(&house.principal(&home.secret), &[("minute", 60, 300_000)]);
    assert_eq!(house.code(&held.text), Code::Valid);
    // The organization hangs, and for longer than the policy is known.
    house.advance(59_500);
    house.objects.fault(Whom::One(home.address()), Fault::Hanging);
    assert!(matches!(house.verify(&held.text), Err(Error::Rejected(Rejection::PolicyUnknown))));
    house.objects.heal();
    assert_eq!(house.code(&held.text), Code::Valid);
    assert_eq!(house.left_of(&held.text), [("key.minute".to_owned(), 58)], "two were let through");
}
