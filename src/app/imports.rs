//! Taking over keys of another system: up to so many at once, each of which says what became of it.
//!
//! The session is asked what it would take before anything is claimed, so a full plan leaves no places behind; then the
//! organization gives each key its one place; then the session takes them over. A break between the last two leaves
//! places without keys, and the same request once more fills them.

use std::collections::BTreeSet;

use super::call::unexpected;
use super::issue::Target;
use super::{App, Error, Principal, SessionChoice};
use crate::domain::api_key::KeySettings;
use crate::domain::caller::Reach;
use crate::domain::id::ApiKeyId;
use crate::domain::imported_key::{ForeignKey, ForeignPrefix};
use crate::domain::operation::Operation;
use crate::object::Rejection;
use crate::organization::imports::protocol::{Claimed, ImportCommand, ImportReply, Place};
use crate::session::protocol::{Command, Fate, Import, ImportedKey, NewKey, NewSecret, NotImported, Reply};

/// How many keys one request brings.
pub const IMPORT_MAX: usize = 500;

/// Keys to take over.
#[derive(Debug)]
pub struct ImportKeys {
    /// Whether only to tell what would become of them.
    pub dry_run: bool,
    /// Which session they will belong to.
    pub session: SessionChoice,
    /// How they begin.
    pub prefix: ForeignPrefix,
    /// The keys, as far as they could be read.
    pub rows: Vec<Option<NewImport>>,
}

/// One of them.
#[derive(Debug)]
pub struct NewImport {
    /// What is known of its secret.
    pub key: ForeignKey,
    /// What its owner chose.
    pub settings: KeySettings,
    /// Whether the session should name it.
    pub unnamed: bool,
    /// How many credits it begins with, if it has any.
    pub credits: Option<u64>,
    /// Whether it is switched off.
    pub disabled: bool,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Become {
    /// It was taken over; in a dry run, it would be.
    Imported(Option<ApiKeyId>),
    /// It is there already.
    Exists(ApiKeyId),
    /// Its session does not take it.
    Refused(NotImported),
    /// It stands in the same request twice.
    Twice,
    /// Another session has begun to take it over, and has not ended: it has to be sent there once more.
    Elsewhere,
}

/// A row and what became of it; none for one that could not be read.
pub type Row = Option<Become>;

/// A key that is still in question.
struct Open {
    place: usize,
    key: ImportedKey,
}

impl App {
    /// Takes over keys of another system.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its session: a key that is brought along stands in the way of the same
    /// key elsewhere in the organization. What the session refuses; `Unavailable` if somebody cannot be reached.
    pub async fn import(&self, by: &Principal, request: ImportKeys) -> Result<Vec<Row>, Error> {
        if by.caller.reach != Reach::Organization {
            return Err(Rejection::OutsideReach.into());
        }
        let target = self.target(by, &request.session).await?;
        let mut rows: Vec<Row> = vec![None; request.rows.len()];
        let mut open = self.described(by, &target, request.rows, &mut rows)?;
        let prefix = request.prefix;
        let fates = self.tell_session(by, &target, &prefix, &open, true).await?;
        settle(&mut open, &mut rows, fates, |open, fate| match fate {
            Fate::Imported(_) => Ok(open),
            Fate::Exists(id) => Err(Become::Exists(id)),
            Fate::Refused(why) => Err(Become::Refused(why)),
        });
        let places = self.claim_places(by, &prefix, &open, request.dry_run).await?;
        settle(&mut open, &mut rows, places, |mut open, Place { id, is_taken }| {
            if is_taken {
                return Err(Become::Exists(id));
            }
            if id.locator() != target.locator {
                return Err(Become::Elsewhere);
            }
            open.key.key.secret.id = id;
            Ok(open)
        });
        if request.dry_run {
            for Open { place, .. } in open {
                note(&mut rows, place, Become::Imported(None));
            }
            return Ok(rows);
        }
        self.prefixes.forget(&by.caller.organization_id);
        if open.is_empty() {
            return Ok(rows);
        }
        let fates = self.tell_session(by, &target, &prefix, &open, false).await?;
        settle(&mut open, &mut rows, fates, |_, fate| {
            Err(match fate {
                Fate::Imported(id) => Become::Imported(Some(id)),
                Fate::Exists(id) => Become::Exists(id),
                Fate::Refused(why) => Become::Refused(why),
            })
        });
        Ok(rows)
    }

