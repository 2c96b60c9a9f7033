//! Whether a change of a key takes anything away: then nobody may act any more on what was before when it is answered.

use super::api_key::{ApiKey, KeySettings, outlives};
use super::timestamp::Timestamp;

impl KeySettings {
    /// Whether anything that was allowed under `before` is not any more, at some moment before `until`. What comes later
    /// than that nobody relies on yet.
    pub fn tightens(&self, before: &Self, until: Timestamp) -> bool {
        let ends = outlives(before.expires_at, self.expires_at) && self.expires_at.is_some_and(|at| at < until);
        ends || self.not_before > before.not_before
            || !self.permissions.covers(&before.permissions)
            || (self.domain.is_some() && self.domain != before.domain)
            || !self.ip_allow_list.covers(&before.ip_allow_list)
            || self.spends_tighter(before)
    }

    /// Whether it may be verified less often than under `before`, or has to be counted where it had not.
    pub fn spends_tighter(&self, before: &Self) -> bool {
        self.rate_limits.tightens(&before.rate_limits) || (self.credits.is_some() && before.credits.is_none())
    }
}

impl ApiKey {
    /// Whether anything that was allowed to it as `before` is not any more, at some moment before `until`.
    pub fn tightens(&self, before: &Self, until: Timestamp) -> bool {
        let stops = (self.revocation.is_some() && before.revocation.is_none()) || (self.disabled && !before.disabled);
        stops || self.settings.tightens(&before.settings, until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::api_key::Revocation;
    use crate::domain::credits::CreditSettings;
    use crate::domain::domain_name::DomainName;
    use crate::domain::ip_network::IpAllowList;
    use crate::domain::permission::{Permission, Permissions};
    use crate::domain::rate_limit::{LimitName, RateLimit, RateLimits};
    use crate::domain::sample::{at, key, settings};
    use crate::domain::session::{OrganizationStatus, SessionStatus};
    use crate::domain::verification::{Code, Demand, Standing, decide};

    fn moment() -> impl Strategy<Value = Option<Timestamp>> {
        prop_oneof![Just(None), (0_i64..6).prop_map(|seconds| Some(at(seconds)))]
    }

    fn domain() -> impl Strategy<Value = Option<DomainName>> {
        select(vec![None, Some("a.example"), Some("b.example")])
            .prop_map(|name| name.map(|name| DomainName::parse(name).unwrap()))
    }

    fn any_key() -> impl Strategy<Value = ApiKey> {
        let granted = select(vec![&["*"][..], &["emails:*"], &["emails:send"], &["emails:send", "emails:read"], &[]]);
        let networks =
            select(vec![&[][..], &["10.0.0.0/8"], &["10.0.0.0/9", "10.128.0.0/9"], &["10.1.0.0/16"], &["::/0"]]);
        let facts = (moment(), moment(), any::<bool>(), prop::bool::weighted(0.2));
        (granted, networks, domain(), facts).prop_map(|(granted, networks, domain, facts)| {
            let (expires_at, not_before, disabled, revoked) = facts;
            let ip_allow_list = IpAllowList::parse(networks.iter().copied()).unwrap();
            let permissions = Permissions::parse(granted.iter().copied()).unwrap();
            let revocation = revoked.then(|| Revocation { at: at(0), reason: None });
            let settings = KeySettings { permissions, domain, ip_allow_list, expires_at, not_before, ..settings(&[]) };
            ApiKey { disabled, revocation, ..key(settings) }
        })
    }

    fn demand() -> impl Strategy<Value = Demand> {
        let ip = select(vec![None, Some("10.1.2.3"), Some("10.200.0.1"), Some("192.0.2.1"), Some("2001:db8::1")]);
        let wanted = select(vec![None, Some("emails:send"), Some("emails:read"), Some("api_keys:read")]);
        (ip, wanted, domain()).prop_map(|(ip, wanted, domain)| Demand {
            permissions: wanted.map(|wanted| Permission::parse(wanted).unwrap()).into_iter().collect(),
            ip: ip.map(|ip| ip.parse().unwrap()),
            domain,
            ..Demand::default()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn whatever_passed_before_and_does_not_any_more_tightens(
            before in any_key(), after in any_key(), demand in demand(), now in 0_i64..7, until in 0_i64..8,
        ) {
            let good = Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active, domain_refused: false };
            let passes = |key: &ApiKey| decide(key, good, &demand, at(now)) == Code::Valid;
            if passes(&before) && !passes(&after) && now < until {
                prop_assert!(after.tightens(&before, at(until)));
            }
            prop_assert!(!before.tightens(&before, at(until)));
        }
    }

    #[test]
    fn what_gives_more_or_only_describes_does_not_tighten() {
        let limit = |limit| {
            let limit = RateLimit { name: LimitName::parse("a").unwrap(), limit, window_ms: 1_000 };
            RateLimits::new(vec![limit]).unwrap()
        };
        let mut before = settings(&["emails:send"]);
        before.rate_limits = limit(10);
        before.expires_at = Some(at(100));
        let wider = KeySettings { rate_limits: limit(11), expires_at: Some(at(101)), ..before.clone() };
        assert!(!wider.tightens(&before, at(200)) && before.tightens(&wider, at(200)));
        let later = KeySettings { expires_at: Some(at(50)), ..before.clone() };
        assert_eq!([50, 51].map(|until| later.tightens(&before, at(until))), [false, true], "nobody relies on it yet");
        let counted = KeySettings { credits: Some(CreditSettings { refill: None }), ..before.clone() };
        assert!(counted.tightens(&before, at(0)) && !before.tightens(&counted, at(200)));
    }
}
