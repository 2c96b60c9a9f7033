//! `…/audit_log/export`: the log of an organization or of an account as it is stored, a line for each entry, so that its
//! chain can be checked elsewhere.
//!
//! The first line says where the log begins, the last where it ended when the copy began. It is read in portions, and never
//! held in memory. If one cannot be read, or the reader may not read it any more, the answer breaks off, and the line that
//! says where the log ends is missing.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::callers::{By, ReadAuditLog};
use super::fields::{FieldCode, FieldError, FieldErrors};
use super::problem::Problem;
use super::query::Query;
use crate::app::{App, Error, Person, Principal};
use crate::object::audit_log::{Chain, Head};

/// Lines of JSON (<https://github.com/ndjson/ndjson-spec>).
pub(super) const NDJSON: &str = "application/x-ndjson";

/// The place before the first entry, or that of the newest.
#[derive(Debug, Serialize)]
struct Place<'a> {
    r#type: &'static str,
    seq: i64,
    hash: &'a str,
}

/// An entry; its hash covers the text in `entry`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    seq: i64,
    hash: &'a str,
    entry: &'a str,
    copied_from: Option<&'a str>,
}

/// Copies the audit log as it is stored, oldest entry first, one JSON object a line.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadAuditLog>,
    query: Query,
) -> Result<Response, Problem> {
    copy(app, Log::Organization(caller), query).await
}

/// Copies a log from after an entry on, which the query may name.
pub(super) async fn copy(app: Arc<App>, log: Log, mut query: Query) -> Result<Response, Problem> {
    let after = query.optional("after", |text| {
        let refused = || FieldError::new(FieldCode::InvalidFormat, "is not the number of an entry");
        text.parse().ok().filter(|seq| *seq >= 0).ok_or_else(refused)
    });
    query.finish()?;
    let after = after.unwrap_or(0);
    // The first portion before the answer begins: whoever may not read it is told so.
    let first = log.read(&app, after).await?;
    if after > first.head.seq {
        let error = FieldError::new(FieldCode::OutOfRange, "lies behind the newest entry");
        return Err(FieldErrors::from(error.by_parameter("after")).into());
    }
    let head = first.head.clone();
    let disposition = format!("attachment; filename=\"{}-audit.ndjson\"", log.owner());
    let lines = stream::unfold(Some(Reading { app, log, after, head, next: Some(first) }), |reading| async {
        let mut reading = reading?;
        match reading.portion().await {
            Ok((text, more)) => Some((Ok(Bytes::from(text)), more.then_some(reading))),
            Err(error) => Some((Err(std::io::Error::other(error.to_string())), None)),
        }
    });
    let headers = [(CONTENT_TYPE, NDJSON.to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// Whose log it is, and who reads it.
pub(super) enum Log {
    Organization(Principal),
    Account(Person),
}

impl Log {
    fn owner(&self) -> &str {
        match self {
            Self::Organization(by) => by.caller.organization_id.as_str(),
            Self::Account(person) => person.user.id.as_str(),
        }
    }

    async fn read(&self, app: &App, after: i64) -> Result<Chain, Error> {
        match self {
            Self::Organization(by) => app.read_chain(by, after).await,
            Self::Account(person) => app.read_account_chain(person, after).await,
        }
    }

    /// Whether it may still be read: an account says so with each portion.
    async fn confirm(&self, app: &App) -> Result<(), Error> {
        match self {
            Self::Organization(by) => app.continue_reading(by).await,
            Self::Account(_) => Ok(()),
        }
    }
}

/// A copy in the making.
struct Reading {
    app: Arc<App>,
    log: Log,
    after: i64,
    /// Where the log ended when the copy began.
    head: Head,
    next: Option<Chain>,
}

impl Reading {
    /// The next lines, and whether there are more.
    async fn portion(&mut self) -> Result<(String, bool), Error> {
        let mut text = String::new();
        let chain = match self.next.take() {
            Some(first) => {
                let Head { seq, hash } = &first.before;
                line(&mut text, &Place { r#type: "anchor", seq: *seq, hash })?;
                first
            }
            None => {
                self.log.confirm(&self.app).await?;
                let chain = self.log.read(&self.app, self.after).await?;
                // What comes next may have grown old and gone meanwhile.
                if chain.before.seq != self.after {
                    return Err(Error::Failed("a part of the log has gone".to_owned()));
                }
                chain
            }
        };
        for row in chain.rows.iter().take_while(|row| row.seq <= self.head.seq) {
            let (hash, entry, copied_from) = (row.hash.as_str(), row.entry.as_str(), row.origin.as_deref());
            line(&mut text, &Line { seq: row.seq, hash, entry, copied_from })?;
            self.after = row.seq;
        }
        let more = !chain.rows.is_empty() && self.after < self.head.seq;
        if !more {
            let Head { seq, hash } = &self.head;
            line(&mut text, &Place { r#type: "head", seq: *seq, hash })?;
        }
        Ok((text, more))
    }
}

fn line<T: Serialize>(text: &mut String, row: &T) -> Result<(), Error> {
    *text += &serde_json::to_string(row).map_err(|_| Error::Failed("a row does not encode".to_owned()))?;
    text.push('\n');
    Ok(())
}
