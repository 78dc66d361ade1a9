//! Load over HTTP/1.1 on kept connections, as light as can be: it runs on the cores that are measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// Connections at once: few, so that a call waits for the disk alone; and many, so that a synchronisation is shared.
pub(crate) const CONNECTIONS: [usize; 2] = [16, 256];
/// How long a round runs.
pub(crate) const ROUND: Duration = Duration::from_secs(3);

/// Posts bodies for a round and says how many a second were answered with success.
pub(crate) fn requests_per_second(
    address: SocketAddr,
    path: &str,
    token: &str,
    connections: usize,
    body: impl Fn(usize, u64) -> String + Sync,
) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let (body, mut done) = (&body, 0);
    std::thread::scope(|scope| {
        let connections: Vec<_> = (0..connections)
            .map(|connection| scope.spawn(move || one(address, path, token, begun, |n| body(connection, n))))
            .collect();
        for connection in connections {
            done += connection.join().ok().context("a connection panicked")??;
        }
        anyhow::Ok(())
    })?;
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

fn one(
    address: SocketAddr,
    path: &str,
    token: &str,
    begun: Instant,
    body: impl Fn(u64) -> String,
) -> anyhow::Result<u64> {
    let (mut connection, mut done) = (Connection::to(address)?, 0);
    while begun.elapsed() < ROUND {
        let answer = connection.post(path, token, &body(done))?;
        if !answer.is_good() {
            bail!("{path} answered {}{}", answer.status, String::from_utf8_lossy(answer.body));
        }
        done += 1;
    }
    Ok(done)
}

/// One kept connection.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    head: String,
    body: Vec<u8>,
}

/// An answer, as far as a measurement looks at it.
pub(crate) struct Answer<'c> {
    status: &'c str,
    head: &'c str,
    body: &'c [u8],
}

impl Answer<'_> {
    /// Whether it says that the request was carried out.
    pub(crate) fn is_good(&self) -> bool {
        self.status.starts_with("HTTP/1.1 2")
    }

    /// How long it says to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let wait = self.head.lines().find_map(|line| field(line, "retry-after"))?;
        wait.parse().ok().map(Duration::from_secs)
    }
}

fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (is, value) = line.split_once(':')?;
    is.eq_ignore_ascii_case(name).then(|| value.trim())
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let answers = BufReader::new(stream.try_clone()?);
        Ok(Connection { address, stream, answers, head: String::new(), body: Vec::new() })
    }

    /// Posts a body and reads the whole answer.
    pub(crate) fn post(&mut self, path: &str, token: &str, body: &str) -> anyhow::Result<Answer<'_>> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes())?;
        self.head.clear();
        while !self.head.ends_with("\r\n\r\n") {
            ensure!(self.answers.read_line(&mut self.head)? > 0, "the connection was closed");
        }
        let length = self.head.lines().find_map(|line| field(line, "content-length"));
        self.body.resize(length.map_or(Ok(0), str::parse)?, 0);
        self.answers.read_exact(&mut self.body)?;
        let status = self.head.lines().next().unwrap_or_default();
        Ok(Answer { status, head: &self.head, body: &self.body })
    }
}
