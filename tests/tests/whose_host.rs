//! Whose host answers: a token of a data folder goes to the host of that folder, and to nobody else.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use pilothouse_tests::house::House;
use pilothouse_tests::program::pilot;

/// Somebody else's program at an address that a command is sent to.
struct Stranger {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Stranger {
    /// Answers every connection with what `says` makes of the request's first bytes, and remembers all that it heard.
    fn listen(says: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Stranger {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let memory = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 4096];
                let Ok(length) = stream.read(&mut bytes) else { continue };
                memory.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..length]);
                let _gone = stream.write_all(&says(&bytes[..length]));
            }
        });
        Stranger { address, heard }
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn answer(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What an officer and an auditor type.
const COMMANDS: &[&[&str]] = &[
    &["pilots"],
    &["disable", "bhyt-checkin", "--yes"],
    &["audit", "checkpoint"],
    &["demo", "--day", "--size", "1", "--patience", "0"],
];

fn is_sent_nowhere(house: &House, why: &str) {
    for command in COMMANDS {
        let (exit, _, said) = house.command("", command);
        assert_eq!(exit, 4, "{command:?}: {said}");
        // The day asks until its patience ends, and says that.
        assert!(said.contains(why) || command[0] == "demo", "{command:?}: {said}");
    }
}

#[test]
fn a_command_for_the_folder_of_a_stopped_host_asks_no_other_host() {
    let house = House::start();
    house.stop();
    is_sent_nowhere(&house, "no host runs on");
}

#[test]
fn a_stranger_at_the_address_of_a_killed_host_is_sent_no_token() {
    let house = House::start();
    house.kill();
    let said = format!(r#"{{"code":"{}","log_key":""}}"#, "00".repeat(32));
    let stranger = Stranger::listen(move |_| answer(&said));
    fs::write(house.folder().join("address"), stranger.address.to_string()).unwrap();
    is_sent_nowhere(&house, "is not the host of");
    let heard = stranger.heard();
    assert!(heard.contains("GET /v1/host?nonce="), "{heard}");
    for secret in ["ph_", "Bearer", "authorization"] {
        assert!(!heard.contains(secret), "{heard}");
    }
}

#[test]
fn a_stranger_who_passes_the_question_on_to_the_host_is_sent_no_token() {
    let house = House::start();
    let real = house.address().trim_start_matches("http://").to_owned();
    let stranger = Stranger::listen(move |request| {
        let mut host = TcpStream::connect(&real).unwrap();
        let text = String::from_utf8_lossy(request).replacen("\r\n", "\r\nConnection: close\r\n", 1);
        host.write_all(text.as_bytes()).unwrap();
        let mut said = Vec::new();
        host.read_to_end(&mut said).unwrap();
        said
    });
    fs::write(house.folder().join("address"), stranger.address.to_string()).unwrap();
    is_sent_nowhere(&house, "is not the host of");
    assert!(!stranger.heard().contains("ph_"));
}

#[test]
fn the_token_of_a_folder_is_not_for_the_host_that_is_named() {
    let house = House::start();
    let stranger = Stranger::listen(|_| answer("[]"));
    let named = Command::new(pilot())
        .args(["--json", "pilots", "--host", &format!("http://{}", stranger.address), "--data"])
        .arg(house.folder())
        .env_remove("PILOT_TOKEN")
        .output()
        .unwrap();
    assert!(!named.status.success());
    assert!(String::from_utf8_lossy(&named.stderr).contains("set PILOT_TOKEN"));
    assert_eq!(stranger.heard(), "");
}

#[test]
fn a_command_reaches_the_host_of_its_folder() {
    let house = House::start();
    let (exit, pilots, said) = house.command("", &["pilots"]);
    assert_eq!(exit, 0, "{said}");
    assert!(!pilots.as_array().unwrap().is_empty());
}
