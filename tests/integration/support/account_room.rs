//! One account on its own: the production room over a disk, without shell and neighbours. What it would send is looked
//! at and acknowledged by the test.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use latchkey::account::AccountObject;
use latchkey::account::protocol::{Account, Command, NewAccount, NewSignIn, Reply, SecondFactor, SignIn};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::audit::{Action, Actor, AuditEntry, GENESIS, chain_hash};
use latchkey::domain::caller::Caller;
use latchkey::domain::consistency::Consistency;
use latchkey::domain::email::Email;
use latchkey::domain::id::{ApiKeyId, OrganizationId, SessionId, SignInId, UserId};
use latchkey::domain::keyring::Keyring;
use latchkey::domain::link_hook::LinkHook;
use latchkey::domain::locator::Locator;
use latchkey::domain::organization::Organization;
use latchkey::domain::password::Password;
use latchkey::domain::permission::Permissions;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::rate_limit::RateLimits;
use latchkey::domain::role::Role;
use latchkey::domain::session::{OrganizationStatus, Policy, Session, SessionStatus};
use latchkey::domain::text::Name;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::token::{Token, TokenKind};
use latchkey::domain::user::{Membership, Profile, User};
use latchkey::object::outbox::{self, Delivery};
use latchkey::object::shell::Storage;
use latchkey::object::{Abort, Confirmed, Context, Effect, Object, Question, Rejection, Step};
use latchkey::organization::protocol::Founding;
use latchkey::ports::{Rules, SqlValue};
use latchkey::session::protocol::{NewKey, NewSecret};
use sha2::{Digest, Sha512};

use super::disk::{Disk, Mount};

/// The password that every account begins with.
pub const PASSWORD: &str = "a pony, a lamp, a river";
/// A second, a day, in milliseconds.
pub const SECOND: i64 = 1_000;
pub const DAY: i64 = 24 * 60 * 60 * SECOND;

/// An account, and the test's hand on everything around it.
pub struct AccountRoom {
    pub disk: Arc<Disk>,
    pub keyring: RefCell<Keyring>,
    pub rules: RefCell<Rules>,
    pub now: Cell<Timestamp>,
    draws: Cell<u64>,
}

/// A sign-in as its user holds it.
pub struct SignedIn {
    pub id: SignInId,
    pub token: Token,
}

impl AccountRoom {
    /// A place where no account is yet.
    pub fn empty() -> Self {
        let disk = Disk::new(None);
        Mount(disk.clone())
            .transaction(|sql| AccountObject::MIGRATIONS.iter().try_for_each(|step| sql.exec(step, &[]).map(drop)))
            .unwrap();
        let hook = LinkHook::parse("https://mail.example/hook", "a secret of the tests, long enough").unwrap();
        Self {
            disk,
            keyring: RefCell::new(keyring("1")),
            rules: RefCell::new(Rules {
                retention_ms: 0,
                audit_retention_ms: None,
                dashboard_url: None,
                link_hook: Some(hook),
                loopback_webhooks: false,
                resolver_url: String::new(),
                domain_loss_ms: 0,
            }),
            now: Cell::new(Timestamp::from_millis(super::ports::BEGINNING)),
            draws: Cell::new(0),
        }
    }

    /// An account, with its first sign-in.
    pub fn new() -> (Self, SignedIn) {
        let room = Self::empty();
        let first = room.create(None).unwrap();
        (room, first)
    }

    /// Creates the account.
    pub fn create(&self, founding: Option<Founding>) -> Result<SignedIn, Rejection> {
        let (held, sign_in) = self.token();
        let new = NewAccount { user: self.user(), password: password(PASSWORD), sign_in, founding };
        self.tell(Command::Create(Box::new(new))).map(|_| held)
    }

    /// Tries to sign in.
    pub fn sign_in(&self, text: &str, second_factor: Option<SecondFactor>) -> (Reply, SignedIn) {
        let (held, sign_in) = self.token();
        let attempt = SignIn { password: password(text), second_factor, sign_in };
        (self.tell(Command::SignIn(Box::new(attempt))).unwrap(), held)
    }

    /// Signs in, which must work.
    pub fn signed_in(&self, text: &str) -> SignedIn {
        let (reply, held) = self.sign_in(text, None);
        assert!(matches!(reply, Reply::SignedIn { .. }));
        held
    }

    /// Whether an access token is good now.
    pub fn knows(&self, held: &SignedIn) -> bool {
        let hashes = held.token.hashes(&self.keyring.borrow());
        self.tell(Command::Authenticate { hashes }).is_ok()
    }

