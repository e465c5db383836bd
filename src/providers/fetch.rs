//! Finds the embeds without a title or a still, asks their providers one after the other, and stores the results beside
//! the posts. Files of the author stay.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{Providers, oembed::Response, still};
use crate::{
    content::{Library, Shown, oembed},
    domain::{
        embed::{Fetched, OEmbed, Player},
        words::counted,
    },
};

/// Options of the author.
#[derive(Clone, Debug, Default)]
pub struct Fetch {
    /// Slugs or files; empty means all.
    pub names: Vec<String>,
    /// Also asks for results that are already stored.
    pub refresh: bool,
    /// Lists what would be requested, without any request.
    pub dry_run: bool,
}

/// Result for one embed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored; the text says what.
    Stored(String),
    /// To be requested, in a dry run.
    WouldAsk,
    /// Complete already.
    Complete,
    /// Provider that cannot be asked; the text says why.
    Closed(&'static str),
    /// Failed, at least in part; the text says why.
    Failed(String),
}

/// One embed and its result.
#[derive(Clone, Debug)]
pub struct Report {
    pub file: PathBuf,
    pub provider: &'static str,
    pub id: String,
    /// File name of its still, without the extension.
    pub stem: String,
    pub outcome: Outcome,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, provider, id, stem, outcome } = self;
        write!(f, "{}: {provider} {id}: ", file.display())?;
        match outcome {
            Outcome::Stored(what) => write!(f, "stored {what}"),
            Outcome::WouldAsk => write!(f, "its title and its still would be requested from {provider}"),
            Outcome::Complete => write!(f, "complete"),
            Outcome::Closed(why) => write!(
                f,
                "{why}. Put a picture {stem}.jpg beside the post, and write [a title](the address) instead of the address"
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
        let all = counted(stored + would_ask + complete + closed + failed, "embed", "embeds");
        write!(f, "{all}: {would_ask} to request, ")?;
        write!(f, "{stored} stored, {complete} complete already, {closed} that cannot be requested, {failed} failed")
    }
}

impl Fetch {
    /// Processes one embed after the other, and reports each when it is done.
    ///
    /// # Errors
    /// A name that no post, page or stretch has. No request has been sent then.
    pub fn run(
        &self,
        library: &Library,
        providers: &Providers,
        mut report: impl FnMut(&Report),
    ) -> Result<Summary, String> {
        let mut summary = Summary::default();
        for Shown { file, player, .. } in self.chosen(library)? {
            let outcome = self.fetch(file.parent().unwrap_or(Path::new(".")), player, providers);
            *match &outcome {
                Outcome::Stored(_) => &mut summary.stored,
                Outcome::WouldAsk => &mut summary.would_ask,
                Outcome::Complete => &mut summary.complete,
                Outcome::Closed(_) => &mut summary.closed,
                Outcome::Failed(_) => &mut summary.failed,
            } += 1;
            let (file, id, stem) = (file.to_owned(), player.id.clone(), player.stem());
            report(&Report { file, provider: player.provider, id, stem, outcome });
        }
        Ok(summary)
    }

