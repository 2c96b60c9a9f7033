//! Parsers for rate limits and credits, each an object of its own.

use super::plain::{integer, list, object, one_of, text};
use super::{FieldCode, FieldError, FieldErrors, Fields};
use crate::api::json::Json;
use crate::domain::credits::{CREDITS_MAX, CreditChange, CreditSettings, Interval, Refill};
use crate::domain::key_change::CreditsChange;
use crate::domain::rate_limit::{LimitName, RATE_LIMITS_MAX, RateLimit, RateLimits};

/// The most credits, as JSON counts.
const CREDITS: i64 = CREDITS_MAX.cast_signed();

/// Rate limits, each under a name of its own.
pub fn rate_limits(json: &Json) -> Result<RateLimits, FieldErrors> {
    let limits = list(RATE_LIMITS_MAX, "limits", |limit| object(rate_limit)(limit))(json)?;
    let mut errors = FieldErrors::default();
    for (index, limit) in limits.iter().enumerate() {
        if limits.iter().take(index).any(|before| before.name == limit.name) {
            let error = FieldError::new(FieldCode::Conflict, "is the name of another limit");
            errors.push(error.within("name").within(&index.to_string()));
        }
    }
    errors.or(())?;
    RateLimits::new(limits).map_err(|error| FieldError::explained(FieldCode::Conflict, &error).into())
}

fn rate_limit(fields: &mut Fields<'_>) -> Option<RateLimit> {
    let name =
        |text: &str| LimitName::parse(text).map_err(|error| FieldError::explained(FieldCode::InvalidFormat, &error));
    let name = fields.required("name", text(name));
    let limit = fields.required("limit", integer(1..=RateLimit::LIMIT_MAX.into()));
    let window_ms = integer(RateLimit::WINDOW_MS_MIN.into()..=RateLimit::WINDOW_MS_MAX.into());
    let window_ms = fields.required("windowMs", window_ms);
    Some(RateLimit { name: name?, limit: limit?.try_into().ok()?, window_ms: window_ms?.try_into().ok()? })
}

/// The credits of a new key: the rules, and how many there are.
pub fn credits(json: &Json) -> Result<(CreditSettings, u64), FieldErrors> {
    object(|fields| {
        let remaining = fields.required("remaining", integer(0..=CREDITS));
        let refill = fields.optional("refill", object(refill));
        Some((CreditSettings { refill }, remaining?.try_into().ok()?))
    })(json)
}

/// A change of credits: how many there are or how many more, and when they are filled up.
pub fn credits_change(json: &Json) -> Result<CreditsChange, FieldErrors> {
    object(|fields| {
        fields.at_least_one();
        let remaining = fields.given("remaining", integer(0..=CREDITS));
        let add = fields.given("add", integer(-CREDITS..=CREDITS));
        fields.exclusive("remaining", "add");
        let refill = fields.nullable("refill", object(refill));
        let set = remaining.and_then(|remaining| u64::try_from(remaining).ok()).map(CreditChange::Set);
        Some(CreditsChange { balance: set.or(add.map(CreditChange::Add)), refill })
    })(json)
}

