//! Markdown on disk becomes an immutable [`Snapshot`]: front matter, Markdown, embeds, pictures, watching.
//!
//! Depends on `domain` and the disk, not on the database or HTTP. It uses no templates either: parts that need one are
//! passed on as a `domain::entry::Piece`.

mod bare_urls;
pub mod comment_markdown;
mod dialects;
pub mod editing;
mod effort;
pub mod embeds;
mod front_matter;
mod library;
mod loader;
pub mod markdown;
mod media;
mod nearby;
pub mod oembed;
mod parallel;
mod pictogram;
pub mod picture_cache;
pub mod pictures;
mod snapshot;
mod source;
pub mod syntax;
mod watch;

pub use effort::Effort;
pub use library::{Counts, Drawn, Library, Previews, Shown};
pub use loader::{Loader, named};
pub use media::MediaFile;
pub use snapshot::{Series, Snapshot, TagPosts, Tagged};
pub use watch::{Scope, WatchError, Watcher};
