//! Lists that once failed, shrunken.

use crate::command::Command;
use crate::lists::{decided_by_kv, live};

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

#[test]
fn what_a_deleted_session_refuses_leaves_no_trace_in_it() {
    relive(
        r#"{"delete_session":{"by":{"person":[0,0]},"session":2}}
        {"wait":12186}
        {"plan":{"organization":0,"keys":1}}
        {"connect":{"by":{"person":[2,0]},"session":2,"connected":false}}
        {"create":{"by":{"person":[0,0]},"session":2,"grants":"send","expires":null,"bound":false}}"#,
    );
}

/// A session whose keys KV may accept, and of which it has a record.
const PUBLISHED: &str = r#"{"create":{"by":{"person":[0,0]},"session":2,"grants":"send","expires":null,"bound":false}}
    {"relax":{"by":{"person":[0,0]},"session":2,"mode":"edge"}}
    {"wait":2000}
    {"gate":{"at":0,"key":2,"twist":"whole"}}
    {"wait":1500}"#;
const CUT_OFF: &str = r#"{"breaks":{"session":2,"trouble":"hanging"}}
    {"evict":{"at":0}}
    {"gate":{"at":0,"key":2,"twist":"whole"}}"#;

#[test]
fn kv_accepts_for_a_location_that_is_cut_off() {
    relive(&format!("{PUBLISHED}\n{CUT_OFF}"));
    assert!(decided_by_kv() > 0);
}

#[test]
fn kv_accepts_nothing_after_a_change_was_answered_however_late_its_writes_land() {
    let revoke = r#"{"revoke":{"by":{"person":[0,0]},"key":2}}"#;
    let disable = r#"{"patch":{"by":{"person":[0,0]},"key":2,"change":{"active":false}}}"#;
    for change in [revoke, disable] {
        relive(&format!("{PUBLISHED}\n{{\"kv\":\"losing\"}}\n{change}\n{CUT_OFF}"));
        relive(&format!("{PUBLISHED}\n{{\"kv\":\"late\"}}\n{change}\n\"propagate\"\n{CUT_OFF}"));
    }
}
