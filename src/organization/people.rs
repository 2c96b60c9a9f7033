//! The rows of members.

use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::role::Role;
use crate::domain::user::{Member, Profile};
use crate::object::rows::{execute, json, query, query_one};
use crate::ports::{Sql, SqlError};

/// Reads a member; none who has left.
pub fn member(sql: &dyn Sql, user_id: &UserId) -> Result<Option<Member>, SqlError> {
    query_one(sql, "SELECT record FROM members WHERE user_id = ? AND record IS NOT NULL", &[user_id.as_str().into()])?
        .map(|row| row.json(0))
        .transpose()
}

/// Writes a member.
pub fn save(sql: &dyn Sql, member: &Member) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO members (user_id, record, role, email, joined_at, version) VALUES (?, ?, ?, ?, ?, 1)
         ON CONFLICT (user_id) DO UPDATE SET record = excluded.record, role = excluded.role, email = excluded.email,
            joined_at = excluded.joined_at, version = version + 1",
        &[
            member.user_id.as_str().into(),
            json(member)?,
            member.role.as_str().into(),
            member.profile.email.key().into(),
            member.joined_at.into(),
        ],
    )
}

/// Forgets a member but for the version of the row.
pub fn end(sql: &dyn Sql, user_id: &UserId) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE members SET record = NULL, role = NULL, email = NULL, profile_generation = 0, version = version + 1
         WHERE user_id = ?",
        &[user_id.as_str().into()],
    )
}

/// Raises the version of a row: something about the membership has changed that is not in the row.
pub fn touch(sql: &dyn Sql, user_id: &UserId) -> Result<(), SqlError> {
    execute(sql, "UPDATE members SET version = version + 1 WHERE user_id = ?", &[user_id.as_str().into()])
}

/// Takes over what an account says of itself, unless something newer is known; false for somebody who is no member.
pub fn hear(sql: &dyn Sql, user_id: &UserId, profile: &Profile, generation: i64) -> Result<bool, SqlError> {
    let Some(mut member) = member(sql, user_id)? else {
        return Ok(false);
    };
    member.profile = profile.clone();
    execute(
        sql,
        "UPDATE members SET record = ?, email = ?, profile_generation = ? WHERE user_id = ? AND profile_generation < ?",
        &[json(&member)?, profile.email.key().into(), generation.into(), user_id.as_str().into(), generation.into()],
    )?;
    Ok(true)
}

/// How many there are.
pub fn count(sql: &dyn Sql) -> Result<u32, SqlError> {
    number(sql, "SELECT count(*) FROM members WHERE record IS NOT NULL")
}

/// How many of them are owners.
pub fn owners(sql: &dyn Sql) -> Result<u32, SqlError> {
    query_one(sql, "SELECT count(*) FROM members WHERE role = ?", &[Role::Owner.as_str().into()])?
        .map_or(Ok(0), |row| Ok(u32::try_from(row.integer(0)?).unwrap_or(u32::MAX)))
}

/// Whether an address is a member's.
pub fn has_email(sql: &dyn Sql, email: &Email) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM members WHERE email = ?", &[email.key().into()])?.is_some())
}

/// The ids of all members.
pub fn everybody(sql: &dyn Sql) -> Result<Vec<UserId>, SqlError> {
    query(sql, "SELECT user_id FROM members WHERE record IS NOT NULL", &[])?
        .iter()
        .map(|row| Ok(UserId::from_trusted(row.text(0)?.to_owned())))
        .collect()
}

/// The version of a membership.
pub fn version(sql: &dyn Sql, user_id: &UserId) -> Result<i64, SqlError> {
    query_one(sql, "SELECT version FROM members WHERE user_id = ?", &[user_id.as_str().into()])?
        .map_or(Ok(0), |row| row.integer(0))
}

fn number(sql: &dyn Sql, statement: &str) -> Result<u32, SqlError> {
    query_one(sql, statement, &[])?.map_or(Ok(0), |row| Ok(u32::try_from(row.integer(0)?).unwrap_or(u32::MAX)))
}
