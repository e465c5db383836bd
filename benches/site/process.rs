//! Programs under measurement: started, asked for their CPU time and memory, ended when dropped.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// Core of the server; clients use the others.
const SERVER_CORE: &str = "1";
const CLIENT_CORE: &str = "0";

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Starts the site on a free port, and waits for its address.
    pub fn instep(content: &Path, data: &Path, arguments: &[&str], settings: &[(&str, &str)], pinned: bool) -> Self {
        let mut command = on_core(env!("CARGO_BIN_EXE_instep"), pinned.then_some(SERVER_CORE));
        command.arg("serve").args(["--listen", "127.0.0.1:0"]);
        command.arg("--content").arg(content).arg("--data").arg(data).args(arguments);
        command.envs(settings.iter().copied()).env("INSTEP_LOG", "json").env_remove("INSTEP_TEST_POSTGRES_URL");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("instep starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a log")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok())
            .find_map(|line| line.get("address")?.as_str()?.parse().ok())
            .expect("it says where it listens");
        // A log that nobody reads would stop the server when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub fn other(mut command: Command, address: SocketAddr) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("the server starts");
        Self { child, address }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Time on a core so far, of the process and its children: what the kernel's scheduler counted, in nanoseconds.
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(processes(self.child.id()).into_iter().flat_map(threads).sum())
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1024.0
    }

    /// Kills it with `kill -9`, and its children: nginx's worker would stay, and keep what it inherited open.
    pub fn kill(&mut self) {
        let is_running = matches!(self.child.try_wait(), Ok(None));
        let children = processes(self.child.id()).into_iter().skip(1).filter(|_| is_running);
        let _ = self.child.kill();
        for id in children.filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = kill_process(id, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Runs a command of `instep` to its end.
pub fn instep(arguments: &[&str], content: &Path, data: &Path, database: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_instep"));
    command.args(arguments).arg("--content").arg(content).arg("--data").arg(data);
    if let Some(database) = database {
        command.args(["--database-url", database]);
    }
    let output = command.output().expect("instep runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub fn server(program: &str) -> Command {
    on_core(program, Some(SERVER_CORE))
}

pub fn client(program: &str) -> Command {
    on_core(program, Some(CLIENT_CORE))
}

fn on_core(program: &str, core: Option<&str>) -> Command {
    let Some(core) = core.filter(|_| std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)) else {
        return Command::new(program);
    };
    let mut command = Command::new("taskset");
    command.args(["-c", core, program]);
    command
}

fn processes(id: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let mut all = vec![id];
    all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    all
}

fn threads(id: u32) -> Vec<u64> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let nanoseconds = |task: fs::DirEntry| -> Option<u64> {
        fs::read_to_string(task.path().join("schedstat")).ok()?.split_whitespace().next()?.parse().ok()
    };
    tasks.filter_map(nanoseconds).collect()
}
