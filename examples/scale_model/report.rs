//! The tables of docs/PERFORMANCE.md, and their place in it.

use std::fmt::Write;

use crate::designs::{Design, Outcome, SOFT_LIMIT};
use crate::prices;
use crate::study::{CURVES, Study, TTLS_MS};

const BEGIN: &str = "<!-- scale: begin, written by `npm run scale` -->";
const END: &str = "<!-- scale: end -->";

/// The page with new tables between the marks.
pub(crate) fn replaced(page: &str, tables: &str) -> Result<String, String> {
    let (before, rest) = page.split_once(BEGIN).ok_or(format!("the page has no mark {BEGIN}"))?;
    let (_, after) = rest.split_once(END).ok_or(format!("the page has no mark {END}"))?;
    Ok(format!("{before}{BEGIN}\n\n{tables}\n{END}{after}"))
}

/// All tables.
pub(crate) fn tables(study: &Study) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = write!(
        text,
        "**Designs by load**, each key used from everywhere\n\n{}\n**Designs by load**, each key used from three locations\n\n{}\n**What a million costs**, in dollars of {}\n\n{}\n**The length of leases**\n\n{}\n\
         **Other assumptions**, at 1,000,000/s, leased\n\n{}",
        by_load(&study.designs),
        by_load(&study.local),
        prices::READ_ON,
        bills(study),
        by_ttl(study),
        variants(study),
    );
    text
}

fn by_load(designs: &[Vec<Outcome>]) -> String {
    let head = [
        "verifications/s",
        "design",
        "$ a million",
        "wait for I/O",
        "busiest object, requests/s",
        "its busiest second of 100",
        "99th of 100 objects",
        "sessions over 1,000/s",
        "accepted after `DELETE` has answered",
        "`DELETE` waits, p50 / p99",
    ];
    let rows = designs.iter().flatten().map(|outcome| {
        let asks_objects = outcome.design != Design::KvOnly;
        let or_none = |text: String| if asks_objects { text } else { "–".to_owned() };
        let over = format!("{} ({} of traffic)", outcome.over, percent(outcome.over_part));
        vec![
            whole(outcome.load),
            outcome.design.name().to_owned(),
            format!("{:.2}", outcome.used.dollars()),
            percent(outcome.waits),
            or_none(flagged(outcome.most)),
            or_none(flagged(outcome.busy_second)),
            or_none(flagged(outcome.p99)),
            or_none(if outcome.over == 0 { "none".to_owned() } else { over }),
            accepted(outcome),
            waits(outcome),
        ]
    });
    table(&head, rows)
}

/// For how long a revoked key is accepted somewhere once the call that revokes it has answered.
fn accepted(outcome: &Outcome) -> String {
    let measured = format!("p50 {}, p99 {}", seconds(outcome.revoked_p50), seconds(outcome.revoked_p99));
    match outcome.design {
        Design::Leased(_) | Design::LeasedFor(_) | Design::HandingOut(_) | Design::ObjectAlways => "never".to_owned(),
        Design::Cache => format!("{measured}, at most 60 s"),
        Design::KvOnly => format!("{measured}, no bound"),
    }
}

fn waits(outcome: &Outcome) -> String {
    match outcome.design {
        Design::Leased(maximum) | Design::LeasedFor(maximum) => {
            let bound = f64::from(crate::protocol::Memory::Lease(maximum).end_ms(maximum));
            format!("{} / {}, at most {}", seconds(outcome.revoked_p50), seconds(outcome.revoked_p99), seconds(bound))
        }
        Design::HandingOut(_) | Design::ObjectAlways | Design::Cache | Design::KvOnly => "no".to_owned(),
    }
}

fn bills(study: &Study) -> String {
    let head = [
        "verifications/s",
        "design",
        "Worker requests",
        "CPU",
        "KV reads",
        "object requests",
        "object time",
        "rows",
        "sum",
    ];
    let rows = study.designs.iter().skip(2).step_by(2).flatten().map(|outcome| {
        let mut row = vec![whole(outcome.load), outcome.design.name().to_owned()];
        row.extend(outcome.used.bill().iter().map(|dollars| format!("{dollars:.3}")));
        row.push(format!("{:.3}", outcome.used.dollars()));
        row
    });
    table(&head, rows)
}

