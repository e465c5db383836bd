//! The real binary on the sample site or a fixture, with a database of its own.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::process::Process;

pub struct Site {
    /// `http://127.0.0.1:PORT`
    pub base: String,
    content: PathBuf,
    pub data: PathBuf,
    process: Process,
}

impl Site {
    pub fn start(content: &Path, data: &Path, arguments: &[&str], theme: &[(&str, &str)]) -> Self {
        let content = Path::new(env!("CARGO_MANIFEST_DIR")).join(content);
        let mut command = instep(&content, data);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        // Raised, not switched off: a test comments faster than a person.
        for (name, value) in [("GAP_SECONDS", "0"), ("PER_10_MINUTES", "1000"), ("NETWORK_PER_10_MINUTES", "1000")] {
            command.env(format!("INSTEP_SITE__COMMENTS__{name}"), value);
        }
        for (key, value) in theme {
            command.env(format!("INSTEP_SITE__THEME__{}", key.replace('.', "__").to_uppercase()), value);
        }
        let (process, base) = Process::start(command, |line| {
            let (_, address) = line.split_once(" at http://")?;
            Some(format!("http://{address}"))
        });
        Self { base, content, data: data.to_owned(), process }
    }

    /// Link that makes the first account, from the output of the start. It can be read once.
    pub fn first_link(&self) -> String {
        let link =
            |line: &str| line.split_whitespace().find(|word| word.contains("/desk/password?")).map(str::to_owned);
        self.process.find(link).expect("a link")
    }

    /// Runs a command of `instep` beside the running site.
    pub fn shell(&self, arguments: &[&str]) -> String {
        let output = instep(&self.content, &self.data).args(arguments).output().expect("the binary starts");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "instep {} failed: {told}", arguments.join(" "));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Answers as the author, and returns the number of the answer.
    pub fn reply(&self, id: &Value, text: &str) -> Value {
        let mut command = instep(&self.content, &self.data);
        command.args(["comments", "reply", "--json", &id.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("listens");
        let output = child.wait_with_output().expect("ends");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        told["id"].clone()
    }

    /// Held comments, as printed by `instep comments list --json`.
    pub fn held_comments(&self) -> Vec<Value> {
        let told = self.shell(&["comments", "list", "--json"]);
        told.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
    }

    pub fn approve(&self, id: &Value) {
        self.shell(&["comments", "approve", &id.to_string()]);
    }
}

/// The binary, without the settings in this machine's environment.
fn instep(content: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instep"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("INSTEP_") {
            command.env_remove(name);
        }
    }
    command.arg("--content").arg(content).arg("--data").arg(data);
    command
}
