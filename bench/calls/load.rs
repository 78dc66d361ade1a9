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
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let (mut done, mut line, mut answer) = (0, String::new(), Vec::new());
    while begun.elapsed() < ROUND {
        let body = body(done);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let (mut status, mut length) = (String::new(), 0);
        loop {
            line.clear();
            ensure!(answers.read_line(&mut line)? > 0, "the connection was closed");
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse()?;
                }
            } else {
                status.clone_from(&line);
            }
        }
        answer.resize(length, 0);
        answers.read_exact(&mut answer)?;
        if !status.starts_with("HTTP/1.1 2") {
            bail!("{path} answered {status}{}", String::from_utf8_lossy(&answer));
        }
        done += 1;
    }
    Ok(done)
}
