//! The signing secret, shared by all copies through the database.

use super::{Ending::Commit, Store, StoreError, on_writer};

impl Store {
    /// The secret, made of `fresh` random bytes at the very first start.
    ///
    /// # Errors
    /// The database is away.
    pub async fn secret(&self, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
        on_writer!(self, tx => {
            sqlx::query("UPDATE site SET secret = $1 WHERE secret IS NULL").bind(fresh).execute(&mut *tx).await?;
            Ok(Commit(sqlx::query_scalar("SELECT secret FROM site").fetch_one(&mut *tx).await?))
        })
    }
}
