//! Requests written byte by byte: what no client would send, and answers as they come.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take, on a machine that has more to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// A connection to a host, at `http://HOST:PORT`.
///
/// # Panics
/// Where nobody listens.
#[must_use]
pub fn connect(address: &str) -> TcpStream {
    let address: SocketAddr = address.trim_start_matches("http://").parse().expect("an address");
    let stream = TcpStream::connect(address).expect("the host listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// An answer as it came.
#[derive(Debug)]
pub struct Raw {
    /// Its status.
    pub status: u16,
    /// Its header fields, with their names in small letters.
    pub fields: Vec<(String, String)>,
    /// Its body as text.
    pub body: String,
}

impl Raw {
    /// A field of this name; empty where there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Sends bytes over a connection of their own, and reads all that comes until the host closes.
///
/// # Panics
/// Where what comes is no answer.
#[must_use]
pub fn exchange(address: &str, bytes: &[u8]) -> Raw {
    let mut stream = connect(address);
    // The host may have answered and closed before the last byte was sent.
    let _broken = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !answer.is_empty() => break,
            Err(error) => panic!("the answer breaks off: {error}"),
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let fields = lines.filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Raw { status, fields, body: body.to_owned() }
}
