//! The same for people: what accounts, organizations and the directory say about them, and the forms from before them.

use latchkey::account::protocol as account;
use latchkey::directory::protocol::{Admission, Command as DirectoryCommand, Registered, Reply as DirectoryReply};
use latchkey::domain::audit::{Action, Actor, AuditEntry, ChainedEntry};
use latchkey::domain::caller::Bearer;
use latchkey::domain::email::Email;
use latchkey::domain::id::{AuditEntryId, InvitationId, OrganizationId, SignInId, UserId};
use latchkey::domain::invitation::Invitation;
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::operation::Operation;
use latchkey::domain::password::Password;
use latchkey::domain::role::Role;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::user::{Member, Membership, Profile, User};
use latchkey::object::audit_log::Head;
use latchkey::object::{Answer, Authority, Rejection, Seat};
use latchkey::organization::protocol as organization;
use latchkey::session::protocol as session;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::formats::{Samples, golden, pin, samples};
use crate::support::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_767_323_045_678 + ms)
}

fn user_id() -> UserId {
    UserId::from_trusted("usr_1".into())
}

fn sign_in_id() -> SignInId {
    SignInId::from_trusted("sin_1".into())
}

fn organization_id() -> OrganizationId {
    OrganizationId::from_trusted("org_1".into())
}

fn invitation_id() -> InvitationId {
    InvitationId::from_trusted("inv_1".into())
}

fn email() -> Email {
    Email::parse("Ada@people.test").unwrap()
}

fn profile() -> Profile {
    Profile { email: email(), first_name: name("Ada"), last_name: name("Byron") }
}

fn user() -> User {
    User { id: user_id(), profile: profile(), created_at: at(0), updated_at: at(1), generation: 2 }
}

fn hash() -> KeyHash {
    KeyHash::parse(&format!("h1:{}", "0f".repeat(32))).unwrap()
}

fn password() -> Password {
    Password::present(PASSWORD).unwrap()
}

fn seat() -> Seat {
    Seat {
        user_id: user_id(),
        sign_in_id: sign_in_id(),
        organization_id: organization_id(),
        needs: Operation::WriteMembers,
    }
}

fn membership() -> Membership {
    Membership {
        organization_id: organization_id(),
        name: name("Acme"),
        status: OrganizationStatus::Active,
        role: Role::Admin,
        joined_at: at(0),
    }
}

fn invitation() -> Invitation {
    Invitation {
        id: invitation_id(),
        email: Some(email()),
        role: Role::Viewer,
        invited_by: Actor::User { id: user_id() },
        created_at: at(0),
        expires_at: at(DAY),
        kept_for: None,
        accepted: Some((user_id(), at(1))),
        revoked_at: Some(at(2)),
    }
}

fn member() -> Member {
    Member { user_id: user_id(), profile: profile(), role: Role::Member, joined_at: at(0), updated_at: at(1) }
}

fn entry() -> ChainedEntry {
    let entry = AuditEntry {
        trace: None,
        id: AuditEntryId::from_trusted("evt_1".into()),
        at: at(0),
        actor: Actor::User { id: user_id() },
        action: Action::SignedIn,
        target: "usr_1".to_owned(),
        details: vec!["password".to_owned()],
    };
    ChainedEntry { seq: 1, entry, hash: "0a".repeat(32) }
}

fn founding(samples: &Samples) -> organization::Founding {
    organization::Founding {
        trace: None,
        organization: samples.home.organization.clone(),
        session: samples.session.clone(),
        first_key: samples.new_key.clone(),
        actor: Actor::User { id: user_id() },
        owner: Some(organization::Owner { user_id: user_id(), profile: profile() }),
    }
}

fn done<R>(reply: R) -> Answer<R> {
    Answer::Done { reply, wait_ms: 0, settled: true }
}

