//! What sessions and organizations tell each other about policies and pools is pinned (H11).

use latchkey::domain::lease::bank::{BankGrant, BankReport};
use latchkey::domain::organization::Organization;
use latchkey::domain::plan::Pool;
use latchkey::domain::rate_limit::{Level, LimitName, LimitUse, RateLimit, Refusal};
use latchkey::object::ledgers::Debit;
use latchkey::organization::protocol as organization;
use latchkey::organization::protocol::{Draw, DrawAction};

use crate::formats::{Samples, pin, samples};

pub fn limit() -> RateLimit {
    RateLimit { name: LimitName::parse("burst").unwrap(), limit: 5, window_ms: 1_000 }
}

pub fn limit_use(refusal: Option<Refusal>) -> LimitUse {
    LimitUse { level: Level::Organization, limit: limit(), remaining: 4, restores_in_ms: Some(9), refusal }
}

fn draw(action: DrawAction) -> Draw {
    Draw::new(Pool::Requests, 2, action)
}

#[test]
fn what_is_drawn_from_an_organization_is_pinned() {
    let Samples { home, session, .. } = samples();
    pin(
        "organization_draws.json",
        vec![
            organization::Command::Draw { session_id: session.id.clone(), draw: None, rules: 0, domains: 0 },
            organization::Command::Draw {
                session_id: session.id.clone(),
                draw: Some(draw(DrawAction::Spend)),
                rules: 0,
                domains: 0,
            },
            organization::Command::Draw {
                session_id: session.id.clone(),
                draw: Some(draw(DrawAction::Look)),
                rules: 0,
                domains: 0,
            },
            organization::Command::Draw {
                session_id: session.id.clone(),
                draw: Some(draw(DrawAction::Return(Debit::default()))),
                rules: 0,
                domains: 0,
            },
            organization::Command::Draw {
                session_id: session.id.clone(),
                draw: Some(Draw { wish: 3, banks: vec![BankReport { id: 7, spent: 2 }], ..draw(DrawAction::Spend) }),
                rules: 0,
                domains: 0,
            },
            organization::Command::Draw {
                session_id: session.id.clone(),
                draw: Some(Draw { wish: 3, alone: true, ..draw(DrawAction::Spend) }),
                rules: 0,
                domains: 0,
            },
        ],
    );
    let Organization { policy, .. } = home.organization.clone();
    let refused = limit_use(Some(Refusal { wait_ms: Some(5) }));
    let bank = BankGrant { id: 7, tokens: 3, lasts_ms: 234 };
    let granted = |limit, bank| {
        let pool = Some(organization::Drawn { limit, debit: Debit::default(), bank });
        let grant = organization::Grant { policy, policy_by: None, ttl_ms: 60_000, pool, rules: None, domains: None };
        organization::Reply::Granted { grant: Box::new(grant) }
    };
    pin("organization_grants.json", vec![granted(refused, None), granted(limit_use(None), Some(bank))]);
}
