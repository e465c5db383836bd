//! Markdown on disk becomes an immutable [`Snapshot`]: front matter, Markdown, embeds, pictures, watching.
//!
//! Depends on `domain` and the disk, not on the database or HTTP. Templates are elsewhere too: what needs one is passed
//! on as a `domain::entry::Piece`.

mod bare_urls;
pub mod comment_markdown;
mod dialects;
mod effort;
pub mod embeds;
mod front_matter;
mod loader;
pub mod markdown;
mod media;
mod pictogram;
pub mod pictures;
mod players;
mod side_by_side;
mod snapshot;
mod source;
pub mod told;
mod watch;

pub use effort::Effort;
pub use loader::{Counts, Library, Loader, named};
pub use media::MediaFile;
pub use players::Shown;
pub use snapshot::{Series, Snapshot, TagPosts, Tagged, Target};
pub use watch::{Scope, WatchError, Watcher};