fn by_ttl(study: &Study) -> String {
    let mut head = vec!["lease".to_owned()];
    for what in ["$ a million", "wait for I/O", "busiest object, requests/s"] {
        head.extend(CURVES.iter().map(|curve| format!("{what}, {}", curve.name)));
    }
    head.push("`DELETE` waits, p99".to_owned());
    let row = |name: String, outcomes: Vec<&Outcome>| {
        let mut row = vec![name];
        row.extend(outcomes.iter().map(|outcome| format!("{:.3}", outcome.used.dollars())));
        row.extend(outcomes.iter().map(|outcome| percent(outcome.waits)));
        row.extend(outcomes.iter().map(|outcome| flagged(outcome.most)));
        row.push(seconds(outcomes.iter().map(|outcome| outcome.revoked_p99).fold(0.0, f64::max)));
        row
    };
    let fixed = TTLS_MS.iter().zip(&study.ttls);
    let mut rows: Vec<_> = fixed.map(|(ttl, curve)| row(seconds((*ttl).into()), curve.iter().collect())).collect();
    let chosen = CURVES.iter().filter_map(|curve| study.chosen(curve)).collect();
    rows.push(row("2 to 5 s, as the object chooses".to_owned(), chosen));
    table(&head.iter().map(String::as_str).collect::<Vec<_>>(), rows.into_iter())
}

fn variants(study: &Study) -> String {
    let head = [
        "assumption",
        "$ a million",
        "wait for I/O",
        "busiest object, requests/s",
        "99th of 100 objects",
        "sessions over 1,000/s",
    ];
    let rows = study.variants.iter().map(|(name, outcome)| {
        vec![
            (*name).to_owned(),
            format!("{:.3}", outcome.used.dollars()),
            percent(outcome.waits),
            flagged(outcome.most),
            flagged(outcome.p99),
            format!("{} ({} of traffic)", outcome.over, percent(outcome.over_part)),
        ]
    });
    table(&head, rows)
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
    text += &line(&vec!["---".to_owned(); head.len()]).replace("| --- |", "|---|").replace(" --- |", "---|");
    rows.for_each(|row| text += &line(&row));
    text
}

/// With commas, as people write thousands.
pub(crate) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is more than an object bears stands out.
fn flagged(requests: f64) -> String {
    let text = if requests < 10.0 { format!("{requests:.1}") } else { whole(requests) };
    if requests > SOFT_LIMIT { format!("**{text}**") } else { text }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

fn seconds(ms: f64) -> String {
    let text = format!("{:.2}", ms / 1_000.0);
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!([0.0, 999.4, 1_000.0, 134_000.0, 1e6].map(whole), ["0", "999", "1,000", "134,000", "1,000,000"]);
        assert_eq!([0.0, 250.0, 5_255.0, 60_000.0].map(seconds), ["0 s", "0.25 s", "5.25 s", "60 s"]);
        assert_eq!([3.12, 999.0, 1_001.0].map(flagged), ["3.1", "999", "**1,001**"]);
        assert_eq!(percent(0.1234), "12.3 %");
    }

    #[test]
    fn tables_replace_what_stands_between_the_marks_and_nothing_else() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter");
        let once = replaced(&page, "| new |").unwrap();
        assert!(once.starts_with("before\n") && once.ends_with("\nafter") && !once.contains("old"));
        assert_eq!(replaced(&once, "| new |").unwrap(), once);
        assert!(replaced("no marks", "x").is_err());
    }

    #[test]
    fn a_table_has_a_head_a_line_and_its_rows() {
        let rows = vec![vec!["1".to_owned(), "2".to_owned()]];
        assert_eq!(table(&["a", "b"], rows.into_iter()), "| a | b |\n|---|---|\n| 1 | 2 |\n");
    }
}
