//! Commits of what was written, where the content folder is in a git work tree. The program `git` makes them: it knows the
//! settings of the repository (ignored files, owners, line ends), which a library reads only in part. Other changes, also
//! staged ones, stay as they are. Hooks do not run: nobody is there to answer them.

use std::{
    collections::BTreeSet,
    fmt,
    io::ErrorKind,
    process::{Command, Stdio},
    sync::{PoisonError, mpsc},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};

use super::Workspace;
use crate::domain::limits::COMMIT_TIME;

/// Author of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// Act on a file. The last ones say most about an operation of several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Change(String),
    Add(String),
    Rename(String, String),
    Delete(String),
}

impl Act {
    fn paths(&self) -> Vec<&str> {
        match self {
            Self::Change(path) | Self::Add(path) | Self::Delete(path) => vec![path],
            Self::Rename(from, to) => vec![from, to],
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(path) => write!(f, "Change {path}"),
            Self::Add(path) => write!(f, "Add {path}"),
            Self::Rename(from, to) => write!(f, "Rename {from} to {to}"),
            Self::Delete(path) => write!(f, "Delete {path}"),
        }
    }
}

impl Workspace {
    /// Notes an act for the next commit.
    pub(super) fn note(&self, act: Act) {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner).push(act);
    }

    /// Commits what this workspace has written. False if it has written nothing.
    ///
    /// # Errors
    /// A sentence that says why git made no commit. The files are as they were written.
    pub fn commit(&self, who: &Person) -> Result<bool, String> {
        let acts = std::mem::take(&mut *self.acts.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(most) = acts.iter().max() else { return Ok(false) };
        let paths: BTreeSet<&str> = acts.iter().flat_map(Act::paths).collect();
        let message = match paths.len() {
            files if files > most.paths().len() => {
                let lines: Vec<String> = acts.iter().map(Act::to_string).collect();
                format!("Change {files} files\n\n{}", lines.join("\n"))
            }
            _ => most.to_string(),
        };
        let paths: Vec<&str> = paths.into_iter().collect();
        // Two commits at the same time would be in each other's way.
        let _lock = self.lock().map_err(|error| error.to_string())?;
        self.commit_paths(who, &message, &paths).map(|()| true)
    }

    fn commit_paths(&self, who: &Person, message: &str, paths: &[&str]) -> Result<(), String> {
        match self.git(who, &["symbolic-ref", "--quiet", "HEAD"], &[])? {
            Ran { code: Some(1), .. } => {
                return Err("HEAD is detached, so a commit would be on no branch. Run git switch BRANCH".to_owned());
            }
            ran => ran.checked()?,
        };
        let new = self.git(who, &["ls-files", "-z", "--others", "--exclude-standard"], paths)?.checked()?;
        if !new.is_empty() {
            self.git(who, &["add", "--intent-to-add"], &names(&new))?.checked()?;
        }
        // What git ignores is not known to it.
        let known = self.git(who, &["ls-files", "-z"], paths)?.checked()?;
        if known.is_empty() {
            return Ok(());
        }
        match self.git(who, &["commit", "--quiet", "--only", "--message", message], &names(&known))? {
            // Nothing has changed: it says so on the other stream.
            Ran { code: Some(1), said, .. } if said.is_empty() => Ok(()),
            ran => ran.checked().map(drop),
        }
    }

    /// Runs git in the content folder, with paths that it must not read as patterns.
    fn git(&self, who: &Person, arguments: &[&str], paths: &[&str]) -> Result<Ran, String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.content).arg("--literal-pathspecs");
        for setting in ["core.hooksPath=/dev/null", "core.fsmonitor=false", "commit.gpgSign=false"] {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        if !paths.is_empty() {
            command.arg("--").args(paths);
        }
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(variable);
        }
        command.envs([("LC_ALL", "C"), ("GIT_TERMINAL_PROMPT", "0")]);
        command.env("GIT_AUTHOR_NAME", &who.name).env("GIT_AUTHOR_EMAIL", &who.email);
        command.env("GIT_COMMITTER_NAME", &who.name).env("GIT_COMMITTER_EMAIL", &who.email);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => "the program git is not installed".to_owned(),
            _ => format!("git cannot be started: {error}"),
        })?;
        let (pid, (running, ended)) = (Pid::from_child(&child), mpsc::channel::<()>());
        thread::spawn(move || {
            // Git removes its lock files when it is asked to end.
            if ended.recv_timeout(COMMIT_TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill_process(pid, Signal::TERM).ok();
            }
        });
        let output = child.wait_with_output();
        drop(running);
        let output = output.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Ran { code: output.status.code(), listed: output.stdout, said })
    }
}

/// Result of a run of git.
struct Ran {
    /// Exit code; `None`: a signal ended it.
    code: Option<i32>,
    listed: Vec<u8>,
    said: String,
}

impl Ran {
    /// Returns what it has listed, unless it has failed.
    fn checked(self) -> Result<Vec<u8>, String> {
        match self.code {
            Some(0) => Ok(self.listed),
            Some(code) if self.said.is_empty() => Err(format!("git ended with the code {code}")),
            Some(_) => Err(self.said),
            None => Err(format!("git did not end within {} seconds", COMMIT_TIME.as_secs())),
        }
    }
}

/// Names in a list of git, each with a zero byte behind it.
fn names(listed: &[u8]) -> Vec<&str> {
    listed
        .split(|byte| *byte == 0)
        .filter_map(|name| str::from_utf8(name).ok())
        .filter(|name| !name.is_empty())
        .collect()
}
