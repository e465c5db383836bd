//! The signing secret, shared by all instances through the database.

use super::{Ending::Commit, Store, StoreError, on_writer};

impl Store {
    /// Returns the secret; the very first start stores `fresh` random bytes as it.
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
