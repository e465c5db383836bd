//! Changes of the content's files for the desk and for writing apps, so that both leave the same traces.

use std::{future, panic, time::Duration};

use tokio::{
    task::{self, JoinHandle},
    time,
};

use super::prelude::*;
use crate::{
    content::editing::{EditError, Person, Workspace},
    domain::{entry::Content, limits::LIVE_WAIT},
};

/// Pause between two looks if the site shows a change.
const LIVE_POLL: Duration = Duration::from_millis(20);

/// Works with the files in a thread of its own: a disk may be slow.
pub async fn on_files<T: Send + 'static>(app: &App, work: impl FnOnce(&Workspace) -> T + Send + 'static) -> T {
    let room =
        app.config.site.upload_quota.map_or(u64::MAX, |quota| quota.saturating_sub(app.snapshot().media_bytes()));
    let files = Workspace::new(&app.config.content, &app.config.data).with_room(room);
    completed(task::spawn_blocking(move || work(&files))).await
}

/// Changes the files, and commits the change in the name of this person where site.toml says so. Without a commit, the
/// change stays, and the desk shows the reason.
pub async fn change_files<T: Send + 'static>(
    app: &App,
    who: Person,
    work: impl FnOnce(&Workspace) -> T + Send + 'static,
) -> T {
    let own = app.clone();
    let change = move |files: &Workspace| {
        let done = work(files);
        if own.config.site.commits {
            match files.commit(&who) {
                Ok(false) => {}
                Ok(true) => own.uncommitted.store(None),
                Err(why) => {
                    tracing::warn!("a change of the content was saved, but not committed: {why}");
                    own.uncommitted.store(Some(why.into()));
                }
            }
        }
        done
    };
    on_files(app, change).await
}

/// Person behind an account; without one, the author in site.toml.
pub async fn person(app: &App, account: Option<i64>) -> Result<Person, StoreError> {
    let site = &app.config.site.author;
    match account {
        Some(id) => app.store.account(id).await.map(|account| Person { name: account.name, email: account.email }),
        None => Ok(Person { name: site.name.clone(), email: site.email.clone().unwrap_or_default() }),
    }
}

/// Waits for a task, which runs to its end even if the client disconnects.
pub async fn completed<T>(task: JoinHandle<T>) -> T {
    match task.await.map_err(task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => panic::resume_unwind(panic),
        // The program is about to end.
        Err(Err(_)) => future::pending().await,
    }
}

/// Address of the page of a text, if it has one.
pub fn address_of(app: &App, path: &str) -> Option<String> {
    let (snapshot, file) = (app.snapshot(), app.config.content.join(path));
    let is_public = |entry: &&Entry| entry.file == file && snapshot.content(&entry.address).is_some();
    snapshot.all.iter().map(Content::entry).find(is_public).map(|entry| entry.address.clone())
}

/// Moves a text that still has this version to the trash. From then on its address, if it has one, answers "gone".
pub async fn trash(
    app: &App,
    who: Person,
    path: String,
    version: String,
    address: Option<String>,
) -> Result<Result<(), EditError>, StoreError> {
    let (app, now) = (app.clone(), app.clock.now());
    let trashing = async move {
        let place = match change_files(&app, who, move |files| files.trash(&path, &version, now)).await {
            Ok(place) => place,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(address) = &address {
            app.set_gone(address, Some(&place)).await?;
            shown(&app, |snapshot| snapshot.content(address).is_none()).await;
        }
        Ok(Ok(()))
    };
    completed(task::spawn(trashing)).await
}

/// Waits until the site shows a change, but not for ever: a network folder may be slow. True if it does.
pub async fn shown(app: &App, is_shown: impl Fn(&Snapshot) -> bool) -> bool {
    let looking = async {
        while !is_shown(&app.snapshot()) {
            time::sleep(LIVE_POLL).await;
        }
    };
    time::timeout(LIVE_WAIT, looking).await.is_ok()
}
