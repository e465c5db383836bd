//! The process that highlights code. A block on which a syntax definition loops for ever ends with it, and so does the
//! memory of compiled expressions (up to 50 MB for a language): it goes back to the system a while after the last block.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use super::highlight;
use crate::domain::entry::Code;

/// Longest time for one block, in time of the processor: a busy machine must take no colours away. The first block of a
/// language takes up to 0.5 s (release build).
const PATIENCE: Duration = Duration::from_secs(3);
/// Time between two looks at that time.
const LOOK: Duration = Duration::from_millis(100);
/// Longest wait for an answer of the process, which may get little time of the processor.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Time without work after which the process ends.
const IDLE: Duration = Duration::from_secs(60);

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
static HELPER: Mutex<Option<Helper>> = Mutex::new(None);

/// Sets the program that highlights in a process of its own. It must call [`work`]. Without it, this process does the
/// work.
pub fn leave_to(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// Makes the HTML of the code if it is to be highlighted. Slow, so do not call it on a thread that answers requests.
///
/// # Errors
/// The machine is too busy for it now. It may be tried again later.
pub fn colour(code: &Code) -> io::Result<()> {
    code.colour(|| match PROGRAM.get() {
        Some(program) if highlight::syntax_for(&code.language, &code.text).is_some() => by_helper(program, code),
        Some(_) => Ok(None),
        None => Ok(highlight::html(&code.language, &code.text)),
    })
}

fn by_helper(program: &Path, code: &Code) -> io::Result<Option<String>> {
    let mut known = HELPER.lock().unwrap_or_else(PoisonError::into_inner);
    // The known process may have ended because it had no work. Then a second one is started.
    for _ in 0..2 {
        let mut helper = match known.take() {
            Some(helper) => helper,
            None => Helper::start(program)?,
        };
        match helper.ask(code) {
            Ok(Some(html)) => {
                *known = Some(helper);
                return Ok(Some(html));
            }
            // It ends after a block that takes too long.
            Ok(None) => break,
            Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
    let start = code.text.lines().next().unwrap_or_default();
    tracing::warn!(
        "a block of {} is shown without colours, since colouring it fails or does not end: {start}",
        code.language
    );
    Ok(None)
}

/// The running process. Dropping it ends the process.
struct Helper {
    child: Arc<Mutex<Child>>,
    requests: ChildStdin,
    answers: Receiver<Option<String>>,
}

impl Helper {
    fn start(program: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg("highlight").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(requests), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        let child = Arc::new(Mutex::new(child));
        let (sender, answers) = mpsc::channel();
        let ended = Arc::clone(&child);
        thread::Builder::new().name("highlighter".to_owned()).spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Ok(answer) = serde_json::from_str(&line) else { break };
                let _ = sender.send(answer);
            }
            let _ = ended.lock().unwrap_or_else(PoisonError::into_inner).wait();
        })?;
        Ok(Self { child, requests, answers })
    }

    fn ask(&mut self, code: &Code) -> Result<Option<String>, RecvTimeoutError> {
        let request = serde_json::to_string(&(&code.language, &code.text)).unwrap_or_default();
        writeln!(self.requests, "{request}").map_err(|_| RecvTimeoutError::Disconnected)?;
        self.answers.recv_timeout(LONGEST_WAIT)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }
}

/// Highlights the blocks that come in on standard input, one JSON array of language and text in a line, until there is
/// no more. Answers with one line of JSON each: HTML or null. Ends after a block that takes too long.
#[expect(clippy::disallowed_methods, reason = "the site has ended, so nobody waits for the block at work")]
pub fn work() {
    let (sender, requests) = mpsc::channel::<(String, String)>();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            let Ok(request) = serde_json::from_str(&line) else { break };
            let _ = sender.send(request);
        }
        std::process::exit(0);
    });
    while let Ok((language, text)) = requests.recv_timeout(IDLE) {
        let (began, (done, finished)) = (time_of_process(), mpsc::channel());
        thread::spawn(move || done.send(highlight::html(&language, &text)));
        let result = loop {
            match finished.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) if time_of_process().saturating_sub(began) < PATIENCE => {}
                result => break result,
            }
        };
        let is_late = result.is_err();
        let answer = serde_json::to_string(&result.ok().flatten()).unwrap_or_default();
        if writeln!(io::stdout(), "{answer}").is_err() || is_late {
            return;
        }
    }
}

/// Time that the processor has worked for this process.
fn time_of_process() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