#[test]
fn commands_to_an_account_are_pinned() {
    use account::Command::*;
    let sign_in = || account::NewSignIn {
        id: sign_in_id(),
        hash: hash(),
        cookie: true,
        ip: Some("192.0.2.1".to_owned()),
        source: Some("192.0.2.1".to_owned()),
        client: None,
    };
    let founding = founding(&samples());
    let attempt =
        |second_factor| SignIn(Box::new(account::SignIn { password: password(), second_factor, sign_in: sign_in() }));
    let new = account::NewAccount {
        user: user(),
        password: password(),
        sign_in: sign_in(),
        founding: Some(founding.clone()),
    };
    pin(
        "account_commands.json",
        vec![
            Create(Box::new(new)),
            attempt(None),
            attempt(Some(account::SecondFactor::Totp("123456".to_owned()))),
            attempt(Some(account::SecondFactor::RecoveryCode("abcde-fghjk".to_owned()))),
            Authenticate { hashes: vec![hash()] },
            Touch { sign_in_id: sign_in_id() },
            Confirm { sign_in_id: sign_in_id() },
            Read { by: sign_in_id() },
            ChangeName { by: sign_in_id(), first_name: Some(name("Augusta")), last_name: None },
            ChangePassword { by: sign_in_id(), current: password(), new: password() },
            ListSignIns { by: sign_in_id() },
            EndSignIn { by: sign_in_id(), sign_in_id: sign_in_id() },
            BeginTotp { by: sign_in_id(), password: password() },
            ConfirmTotp { by: sign_in_id(), code: "123456".to_owned() },
            RenewRecoveryCodes { by: sign_in_id(), password: password() },
            RemoveTotp { by: account::RemovedBy::User { by: sign_in_id(), password: password() } },
            RemoveTotp { by: account::RemovedBy::Operator },
            RequestReset { by: account::ResetBy::Anybody },
            RequestReset { by: account::ResetBy::Owner(seat()) },
            RequestReset { by: account::ResetBy::Operator },
            Reset { hashes: vec![hash()], new: password() },
            ListAudit { by: sign_in_id(), before: Some(9), limit: 50 },
            FoundOrganization { by: sign_in_id(), founding: Box::new(founding) },
            HearMembership { organization_id: organization_id(), membership: Some(membership()), generation: 3 },
            HearMembership { organization_id: organization_id(), membership: None, generation: 4 },
        ],
    );
}

#[test]
fn answers_of_an_account_are_pinned() {
    use account::Reply::*;
    let account = || Box::new(account::Account { user: user(), totp_enabled: true, memberships: vec![membership()] });
    let sign_in = || account::SignInRecord {
        id: sign_in_id(),
        created_at: at(0),
        last_used_at: at(1),
        expires_at: at(DAY),
        cookie: false,
        ip: None,
        client: Some("Spinner/1".to_owned()),
    };
    pin(
        "account_answers.json",
        vec![
            done(Acknowledged),
            done(Account { account: account() }),
            done(SignedIn { account: account(), expires_at: at(DAY) }),
            done(Refused),
            done(SecondFactorNeeded),
            done(Bearer { user: Box::new(user()), sign_in: Box::new(sign_in()) }),
            done(SignIns { sign_ins: vec![sign_in()] }),
            done(TotpBegun { secret: "base32".to_owned(), uri: "otpauth://totp/x".to_owned() }),
            done(RecoveryCodes { codes: vec!["abcde-fghjk".to_owned()] }),
            done(Link { token: "token".to_owned(), expires_at: at(DAY) }),
            done(Audit { entries: vec![entry()], more: true, head: Head { seq: 1, hash: "0a".repeat(32) } }),
            Answer::Rejected(Rejection::SignedOut),
            Answer::Rejected(Rejection::EmailTaken),
            Answer::Rejected(Rejection::Busy),
            Answer::Rejected(Rejection::LinkInvalid),
            Answer::Rejected(Rejection::MemberElsewhere),
            Answer::Rejected(Rejection::TotpWrong),
        ],
    );
}

#[test]
fn commands_about_people_are_pinned() {
    use organization::Command::*;
    let Samples { mut caller, home, new_key, .. } = samples();
    caller.bearer = Bearer::User { user_id: user_id() };
    let by = || Authority::User(seat());
    let first = || organization::Page { after: None, limit: 50 };
    let new = organization::NewInvitation { email: Some(email()), role: Role::Viewer };
    pin(
        "organization_commands_about_people.json",
        vec![
            Found(Box::new(founding(&samples()))),
            Change { change: organization::OrganizationChange::default(), authority: by() },
            Delete { authority: by() },
            Admit { seat: seat() },
            Confirm { seat: seat() },
            ListMembers { caller: caller.clone(), page: first() },
            ReadMember { caller: caller.clone(), user_id: user_id() },
            ChangeMember { authority: by(), user_id: user_id(), role: Role::Owner },
            RemoveMember { authority: by(), user_id: user_id() },
            Transfer { authority: by(), user_id: user_id() },
            Invite { authority: by(), invitation: new },
            ListInvitations { caller: caller.clone(), page: first() },
            RevokeInvitation { authority: by(), id: invitation_id() },
            ReadInvitation { hashes: vec![hash()] },
            AcceptInvitation { hashes: vec![hash()], user_id: user_id(), profile: profile(), sign_in_id: sign_in_id() },
            HearAccount { user_id: user_id(), profile: profile(), generation: 2, audit: vec![entry()] },
            NoteExport { authority: by() },
        ],
    );
    pin(
        "session_commands_about_people.json",
        vec![
            session::Command::Issue { authority: by(), key: Box::new(new_key) },
            session::Command::ReadSession { caller },
            session::Command::Erase,
        ],
    );
    let every = Operation::ALL.map(|needs| Authority::User(Seat { needs, ..seat() }));
    pin("authorities_of_members.json", every.to_vec());
    assert_eq!(home.organization.id, organization_id());
}