    /// Whether a text is a key of this deployment already.
    pub fn is_native(&self, text: &str) -> bool {
        self.recognised(text).is_some()
    }

    /// What the session is told of keys. From here on nothing is left of them but hashes of this organization.
    fn described(
        &self,
        by: &Principal,
        target: &Target,
        keys: Vec<Option<NewImport>>,
        rows: &mut [Row],
    ) -> Result<Vec<Open>, Error> {
        let organization = by.caller.organization_id.as_str();
        let mut digests = BTreeSet::new();
        let mut open = Vec::with_capacity(keys.len());
        for (place, new) in keys.into_iter().enumerate() {
            let Some(NewImport { key, settings, unnamed, credits, disabled }) = new else { continue };
            if !digests.insert(key.digest) {
                note(rows, place, Become::Twice);
                continue;
            }
            let hashes = self.keyring().imported_hashes(organization, &key.digest);
            let hash = hashes.last().copied().ok_or_else(|| Error::Failed("no pepper".to_owned()))?;
            let secret = NewSecret {
                id: self.draw_key_id(target.locator)?,
                hash,
                start: key.start,
                last4: key.last4,
                environment: target.environment,
            };
            let key = NewKey { secret, settings, unnamed, credits };
            open.push(Open { place, key: ImportedKey { key, hashes, disabled } });
        }
        Ok(open)
    }

    async fn tell_session(
        &self,
        by: &Principal,
        target: &Target,
        prefix: &ForeignPrefix,
        open: &[Open],
        dry_run: bool,
    ) -> Result<Vec<Fate>, Error> {
        let keys = open.iter().map(|open| open.key.clone()).collect();
        let import = Box::new(Import { dry_run, prefix: prefix.clone(), keys });
        let command = Command::Import { authority: by.authority(Operation::WriteApiKeys), import };
        let Reply::Imported { fates } = self.session(target.locator, command).await?.reply else {
            return unexpected();
        };
        if fates.len() == open.len() { Ok(fates) } else { unexpected() }
    }

    async fn claim_places(
        &self,
        by: &Principal,
        prefix: &ForeignPrefix,
        open: &[Open],
        dry_run: bool,
    ) -> Result<Vec<Place>, Error> {
        let claimed = |open: &Open| Claimed { hashes: open.key.hashes.clone(), id: open.key.key.secret.id.clone() };
        let (authority, prefix) = (by.authority(Operation::WriteApiKeys), prefix.clone());
        let command = ImportCommand::Claim { authority, prefix, keys: open.iter().map(claimed).collect(), dry_run };
        match self.about_imports(&by.caller.organization_id, command).await? {
            ImportReply::Places { places } if places.len() == open.len() => Ok(places),
            ImportReply::Places { .. } | ImportReply::Route { .. } | ImportReply::Prefixes { .. } => unexpected(),
        }
    }
}

/// Goes on with those that stay open, and notes what became of the others.
fn settle<T>(
    open: &mut Vec<Open>,
    rows: &mut [Row],
    answers: Vec<T>,
    decide: impl Fn(Open, T) -> Result<Open, Become>,
) {
    let mut left = Vec::with_capacity(open.len());
    for (one, answer) in std::mem::take(open).into_iter().zip(answers) {
        let place = one.place;
        match decide(one, answer) {
            Ok(one) => left.push(one),
            Err(what) => note(rows, place, what),
        }
    }
    *open = left;
}

fn note(rows: &mut [Row], place: usize, what: Become) {
    if let Some(row) = rows.get_mut(place) {
        *row = Some(what);
    }
}
