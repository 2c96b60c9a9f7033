//! The SQLite of one object.
//!
//! `transactionSync` is not bound by the `worker` crate. It is what the house stands on: a synchronous
//! closure that either happens whole or not at all (H5).

use wasm_bindgen::prelude::*;
use worker::send::SendFuture;
use worker::{SqlStorage, SqlStorageValue, State};

use crate::domain::timestamp::Timestamp;
use crate::object::shell::Storage;
use crate::ports::{PortError, Sql, SqlError, SqlValue};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Object)]
    type RawStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &RawStorage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// The storage of one object.
pub(super) struct ObjectStorage {
    storage: worker::Storage,
    sql: Database,
}

impl ObjectStorage {
    pub(super) fn new(state: &State) -> Self {
        let storage = state.storage();
        let sql = Database(storage.sql());
        Self { storage, sql }
    }
}

impl Storage for ObjectStorage {
    fn read<T>(&self, work: impl FnOnce(&dyn Sql) -> T) -> T {
        work(&self.sql)
    }

    fn transaction<T, E: From<SqlError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E> {
        let mut work = Some(work);
        let mut outcome = None;
        let raw: &RawStorage = self.storage.as_raw().unchecked_ref();
        let committed = raw.transaction_sync(&mut || {
            let done = work.take().map(|work| work(&self.sql));
            let undo = !matches!(done, Some(Ok(_)));
            outcome = done;
            // Throwing is how the platform is told to roll back.
            if undo { Err(JsValue::from_str("rolled back")) } else { Ok(JsValue::UNDEFINED) }
        });
        match (outcome, committed) {
            (Some(Ok(_)), Err(error)) => Err(SqlError(format!("commit: {error:?}")).into()),
            (Some(outcome), _) => outcome,
            (None, _) => Err(SqlError("the transaction did not run".to_owned()).into()),
        }
    }

    fn set_alarm(&self, at: Option<Timestamp>) -> impl Future<Output = Result<(), PortError>> + Send {
        SendFuture::new(async move {
            let set = match at {
                // A number of milliseconds from now is what the binding takes; the platform stores the moment.
                Some(at) => {
                    let now = i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX);
                    self.storage.set_alarm(at.as_millis().saturating_sub(now).max(0)).await
                }
                None => self.storage.delete_alarm().await,
            };
            set.map_err(|error| PortError::new("set alarm", error.to_string()))
        })
    }
}

struct Database(SqlStorage);

impl Sql for Database {
    fn exec(&self, sql: &str, params: &[SqlValue]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let bindings: Vec<SqlStorageValue> = params.iter().map(outgoing).collect();
        let failed = |error: worker::Error| SqlError(error.to_string());
        let cursor = self.0.exec(sql, bindings).map_err(failed)?;
        cursor.raw().map(|row| row.map_err(failed)?.into_iter().map(incoming).collect()).collect()
    }

    fn bytes(&self) -> i64 {
        i64::try_from(self.0.database_size()).unwrap_or(i64::MAX)
    }
}

fn outgoing(value: &SqlValue) -> SqlStorageValue {
    match value {
        SqlValue::Null => SqlStorageValue::Null,
        SqlValue::Integer(number) => SqlStorageValue::Integer(*number),
        SqlValue::Text(text) => SqlStorageValue::String(text.clone()),
    }
}

fn incoming(value: SqlStorageValue) -> Result<SqlValue, SqlError> {
    Ok(match value {
        SqlStorageValue::Null => SqlValue::Null,
        SqlStorageValue::Integer(number) => SqlValue::Integer(number),
        SqlStorageValue::Boolean(flag) => SqlValue::Integer(i64::from(flag)),
        SqlStorageValue::String(text) => SqlValue::Text(text),
        SqlStorageValue::Float(_) | SqlStorageValue::Blob(_) => {
            return Err(SqlError("a column of a kind that is not used".to_owned()));
        }
    })
}
