//! Connections: who holds many and says nothing keeps nobody out, and what is silent or slow ends by itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use pilothouse_tests::house::House;
use pilothouse_tests::program::pilot;
use pilothouse_tests::raw::{connect, exchange};

/// What a client sends that wants its answer, and no other one after it.
const ASK: &[u8] = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

fn is_answered(house: &House) {
    let answer = exchange(house.address(), ASK);
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Reads until the host closes.
fn until_closed(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _reset = stream.read_to_end(&mut all);
    all
}

#[test]
fn two_thousand_silent_connections_keep_nobody_out() {
    let house = House::start();
    let silent: Vec<TcpStream> = (0..2_000)
        .map(|n| {
            let mut stream = connect(house.address());
            if n % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: 127").unwrap();
            }
            stream
        })
        .collect();
    is_answered(&house);
    drop(silent);
}

#[test]
fn a_host_that_has_no_file_left_goes_on_taking_connections() {
    let house = House::start();
    // As if the system gave it few: fewer than it reckoned with at its start.
    let limit = Command::new("prlimit").args(["--nofile=200:200", "--pid", &house.process().to_string()]).status();
    assert!(limit.unwrap().success(), "prlimit of util-linux sets another process's limits");
    let silent: Vec<TcpStream> = (0..600).map(|_| connect(house.address())).collect();
    for _ in 0..5 {
        is_answered(&house);
    }
    drop(silent);
    is_answered(&house);
}

#[test]
fn what_says_nothing_half_of_a_request_or_nothing_more_is_closed() {
    let house = House::shared();
    let says = |bytes: &[u8]| {
        let mut stream = connect(house.address());
        stream.write_all(bytes).unwrap();
        thread::spawn(move || until_closed(stream))
    };
    let ended = [
        says(b""),
        says(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "),
        says(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        says(b"POST /v1/pilots/bhyt-checkin/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{"),
    ];
    let answers: Vec<Vec<u8>> = ended.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(answers[0].is_empty() && answers[1].is_empty());
    assert!(answers[2].starts_with(b"HTTP/1.1 200"));
    // Without a credential its body is not waited for.
    assert!(answers[3].starts_with(b"HTTP/1.1 401"));
}

#[test]
fn a_body_that_does_not_come_is_told_so_and_one_that_is_too_large_is_not_waited_for() {
    let house = House::shared();
    let post = |length: &str| {
        let token = house.token("registration-clerk");
        let head = format!(
            "POST /v1/pilots/bhyt-checkin/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{\""
        );
        exchange(house.address(), head.as_bytes())
    };
    for length in ["10000000", "9223372036854775808"] {
        let answer = post(length);
        assert_eq!((answer.status, answer.json()["type"].as_str()), (413, Some("/problems/too-large")), "{answer:?}");
    }
    let slow = post("100");
    assert_eq!((slow.status, slow.json()["type"].as_str()), (408, Some("/problems/body-too-slow")), "{slow:?}");
}

#[test]
fn a_host_that_other_machines_reach_serves_with_tls_or_behind_a_declared_proxy_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let up = |more: &[&str]| {
        let mut command = Command::new(pilot());
        command.args(["up", "--listen", "0.0.0.0:0", "--data"]).arg(&data).args(more);
        for other in ["PILOT_TLS_CERT", "PILOT_TLS_KEY", "PILOT_BEHIND_PROXY", "PILOT_CONFIG"] {
            command.env_remove(other);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = up(&[]);
    assert_eq!(code, Some(1), "{said}");
    for way in ["--tls-cert", "--behind-proxy", "127.0.0.1"] {
        assert!(said.contains(way), "{said}");
    }
    let nothing = folder.path().join("nothing.pem");
    let nothing = nothing.to_str().unwrap();
    let (code, said) = up(&["--tls-cert", nothing, "--tls-key", nothing]);
    assert!(code == Some(1) && said.contains("nothing.pem"), "{said}");
    // Refused before anything was made.
    assert!(!data.exists());
}
