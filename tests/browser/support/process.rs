//! A program that runs beside the test and ends with it.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use super::PATIENCE;

pub struct Process {
    child: Child,
    /// Its output, which is shown if the test fails.
    lines: Receiver<String>,
}

impl Process {
    /// Starts a program, and waits for the line of its output that `find` accepts.
    pub fn start<T>(mut command: Command, find: impl Fn(&str) -> Option<T>) -> (Self, T) {
        Self::try_start(&mut command, find).unwrap_or_else(|said| panic!("{command:?} did not come up:\n{said}"))
    }

    /// Starts it like [`Self::start`], or returns its output.
    pub fn try_start<T>(command: &mut Command, find: impl Fn(&str) -> Option<T>) -> Result<(Self, T), String> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let (sender, lines) = channel();
        read_lines(child.stdout.take(), sender.clone());
        read_lines(child.stderr.take(), sender);
        let process = Self { child, lines };
        process.find(find).map(|found| (process, found))
    }

    /// Waits for the line of its output, from here on, that `find` accepts; otherwise returns what it said.
    pub fn find<T>(&self, find: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => match find(&line) {
                    Some(found) => return Ok(found),
                    None => said.push(line),
                },
                Err(_) => return Err(said.join("\n")),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // By its own handle. Both fail only where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            for line in &self.lines {
                println!("{line}");
            }
        }
    }
}

/// Reads all output of the program, which would stop at a full pipe.
fn read_lines(stream: Option<impl Read + Send + 'static>, sender: Sender<String>) {
    let stream = stream.expect("a piped stream");
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
}