    /// Carries out a command, which needs no confirmation but that an owner is one still, and what follows it.
    pub fn tell(&self, command: Command) -> Result<Reply, Rejection> {
        self.confirmed(command, None)
    }

    /// Carries out a command with what another object has said about it.
    pub fn confirmed(&self, command: Command, confirmed: Option<&Confirmed>) -> Result<Reply, Rejection> {
        match self.step(&command, confirmed) {
            Ok(Step::Hear(_) | Step::Refused(_)) => panic!("an account has no policy"),
            Ok(Step::Done(done)) => {
                if let Some(next) = done.follow_up {
                    self.tell(next).unwrap();
                }
                let text = serde_json::to_string(&done.reply).unwrap();
                assert!(serde_json::from_str::<Reply>(&text).unwrap() == done.reply, "a reply survives its journey");
                Ok(done.reply)
            }
            Ok(Step::Confirm(Question::Role(seat))) if confirmed.is_none() => {
                let mut organization = self.founding(1).organization;
                organization.id = seat.organization_id;
                let confirmed = Confirmed::Caller(Caller::member(seat.user_id, &organization));
                self.confirmed(command, Some(&confirmed))
            }
            Ok(Step::Confirm(question)) => panic!("asked {question:?}"),
            Err(Abort::Rejected(rejection)) => Err(rejection),
            Err(Abort::Failed(error)) => panic!("{error}"),
        }
    }

    /// One step, after the command has travelled as it does between objects.
    pub fn step(&self, command: &Command, confirmed: Option<&Confirmed>) -> Result<Step<AccountObject>, Abort> {
        let command: Command = serde_json::from_slice(&serde_json::to_vec(command).unwrap()).unwrap();
        self.within(confirmed, |context| {
            let mount = Mount(self.disk.clone());
            if AccountObject::effect(&command) == Effect::Writes {
                mount.transaction(|sql| AccountObject::handle(sql, &mut (), context, &command))
            } else {
                mount.read(|sql| AccountObject::handle(sql, &mut (), context, &command))
            }
        })
    }

    fn within<T>(&self, confirmed: Option<&Confirmed>, work: impl FnOnce(&Context<'_>) -> T) -> T {
        let seed = self.seed();
        let (keyring, rules) = (self.keyring.borrow(), self.rules.borrow());
        work(&Context {
            now: self.now.get(),
            keyring: &keyring,
            rules: &rules,
            confirmed,
            heard: None,
            trace: None,
            seed: &seed,
        })
    }

    /// Lets time pass.
    pub fn advance(&self, ms: i64) {
        self.now.set(self.now.get().plus_millis(ms));
    }

    /// What it would send now.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let mount = Mount(self.disk.clone());
        self.within(None, |context| mount.read(|sql| AccountObject::deliveries(sql, context, context.now))).unwrap()
    }

    /// What it would send now, acknowledged.
    pub fn delivered(&self) -> Vec<Delivery> {
        let all = self.deliveries();
        let settle = |sql: &dyn latchkey::ports::Sql| {
            all.iter().flat_map(|delivery| &delivery.settles).try_for_each(|entry| outbox::settle(sql, entry))
        };
        Mount(self.disk.clone()).transaction(settle).unwrap();
        all
    }

    /// Housekeeping; answers when it wants to be done again.
    pub fn tidy(&self) -> Option<Timestamp> {
        let mount = Mount(self.disk.clone());
        self.within(None, |context| {
            mount.transaction(|sql| AccountObject::tidy(sql, &mut (), context)).unwrap();
            mount.read(|sql| AccountObject::tidy_at(sql, &(), context)).unwrap()
        })
    }

    /// The audit log, its chain checked.
    pub fn log(&self) -> Vec<AuditEntry> {
        let mut previous = GENESIS.to_owned();
        let mut entries = Vec::new();
        for (row, seq) in self.disk.rows("SELECT entry, hash FROM audit_log ORDER BY seq").into_iter().zip(1..) {
            let [SqlValue::Text(entry), SqlValue::Text(hash)] = &row[..] else { panic!("{row:?}") };
            previous = chain_hash(&previous, seq, entry);
            assert_eq!(&previous, hash);
            entries.push(serde_json::from_str(entry).unwrap());
        }
        entries
    }

    /// The last entry: what was done, and the details.
    pub fn last_entry(&self) -> (Action, Vec<String>) {
        let entry = self.log().pop().unwrap();
        assert_eq!(entry.target, self.user().id.as_str());
        (entry.action, entry.details)
    }

