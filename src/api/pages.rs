//! Pages and their cursors.
//!
//! A cursor names the last row that was seen, so a page neither repeats nor skips rows that were there all
//! along. It carries a keyed tag over its owner and list: another organization's, or an edited one, is refused.

use serde::Serialize;

use super::fields::{FieldCode, FieldError, FieldErrors};
use super::query::{Query, number};
use crate::domain::keyring::{Keyring, TagKind};
use crate::domain::timestamp::Timestamp;
use crate::organization::protocol::Page;

/// The most rows on a page, and how many there are unless the client says so.
pub(super) const PAGE_ROWS_MAX: u32 = 1_000;
/// How many rows a page has when only a cursor is given.
pub(super) const PAGE_ROWS_DEFAULT: u32 = 50;
/// The longest cursor, search text or filter.
pub(super) const FILTER_CHARACTERS_MAX: usize = 255;

/// A page as clients read it.
#[derive(Debug, Serialize)]
pub(super) struct PageBody<T> {
    /// The rows.
    pub(super) data: Vec<T>,
    /// How to go on.
    pub(super) pagination: Pagination,
}

/// How to go on after a page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pagination {
    /// Whether there is another page.
    pub(super) has_more: bool,
    /// The `cursor` of the next page.
    pub(super) next_cursor: Option<String>,
}

/// Which list a cursor belongs to, and whose.
pub(super) struct Cursors<'a> {
    /// The deployment's secrets.
    pub(super) keyring: &'a Keyring,
    /// The name of the list.
    pub(super) list: &'static str,
    /// Whoever may go on with it: an organization, or `operator`.
    pub(super) owner: &'a str,
}

impl Cursors<'_> {
    /// Writes the cursor after a place.
    pub(super) fn write(&self, place: &str) -> String {
        let tag = self.keyring.tag(TagKind::Cursor, &self.message(place));
        format!("{place}.{tag}")
    }

    /// Reads a cursor of this list and owner.
    pub(super) fn read(&self, cursor: &str) -> Result<String, FieldError> {
        let refused = || FieldError::new(FieldCode::InvalidFormat, "is not a cursor of this list");
        let (place, tag) = cursor.rsplit_once('.').ok_or_else(refused)?;
        let accepted = self.keyring.accepts_tag(TagKind::Cursor, &self.message(place), tag);
        if accepted { Ok(place.to_owned()) } else { Err(refused()) }
    }

    fn message(&self, place: &str) -> Vec<u8> {
        format!("{}\n{}\n{place}", self.list, self.owner).into_bytes()
    }

    /// Reads `limit` and `cursor` of a list that is ordered by creation and id.
    pub(super) fn page(&self, query: &mut Query, default: u32) -> Page {
        let limit = limit(query, default);
        Page { after: self.after(query), limit }
    }

    /// Reads `cursor` of such a list.
    pub(super) fn after(&self, query: &mut Query) -> Option<(Timestamp, String)> {
        query.optional("cursor", |text| {
            let place = self.read(text)?;
            let refused = || FieldError::new(FieldCode::InvalidFormat, "is not a cursor of this list");
            let (millis, id) = place.split_once('.').ok_or_else(refused)?;
            let millis = millis.parse().map_err(|_| refused())?;
            Ok((Timestamp::from_millis(millis), id.to_owned()))
        })
    }

    /// The pagination after rows whose last one has this creation and id.
    pub(super) fn pagination(&self, more: bool, last: Option<(Timestamp, &str)>) -> Pagination {
        let next = last.filter(|_| more);
        Pagination {
            has_more: more,
            next_cursor: next.map(|(created_at, id)| self.write(&format!("{}.{id}", created_at.as_millis()))),
        }
    }
}

/// Reads `limit`.
pub(super) fn limit(query: &mut Query, default: u32) -> u32 {
    let limit = query.optional("limit", number(1..=i64::from(PAGE_ROWS_MAX)));
    limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default)
}

/// A filter's text as it was sent, of bounded length.
pub(super) fn filter_text(text: &str) -> Result<String, FieldError> {
    if text.chars().count() > FILTER_CHARACTERS_MAX {
        return Err(FieldError::too(FieldCode::TooLong, FILTER_CHARACTERS_MAX, "characters"));
    }
    Ok(text.to_owned())
}

/// For routes that read nothing from the query: an unknown parameter is a mistake that should be seen.
pub(super) fn no_parameters(query: Query) -> Result<(), FieldErrors> {
    query.finish()
}
