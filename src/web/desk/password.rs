//! Hashes of passwords: Argon2id with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB, 2 rounds), which
//! are the crate's defaults. At most [`PASSWORDS_AT_ONCE`] are computed at the same time, outside of the async threads.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task};

use crate::{domain::limits::PASSWORDS_AT_ONCE, web::error::WebError};

static PERMITS: Semaphore = Semaphore::const_new(PASSWORDS_AT_ONCE);

/// Returns the hash of a password, with a fresh salt, in the PHC format.
///
/// # Errors
/// The system has no randomness.
pub async fn hash(password: String) -> Result<String, WebError> {
    computed(move || {
        let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(WebError::internal)?;
        Ok(hash.to_string())
    })
    .await
}

/// True if the password has this hash. Without a hash, as for an address that has no account, it computes one as well:
/// the answer takes as long.
///
/// # Errors
/// The system has no randomness.
pub async fn is_right(password: String, expected: Option<String>) -> Result<bool, WebError> {
    let Some(expected) = expected else {
        return hash(password).await.map(|_| false);
    };
    computed(move || {
        let expected = PasswordHash::new(&expected).map_err(WebError::internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &expected).is_ok())
    })
    .await
}

async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WebError> + Send + 'static,
) -> Result<T, WebError> {
    let _permit = PERMITS.acquire().await.map_err(WebError::internal)?;
    task::spawn_blocking(work).await.map_err(WebError::internal)?
}
