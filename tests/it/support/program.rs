//! The real program, run with arguments and settings.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
};

use tempfile::TempDir;

use super::{PATIENCE, eventually, write};

/// A folder to run the program in, without any of the developer's settings.
pub struct Program {
    pub folder: TempDir,
    environment: Vec<(String, String)>,
    /// User that runs it, if not the one that runs the tests.
    user: Option<u32>,
}

/// Result of a finished run.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A program that serves; ended with the test.
pub struct Serving {
    pub address: SocketAddr,
    /// Output up to the line with its address.
    pub greeting: String,
    said: Arc<Mutex<String>>,
    logged: Arc<Mutex<String>>,
    child: Child,
}

impl Program {
    /// Program in an empty folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), environment: Vec::new(), user: None }
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs as another user. `None` if the tests do not run as root, or if that user cannot read the program.
    pub fn run_by(mut self, user: u32) -> Option<Self> {
        self.user = Some(user);
        self.command(&["--version"]).output().ok()?;
        Some(self)
    }

    /// Program with a site of one post, `calf`, without rate limits.
    pub fn with_site() -> Self {
        let program = Self::new();
        program
            .save("content/site.toml", "title = \"Loose Laces\"\n[comments]\ngap_seconds = 0\nper_10_minutes = 1000\n");
        program.save("content/posts/calf.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\nStretch it.\n");
        program
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn save(&self, name: &str, text: &str) {
        write(&self.path(name), text);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.with_surroundings(Command::new(env!("CARGO_BIN_EXE_instep")));
        command.args(arguments);
        command
    }

    fn with_surroundings(&self, mut command: Command) -> Command {
        command.current_dir(self.folder.path());
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("INSTEP_") || name_text.starts_with("PG") {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.clone());
        if let Some(user) = self.user {
            std::os::unix::process::CommandExt::uid(&mut command, user);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "")
    }

    /// Runs it to its end with a text on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("writes");
        drop(stdin);
        let output = child.wait_with_output().expect("ends");
        Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs it to its end with its standard output closed.
    pub fn run_unread(&self, arguments: &[&str]) -> Run {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = self.command(arguments).stdin(Stdio::null()).stdout(writer).output().expect("ends");
        Run { code: output.status.code(), out: String::new(), err: String::from_utf8(output.stderr).expect("UTF-8") }
    }

    /// Starts the site on a free port and waits for its address.
    pub fn serve(&self, arguments: &[&str]) -> Serving {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments);
        Self::start(command)
    }

    /// Starts it with a limit on open files.
    pub fn serve_with_files(&self, soft: u32, hard: u32) -> Serving {
        let limited = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" serve --listen 127.0.0.1:0");
        let mut command = self.with_surroundings(Command::new("sh"));
        command.arg("-c").arg(limited).arg(env!("CARGO_BIN_EXE_instep"));
        Self::start(command)
    }

    /// Starts the site from a copy of the program in its folder.
    pub fn serve_copy(&self, name: &str) -> Serving {
        let (original, copy) = (env!("CARGO_BIN_EXE_instep"), self.path(name));
        std::fs::hard_link(original, &copy).or_else(|_| std::fs::copy(original, &copy).map(|_| ())).expect("copies");
        let mut command = self.with_surroundings(Command::new(copy));
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        Self::start(command)
    }

    fn start(mut command: Command) -> Serving {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, lines) = mpsc::channel();
        let said = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&said);
        // Reads on after the address has come, or a full pipe would stop the program.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                heard.lock().expect("nobody panics with it").push_str(&format!("{line}\n"));
                let _ = sender.send(line);
            }
        });
        let logged = Arc::<Mutex<String>>::default();
        let (stderr, noted) = (child.stderr.take().expect("a pipe"), Arc::clone(&logged));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                noted.lock().expect("nobody panics with it").push_str(&format!("{line}\n"));
            }
        });
        // Ended with the test from here on, whatever comes.
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut serving = Serving { address: nowhere, greeting: String::new(), said, logged, child };
        while serving.address == nowhere {
            let line = lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("it does not tell its address: {}", serving.greeting));
            serving.greeting.push_str(&line);
            if let Some((_, address)) = line.split_once("at http://") {
                serving.address = address.trim().parse().expect("an address");
            }
        }
        serving
    }
}

impl Serving {
    /// Standard output so far.
    pub fn said(&self) -> String {
        self.said.lock().expect("nobody panics with it").clone()
    }

    /// Its log so far.
    pub fn logged(&self) -> String {
        self.logged.lock().expect("nobody panics with it").clone()
    }

    /// Kills it with `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("ends");
    }

    /// Limit of the system for it: a line of `/proc/ID/limits`.
    pub fn limit(&self, name: &str) -> String {
        let limits = super::read(Path::new(&format!("/proc/{}/limits", self.child.id())));
        limits.lines().find(|line| line.starts_with(name)).expect("the limit").to_owned()
    }

    /// Asks it to stop (SIGTERM); its exit code.
    pub async fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id();
        let done = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().expect("a shell");
        assert!(done.success());
        eventually("it ends after SIGTERM", async || self.child.try_wait().expect("asks")).await.code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run {
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Asserts that stderr is one sentence with these words.
    #[track_caller]
    pub fn complains(&self, words: &[&str]) -> &Self {
        assert_eq!(self.err.lines().count(), 1, "one line: {self:?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in {self:?}");
        }
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "{words:?} is not in {self:?}");
        self
    }
}

/// A file as bytes, read whole.
pub fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).expect("opens").read_to_end(&mut bytes).expect("reads");
    bytes
}
