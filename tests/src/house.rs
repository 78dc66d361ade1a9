//! A house under test: the real program with a data folder of its own, spoken with over HTTP only.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;
use tempfile::TempDir;

use crate::first::after_first_start;
use crate::people::PEOPLE;
use crate::program::pilot;

/// How long the program may take until it answers, on a machine that has more to do.
const START: Duration = Duration::from_secs(120);
/// How long one request may take: the host's own limit for the longest ones, and a little.
const REQUEST: Duration = Duration::from_secs(70);

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// Seconds until it may be asked again, where the answer says so.
    pub retry_after: Option<u64>,
}

impl Reply {
    /// A text of the body by its JSON Pointer; empty where there is none.
    #[must_use]
    pub fn str(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Holds the answer to a status and a kind of problem.
    ///
    /// # Panics
    /// Where it is another.
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.str("/type")), (status, format!("/problems/{code}").as_str()), "{}", self.text);
    }

    /// The body of an answer that must be a good one.
    ///
    /// # Panics
    /// Where it is not.
    #[must_use]
    pub fn good(self) -> Value {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.text);
        self.json
    }
}

/// The program's process, and who reads what it writes.
struct Running {
    child: Child,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Asks it to stop, as a supervisor does, and waits until it has.
    fn stop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the program can be asked to stop");
        let stopped = self.child.wait().expect("the program ends");
        assert!(stopped.success(), "the program stops well: {stopped}");
    }
}

/// What a data folder is made as.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Demonstration,
    Real,
}

/// A running program and what it wrote.
pub struct House {
    folder: TempDir,
    /// What the program keeps outside its data folder.
    state: TempDir,
    options: &'static [&'static str],
    kind: Kind,
    /// What the program finds in its environment.
    environment: Vec<(&'static str, PathBuf)>,
    running: Mutex<Running>,
    address: String,
    demo: Value,
    written: Arc<Mutex<Vec<u8>>>,
    http: reqwest::Client,
}

