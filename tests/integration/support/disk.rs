//! The storage of one object, which outlives the object: SQLite with the platform's limits switched on, so
//! that a statement which production would refuse is refused here.
//!
//! Every statement can be made to fail, and what a crash leaves behind is what is on this disk.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use latchkey::domain::timestamp::Timestamp;
use latchkey::object::shell::Storage;
use latchkey::ports::{PortError, Sql, SqlError, SqlValue};
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, StatementStatus};

/// Beyond this the platform's numbers lose digits.
const SAFE_INTEGER: i64 = 1 << 53;

/// One database and one alarm.
pub struct Disk {
    connection: Mutex<Connection>,
    alarm: Mutex<Option<Timestamp>>,
    /// Statements until one fails; negative: none will.
    fuse: AtomicI64,
    /// Whether every statement fails.
    broken: AtomicBool,
    /// Whether the alarm cannot be set.
    alarm_broken: AtomicBool,
    statements: AtomicU64,
    /// Steps of the database's machine: a row that is looked at costs a few, however it was found.
    steps: AtomicU64,
    /// The statement that took the most of them, since they were last taken.
    costliest: Mutex<(u64, String)>,
    file: Option<PathBuf>,
}

impl Disk {
    /// A fresh disk, in memory or in a file.
    pub fn new(file: Option<PathBuf>) -> Arc<Self> {
        let connection = match &file {
            None => Connection::open_in_memory().unwrap(),
            Some(path) => Connection::open(path).unwrap(),
        };
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").unwrap_or_default();
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
            (Limit::SQLITE_LIMIT_COLUMN, 100),
            (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
        ] {
            connection.set_limit(limit, value).unwrap();
        }
        // Or else every statement with a `LIMIT` that is bound is planned anew each time.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        connection.set_prepared_statement_cache_capacity(256);
        Arc::new(Self {
            connection: Mutex::new(connection),
            alarm: Mutex::new(None),
            fuse: AtomicI64::new(-1),
            broken: AtomicBool::new(false),
            alarm_broken: AtomicBool::new(false),
            statements: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            costliest: Mutex::default(),
            file,
        })
    }

    /// Lets the `n`-th statement from now on fail (1 = the next), and only that one.
    pub fn fail_statement(&self, n: i64) {
        self.fuse.store(n, Ordering::Relaxed);
    }

    /// Whether the failure that was ordered has happened.
    pub fn has_failed(&self) -> bool {
        self.fuse.load(Ordering::Relaxed) == 0
    }

    /// Takes back the order of a failure.
    pub fn no_failure(&self) {
        self.fuse.store(-1, Ordering::Relaxed);
    }

    /// Whether every statement fails from now on.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::Relaxed);
    }

    /// Whether setting the alarm fails from now on.
    pub fn set_alarm_broken(&self, broken: bool) {
        self.alarm_broken.store(broken, Ordering::Relaxed);
    }

    /// Whether the database may grow no more: by a bound of SQLite's, as the platform has one.
    pub fn set_full(&self, full: bool) {
        let pages = if full { self.number("PRAGMA page_count") } else { i64::from(u32::MAX) - 1 };
        self.rows(&format!("PRAGMA max_page_count = {pages}"));
    }

    /// When the alarm is due.
    pub fn alarm(&self) -> Option<Timestamp> {
        *self.alarm.lock().unwrap()
    }

    /// Takes the alarm off the disk, as the platform does before it wakes the object.
    pub fn take_alarm(&self) -> Option<Timestamp> {
        self.alarm.lock().unwrap().take()
    }

    /// How many statements have run.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How much work the statements of the object were since the last look, in steps that do not depend on the
    /// machine, and which of them took the most.
    pub fn take_work(&self) -> (u64, String) {
        (self.steps.swap(0, Ordering::Relaxed), std::mem::take(&mut *self.costliest.lock().unwrap()).1)
    }

    /// A statement of a test's own, counted as one of the object's.
    pub fn worked(&self, sql: &str) -> Vec<Vec<SqlValue>> {
        let connection = self.connection.lock().unwrap();
        let (rows, steps) = stepped(&connection, sql, &[]).unwrap();
        self.count(sql, steps);
        rows
    }

    /// The bytes of the database.
    pub fn size(&self) -> i64 {
        self.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    }

    fn count(&self, sql: &str, steps: u64) {
        self.steps.fetch_add(steps, Ordering::Relaxed);
        let mut costliest = self.costliest.lock().unwrap();
        if steps > costliest.0 {
            *costliest = (steps, sql.to_owned());
        }
    }

    /// Reads rows past every fault, for assertions.
    pub fn rows(&self, sql: &str) -> Vec<Vec<SqlValue>> {
        run(&self.connection.lock().unwrap(), sql, &[]).unwrap()
    }

    /// The one number that a query answers.
    pub fn number(&self, sql: &str) -> i64 {
        match self.rows(sql).first().and_then(|row| row.first()) {
            Some(SqlValue::Integer(number)) => *number,
            other => panic!("{sql} answered {other:?}"),
        }
    }

    /// Changes the database behind the object's back.
    pub fn tamper(&self, sql: &str) {
        run(&self.connection.lock().unwrap(), sql, &[]).unwrap();
    }

    /// The tables of the object; none before its first command.
    pub fn tables(&self) -> Vec<String> {
        let texts = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
        texts
            .into_iter()
            .flatten()
            .filter_map(|cell| if let SqlValue::Text(name) = cell { Some(name) } else { None })
            .collect()
    }

    /// Everything in every table but those named: two dumps are equal where no command has left a trace.
    pub fn dump(&self, without: &[&str]) -> String {
        // What fills the ballast tells nothing.
        let told = |table: &String| table != "ballast" && !without.contains(&table.as_str());
        let tables = self.tables().into_iter().filter(told);
        // Sums of usage follow in their own time.
        let wanted = |table: &str| if table == "outbox" { " WHERE lane <> 'usage'" } else { "" };
        let rows = |table: &str| self.rows(&format!("SELECT * FROM {table}{}", wanted(table)));
        tables.map(|table| format!("{table}: {:?}\n", rows(&table))).collect()
    }

    /// The bytes of the database file, free pages included, or all rows of a database in memory.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.file {
            Some(path) => std::fs::read(path).unwrap(),
            None => self.dump(&[]).into_bytes(),
        }
    }

    fn gate(&self) -> Result<(), SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if self.broken.load(Ordering::Relaxed) {
            return Err(SqlError("disk is broken".to_owned()));
        }
        if self.fuse.load(Ordering::Relaxed) > 0 && self.fuse.fetch_sub(1, Ordering::Relaxed) == 1 {
            return Err(SqlError("disk failed as ordered".to_owned()));
        }
        Ok(())
    }
}

