//! A real browser for the pages' tests: Chromium behind chromedriver, each with a folder and a port of its own.
//!
//! Speaks the W3C WebDriver protocol itself, some ten commands of it: the client crates switch `serde_json/preserve_order` on for
//! the whole workspace, and the host under test would then keep its maps in another order than the host that is released.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use qrcode::{Color, EcLevel, QrCode};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

/// The packages of Debian that bring both.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
/// How often it is started before a test gives up.
const DRIVER_TRIES: u32 = 5;
/// What chromedriver says when it listens; the port stands before the full stop.
const LISTENING: &str = "started successfully on port ";
/// How an element is named in the protocol (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a page may take, on a machine that has more to do.
const PATIENCE: Duration = Duration::from_secs(60);
/// axe-core 4, which finds what people with disabilities would stumble over.
const AXE: &str = include_str!("../assets/axe/axe.min.js");
/// How axe is run. What is serious or critical comes back, a line each.
const RUN_AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        (result) => done(result.violations
            .filter((found) => found.impact === 'serious' || found.impact === 'critical')
            .map((found) => found.id + ': ' + found.nodes.map((node) => node.html).join(' | ').slice(0, 600))),
        (error) => done(['axe failed: ' + error]));";

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// As browsers come.
    On,
    /// Switched off by the reader.
    Off,
}

/// A browser window.
pub struct Browser {
    driver: Child,
    _profile: TempDir,
    _film: Option<NamedTempFile>,
    http: reqwest::Client,
    session: String,
    address: String,
}

impl Browser {
    /// Opens a window on the pages of a house.
    ///
    /// # Panics
    /// Where there is no Chromium and none can be installed, or it does not start; the text says what to do.
    pub async fn open(address: &str, scripts: Scripts) -> Browser {
        Browser::started(address, scripts, None).await
    }

    /// Opens a window with a camera before which a QR code is held, of this text.
    ///
    /// # Panics
    /// As [`Browser::open`], and where the text is too long for a code.
    pub async fn with_camera(address: &str, text: &str) -> Browser {
        let film = tempfile::Builder::new().suffix(".y4m").tempfile().expect("a file for the film");
        std::fs::write(film.path(), film_of(text)).expect("the film is written");
        Browser::started(address, Scripts::On, Some(film)).await
    }

