//! Connections: taken, bounded, ended. Deadlines stand around each connection, not only around the handlers behind it.
//!
//! A head that does not come, a connection that says nothing more and an answer that is not taken end by themselves. HTTP/1.1
//! alone is spoken: what ends another version stands in front.

mod client;
mod connections;
mod refusals;
pub(crate) mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

pub(crate) use self::client::{Client, Proxies, Proxy};
pub(crate) use self::connections::counted;
use self::connections::{Connection, Connections, Doing, Place};
use self::refusals::Worded;
use crate::api;

/// How long a connection may take for the head of a request, be it the first or the next one.
const HEAD: Duration = Duration::from_secs(30);
/// How long a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long an answer may take to be taken; our largest has a megabyte.
const ANSWER: Duration = Duration::from_secs(60);
/// Largest head of a request, in bytes. What is longer than the API's own bounds, and shorter than this, it refuses itself.
const MAX_HEAD: usize = 32 << 10;
/// Most header fields.
const MAX_FIELDS: usize = 100;
/// What of a body or an answer is held for a connection, in bytes.
const MAX_BUFFER: usize = 64 << 10;
/// How long to wait where the system has no file for a connection and none could be freed.
const NO_FILES: Duration = Duration::from_millis(20);

/// A listener, and what is spoken on it.
pub(crate) struct Listening {
    /// Where connections come in.
    pub(crate) listener: TcpListener,
    /// With which certificate; none: in plain.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// What every connection needs.
struct Shared {
    router: Router,
    proxies: Proxies,
    room: Arc<Connections>,
    http: http1::Builder,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Raises the limit of open files as far as the system lets, and says what it is.
pub(crate) fn raise_files() -> u64 {
    let raised = rlimit::increase_nofile_limit(u64::MAX);
    raised.or_else(|_| rlimit::getrlimit(rlimit::Resource::NOFILE).map(|(soft, _)| soft)).unwrap_or(1_024)
}

/// Serves until `stop`, and ends when the last connection has its answer.
pub(crate) async fn serve(
    listeners: Vec<Listening>,
    router: Router,
    proxies: Proxies,
    files: u64,
    stop: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_header_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .max_buf_size(MAX_BUFFER);
    let room = Arc::new(Connections::within(files));
    let tasks = TaskTracker::new();
    let shared = Arc::new(Shared { router, proxies, room, http, stop, tasks: tasks.clone() });
    let loops = listeners.into_iter().map(|listening| accept(Arc::clone(&shared), listening));
    futures_util::future::join_all(loops).await;
    tasks.close();
    tasks.wait().await;
}

async fn accept(shared: Arc<Shared>, Listening { listener, tls }: Listening) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = shared.room.admit(peer.ip(), shared.proxies.has(peer.ip())) else {
                    metrics::counter!("pilothouse_connections_refused_total").increment(1);
                    continue;
                };
                shared.tasks.spawn(talk(Arc::clone(&shared), tls.clone(), stream, peer, place));
            }
            // One connection that broke off before it was taken is nobody else's matter; where files are short, one that waits
            // gives its own.
            Err(error) => {
                if !is_of_the_connection(&error) {
                    shared.room.make_room();
                    tokio::time::sleep(NO_FILES).await;
                }
            }
        }
    }
}

fn is_of_the_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn talk(shared: Arc<Shared>, tls: Option<TlsAcceptor>, stream: TcpStream, peer: SocketAddr, place: Place) {
    // Small answers must not wait for each other.
    let _slower = stream.set_nodelay(true);
    let Some(tls) = tls else { return exchange(shared, stream, peer, place, false).await };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE, tls.accept(stream)) => shaken,
        () = place.connection().given_up() => return,
        () = shared.stop.cancelled() => return,
    };
    // Whoever speaks no TLS here is told nothing: there is no key to tell it under.
    if let Ok(Ok(stream)) = shaken {
        exchange(shared, stream, peer, place, true).await;
    }
}

async fn exchange<S>(shared: Arc<Shared>, stream: S, peer: SocketAddr, place: Place, is_tls: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = place.connection();
    let io = TokioIo::new(Worded::new(stream, Arc::clone(connection), api::bare_refusal));
    let service = service_fn(|request: Request<Incoming>| {
        connection.does(Doing::Working);
        let (shared, connection) = (Arc::clone(&shared), Arc::clone(connection));
        async move {
            let client = shared.proxies.client(peer.ip(), is_tls, request.headers());
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(client);
            let Ok(response) = answered(&shared, peer, is_tls, request).await;
            connection.does(Doing::Sending);
            Ok::<_, Infallible>(response.map(|body| Sending { body, connection }))
        }
    });
    let mut spoken = pin!(shared.http.serve_connection(io, service));
    let mut stops = pin!(shared.stop.cancelled());
    let mut is_stopping = false;
    let mut late = pin!(late(connection));
    loop {
        tokio::select! {
            _ended = spoken.as_mut() => return,
            () = connection.given_up() => return,
            () = late.as_mut() => return,
            () = stops.as_mut(), if !is_stopping => {
                is_stopping = true;
                spoken.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn answered(
    shared: &Shared,
    peer: SocketAddr,
    is_tls: bool,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    // Behind proxies, what comes past them in plain was readable on its way: nothing of it is believed.
    if !is_tls
        && !shared.proxies.is_empty()
        && !peer.ip().to_canonical().is_loopback()
        && !shared.proxies.has(peer.ip())
    {
        return Ok(api::past_the_proxy());
    }
    shared.router.clone().oneshot(request).await
}

/// Ends when a connection takes longer than it may for what it does. Handlers have deadlines of their own.
async fn late(connection: &Connection) {
    loop {
        let (doing, since) = connection.state();
        let most = match doing {
            // The layer ends it on time; this is for what it does not see.
            Doing::Waiting => 2 * HEAD,
            Doing::Sending => ANSWER,
            Doing::Working => Duration::MAX,
        };
        if since >= most {
            return;
        }
        tokio::time::sleep((most - since).min(HEAD)).await;
    }
}

/// An answer's body: when its last part was taken over, the connection waits for its next request.
struct Sending {
    body: Body,
    connection: Arc<Connection>,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.connection.does(Doing::Waiting);
    }
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