    /// The user record.
    pub fn user(&self) -> User {
        let at = Timestamp::from_millis(super::ports::BEGINNING);
        User { id: user_id(7), profile: profile("Ada"), created_at: at, updated_at: at, generation: 1 }
    }

    /// The account as its user reads it.
    pub fn account(&self, held: &SignedIn) -> Account {
        match self.tell(Command::Read { by: held.id.clone() }).unwrap() {
            Reply::Account { account } => *account,
            other => panic!("{other:?}"),
        }
    }

    /// News of a membership.
    pub fn hear(&self, organization: u8, standing: Option<(Role, OrganizationStatus)>, generation: i64) {
        let organization_id = organization_id(organization);
        let membership = standing.map(|(role, status)| Membership {
            organization_id: organization_id.clone(),
            name: Name::parse(&format!("Organization {organization}")).unwrap(),
            status,
            role,
            joined_at: self.now.get(),
        });
        self.tell(Command::HearMembership { organization_id, membership, generation }).unwrap();
    }

    /// A founding of an organization by whoever.
    pub fn founding(&self, organization: u8) -> Founding {
        let (keyring, now) = (self.keyring.borrow(), self.now.get());
        let locator = Locator::from_seed(&[organization; 8]);
        let (id, session_id) = (organization_id(organization), SessionId::mint(locator, &keyring));
        let policy = Policy {
            version: 1,
            status: OrganizationStatus::Active,
            plan: Plan::preset(PlanName::Free),
            domains: Default::default(),
        };
        let name = Name::parse("Founded").unwrap();
        let secret = NewSecret {
            id: ApiKeyId::mint(locator, &self.seed(), &keyring).unwrap(),
            hash: keyring.hashes(&[organization; 32])[0],
            start: "sk_abcd".to_owned(),
            last4: "wxyz".to_owned(),
            environment: None,
        };
        Founding {
            trace: None,
            organization: Organization {
                policy_at: None,
                id: id.clone(),
                name: name.clone(),
                policy,
                default_session_id: session_id.clone(),
                created_at: now,
                updated_at: now,
                generation: 1,
                policy_by: None,
                members_count: 0,
                deleted_at: None,
                erased: false,
                alert_emails: Vec::new(),
            },
            session: Session {
                rate_limits: RateLimits::default(),
                consistency: Consistency::default(),
                leak_policy: Default::default(),
                id: session_id,
                organization_id: id,
                name: name.clone(),
                environment: None,
                region: None,
                is_default: true,
                status: SessionStatus::Connected,
                created_at: now,
                updated_at: now,
                generation: 1,
            },
            first_key: NewKey {
                credits: None,
                secret,
                settings: KeySettings::new(name, Permissions::parse(["api_keys:*"]).unwrap()),
                unnamed: false,
            },
            actor: Actor::Operator,
            owner: None,
        }
    }

    fn token(&self) -> (SignedIn, NewSignIn) {
        let keyring = self.keyring.borrow();
        let token = Token::generate(TokenKind::Access, self.user().id.locator(), &self.seed(), &keyring).unwrap();
        let id = SignInId::from_seed(&self.seed());
        let new = NewSignIn {
            id: id.clone(),
            hash: *token.hashes(&keyring).last().unwrap(),
            cookie: false,
            ip: Some("192.0.2.1".to_owned()),
            source: None,
            client: Some("tests".to_owned()),
        };
        (SignedIn { id, token }, new)
    }

    fn seed(&self) -> [u8; 64] {
        self.draws.set(self.draws.get() + 1);
        Sha512::digest(self.draws.get().to_be_bytes()).into()
    }
}

/// A keyring of roots by their numbers, newest first.
pub fn keyring(roots: &str) -> Keyring {
    let roots: Vec<String> = roots.split(',').map(|root| super::words::root_secret(root.parse().unwrap())).collect();
    Keyring::parse(&roots.join(",")).unwrap()
}

/// A password as somebody presents it.
pub fn password(text: &str) -> Password {
    Password::present(text).unwrap()
}

/// What somebody of this name is called.
pub fn profile(first: &str) -> Profile {
    Profile {
        email: Email::parse("ada@example.com").unwrap(),
        first_name: Name::parse(first).unwrap(),
        last_name: Name::parse("Lovelace").unwrap(),
    }
}

/// The id of a user.
pub fn user_id(number: u8) -> UserId {
    UserId::mint(Locator::from_seed(&[number; 8]), &keyring("1"))
}

/// The id of an organization.
pub fn organization_id(number: u8) -> OrganizationId {
    OrganizationId::mint(Locator::from_seed(&[number; 8]), &keyring("1"))
}
