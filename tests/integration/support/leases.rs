//! Isolates as a session meets them: what they wish for, and what they are given.

use latchkey::delivery;
use latchkey::domain::consistency::Consistency;
use latchkey::domain::id::SessionId;
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::lease::grant::{Edition, IsolateId, KeyWish, Lease, Wish};
use latchkey::domain::secret_key::SecretKey;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::Origin;
use latchkey::domain::verification::Demand;
use latchkey::object::Answer;
use latchkey::ports::Address;
use latchkey::session::protocol::{Command, Renewal, Reply, Verified, Verify};

use super::house::{Held, House};
use super::words::{root_secret, settings_of};

/// How long (ms) a lease lasts that nobody has chosen otherwise, while there are few isolates.
pub const TTL: i64 = 2_000;
/// The same as its grantor counts it.
pub const GRANTED: i64 = TTL + 252;

/// A wish of an isolate.
pub fn wish(isolate: u64) -> Wish {
    Wish { isolate: IsolateId(isolate), tokens: 1, banks: Vec::new() }
}

/// A verification with a wish.
pub fn wishing(hashes: Vec<KeyHash>, isolate: u64) -> Verify {
    Verify {
        hashes,
        demand: Demand::default(),
        caller: None,
        explain: false,
        dry_run: false,
        cost: 1,
        wish: Some(wish(isolate)),
        id: None,
        origin: Origin::default(),
        tags: Vec::new(),
    }
}

impl House {
    /// What a session says to a command.
    pub fn tell(&self, address: &Address, command: &Command) -> Answer<Reply> {
        self.run(delivery::call(&*self.objects, address, command)).unwrap()
    }

    /// The hashes of a key.
    pub fn hashes(&self, held: &Held) -> Vec<KeyHash> {
        let prefix = settings_of(&root_secret(1)).2.prefix;
        SecretKey::parse(&held.text, &prefix, self.app.keyring()).unwrap().hashes(self.app.keyring())
    }

    /// An isolate asks for a key and would like a lease.
    pub fn ask(&self, held: &Held, isolate: u64) -> Verified {
        match self.tell(&held.authority(), &Command::Verify(Box::new(wishing(self.hashes(held), isolate)))) {
            Answer::Done { reply: Reply::Verified(verified), .. } => *verified,
            other => panic!("{other:?}"),
        }
    }

    /// An isolate asks twice, and has a lease if there is one to be had.
    pub fn heat(&self, held: &Held) -> Option<Lease> {
        self.ask(held, 1);
        self.ask(held, 1).lease.map(|lease| *lease)
    }

    /// An isolate renews a lease on a key of which it knows an edition.
    pub fn renew(&self, held: &Held, edition: Edition) -> Answer<Reply> {
        let wish = KeyWish { key_id: held.id().clone(), edition, tokens: 0, banks: Vec::new(), wants: true };
        let renewal = Renewal { isolate: IsolateId(1), keys: vec![wish], reports: Vec::new() };
        self.tell(&held.authority(), &Command::Renew(Box::new(renewal)))
    }

    /// The same where the session answers.
    pub fn renewed(&self, held: &Held, edition: Edition) -> Option<Lease> {
        let Answer::Done { reply: Reply::Renewed { keys, .. }, .. } = self.renew(held, edition) else {
            panic!("no answer");
        };
        assert_eq!(keys.len(), 1);
        keys.into_iter().next().unwrap().lease.map(|lease| *lease)
    }

    /// Has the owner of a session choose a consistency.
    pub fn relax(&self, secret: &str, session: &SessionId, consistency: Consistency) {
        let Consistency { mode, ttl_ms, stale_seconds } = consistency;
        let body = serde_json::json!({ "consistency":
            { "mode": mode.as_str(), "ttlMs": ttl_ms, "staleSeconds": stale_seconds } });
        let response = self.call(secret, "PATCH", &format!("/v1/sessions/{session}"), &body);
        assert_eq!(response.status, 200, "{response:?}");
    }

    /// Until when leases may run, as it is written down.
    pub fn horizon(&self, address: &Address) -> Timestamp {
        let disk = self.objects.disk(address);
        Timestamp::from_millis(disk.number("SELECT coalesce(max(until), 0) FROM lease_horizon"))
    }

    /// The waits that ran out of those that are longer than any pause.
    pub fn waited(&self) -> Vec<u64> {
        self.timer.slept().into_iter().filter(|ms| *ms > 500).collect()
    }
}