impl House {
    /// Starts a house with a data folder of its own, that was started once before, and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn start() -> House {
        House::start_with(&[])
    }

    /// Starts a house with further options of `up`.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn start_with(options: &'static [&'static str]) -> House {
        House::start_in(Vec::new(), options)
    }

    /// Starts a house with further options of `up`, and with paths in the program's environment.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn start_in(environment: Vec<(&'static str, PathBuf)>, options: &'static [&'static str]) -> House {
        let folder = tempfile::tempdir().expect("a folder for the data");
        after_first_start(folder.path(), |folder| {
            let (mut running, _) = launch(folder, Kind::Demonstration, &[], &[], &Arc::default());
            running.stop();
        })
        .expect("a data folder can be made and copied");
        House::launched(folder, Kind::Demonstration, environment, options)
    }

    /// Makes a real installation and starts it; with it, the one-time secrets of its first officers.
    ///
    /// # Panics
    /// Where it is not made, or does not become ready.
    #[must_use]
    pub fn real() -> (House, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let made =
            Command::new(pilot()).args(["--json", "init"]).arg(folder.path()).output().expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).expect("it says what it made");
        let invitations = made["invitations"].as_array().expect("it lists its secrets").iter();
        let secrets = invitations.map(|one| one["secret"].as_str().expect("a secret").to_owned()).collect();
        (House::launched(folder, Kind::Real, Vec::new(), &[]), secrets)
    }

    fn launched(
        folder: TempDir,
        kind: Kind,
        environment: Vec<(&'static str, PathBuf)>,
        options: &'static [&'static str],
    ) -> House {
        let written = Arc::default();
        let state = tempfile::tempdir().expect("a folder for the state");
        let mut environment = environment;
        environment.push(("XDG_STATE_HOME", state.path().to_owned()));
        let (running, ready) = launch(folder.path(), kind, options, &environment, &written);
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(REQUEST)
            // Each test has a runtime of its own, and a connection lives in the runtime that made it.
            .pool_max_idle_per_host(0)
            .build()
            .expect("an HTTP client");
        let running = Mutex::new(running);
        let mut house = House {
            folder,
            state,
            options,
            kind,
            environment,
            running,
            address: String::new(),
            demo: Value::Null,
            written,
            http,
        };
        house.know(&ready);
        house
    }

    /// The house that the tests of one file share while any of them runs.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[must_use]
    pub fn shared() -> Arc<House> {
        static SHARED: Mutex<Weak<House>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(house) = shared.upgrade() {
            return house;
        }
        let house = Arc::new(House::start());
        *shared = Arc::downgrade(&house);
        house
    }

    /// Ends the program at once, as a power failure would, and waits until all that it wrote is read.
    ///
    /// # Panics
    /// Where the system does not let it be ended.
    pub fn kill(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).child.kill().expect("the program can be killed");
        let _code = self.ended();
    }

    /// Asks the program to stop, as a supervisor does, and waits until it has.
    ///
    /// # Panics
    /// Where it does not stop well.
    pub fn stop(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).stop();
    }

    /// The most memory that the program had resident at a time until now, in bytes.
    ///
    /// # Panics
    /// Where the system does not tell.
    #[must_use]
    pub fn most_memory(&self) -> usize {
        let id = self.running.lock().unwrap_or_else(PoisonError::into_inner).child.id();
        let told = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the system tells of its processes");
        let peak = told.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak of a process");
        let kib = peak.trim().strip_suffix(" kB").and_then(|kib| kib.trim().parse::<usize>().ok()).expect("in kB");
        kib * 1024
    }

    /// Waits until the program has ended and all that it wrote is read; its exit code, if it was not killed.
    ///
    /// # Panics
    /// Where the system does not tell.
    pub fn ended(&self) -> Option<i32> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let status = running.child.wait().expect("the program ends");
        for reader in running.readers.drain(..) {
            reader.join().expect("what it wrote can be read");
        }
        status.code()
    }

    /// Starts the program again on the same data folder, after [`House::kill`].
    ///
    /// # Panics
    /// Where it does not become ready.
    pub fn restart(&mut self) {
        let (running, ready) = launch(self.folder.path(), self.kind, self.options, &self.environment, &self.written);
        self.running = Mutex::new(running);
        self.know(&ready);
    }

    /// Starts the program again with other options of `up`, after [`House::stop`].
    ///
    /// # Panics
    /// Where it does not become ready.
    pub fn restart_with(&mut self, options: &'static [&'static str]) {
        self.options = options;
        self.restart();
    }

    /// Where the program keeps what stays outside its data folder.
    #[must_use]
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    fn know(&mut self, ready: &Value) {
        let address = ready["address"].as_str().expect("it says where it listens");
        self.address = format!("http://{address}");
        self.demo = ready["demo"].clone();
        // The program prints tokens at its first start only.
        if let Ok(credentials) = std::fs::read(self.folder.path().join("demonstration.json")) {
            self.demo["credentials"] = serde_json::from_slice(&credentials).expect("it lists its credentials");
        }
    }

    /// The id of the program's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).child.id()
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All that the program wrote to standard output and standard error, over all its starts.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the program said of its demonstration: `patient_number`, `hospital`, `hotel`.
    #[must_use]
    pub fn demo(&self, name: &str) -> &str {
        self.demo[name].as_str().unwrap_or_default()
    }

    /// The token of the demonstration for a role: its first; or for one of the demonstration's people by name, as `second officer`.
    ///
    /// # Panics
    /// Where the demonstration has none.
    #[must_use]
    pub fn token(&self, role: &str) -> &str {
        let credentials = self.demo["credentials"].as_array().expect("it lists its credentials");
        let found = credentials.iter().find(|credential| credential["role"] == role || credential["name"] == role);
        found.and_then(|credential| credential["token"].as_str()).unwrap_or_else(|| panic!("no token for {role}"))
    }

    /// The unit of the demonstration's credential for a role.
    ///
    /// # Panics
    /// Where the demonstration has none.
    #[must_use]
    pub fn unit(&self, role: &str) -> &str {
        let credentials = self.demo["credentials"].as_array().expect("it lists its credentials");
        let found = credentials.iter().find(|credential| credential["role"] == role || credential["name"] == role);
        found.and_then(|credential| credential["unit"].as_str()).unwrap_or_else(|| panic!("no unit for {role}"))
    }

    /// Runs the command line against this house as a role, as [`House::token`] has it; as the officer of the data folder
    /// where the role is empty. Answers the exit code, the JSON document that it printed, and what it said beside it.
    ///
    /// # Panics
    /// Where the program does not start.
    #[must_use]
    pub fn command(&self, role: &str, arguments: &[&str]) -> (i32, Value, String) {
        let mut command = self.prepared(arguments);
        if !role.is_empty() {
            command.env("PILOT_TOKEN", self.token(role));
        }
        let output = command.output().expect("the program starts");
        (
            output.status.code().expect("it ends by itself"),
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// Starts the command line against this house, as the officer of its data folder, and leaves it running.
    ///
    /// # Panics
    /// Where the program does not start.
    #[must_use]
    pub fn begun(&self, arguments: &[&str]) -> Child {
        let mut command = self.prepared(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts")
    }

    fn prepared(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(pilot());
        command.arg("--json").args(arguments).arg("--data").arg(self.folder.path()).stdin(Stdio::null());
        for other in ["PILOT_TOKEN", "PILOT_HOST", "PILOT_DATA", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(other);
        }
        command
    }

    /// Reads as a role; as nobody where the role is empty.
    pub async fn get(&self, role: &str, path: &str) -> Reply {
        self.send(Method::GET, role, path, None).await
    }

    /// Posts JSON as a role; as nobody where the role is empty.
    pub async fn post(&self, role: &str, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, role, path, Some(body)).await
    }

    /// Sends a request as a role; as nobody where the role is empty.
    ///
    /// # Panics
    /// Where nobody answers.
    pub async fn send(&self, method: Method, role: &str, path: &str, body: Option<&Value>) -> Reply {
        let token = if role.is_empty() { "" } else { self.token(role) };
        self.ask(method, token, path, body).await.expect("the host answers")
    }

    /// Sends a request with a token.
    ///
    /// # Errors
    /// Where nobody answers, or the answer breaks off.
    pub async fn ask(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, reqwest::Error> {
        let request = self.request(method, token, path);
        reply(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Sends a package in as the working group.
    ///
    /// # Panics
    /// Where nobody answers.
    pub async fn install(&self, package: Vec<u8>) -> Reply {
        let request = self.request(Method::POST, self.token("working-group"), "/v1/packages");
        reply(request.header(CONTENT_TYPE, "application/wasm").body(package)).await.expect("the host answers")
    }

    /// Where the house answers, as `http://HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Posts bytes as JSON with these header fields and nothing else that says who asks.
    ///
    /// # Errors
    /// Where nobody answers, or the answer breaks off.
    pub async fn post_with(
        &self,
        path: &str,
        fields: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self.request(Method::POST, "", path).header(CONTENT_TYPE, "application/json").body(body);
        for (name, value) in fields {
            request = request.header(*name, value);
        }
        reply(request).await
    }

    fn request(&self, method: Method, token: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        if token.is_empty() { request } else { request.header(AUTHORIZATION, format!("Bearer {token}")) }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have been killed before; either way no process may be left.
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _dead = running.child.kill();
        let _gone = running.child.wait();
    }
}

async fn reply(request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
    let text = response.text().await?;
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Reply { status, text, json, retry_after })
}

/// Starts the program and waits for the document that it prints when it is ready.
fn launch(
    folder: &Path,
    kind: Kind,
    options: &[&str],
    environment: &[(&'static str, PathBuf)],
    written: &Arc<Mutex<Vec<u8>>>,
) -> (Running, Value) {
    let mut child = Command::new(pilot())
        .args(["--json", "up", "--listen", "127.0.0.1:0"])
        .args(match kind {
            Kind::Demonstration => vec!["--people".to_owned(), PEOPLE.to_string()],
            Kind::Real => vec!["--real".to_owned()],
        })
        .arg("--data")
        .arg(folder)
        .args(options)
        .envs(environment.iter().map(|(name, path)| (name, path)))
        // What the machine of the tests has set is not what is tested.
        .env_remove("PILOT_QUIET")
        .env_remove("PILOT_CONFIG")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let (say, said) = mpsc::channel();
    let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let readers = vec![listen(out, written, Some(say)), listen(err, written, None)];
    match said.recv_timeout(START) {
        Ok(ready) => (Running { child, readers }, ready),
        Err(why) => {
            let _dead = child.kill();
            let _gone = child.wait();
            let why = if why == RecvTimeoutError::Timeout { "is not ready in time" } else { "ended" };
            let written = written.lock().unwrap_or_else(PoisonError::into_inner);
            panic!("the program {why}:\n{}", String::from_utf8_lossy(&written));
        }
    }
}

/// Keeps what comes out, line by line, and hands on the first JSON document.
fn listen(
    from: impl Read + Send + 'static,
    written: &Arc<Mutex<Vec<u8>>>,
    mut say: Option<Sender<Value>>,
) -> JoinHandle<()> {
    let written = Arc::clone(written);
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let (mut line, mut document) = (Vec::new(), Vec::new());
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            written.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&line);
            if say.is_some() {
                document.extend_from_slice(&line);
                // Only the last line of the document is a brace alone.
                if line == b"}\n"
                    && let Ok(ready) = serde_json::from_slice(&document)
                    && let Some(say) = say.take()
                {
                    let _nobody_waits = say.send(ready);
                }
            }
            line.clear();
        }
    })
}