    /// Embeds to process, each once per folder, since files beside a post serve all posts of its folder.
    fn chosen<'a>(&self, library: &'a Library) -> Result<Vec<Shown<'a>>, String> {
        let is_named =
            |name: &str, slug: &str, file: &Path| name == slug || file.ends_with(name.trim_start_matches("./"));
        for name in &self.names {
            if !library.entries().any(|entry| is_named(name, entry.slug.as_str(), &entry.file)) {
                return Err(format!("there is no post, page or stretch called {name:?}"));
            }
        }
        let mut chosen: BTreeMap<(&Path, String), Shown> = BTreeMap::new();
        for shown in library.players() {
            if self.names.is_empty() || self.names.iter().any(|name| is_named(name, shown.slug, shown.file)) {
                let known =
                    chosen.entry((shown.file.parent().unwrap_or(shown.file), shown.player.stem())).or_insert(shown);
                // An embed without its own title needs the response most.
                if shown.player.title.is_none() {
                    *known = shown;
                }
            }
        }
        let mut chosen: Vec<Shown> = chosen.into_values().collect();
        chosen.sort_by_key(|shown| shown.file);
        Ok(chosen)
    }

    fn fetch(&self, folder: &Path, player: &Player, providers: &Providers) -> Outcome {
        let answer = player.oembed.as_deref();
        let has_title = player.title.is_some() || answer.is_some();
        let has_still = player.poster.is_some() || answer.is_some_and(|answer| answer.without_picture);
        let endpoint = match providers.endpoint(player) {
            _ if has_title && has_still && !self.refresh => return Outcome::Complete,
            Ok(endpoint) => endpoint,
            Err(_) if player.title.is_some() && player.poster.is_some() => return Outcome::Complete,
            Err(why) => return Outcome::Closed(why),
        };
        // The file would have been read if it were valid.
        let file = folder.join(format!("{}.{}", player.stem(), oembed::ENDING));
        if answer.is_none() && file.exists() {
            return Outcome::Failed(format!("{} cannot be read. Correct it, or delete it", file.display()));
        }
        if self.dry_run {
            return Outcome::WouldAsk;
        }
        match providers.ask(&endpoint) {
            Ok(response) => self.store(&file, player, &response, providers),
            Err(why) => Outcome::Failed(why),
        }
    }

    /// Stores the still, then the file that names it.
    fn store(&self, file: &Path, player: &Player, response: &Response, providers: &Providers) -> Outcome {
        let old = player.oembed.as_deref().cloned().unwrap_or_default();
        let mut new = self.merged(&old, response);
        let before = unchanged_still(file, &old);
        let (mut stored, mut failures) = (Vec::new(), Vec::new());
        // A still that was not fetched is the author's own.
        let wants_still = player.poster.is_none() || before.is_some();
        new.without_picture = response.still.is_none() && player.poster.is_none();
        new.set_fetched(match response.still.as_deref().filter(|_| wants_still) {
            Some(address) => match fetch_still(file, player, address, before.as_ref(), providers) {
                Ok((still, what)) => {
                    stored.push(what);
                    Some(still)
                }
                Err(why) => {
                    failures.push(why);
                    before
                }
            },
            None => before,
        });
        match write_whole(file, oembed::write(&new, player.provider).as_bytes()) {
            Ok(()) => stored.push(match &new.title {
                Some(title) => format!("its title “{title}”"),
                None => "that it has no title".to_owned(),
            }),
            Err(error) => failures.push(error.to_string()),
        }
        if new.without_picture {
            stored.push(format!("that {} has no still of it", player.provider));
        }
        match failures.is_empty() {
            true => Outcome::Stored(stored.join(" and ")),
            false if stored.is_empty() => Outcome::Failed(failures.join("; ")),
            false => Outcome::Failed(format!("{}; stored {}", failures.join("; "), stored.join(" and "))),
        }
    }

    /// Merges the stored answer with the new response. The author may have edited the old title, so it wins unless
    /// `refresh` is set.
    fn merged(&self, old: &OEmbed, response: &Response) -> OEmbed {
        let titles = if self.refresh { [&response.title, &old.title] } else { [&old.title, &response.title] };
        OEmbed {
            title: titles.into_iter().flatten().next().cloned(),
            seconds: response.seconds.or(old.seconds),
            uploaded: response.uploaded.or(old.uploaded),
            ..OEmbed::default()
        }
    }
}

/// Returns the still that was fetched earlier, if its file is unchanged. `file` is beside it.
fn unchanged_still(file: &Path, answer: &OEmbed) -> Option<Fetched> {
    let fetched = answer.fetched().filter(|fetched| is_plain_name(&fetched.name))?;
    let bytes = fs::read(file.with_file_name(&fetched.name)).ok()?;
    (still::hash(&bytes) == fetched.hash).then_some(fetched)
}

/// True for a name without a folder. The file with the name may be edited, and must not point elsewhere.
fn is_plain_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|own| own == name)
}

/// Fetches the still and stores it beside `file`. It may replace only the one that was fetched before. Returns it and a
/// message.
fn fetch_still(
    file: &Path,
    player: &Player,
    address: &str,
    before: Option<&Fetched>,
    providers: &Providers,
) -> Result<(Fetched, String), String> {
    let still = providers.still(player, address)?;
    let name = format!("{}.{}", player.stem(), still.extension);
    let path = file.with_file_name(&name);
    let replaces = before.is_some_and(|before| before.name == name);
    if !replaces && path.exists() {
        return Err(format!("{} exists already and was not fetched, so it stays", path.display()));
    }
    write_whole(&path, &still.bytes).map_err(|error| error.to_string())?;
    if let Some(before) = before.filter(|_| !replaces) {
        fs::remove_file(file.with_file_name(&before.name)).map_err(|error| error.to_string())?;
    }
    let (width, height) = still.size;
    let what = format!("{name} ({width} by {height}, {} kB)", still.bytes.len().div_ceil(1000));
    Ok((Fetched { name, hash: still::hash(&still.bytes) }, what))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_folder_are_refused() {
        assert!(is_plain_name("youtube-x.jpg"));
        for name in ["../x.jpg", "/x.jpg", "a/b.jpg", "..", ""] {
            assert!(!is_plain_name(name), "{name}");
        }
    }

    #[test]
    fn a_report_is_a_line() {
        let report = Report {
            file: "content/posts/a.md".into(),
            provider: "YouTube",
            id: "x".to_owned(),
            stem: "youtube-x".to_owned(),
            outcome: Outcome::Failed("it is private (status 404)".to_owned()),
        };
        assert_eq!(report.to_string(), "content/posts/a.md: YouTube x: failed: it is private (status 404)");
    }
}
