//! Whole databases as text: the schema and every row, as statements that make the same database again.

use latchkey::ports::SqlValue;

use super::disk::Disk;

/// The database as statements.
pub fn dump(disk: &Disk) -> Vec<String> {
    let mut statements = texts(disk, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid");
    for table in disk.tables() {
        // A name that is taken stands in quotes here: `only` is none, `order` would be one.
        for row in disk.rows(&format!("SELECT * FROM \"{table}\"")) {
            statements.push(format!("INSERT INTO {table} VALUES ({})", quoted(&row)));
        }
    }
    statements
}

/// Puts a database in the place of what is on the disk, behind the object's back.
pub fn load(disk: &Disk, statements: &[String]) {
    for table in disk.tables() {
        disk.tamper(&format!("DROP TABLE {table}"));
    }
    statements.iter().for_each(|statement| disk.tamper(statement));
}

fn texts(disk: &Disk, query: &str) -> Vec<String> {
    let cells = disk.rows(query).into_iter().flatten();
    cells.filter_map(|cell| if let SqlValue::Text(text) = cell { Some(text) } else { None }).collect()
}

/// The values of a row as SQL.
pub fn quoted(row: &[SqlValue]) -> String {
    let cells = row.iter().map(|cell| match cell {
        SqlValue::Null => "NULL".to_owned(),
        SqlValue::Integer(number) => number.to_string(),
        SqlValue::Text(text) => filler(text).unwrap_or_else(|| format!("'{}'", text.replace('\'', "''"))),
    });
    cells.collect::<Vec<_>>().join(", ")
}

/// A long text of one character, said shortly.
fn filler(text: &str) -> Option<String> {
    let one = text.chars().next().filter(|one| one.is_ascii_punctuation() && *one != '\'')?;
    let is_filler = text.len() > 1_000 && text.len().is_multiple_of(2) && text.chars().all(|other| other == one);
    is_filler.then(|| format!("replace(hex(zeroblob({})), '0', '{one}')", text.len() / 2))
}