fn refill(fields: &mut Fields<'_>) -> Option<Refill> {
    let interval = fields.required("interval", text(one_of(&Interval::ALL.map(|one| (one.as_str(), one)))));
    let amount = fields.required("amount", integer(1..=CREDITS));
    let day = fields.optional("day", |json| match interval.map(Interval::last_day) {
        Some(None) => Err(FieldError::new(FieldCode::Conflict, "is not for daily refills")),
        // If the interval is wrong, any day may be right.
        last => integer(1..=last.flatten().unwrap_or(31).into())(json),
    });
    let day = day.and_then(|day| u8::try_from(day).ok()).unwrap_or(1);
    Some(Refill { interval: interval?, amount: amount?.try_into().ok()?, day })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::Change;

    fn read<T>(parser: impl Fn(&Json) -> Result<T, FieldErrors>, text: &str) -> Result<T, Vec<String>> {
        parser(&Json::parse(text.as_bytes()).unwrap()).map_err(|errors| {
            errors.iter().map(|error| format!("{} {}", error.place(), error.code().as_str())).collect()
        })
    }

    #[test]
    fn each_limit_says_what_is_wrong_with_it_and_where() {
        let good =
            r#"[{"name":"burst","limit":1,"windowMs":1000},{"name":"day","limit":1000000000,"windowMs":86400000}]"#;
        let limits = read(rate_limits, good).unwrap();
        assert_eq!((limits.as_slice()[1].limit, limits.as_slice()[1].window_ms), (1_000_000_000, 86_400_000));
        assert_eq!(read(rate_limits, "[]").unwrap(), RateLimits::default());
        let many = format!("[{}]", ["{}"; RATE_LIMITS_MAX + 1].join(","));
        for (text, expected) in [
            ("{}", vec![" invalid_type"]),
            (many.as_str(), vec![" too_many"]),
            (r#"[{"name":"a"},1]"#, vec!["/0/limit required", "/0/windowMs required", "/1 invalid_type"]),
            (
                r#"[{"name":"A","limit":0,"windowMs":999,"cost":1},{"name":"a","limit":1000000001,"windowMs":86400001}]"#,
                vec![
                    "/0/name invalid_format",
                    "/0/limit out_of_range",
                    "/0/windowMs out_of_range",
                    "/0/cost unknown_field",
                    "/1/limit out_of_range",
                    "/1/windowMs out_of_range",
                ],
            ),
            (
                r#"[{"name":"a","limit":1,"windowMs":1000},{"name":"b","limit":1,"windowMs":1000},{"name":"a","limit":2,"windowMs":2000}]"#,
                vec!["/2/name conflict"],
            ),
        ] {
            assert_eq!(read(rate_limits, text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn credits_begin_with_a_number_and_perhaps_a_day_to_fill_them_up() {
        assert_eq!(read(credits, r#"{"remaining":0,"refill":null}"#).unwrap(), (CreditSettings { refill: None }, 0));
        let refilled = r#"{"remaining":5,"refill":{"interval":"monthly","amount":1000000000000,"day":31}}"#;
        let refill = Refill { interval: Interval::Monthly, amount: CREDITS_MAX, day: 31 };
        assert_eq!(read(credits, refilled).unwrap(), (CreditSettings { refill: Some(refill) }, 5));
        let weekly = read(credits, r#"{"remaining":5,"refill":{"interval":"weekly","amount":1}}"#).unwrap();
        assert_eq!(weekly.0.refill.map(|refill| refill.day), Some(1));
        for (text, expected) in [
            ("{}", vec!["/remaining required"]),
            (r#"{"remaining":-1,"add":1}"#, vec!["/remaining out_of_range", "/add unknown_field"]),
            (r#"{"remaining":1000000000001}"#, vec!["/remaining out_of_range"]),
            (r#"{"remaining":1,"refill":{"interval":"daily","amount":1,"day":1}}"#, vec!["/refill/day conflict"]),
            (
                r#"{"remaining":1,"refill":{"interval":"weekly","amount":0,"day":8}}"#,
                vec!["/refill/amount out_of_range", "/refill/day out_of_range"],
            ),
            (
                r#"{"remaining":1,"refill":{"interval":"yearly","amount":1,"day":32}}"#,
                vec!["/refill/interval invalid_format", "/refill/day out_of_range"],
            ),
        ] {
            assert_eq!(read(credits, text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn a_change_of_credits_sets_or_adds_and_keeps_ends_or_begins_the_refill() {
        let change = |text| read(credits_change, text);
        let balance = |text| change(text).unwrap().balance;
        assert_eq!(balance(r#"{"remaining":7}"#), Some(CreditChange::Set(7)));
        assert_eq!(balance(r#"{"add":-7}"#), Some(CreditChange::Add(-7)));
        assert_eq!(change(r#"{"add":1}"#).unwrap().refill, Change::Keep);
        assert_eq!(change(r#"{"refill":null}"#).unwrap(), CreditsChange { balance: None, refill: Change::Clear });
        let daily = Refill { interval: Interval::Daily, amount: 9, day: 1 };
        assert_eq!(change(r#"{"refill":{"interval":"daily","amount":9}}"#).unwrap().refill, Change::Set(daily));
        for (text, expected) in [
            ("{}", vec![" required"]),
            (r#"{"remaining":1,"add":1}"#, vec!["/add conflict"]),
            (r#"{"remaining":null}"#, vec!["/remaining invalid_type"]),
            (r#"{"add":1000000000001}"#, vec!["/add out_of_range"]),
        ] {
            assert_eq!(change(text).unwrap_err(), expected, "{text}");
        }
    }
}
