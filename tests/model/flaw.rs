//! What is wrong on purpose, to see that it is found: a rule that the model has forgotten, so that the service must
//! contradict it; or something that happens to the deployment behind the back of everybody, as a fault in the service
//! would have it.

use crate::command::Command;
use crate::model::Model;
use crate::world::World;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A key goes on after its end.
    ExpiryIgnored,
    /// The plan allows any number of keys.
    QuotaUnchecked,
    /// Whoever may look may change.
    ViewersMayWrite,
    /// Keys and sessions of another organization are there.
    NeighboursVisible,
    /// A rotation without an overlap spares the old key.
    RotationSparesTheOld,
    SuspensionForgotten,
    DisconnectingForgotten,
    LastOwnerMayGo,
    /// Isolates do not see their leases end: a change is answered before it is in force.
    LeasesNeverEnd,
    /// A change writes back the record that it has read, whatever has happened since.
    OldRecordWrittenBack,
    /// A command leaves no entry in the audit log.
    EntryLost,
    /// A command changes something of the other organization.
    NeighbourTouched,
    /// KV knows a key that nobody has issued.
    StrangerInKv,
    /// The text of a key is written down.
    TextWrittenDown,
    /// A revoked key is taken out of the books, and with it that it was revoked.
    RevokedForgotten,
    /// A verification is counted twice.
    CountedTwice,
}

impl World {
    /// The record of a key before a change, if it is to be written back.
    pub(crate) fn record_to_write_back(&self, command: &Command, model: &Model) -> Option<String> {
        let (Command::Patch { .. }, Some(key)) = (command, model.expected.key) else { return None };
        let place = self.session_address(model.keys[key].session);
        let id = &self.names[&format!("k{key}")];
        let rows = || self.house().objects.disk(&place).rows(&format!("SELECT record FROM api_keys WHERE id = '{id}'"));
        (self.flaw == Some(Flaw::OldRecordWrittenBack)).then(|| match &rows()[0][0] {
            latchkey::ports::SqlValue::Text(record) => record.clone(),
            other => panic!("{other:?}"),
        })
    }

    /// What goes wrong on purpose after a command.
    pub(crate) fn go_wrong(&self, command: &Command, model: &Model, status: u16, was: Option<String>) {
        let (Some(flaw), true) = (self.flaw, status < 300 && !command.only_looks()) else { return };
        let key = model.expected.key.unwrap_or_default();
        let house = self.house();
        let disk_of = |key: usize| house.objects.disk(&self.session_address(model.keys[key].session));
        match (flaw, command) {
            (Flaw::OldRecordWrittenBack, Command::Patch { .. }) => {
                let id = &self.names[&format!("k{key}")];
                let record = was.unwrap().replace('\'', "''");
                let sql = format!("UPDATE api_keys SET record = '{record}' WHERE id = '{id}'");
                disk_of(key).tamper(&sql);
            }
            (Flaw::EntryLost, Command::Patch { .. }) => {
                disk_of(key).tamper("DELETE FROM audit_log WHERE seq = (SELECT max(seq) FROM audit_log)");
            }
            (Flaw::RevokedForgotten, Command::Revoke { .. }) => {
                let id = &self.names[&format!("k{key}")];
                let sql = "UPDATE api_keys SET record = json_set(record, '$.revocation', json('null'))";
                disk_of(key).tamper(&format!("{sql} WHERE id = '{id}'"));
            }
            (Flaw::NeighbourTouched, Command::Create { .. }) => {
                let other = 1 - model.sessions[model.expected.session.unwrap()].organization;
                house
                    .objects
                    .disk(&self.session_address(other))
                    .tamper("UPDATE api_keys SET record = json_set(record, '$.generation', 99)");
            }
            (Flaw::StrangerInKv, Command::Revoke { .. }) => {
                let latest = house.kv.latest();
                if let Some(value) = latest.values().next() {
                    let text = String::from_utf8(value.clone()).unwrap();
                    house.kv.plant("key/stranger", text.replace("key_", "key_0").as_bytes());
                }
            }
            (Flaw::TextWrittenDown, Command::Create { .. }) => {
                let number = model.keys.len() - 1;
                let text = &self.names[&format!("k{number}.text")];
                let sql = format!("UPDATE audit_log SET entry = json_set(entry, '$.details[0]', '{text}')");
                disk_of(number).tamper(&sql);
            }
            (Flaw::CountedTwice, _) => {
                *self.valid.borrow_mut().entry(0).or_default() += 1;
            }
            _ => {}
        }
    }
}
