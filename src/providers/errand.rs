//! Finds the embeds without a title or a still, asks their providers one after the other, and stores the results next
//! to the text. Files that the author put there stay.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{Providers, Still, Way, answer::Answer, picture};
use crate::{
    content::{Library, Shown, told},
    domain::{
        embed::{Fetched, Player, Told},
        words::counted,
    },
};

/// Options of the author.
#[derive(Clone, Debug, Default)]
pub struct Errand {
    /// Slugs or files; empty means all.
    pub names: Vec<String>,
    /// Asks again for results that are already stored.
    pub refresh: bool,
    /// Lists what would be asked, without any request.
    pub dry_run: bool,
}

/// A name that no post, page or stretch has.
#[derive(Debug, thiserror::Error)]
#[error("there is no post, page or stretch called {0:?}")]
pub struct UnknownName(pub String);

/// Result for one embed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored; the text says what.
    Stored(String),
    /// To be asked, in a dry run.
    WouldAsk,
    /// Complete already.
    Complete,
    /// Provider that gives no answers; the text says why.
    Closed(&'static str),
    /// Failed, at least in part; the text says why.
    Failed(String),
}

/// One embed and its result.
#[derive(Clone, Debug)]
pub struct Line {
    pub file: PathBuf,
    pub provider: &'static str,
    pub id: String,
    pub stem: String,
    pub outcome: Outcome,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, provider, id, stem, .. } = self;
        write!(f, "{}: {provider} {id}: ", file.display())?;
        match &self.outcome {
            Outcome::Stored(what) => write!(f, "{what}"),
            Outcome::WouldAsk => write!(f, "{provider} would be asked for its title and its still"),
            Outcome::Complete => write!(f, "complete"),
            Outcome::Closed(why) => write!(
                f,
                "{why}. Put a picture {stem}.jpg beside the text, and write [a title](the address) instead of the address"
            ),
            Outcome::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

/// Number of embeds for each result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub stored: usize,
    pub would_ask: usize,
    pub complete: usize,
    pub closed: usize,
    pub failed: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, would_ask, complete, closed, failed } = self;
        let all = stored + would_ask + complete + closed + failed;
        write!(f, "{}: ", counted(all, "embed", "embeds"))?;
        if *would_ask > 0 {
            write!(f, "{would_ask} would be asked for, ")?;
        }
        write!(f, "{stored} stored, {complete} complete already, {closed} cannot be asked for, {failed} failed")
    }
}

impl Errand {
    /// Processes one embed after the other, and reports each when it is done.
    ///
    /// # Errors
    /// A name is unknown; no request has been sent then.
    pub fn run(
        &self,
        library: &Library,
        providers: &Providers,
        mut tell: impl FnMut(&Line),
    ) -> Result<Summary, UnknownName> {
        let mut summary = Summary::default();
        for shown in self.chosen(library)? {
            let outcome = self.one(shown, providers);
            let count = match &outcome {
                Outcome::Stored(_) => &mut summary.stored,
                Outcome::WouldAsk => &mut summary.would_ask,
                Outcome::Complete => &mut summary.complete,
                Outcome::Closed(_) => &mut summary.closed,
                Outcome::Failed(_) => &mut summary.failed,
            };
            *count += 1;
            let Shown { file, player, .. } = shown;
            let stem = player.stem();
            tell(&Line { file: file.to_owned(), provider: player.provider, id: player.id.clone(), stem, outcome });
        }
        Ok(summary)
    }

