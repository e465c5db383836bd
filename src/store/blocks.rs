//! Blocks that the author has set.

use jiff::Timestamp;

use crate::domain::verdict::blocks::Block;

use super::{
    Result, Store,
    connection::Connection,
    sql::{FromRow, Row},
};

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

/// `None` for a kind of a later version.
impl FromRow for Option<Blocked> {
    fn from_row(row: &Row) -> Result<Self> {
        let (kind, value): (String, String) = (row.get("kind")?, row.get("value")?);
        let Some(block) = Block::parse(&kind, &value) else { return Ok(None) };
        let (note, actor) = (row.get("note")?, row.get("actor")?);
        Ok(Some(Blocked { id: row.get("id")?, block, note, actor, at: row.time("created_at")? }))
    }
}

/// Reads all blocks.
pub(super) async fn read_blocks(tx: &mut Connection) -> Result<Vec<Block>> {
    let rows: Vec<(String, String)> = tx.all("SELECT kind, value FROM blocks ORDER BY id", &[]).await?;
    Ok(rows.iter().filter_map(|(kind, value)| Block::parse(kind, value)).collect())
}

/// Adds a block. `None` if it exists already.
pub(super) async fn insert_block(
    tx: &mut Connection,
    block: &Block,
    note: &str,
    actor: &str,
    at: Timestamp,
) -> Result<Option<i64>> {
    tx.optional(
        "INSERT INTO blocks (kind, value, note, actor, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (kind, value) DO NOTHING RETURNING id",
        &[&block.kind(), &block.value(), &note, &actor, &at],
    )
    .await
}

impl Store {
    /// Adds a block: nothing is accepted from these senders from now on. `None` if it exists already.
    ///
    /// # Errors
    /// The database is away.
    pub async fn block(&self, block: &Block, note: &str, actor: &str, at: Timestamp) -> Result<Option<i64>> {
        self.write(|mut tx| async move { insert_block(&mut tx, block, note, actor, at).await }).await
    }

    /// Removes a block.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database is away.
    pub async fn unblock(&self, id: i64) -> Result<()> {
        self.change("DELETE FROM blocks WHERE id = $1", &[&id]).await
    }

    /// Returns all blocks, oldest first.
    ///
    /// # Errors
    /// The database is away.
    pub async fn blocks(&self) -> Result<Vec<Blocked>> {
        let sql = "SELECT id, kind, value, note, actor, created_at FROM blocks ORDER BY id";
        Ok(self.all::<Option<Blocked>>(sql, &[]).await?.into_iter().flatten().collect())
    }
}
