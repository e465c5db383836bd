//! Blocks that the author has set.

use jiff::Timestamp;

use crate::domain::verdict::blocks::Block;

use super::{Ending::Commit, Ending::Rollback, Store, StoreError, comments::from_millis, on_reader, on_writer};

/// A block as shown to the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub id: i64,
    pub block: Block,
    /// Note of the author.
    pub note: String,
    pub actor: String,
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct BlockRow {
    id: i64,
    kind: String,
    value: String,
    note: String,
    actor: String,
    created_at: i64,
}

/// Reads all blocks. An expression.
macro_rules! read_blocks {
    ($tx:ident) => {{
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT kind, value FROM blocks ORDER BY id").fetch_all(&mut *$tx).await?;
        rows.iter().filter_map(|(kind, value)| crate::domain::verdict::blocks::Block::parse(kind, value)).collect()
    }};
}

pub(super) use read_blocks;

impl Store {
    /// Adds a block: nothing is accepted from these senders from now on. `None` if it exists already.
    ///
    /// # Errors
    /// The database is away.
    pub async fn block(
        &self,
        block: &Block,
        note: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        on_writer!(self, tx => {
            let id: Option<i64> = sqlx::query_scalar(
                "INSERT INTO blocks (kind, value, note, actor, created_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (kind, value) DO NOTHING RETURNING id",
            )
            .bind(block.kind())
            .bind(block.value())
            .bind(note)
            .bind(actor)
            .bind(at.as_millisecond())
            .fetch_optional(&mut *tx)
            .await?;
            Ok(Commit(id))
        })
    }

    /// Removes a block.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn unblock(&self, id: i64) -> Result<(), StoreError> {
        let gone = on_writer!(self, tx => {
            let gone = sqlx::query("DELETE FROM blocks WHERE id = $1").bind(id).execute(&mut *tx).await?.rows_affected();
            Ok(if gone > 0 { Commit(true) } else { Rollback(false) })
        })?;
        if gone { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// Returns all blocks, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn blocks(&self) -> Result<Vec<Blocked>, StoreError> {
        let rows: Vec<BlockRow> = on_reader!(self, db => {
            sqlx::query_as("SELECT id, kind, value, note, actor, created_at FROM blocks ORDER BY id").fetch_all(db).await?
        });
        let blocked = |row: BlockRow| {
            let block = Block::parse(&row.kind, &row.value)?;
            Some(Blocked { id: row.id, block, note: row.note, actor: row.actor, at: from_millis(row.created_at) })
        };
        Ok(rows.into_iter().filter_map(blocked).collect())
    }
}
