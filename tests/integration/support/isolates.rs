//! Isolates that spend tokens of banks, and talk to the session object only when they have none.

use latchkey::delivery;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::keyring::Keyring;
use latchkey::domain::lease::bank::{Bank, BankReport};
use latchkey::domain::lease::grant::{Edition, IsolateId, KeyWish, Lease, Wish};
use latchkey::domain::secret_key::{PrefixWord, SecretKey};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::usage::Origin;
use latchkey::domain::verification::{Code, Demand};
use latchkey::object::Answer;
use latchkey::ports::Address;
use latchkey::session::protocol::{Command, Renewal, Reply, Verify};

use super::held::Held;
use super::house::House;
use super::words::root_secret;

/// One isolate, as far as one key is concerned.
pub struct Isolate {
    id: IsolateId,
    key_id: ApiKeyId,
    hashes: Vec<KeyHash>,
    session: Address,
    /// Its banks.
    pub banks: Vec<Bank>,
    /// What it has reported of late.
    pub reported: Vec<BankReport>,
    /// Tokens spent since its last question.
    pub spent: u32,
    /// How far its clock differs from that of the others.
    pub offset_ms: i64,
    /// How often it has asked.
    pub asked: u32,
    edition: Edition,
}

/// What has come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Paid for from a bank.
    Leased,
    /// The object has said so.
    Asked(Code),
    /// Nobody knows.
    Unknown,
}

impl Outcome {
    /// Whether the request went through.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::Leased | Self::Asked(Code::Valid))
    }
}

impl Isolate {
    /// One that has never heard of this key.
    pub fn new(number: u64, held: &Held) -> Self {
        let keyring = Keyring::parse(&root_secret(1)).unwrap();
        let secret = SecretKey::parse(&held.text, &PrefixWord::parse("sk").unwrap(), &keyring).unwrap();
        Self {
            id: IsolateId(number),
            key_id: held.key.id.clone(),
            hashes: secret.hashes(&keyring),
            session: Address::Session(held.key.session_id.locator()),
            banks: Vec::new(),
            reported: Vec::new(),
            spent: 0,
            offset_ms: 0,
            asked: 0,
            edition: Edition { key: 0, session: 0, policy: 0 },
        }
    }

    fn now(&self, house: &House) -> Timestamp {
        house.after(self.offset_ms)
    }

    /// A request, paid for from a bank if there is one.
    pub fn request(&mut self, house: &House, cost: u32) -> Outcome {
        let now = self.now(house);
        let live = self.banks.iter_mut().filter(|bank| bank.left(now) >= cost).min_by_key(|bank| bank.until());
        if live.is_some_and(|bank| bank.spend(cost, now)) {
            self.spent += cost;
            return Outcome::Leased;
        }
        self.ask(house, cost)
    }

    /// What it wishes for, and what has become of what it had.
    pub fn wish(&mut self, now: Timestamp) -> (u32, Vec<BankReport>) {
        let tokens = self.spent + self.spent / 2 + 1;
        self.spent = 0;
        self.reported = self.banks.iter().filter(|bank| bank.left(now) == 0).map(Bank::report).collect();
        self.banks.retain(|bank| bank.left(now) > 0);
        (tokens, self.reported.clone())
    }

    /// A request that asks the object.
    pub fn ask(&mut self, house: &House, cost: u32) -> Outcome {
        let asked_at = self.now(house);
        self.spent += cost;
        let (tokens, banks) = self.wish(asked_at);
        let verify = Verify {
            hashes: self.hashes.clone(),
            demand: Demand::default(),
            caller: None,
            explain: false,
            dry_run: false,
            cost,
            wish: Some(Wish { isolate: self.id, tokens, banks }),
            id: None,
            origin: Origin::default(),
            tags: Vec::new(),
        };
        match self.tell(house, &Command::Verify(Box::new(verify))) {
            Some(Reply::Verified(verified)) => {
                self.take(verified.lease.as_deref(), asked_at);
                Outcome::Asked(verified.code)
            }
            _ => Outcome::Unknown,
        }
    }

    /// Renews, in the background. Tells whether there was an answer.
    pub fn renew(&mut self, house: &House) -> bool {
        let asked_at = self.now(house);
        let (tokens, banks) = self.wish(asked_at);
        self.renew_with(house, tokens, banks, asked_at)
    }

    /// Says once more what it has said already.
    pub fn repeat(&mut self, house: &House) -> bool {
        let (asked_at, banks) = (self.now(house), self.reported.clone());
        self.renew_with(house, 0, banks, asked_at)
    }

    fn renew_with(&mut self, house: &House, tokens: u32, banks: Vec<BankReport>, asked_at: Timestamp) -> bool {
        let (key_id, edition) = (self.key_id.clone(), self.edition);
        let keys = vec![KeyWish { key_id, edition, tokens, banks, wants: true }];
        let renewal = Renewal { isolate: self.id, keys, reports: Vec::new() };
        let Some(Reply::Renewed { keys, .. }) = self.tell(house, &Command::Renew(Box::new(renewal))) else {
            return false;
        };
        self.take(keys.first().and_then(|key| key.lease.as_deref()), asked_at);
        true
    }

    fn take(&mut self, lease: Option<&Lease>, asked_at: Timestamp) {
        if let Some(lease) = lease {
            self.edition = lease.edition;
            self.banks.extend(lease.bank.as_ref().map(|grant| Bank::new(grant, asked_at)));
        }
    }

    fn tell(&mut self, house: &House, command: &Command) -> Option<Reply> {
        self.asked += 1;
        let objects = house.objects.clone();
        let answer = house.run(delivery::call(&*objects, &self.session, command));
        match answer {
            Ok(Answer::Done { reply, .. }) => Some(reply),
            _ => None,
        }
    }
}