    /// Embeds to process, each film once per folder, since files next to a text serve all texts of its folder.
    fn chosen<'a>(&self, library: &'a Library) -> Result<Vec<Shown<'a>>, UnknownName> {
        let is_it = |name: &str, slug: &str, file: &Path| name == slug || file.ends_with(name.trim_start_matches("./"));
        for name in &self.names {
            if !library.entries().any(|entry| is_it(name, entry.slug.as_str(), &entry.file)) {
                return Err(UnknownName(name.clone()));
            }
        }
        let is_wanted =
            |shown: &Shown| self.names.is_empty() || self.names.iter().any(|name| is_it(name, shown.slug, shown.file));
        let mut chosen: BTreeMap<(&Path, String), Shown> = BTreeMap::new();
        for shown in library.players().into_iter().filter(is_wanted) {
            let key = (folder(shown.file), shown.player.stem());
            // An embed without its own title needs the answer most.
            let known = chosen.entry(key).or_insert(shown);
            if shown.player.title.is_none() {
                *known = shown;
            }
        }
        let mut chosen: Vec<Shown> = chosen.into_values().collect();
        chosen.sort_by_key(|shown| shown.file);
        Ok(chosen)
    }

    fn one(&self, shown: Shown, providers: &Providers) -> Outcome {
        let player = shown.player;
        if !self.refresh && is_complete(player) {
            return Outcome::Complete;
        }
        let start = match providers.ways.to(player) {
            Way::Oembed(start) => start,
            Way::Closed(_) if player.title.is_some() && player.poster.is_some() => return Outcome::Complete,
            Way::Closed(why) => return Outcome::Closed(why),
        };
        // The file would have been read if it were valid.
        let file = told_file(folder(shown.file), player);
        if player.told.is_none() && file.exists() {
            return Outcome::Failed(format!("{} cannot be read. Correct it, or delete it", file.display()));
        }
        if self.dry_run {
            return Outcome::WouldAsk;
        }
        match providers.answer(&start, player) {
            Ok(answer) => self.keep(folder(shown.file), player, &answer, providers),
            Err(refusal) => Outcome::Failed(refusal.to_string()),
        }
    }

    /// Stores the answer: the still first, so that a file that names it is never there without it.
    fn keep(&self, folder: &Path, player: &Player, answer: &Answer, providers: &Providers) -> Outcome {
        let old = player.told.as_deref().cloned().unwrap_or_default();
        let mut new = self.told_now(&old, answer);
        new.picture = fetched_before(folder, &old);
        new.without_picture = answer.still.is_none() && player.poster.is_none();
        let mut stored = Vec::new();
        let mut failure = None;
        // A still that was not fetched is the author's own.
        let wants_still = player.poster.is_none() || new.picture.is_some();
        if let Some(address) = answer.still.as_deref().filter(|_| wants_still) {
            match fetch_still(folder, player, address, new.picture.as_ref(), providers) {
                Ok((fetched, what)) => {
                    stored.push(what);
                    new.picture = Some(fetched);
                }
                Err(why) => failure = Some(why),
            }
        }
        match write_whole(&told_file(folder, player), told::write(&new, player.provider).as_bytes()) {
            Ok(()) => stored.push(match &new.title {
                Some(title) => format!("its title “{title}”"),
                None => "that it has no title".to_owned(),
            }),
            Err(error) => failure = failure.or(Some(error.to_string())),
        }
        if new.without_picture {
            stored.push(format!("that {} has no still of it", player.provider));
        }
        let stored = stored.join(" and ");
        match failure {
            None => Outcome::Stored(format!("stored {stored}")),
            Some(why) if stored.is_empty() => Outcome::Failed(why),
            Some(why) => Outcome::Failed(format!("{why}; stored {stored}")),
        }
    }

    /// Merges the old answer and the new one. The author may have edited the old title, so it wins unless `refresh` is
    /// set.
    fn told_now(&self, old: &Told, answer: &Answer) -> Told {
        let (first, second) = if self.refresh { (&answer.title, &old.title) } else { (&old.title, &answer.title) };
        Told {
            title: first.clone().or_else(|| second.clone()),
            seconds: answer.seconds.or(old.seconds),
            uploaded: answer.uploaded.or(old.uploaded),
            picture: None,
            without_picture: false,
        }
    }
}

/// True if nothing is missing, except what the provider was asked for and does not have.
fn is_complete(player: &Player) -> bool {
    let told = player.told.as_ref();
    let has_title = player.title.is_some() || told.is_some();
    let has_still = player.poster.is_some() || told.is_some_and(|told| told.without_picture);
    has_title && has_still
}

/// The still that was stored earlier, if it is unchanged.
fn fetched_before(folder: &Path, told: &Told) -> Option<Fetched> {
    let fetched = told.picture.clone().filter(|fetched| is_plain_name(&fetched.name))?;
    let bytes = fs::read(folder.join(&fetched.name)).ok()?;
    (picture::hash(&bytes) == fetched.hash).then_some(fetched)
}

/// True for a name without a folder. The file with the name may be edited, and must not point elsewhere.
fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|own| own == name)
}

/// Fetches and stores the still; returns it and a message, or the error.
fn fetch_still(
    folder: &Path,
    player: &Player,
    address: &str,
    before: Option<&Fetched>,
    providers: &Providers,
) -> Result<(Fetched, String), String> {
    let still = providers.still(player, address).map_err(|refusal| refusal.to_string())?;
    let fetched = store_still(folder, player, &still, before).map_err(|error| error.to_string())?;
    let (width, height) = still.size;
    let what = format!("{} ({width} by {height}, {} kB)", fetched.name, still.bytes.len().div_ceil(1000));
    Ok((fetched, what))
}

/// Stores the still. It may replace only the one that was fetched before.
fn store_still(folder: &Path, player: &Player, still: &Still, before: Option<&Fetched>) -> io::Result<Fetched> {
    let name = format!("{}.{}", player.stem(), still.ending);
    let path = folder.join(&name);
    let replaces = before.is_some_and(|before| before.name == name);
    if !replaces && path.exists() {
        return Err(io::Error::other(format!("{} is there already and is not from here, so it stays", path.display())));
    }
    write_whole(&path, &still.bytes)?;
    if let Some(before) = before.filter(|_| !replaces) {
        fs::remove_file(folder.join(&before.name))?;
    }
    Ok(Fetched { name, hash: still.hash() })
}

fn told_file(folder: &Path, player: &Player) -> PathBuf {
    folder.join(format!("{}.{}", player.stem(), told::ENDING))
}

/// Writes to a hidden name first, so that a running site never reads half of the file.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = path.with_file_name(format!(".{name}.part"));
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        io::Error::new(error.kind(), format!("{} cannot be written ({error})", path.display()))
    })
}

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Refusal;

    #[test]
    fn names_of_files_beside() {
        assert!(is_plain_name("youtube-x.jpg"));
        for name in ["../x.jpg", "/x.jpg", "a/b.jpg", "..", ""] {
            assert!(!is_plain_name(name), "{name}");
        }
    }

    #[test]
    fn refusals_end_a_line() {
        let line = Line {
            file: "content/posts/a.md".into(),
            provider: "YouTube",
            id: "x".to_owned(),
            stem: "youtube-x".to_owned(),
            outcome: Outcome::Failed(Refusal::Gone(404).to_string()),
        };
        assert_eq!(
            line.to_string(),
            "content/posts/a.md: YouTube x: failed: there is no such film there any more, or it is private (answer 404)"
        );
    }
}
