//! Runs one program with a limit of time, telling its lines as they come.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

/// How many of the last lines of each stream are kept: a long build says thousands, an error is near the end.
const KEPT_LINES: usize = 400;

/// How often a silent program is asked whether it has ended.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How long the last lines may take after the end; a grandchild may hold the pipe for longer.
const LAST_LINES: Duration = Duration::from_secs(2);

/// What an ended program left.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Why a program did not end by itself.
pub(crate) enum Unended {
    /// There is no such program.
    Missing,
    /// It could not be started or watched.
    System(io::Error),
    /// It was ended by us after this time.
    TooLong(Duration),
}

/// One line of one of the two streams.
enum Line {
    Out(String),
    Err(String),
}

/// Runs `command` for at most `limit`; every line of its standard error is told as it comes.
pub(crate) fn run(command: &mut Command, limit: Duration, told: &mut dyn FnMut(&str)) -> Result<Ended, Unended> {
    let deadline = Instant::now() + limit;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(
        |error| match error.kind() {
            io::ErrorKind::NotFound => Unended::Missing,
            _ => Unended::System(error),
        },
    )?;
    let (sender, lines) = mpsc::channel();
    if let Some(out) = child.stdout.take() {
        pass_on(out, sender.clone(), Line::Out);
    }
    if let Some(err) = child.stderr.take() {
        pass_on(err, sender, Line::Err);
    }

    let (mut stdout, mut stderr) = (Tail::default(), Tail::default());
    let mut keep = |line| match line {
        Line::Out(line) => stdout.push(line),
        Line::Err(line) => {
            told(&line);
            stderr.push(line);
        }
    };
    let status = loop {
        match lines.recv_timeout(ASK_EVERY) {
            Ok(line) => {
                keep(line);
                // While there is time, a line is reason enough to believe that it runs.
                if Instant::now() < deadline {
                    continue;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // Both streams are closed, so nothing more wakes us: it ends now, or stays silent for good.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(2)),
        }
        if let Some(status) = child.try_wait().map_err(Unended::System)? {
            break status;
        }
        if Instant::now() >= deadline {
            let _ = child.kill(); // fails only if it ended meanwhile, which `wait` then tells
            child.wait().map_err(Unended::System)?;
            return Err(Unended::TooLong(limit));
        }
    };
    let last = Instant::now() + LAST_LINES;
    while let Ok(line) = lines.recv_timeout(last.saturating_duration_since(Instant::now())) {
        keep(line);
    }
    Ok(Ended { status, stdout: stdout.text(), stderr: stderr.text() })
}

/// Reads a stream to its end on a thread of its own, so that neither stream can block the other.
fn pass_on(stream: impl Read + Send + 'static, sender: Sender<Line>, as_line: fn(String) -> Line) {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if sender.send(as_line(line)).is_err() {
                break;
            }
        }
    });
}

/// The last lines of a stream.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: String) {
        if self.0.len() == KEPT_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    fn text(self) -> String {
        self.0.into_iter().collect::<Vec<_>>().join("\n")
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_kept_and_the_errors_are_told() {
        let mut told = Vec::new();
        let ended = run(&mut shell("echo one; echo two >&2; exit 3"), Duration::from_secs(20), &mut |line| {
            told.push(line.to_owned());
        });
        let Ok(ended) = ended else { panic!("the shell did not end") };
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str(), ended.status.code()), ("one", "two", Some(3)));
        assert_eq!(told, ["two"]);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let limit = Duration::from_millis(150);
        let before = Instant::now();
        assert!(matches!(run(&mut shell("exec sleep 60"), limit, &mut |_| ()), Err(Unended::TooLong(l)) if l == limit));
        assert!(before.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_never_stops_talking_is_ended() {
        let limit = Duration::from_millis(150);
        let spoken = run(&mut shell("while :; do echo again; done"), limit, &mut |_| ());
        assert!(matches!(spoken, Err(Unended::TooLong(_))));
    }

    #[test]
    fn a_program_that_is_not_there_is_said_to_be_missing() {
        let missing = run(&mut Command::new("pilothouse-no-such-program"), Duration::from_secs(5), &mut |_| ());
        assert!(matches!(missing, Err(Unended::Missing)));
    }
}
