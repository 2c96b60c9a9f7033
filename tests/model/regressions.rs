//! Lists that once failed, shrunken.

use crate::command::Command;
use crate::lists::live;

fn relive(lines: &str) {
    let commands = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    live(commands.map(|line| serde_json::from_str::<Command>(line).unwrap()).collect(), None);
}

#[test]
fn founding_and_feeding_called_each_other_without_end() {
    relive(
        r#"{"create":{"by":{"person":[0,0]},"session":0,"grants":"send","expires":null,"bound":false}}
        {"gate":{"at":0,"key":2,"twist":"whole"}}"#,
    );
}

#[test]
fn a_revocation_whose_answer_was_lost_stands() {
    relive(
        r#"{"create":{"by":{"person":[0,0]},"session":0,"grants":"send","expires":null,"bound":false}}
        {"breaks":{"session":0,"trouble":"answer_lost"}}
        {"revoke":{"by":{"person":[0,0]},"key":2}}
        "heal"
        {"gate":{"at":0,"key":2,"twist":"whole"}}"#,
    );
}

#[test]
fn a_revocation_stands_when_kv_is_late_and_the_object_dies() {
    relive(
        r#"{"create":{"by":{"person":[1,1]},"session":1,"grants":"send","expires":null,"bound":false}}
        {"kv":"late"}
        {"revoke":{"by":{"person":[1,1]},"key":2}}
        "crash"
        "propagate"
        {"gate":{"at":1,"key":2,"twist":"whole"}}"#,
    );
}

#[test]
fn a_suspension_reaches_a_session_that_was_out_of_reach() {
    relive(
        r#"{"create":{"by":{"person":[1,1]},"session":1,"grants":"send","expires":null,"bound":false}}
        {"breaks":{"session":1,"trouble":"unreachable"}}
        {"suspend":{"organization":1,"suspended":true}}
        "heal"
        {"gate":{"at":0,"key":2,"twist":"whole"}}"#,
    );
}