#[test]
fn answers_about_people_are_pinned() {
    use organization::Reply::*;
    let Samples { mut caller, home, .. } = samples();
    caller.bearer = Bearer::User { user_id: user_id() };
    let mut gone = home.organization.clone();
    (gone.deleted_at, gone.erased, gone.members_count) = (Some(at(2)), true, 3);
    let organization = || Box::new(home.organization.clone());
    pin(
        "organization_answers.json",
        vec![
            done(Organization { organization: Box::new(gone), pools: Vec::new(), excess: None }),
            done(Caller { caller: Box::new(caller), role: Role::Owner }),
            done(Member { member: Box::new(member()) }),
            done(Members { members: vec![member()], more: false }),
            done(Invited { invitation: Box::new(invitation()), token: organization::OneTime("token".to_owned()) }),
            done(Invitation { invitation: Box::new(invitation()), organization: organization() }),
            done(Invitations { invitations: vec![invitation()], more: true }),
            Answer::Rejected(Rejection::RoleInsufficient),
            Answer::Rejected(Rejection::LastOwner),
            Answer::Rejected(Rejection::InvitationEnded),
        ],
    );
}

#[test]
fn what_the_directory_hears_and_says_about_people_is_pinned() {
    use DirectoryCommand::{Claim, FindRegistered, FindUser, ListUsers};
    let claim = |admission| Claim { email: email(), user_id: user_id(), admission };
    let page = organization::Page { after: Some((at(0), "usr_1".to_owned())), limit: 50 };
    pin(
        "directory_commands_about_people.json",
        vec![
            claim(Admission::Open),
            claim(Admission::Setup),
            claim(Admission::Invited),
            FindUser { email: email() },
            FindRegistered { email: email() },
            ListUsers { page },
        ],
    );
    pin(
        "directory_answers_about_people.json",
        vec![
            done(DirectoryReply::User { user_id: Some(user_id()) }),
            done(DirectoryReply::User { user_id: None }),
            done(DirectoryReply::Users {
                users: vec![Registered { user_id: user_id(), email: email(), created_at: at(0) }],
                more: true,
            }),
            Answer::Rejected(Rejection::SetupDone),
        ],
    );
}

fn read<T: DeserializeOwned>(forms: &Value) -> Vec<T> {
    forms.as_array().unwrap().iter().map(|form| serde_json::from_value(form.clone()).unwrap()).collect()
}

#[test]
fn the_forms_of_the_time_before_people_are_understood() {
    let forms = golden("before_people.json");
    let commands: Vec<organization::Command> = read(&forms["organization_commands"]);
    let found = |founding: &organization::Founding| {
        let record = &founding.organization;
        assert_eq!((&founding.owner, record.members_count), (&None, 0), "nobody belongs to it");
        assert_eq!((record.deleted_at, record.erased), (None, false));
    };
    let mut met = 0;
    for command in &commands {
        match command {
            organization::Command::Found(founding) => found(founding),
            organization::Command::Change { authority, .. } | organization::Command::Delete { authority } => {
                assert_eq!(*authority, Authority::Operator, "only the operator could");
            }
            organization::Command::CreateSession { authority, .. } => assert!(matches!(authority, Authority::Key(_))),
            organization::Command::ListKeys { caller, .. } => assert!(matches!(caller.bearer, Bearer::Key { .. })),
            _ => continue,
        }
        met += 1;
    }
    assert_eq!((commands.len(), met), (12, 5));
    for command in read::<DirectoryCommand>(&forms["directory_commands"]) {
        if let DirectoryCommand::Found(founding) = command {
            found(&founding);
        }
    }
    assert_eq!(read::<DirectoryReply>(&forms["directory_replies"]).len(), 2);
    assert_eq!(read::<session::Command>(&forms["session_commands"]).len(), 16);
    assert_eq!(read::<Answer<session::Reply>>(&forms["session_answers"]).len(), 12);
}

#[test]
fn a_command_about_people_with_a_field_more_is_understood() {
    fn understood<T: DeserializeOwned>(file: &str) {
        for mut command in golden(file).as_array().unwrap().clone() {
            command.as_object_mut().unwrap().insert("added_later".to_owned(), true.into());
            serde_json::from_value::<T>(command).unwrap();
        }
    }
    understood::<account::Command>("account_commands.json");
    understood::<organization::Command>("organization_commands_about_people.json");
    understood::<DirectoryCommand>("directory_commands_about_people.json");
}
