//! What the HTTP layer refuses by itself, before any handler sees it: answered as a problem, with the headers of every answer.
//!
//! The layer writes a bare status line and closes. Between socket and layer that line is told from an answer of ours, which
//! always names its request, and is replaced.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connections::{Connection, Doing};

/// Longest head that the layer writes for a refusal: status, length, date and that it closes.
const LONGEST: usize = 512;

/// Makes the whole answer for a status, ready to be sent.
pub(super) type Words = fn(StatusCode) -> Vec<u8>;

/// A connection whose bare refusals are put into words.
pub(super) struct Worded<S> {
    inner: S,
    connection: Arc<Connection>,
    words: Words,
    /// What is being sent instead, and how much of it has gone.
    instead: Option<(Vec<u8>, usize)>,
    /// Whether the request line that is being read has ended.
    has_line: bool,
}

impl<S> Worded<S> {
    pub(super) fn new(inner: S, connection: Arc<Connection>, words: Words) -> Worded<S> {
        Worded { inner, connection, words, instead: None, has_line: false }
    }

    fn is_waiting(&self) -> bool {
        self.connection.state().0 == Doing::Waiting
    }
}

/// The status of a refusal that is not ours.
fn bare(written: &[u8]) -> Option<StatusCode> {
    if written.len() > LONGEST || !written.ends_with(b"\r\n\r\n") {
        return None;
    }
    let head = std::str::from_utf8(written).ok()?.to_ascii_lowercase();
    let status = head.strip_prefix("http/1.1 ").or_else(|| head.strip_prefix("http/1.0 "))?;
    let status = status.get(..3)?.parse().ok().and_then(|status| StatusCode::from_u16(status).ok())?;
    (status.is_client_error() && !head.contains("\r\nx-request-id:")).then_some(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for Worded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let waits = self.is_waiting();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        if waits {
            // Blank lines before a request are none of it.
            let new = buffer.filled().get(before..).unwrap_or_default();
            let new = new.trim_ascii_start();
            self.has_line = self.has_line || new.contains(&b'\n');
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, written: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none()
            && this.is_waiting()
            && let Some(status) = bare(written)
        {
            // The layer calls a line without end a head that is too large.
            let is_line = status == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE && !this.has_line;
            let status = if is_line { StatusCode::URI_TOO_LONG } else { status };
            this.instead = Some(((this.words)(status), 0));
        }
        let Some((bytes, gone)) = &mut this.instead else {
            // An answer: what is read after it begins with another line.
            this.has_line = false;
            return Pin::new(&mut this.inner).poll_write(cx, written);
        };
        while let Some(rest) = bytes.get(*gone..).filter(|rest| !rest.is_empty()) {
            let n = ready!(Pin::new(&mut this.inner).poll_write(cx, rest))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *gone += n;
        }
        this.instead = None;
        Poll::Ready(Ok(written.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match parts {
            [one] => self.poll_write(cx, one),
            _ => Pin::new(&mut self.inner).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_refusal_is_told_from_an_answer() {
        let refused = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        assert_eq!(bare(refused), Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
        for other in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
            b"",
        ] {
            assert_eq!(bare(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