/// The handle that a shell holds.
pub struct Mount(pub Arc<Disk>);

struct Statements<'a> {
    disk: &'a Disk,
    connection: &'a Connection,
}

impl Sql for Statements<'_> {
    fn exec(&self, sql: &str, params: &[SqlValue]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.disk.gate()?;
        let (rows, steps) = stepped(self.connection, sql, params)?;
        self.disk.count(sql, steps);
        Ok(rows)
    }

    fn bytes(&self) -> i64 {
        let pages = |pragma: &str| match run(self.connection, pragma, &[]).unwrap()[0][0] {
            SqlValue::Integer(number) => number,
            ref other => panic!("{pragma} answered {other:?}"),
        };
        pages("PRAGMA page_count") * pages("PRAGMA page_size")
    }
}

impl Storage for Mount {
    fn read<T>(&self, work: impl FnOnce(&dyn Sql) -> T) -> T {
        let connection = self.0.connection.lock().unwrap();
        work(&Statements { disk: &self.0, connection: &connection })
    }

    fn transaction<T, E: From<SqlError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        let connection = self.0.connection.lock().unwrap();
        run(&connection, "SAVEPOINT command", &[]).map_err(E::from)?;
        let result = work(&Statements { disk: &self.0, connection: &connection });
        if connection.is_autocommit() {
            // The database was full, and SQLite has taken everything back by itself.
            return result;
        }
        if result.is_err() {
            run(&connection, "ROLLBACK TO command", &[]).map_err(E::from)?;
        }
        run(&connection, "RELEASE command", &[]).map_err(E::from)?;
        result
    }

    async fn set_alarm(&self, at: Option<Timestamp>) -> Result<(), PortError> {
        if self.0.alarm_broken.load(Ordering::Relaxed) {
            return Err(PortError::new("set alarm", "refused"));
        }
        *self.0.alarm.lock().unwrap() = at;
        Ok(())
    }
}

struct Bound<'a>(&'a SqlValue);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            SqlValue::Null => ToSqlOutput::Owned(Value::Null),
            SqlValue::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            SqlValue::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

fn run(connection: &Connection, sql: &str, params: &[SqlValue]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
    stepped(connection, sql, params).map(|(rows, _)| rows)
}

/// The rows, and in how many steps they were found.
fn stepped(connection: &Connection, sql: &str, params: &[SqlValue]) -> Result<(Vec<Vec<SqlValue>>, u64), SqlError> {
    if params.iter().any(|param| matches!(param, SqlValue::Integer(number) if number.abs() >= SAFE_INTEGER)) {
        return Err(SqlError("a number beyond 2^53 loses digits".to_owned()));
    }
    let failed = |error: rusqlite::Error| SqlError(error.to_string());
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let columns = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(params.iter().map(Bound))).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push((0..columns).map(|column| cell(row.get_ref(column).map_err(failed)?)).collect::<Result<_, _>>()?);
    }
    drop(rows);
    let steps = u64::try_from(statement.reset_status(StatementStatus::VmStep)).unwrap_or_default();
    let whole = counted_whole(connection, sql, &found)?;
    Ok((found, steps + whole))
}

/// `SELECT count(*)` of a whole table is one step of the machine, which goes through all of it.
fn counted_whole(connection: &Connection, sql: &str, found: &[Vec<SqlValue>]) -> Result<u64, SqlError> {
    if !sql.contains("count(*)") || sql.contains("WHERE") {
        return Ok(0);
    }
    let failed = |error: rusqlite::Error| SqlError(error.to_string());
    let mut plan = connection.prepare_cached(&format!("EXPLAIN {sql}")).map_err(failed)?;
    let places = plan.parameter_count();
    let nothing = rusqlite::params_from_iter(std::iter::repeat_n(Value::Null, places));
    let codes: Vec<String> =
        plan.query_map(nothing, |row| row.get(1)).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    let numbers = found.iter().flatten().filter_map(|cell| match cell {
        SqlValue::Integer(number) => u64::try_from(*number).ok(),
        SqlValue::Null | SqlValue::Text(_) => None,
    });
    Ok(if codes.iter().any(|code| code == "Count") { numbers.sum() } else { 0 })
}

fn cell(value: ValueRef<'_>) -> Result<SqlValue, SqlError> {
    match value {
        ValueRef::Null => Ok(SqlValue::Null),
        ValueRef::Integer(number) => Ok(SqlValue::Integer(number)),
        ValueRef::Text(text) => Ok(SqlValue::Text(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Real(_) | ValueRef::Blob(_) => {
            Err(SqlError("a column is neither a whole number nor text".to_owned()))
        }
    }
}
