//! One SQL text for both engines: arguments and rows.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{
    Arguments, ColumnIndex, Decode, Encode, Postgres, Row as _, Sqlite, Type, postgres::PgRow, sqlite::SqliteRow,
};

use super::Result;
use crate::domain::words::parse_word;

/// Text of a statement.
pub trait Sql: Into<Cow<'static, str>> {}

impl<T: Into<Cow<'static, str>>> Sql for T {}

/// Argument of a statement, as the database gets it.
pub enum Value<'a> {
    Integer(Option<i64>),
    Text(Option<&'a str>),
    Boolean(bool),
    Bytes(&'a [u8]),
}

/// Type whose values can be arguments of a statement.
pub trait Argument: Sync {
    fn value(&self) -> Value<'_>;

    /// NULL of this type.
    fn null() -> Value<'static>
    where
        Self: Sized,
    {
        Value::Text(None)
    }
}

impl Argument for i64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(Some(*self))
    }

    fn null() -> Value<'static> {
        Value::Integer(None)
    }
}

/// Stored as milliseconds since 1970.
impl Argument for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(Some(self.as_millisecond()))
    }

    fn null() -> Value<'static> {
        Value::Integer(None)
    }
}

impl Argument for bool {
    fn value(&self) -> Value<'_> {
        Value::Boolean(*self)
    }
}

impl Argument for &str {
    fn value(&self) -> Value<'_> {
        Value::Text(Some(self))
    }
}

impl Argument for String {
    fn value(&self) -> Value<'_> {
        Value::Text(Some(self))
    }
}

impl Argument for &[u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<T: Argument> Argument for Option<T> {
    fn value(&self) -> Value<'_> {
        match self {
            Some(value) => value.value(),
            None => T::null(),
        }
    }
}

/// Arguments of a statement, in the order of `$1`, `$2`, ….
pub type List<'a> = [&'a dyn Argument];

/// Encodes arguments for one of the engines.
pub(super) fn encoded<A: Arguments>(arguments: &List<'_>) -> Result<A>
where
    for<'t> Option<i64>: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> Option<&'t str>: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> bool: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> &'t [u8]: Encode<'t, A::Database> + Type<A::Database>,
{
    let mut all = A::default();
    for argument in arguments {
        let added = match argument.value() {
            Value::Integer(value) => all.add(value),
            Value::Text(value) => all.add(value),
            Value::Boolean(value) => all.add(value),
            Value::Bytes(value) => all.add(value),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(all)
}

/// Adds values to the arguments of a statement; returns their places, such as `$3, $4`.
pub(super) fn places<'a, 'v: 'a, T: Argument + 'v>(
    values: impl IntoIterator<Item = &'v T>,
    arguments: &mut Vec<&'a dyn Argument>,
) -> String {
    rows(values, arguments, str::to_owned)
}

/// Adds values to the arguments of a statement; returns a row for each, made from its place.
pub(super) fn rows<'a, 'v: 'a, T: Argument + 'v>(
    values: impl IntoIterator<Item = &'v T>,
    arguments: &mut Vec<&'a dyn Argument>,
    row: impl Fn(&str) -> String,
) -> String {
    let mut rows = Vec::new();
    for value in values {
        arguments.push(value);
        rows.push(row(&format!("${}", arguments.len())));
    }
    rows.join(", ")
}

/// A row of either engine.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Type of a column.
pub trait Column: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl Column for i64 {}
impl Column for bool {}
impl Column for String {}
impl Column for Vec<u8> {}
impl<T: Column> Column for Option<T> {}

impl Row {
    /// Returns the value of a column, by its name or its place.
    pub fn get<T: Column>(&self, column: impl ColumnIndex<SqliteRow> + ColumnIndex<PgRow>) -> Result<T> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Returns the value of an enum. For an unknown word, of a newer version, it is the default.
    pub fn word<T: DeserializeOwned + Default>(&self, column: &str) -> Result<T> {
        Ok(parse_word(&self.get::<String>(column)?).unwrap_or_default())
    }

    pub fn time(&self, column: &str) -> Result<Timestamp> {
        self.get(column).map(from_millis)
    }

    pub fn optional_time(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>(column)?.map(from_millis))
    }
}

/// Converts milliseconds. Times outside of jiff's years come from a damaged row and become 1970, which shows the damage
/// without a crash.
pub(super) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// Type that a row can be read into.
pub trait FromRow: Sized {
    /// # Errors
    /// A column is missing or of another type.
    fn from_row(row: &Row) -> Result<Self>;
}

impl<T: Column> FromRow for T {
    fn from_row(row: &Row) -> Result<Self> {
        row.get(0)
    }
}

impl<A: Column, B: Column> FromRow for (A, B) {
    fn from_row(row: &Row) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?))
    }
}

impl<A: Column, B: Column, C: Column> FromRow for (A, B, C) {
    fn from_row(row: &Row) -> Result<Self> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    }
}