    async fn started(address: &str, scripts: Scripts, film: Option<NamedTempFile>) -> Browser {
        let (driver, port) = driver();
        let profile = tempfile::tempdir().expect("a folder for the browser");
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("an HTTP client");
        let folder = format!("--user-data-dir={}", profile.path().display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--window-size=1280,900",
            &folder,
        ];
        let mut flags = flags.map(str::to_owned).to_vec();
        if let Some(film) = &film {
            flags.extend(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"].map(str::to_owned));
            flags.push(format!("--use-file-for-fake-video-capture={}", film.path().display()));
        }
        let prefs = match scripts {
            Scripts::On => json!({}),
            Scripts::Off => json!({ "profile.managed_default_content_settings.javascript": 2 }),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": flags, "prefs": prefs },
        } } });
        let sessions = format!("http://127.0.0.1:{port}/session");
        let opened = command(&http, Method::POST, &sessions, Some(&wanted)).await.unwrap_or_else(|error| {
            panic!("Chromium does not start: run `chromium --headless --no-sandbox about:blank` to see why ({error})")
        });
        let id = opened["sessionId"].as_str().expect("a session").to_owned();
        let session = format!("{sessions}/{id}");
        Browser { driver, _profile: profile, _film: film, http, session, address: address.to_owned() }
    }

    async fn ask(&self, method: Method, what: &str, body: Option<&Value>) -> Result<Value, String> {
        command(&self.http, method, &format!("{}{what}", self.session), body).await
    }

    /// Goes to a path of the house.
    ///
    /// # Panics
    /// Where the browser does not answer, as all below.
    pub async fn go(&self, path: &str) {
        let url = json!({ "url": format!("{}{path}", self.address) });
        self.ask(Method::POST, "/url", Some(&url)).await.expect("the page opens");
    }

    /// The path, with its query, on which it stands.
    pub async fn path(&self) -> String {
        let url = self.ask(Method::GET, "/url", None).await.expect("an address");
        url.as_str().and_then(|url| url.strip_prefix(&self.address)).unwrap_or_default().to_owned()
    }

    /// Waits until the path is this one.
    ///
    /// # Panics
    /// Where it stays another.
    pub async fn is_on(&self, path: &str) {
        let until = Instant::now() + PATIENCE;
        while self.path().await != path {
            assert!(Instant::now() < until, "it is on {} instead of {path}", self.path().await);
        }
    }

    async fn all(&self, selector: &str) -> Vec<String> {
        let wanted = json!({ "using": "css selector", "value": selector });
        let found = self.ask(Method::POST, "/elements", Some(&wanted)).await.unwrap_or_default();
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|element| element[ELEMENT].as_str().map(str::to_owned)).collect()
    }

    /// Whether there is such an element now.
    pub async fn has(&self, selector: &str) -> bool {
        !self.all(selector).await.is_empty()
    }

    /// Does something with the first element of a selector, and again while there is none or the page is just changing.
    async fn with(&self, selector: &str, method: Method, what: &str, body: Option<&Value>) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut why = "it is not there".to_owned();
        while Instant::now() < until {
            if let Some(element) = self.all(selector).await.first() {
                match self.ask(method.clone(), &format!("/element/{element}/{what}"), body).await {
                    Ok(answer) => return answer,
                    Err(error) => why = error,
                }
            }
        }
        panic!("`{selector}` on {}: {why}", self.path().await);
    }

    /// Waits for an element.
    pub async fn find(&self, selector: &str) {
        self.with(selector, Method::GET, "name", None).await;
    }

    /// The text of the first element of a selector, waited for.
    pub async fn text(&self, selector: &str) -> String {
        let text = self.with(selector, Method::GET, "text", None).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// A property of an element, such as what stands in a field.
    pub async fn property(&self, selector: &str, name: &str) -> String {
        let value = self.with(selector, Method::GET, &format!("property/{name}"), None).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a link, button or option, waited for.
    pub async fn press(&self, selector: &str) {
        self.with(selector, Method::POST, "click", Some(&json!({}))).await;
    }

    /// Types into a field.
    pub async fn enter(&self, selector: &str, text: &str) {
        self.with(selector, Method::POST, "value", Some(&json!({ "text": text }))).await;
    }

    /// Signs in with a token and goes on to a path.
    pub async fn sign_in(&self, token: &str, next: &str) {
        self.go(&format!("/sign-in?next={next}")).await;
        self.enter("#token", token).await;
        self.press("main button[type=submit]").await;
        self.is_on(next).await;
    }

    async fn run(&self, how: &str, script: &str) -> Value {
        let script = json!({ "script": script, "args": [] });
        self.ask(Method::POST, &format!("/execute/{how}"), Some(&script)).await.expect("the script runs")
    }

    /// Holds the page to what axe finds serious or critical: nothing.
    ///
    /// # Panics
    /// With everything that it found.
    pub async fn is_accessible(&self) {
        self.run("sync", AXE).await;
        let found = self.run("async", RUN_AXE).await;
        assert_eq!(found, json!([]), "{}", self.path().await);
    }

    /// Holds the page to the width of a phone, without scrolling sideways (WCAG 2.2, 1.4.10).
    ///
    /// # Panics
    /// Where it is wider.
    pub async fn fits_a_phone(&self) {
        let phone = json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": true });
        self.measure("Emulation.setDeviceMetricsOverride", phone).await;
        let wide = self.run("sync", "return document.documentElement.scrollWidth").await;
        self.measure("Emulation.clearDeviceMetricsOverride", json!({})).await;
        assert!(wide.as_u64().is_some_and(|wide| wide <= 360), "{} is {wide} px wide", self.path().await);
    }

    async fn measure(&self, name: &str, params: Value) {
        let wanted = json!({ "cmd": name, "params": params });
        self.ask(Method::POST, "/goog/cdp/execute", Some(&wanted)).await.expect("the window takes the size");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // chromedriver and the browser that it started are one group.
        let group = format!("-{}", self.driver.id());
        let _ended = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _gone = self.driver.wait();
    }
}

/// One still picture of a QR code as YUV4MPEG2, the form in which Chromium takes a camera's film: light and dark in a first plane, two
/// planes without colour of a quarter of its size.
fn film_of(text: &str) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).expect("a text for a code");
    let modules = code.to_colors();
    let (width, height, module) = (1280, 720, 8);
    let (left, top) = ((width - code.width() * module) / 2, (height - code.width() * module) / 2);
    let mut film = format!("YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\nFRAME\n").into_bytes();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let place = |pixel: usize, from: usize| pixel.checked_sub(from).map(|pixel| pixel / module);
        let within = place(y, top).zip(place(x, left)).filter(|(row, column)| (*row).max(*column) < code.width());
        let is_dark = within.is_some_and(|(row, column)| modules[row * code.width() + column] == Color::Dark);
        film.push(if is_dark { 16 } else { 235 });
    }
    film.resize(film.len() + width * height / 2, 128);
    film
}

/// One command of the protocol; its value, or its error in words.
async fn command(http: &reqwest::Client, method: Method, url: &str, body: Option<&Value>) -> Result<Value, String> {
    let request = http.request(method, url);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.map_err(|error| error.to_string())?;
    let is_good = response.status().is_success();
    let mut answer: Value = response.json().await.map_err(|error| error.to_string())?;
    let value = answer["value"].take();
    if is_good { Ok(value) } else { Err(value["message"].as_str().unwrap_or("no message").to_owned()) }
}

/// Starts chromedriver on a free port.
fn driver() -> (Child, u16) {
    installed();
    // It takes one port on two kinds of addresses, and ends where another program was quicker on the second.
    let started = (0..DRIVER_TRIES).find_map(|_| start_driver());
    started.expect("chromedriver says its port: run `chromedriver --port=0` to see why it does not")
}

fn start_driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let said = BufReader::new(driver.stdout.take().expect("piped"));
    let mut lines = said.lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        let (_, rest) = line.split_once(LISTENING)?;
        rest.trim_end_matches('.').parse().ok()
    });
    match port {
        Some(port) => {
            // What it says later must go somewhere, or it waits for a reader.
            std::thread::spawn(move || lines.for_each(drop));
            Some((driver, port))
        }
        None => {
            let _ended = driver.kill();
            let _gone = driver.wait();
            None
        }
    }
}

/// Makes sure that Chromium and its driver are here, once a test process.
fn installed() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if is_here() {
            return;
        }
        let update = apt(&["update"]);
        let install = apt(&[&["install", "--yes", "--no-install-recommends"], PACKAGES.as_slice()].concat());
        if !is_here() {
            let why = |output: std::io::Result<Output>| match output {
                Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
                Err(error) => error.to_string(),
            };
            panic!(
                "these tests need a browser: run `apt-get update && apt-get install {}` as root, then again.\n{}{}",
                PACKAGES.join(" "),
                why(update),
                why(install),
            );
        }
    });
}

fn is_here() -> bool {
    ["chromium", "chromedriver"]
        .iter()
        .all(|program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success()))
}

fn apt(what: &[&str]) -> std::io::Result<Output> {
    Command::new("apt-get").args(what).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).output()
}
