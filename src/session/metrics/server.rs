//! The endpoint: a small HTTP server for scrapes, which nobody can make the pipeline wait with.
//!
//! One thread takes connections in, four answer them; at most 16 wait, and one more is closed at once. Every connection
//! has two seconds in all, answers one request of at most 8 KiB, and is closed. Beyond the machine itself it answers only
//! who knows the token.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::page::{MetricsPage, TextFormat};
use crate::measure::{Clock, SystemClock};

/// Connections that are answered at once.
const WORKERS: usize = 4;

/// Connections that wait to be answered at most.
const WAITING: usize = 16;

/// The time that a connection has in all, in nanoseconds.
const PATIENCE_NANOS: u64 = 2_000_000_000;

/// The longest head of a request that is read, in bytes.
const MAX_REQUEST: usize = 8 << 10;

/// Headers of a request that are read at most.
const MAX_HEADERS: usize = 64;

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// It would answer everybody.
    #[error(
        "{address} can be reached from other machines, and there is no token. Give one in a file (--metrics-token-file FILE) or in FRAMESCOPE_METRICS_TOKEN, or listen on 127.0.0.1"
    )]
    NoToken {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The address is taken or not this machine's.
    #[error("{address}: cannot be listened on: {source}. Choose another port")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// A running endpoint. Dropping it closes it.
#[derive(Debug)]
pub struct MetricsServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl MetricsServer {
    /// Listens on `address` and answers `/metrics` from `page`, to those who know `token`, if there is one.
    ///
    /// # Errors
    /// If the address is not a loopback one and there is no token, or cannot be listened on.
    pub fn start(
        address: SocketAddr,
        token: Option<String>,
        page: MetricsPage,
    ) -> Result<Self, MetricsError> {
        if token.is_none() && !address.ip().is_loopback() {
            return Err(MetricsError::NoToken { address });
        }
        let refused = |source| MetricsError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = sync_channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        let answerer = Arc::new(Answerer { token, page });
        let mut threads = Vec::new();
        for number in 0..WORKERS {
            let (receiver, answerer) = (Arc::clone(&receiver), Arc::clone(&answerer));
            let thread = std::thread::Builder::new()
                .name(format!("metrics-{number}"))
                .spawn(move || answer_all(&receiver, &answerer))
                .map_err(refused)?;
            threads.push(thread);
        }
        let is_stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("metrics".into())
            .spawn(move || accept_all(&listener, &sender, &is_stopped))
            .map_err(refused)?;
        threads.push(thread);
        Ok(Self {
            address,
            stop,
            threads,
        })
    }

    /// Where it listens; the port is the one that the system chose, if 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MetricsServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A connection wakes the thread that waits for one. It then closes the way to the others, which end.
        let wake = TcpStream::connect_timeout(&reachable(self.address), Duration::from_secs(1));
        if wake.is_ok() {
            for thread in self.threads.drain(..) {
                let _ = thread.join();
            }
        }
    }
}

/// An address by which this machine reaches what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = address.ip();
    let ip = match ip {
        _ if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

fn accept_all(listener: &TcpListener, sender: &SyncSender<Connection>, stop: &AtomicBool) {
    stand_back();
    let clock = SystemClock;
    loop {
        let accepted = listener.accept();
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // Out of file handles, most likely: it may be better in a moment.
            clock.rest_until_nanos(clock.now_nanos() + 10_000_000);
            continue;
        };
        let connection = Connection {
            stream,
            until_nanos: clock.now_nanos() + PATIENCE_NANOS,
        };
        // One more than may wait is closed by being dropped.
        let _ = sender.try_send(connection);
    }
}

fn answer_all(receiver: &Mutex<Receiver<Connection>>, answerer: &Answerer) {
    stand_back();
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(mut connection) = next else {
            return;
        };
        // A client that went away or was too slow gets nothing, and there is nobody to tell.
        let _ = answerer.answer(&mut connection);
    }
}

/// Leaves the processor to the streams where they want it: the calling thread becomes less urgent than they are.
fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        // On Linux this is of the thread, not of the process. If it is refused, everything works all the same.
        let _ = rustix::process::setpriority_process(None, 10);
    }
}

/// A client, and until when it has time.
struct Connection {
    stream: TcpStream,
    until_nanos: u64,
}

impl Connection {
    /// Lets the next read or write wait for what is left of the time at most.
    fn hurry(&self) -> std::io::Result<()> {
        let left_nanos = self.until_nanos.saturating_sub(SystemClock.now_nanos());
        if left_nanos == 0 {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        // Less than a microsecond would mean without end.
        let left = Some(Duration::from_nanos(left_nanos.max(1_000)));
        self.stream.set_read_timeout(left)?;
        self.stream.set_write_timeout(left)
    }

    /// The head of a request, up to its empty line or as far as is read at most.
    fn read_head(&mut self) -> std::io::Result<Vec<u8>> {
        let mut head = Vec::new();
        let mut piece = [0; 1024];
        while head.len() < MAX_REQUEST && !head.windows(4).any(|end| end == b"\r\n\r\n") {
            self.hurry()?;
            match self.stream.read(&mut piece)? {
                0 => break,
                count => head.extend_from_slice(&piece[..count]),
            }
        }
        Ok(head)
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        while !bytes.is_empty() {
            self.hurry()?;
            match self.stream.write(bytes)? {
                0 => return Err(std::io::ErrorKind::WriteZero.into()),
                count => bytes = &bytes[count..],
            }
        }
        Ok(())
    }
}

struct Answerer {
    token: Option<String>,
    page: MetricsPage,
}

/// An answer: its status line, further headers, type and text.
struct Answer {
    status: &'static str,
    headers: &'static str,
    content_type: &'static str,
    body: String,
}

impl Answer {
    fn refusal(status: &'static str, headers: &'static str, body: &str) -> Self {
        Self {
            status,
            headers,
            content_type: "text/plain; charset=utf-8",
            body: format!("{body}\n"),
        }
    }
}

impl Answerer {
    fn answer(&self, connection: &mut Connection) -> std::io::Result<()> {
        let head = connection.read_head()?;
        let (answer, has_body) = self.respond(&head);
        let length = answer.body.len();
        let mut text = format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\nConnection: close\r\n{}\r\n",
            answer.status, answer.content_type, answer.headers
        );
        if has_body {
            text.push_str(&answer.body);
        }
        connection.write_all(text.as_bytes())?;
        connection.stream.shutdown(Shutdown::Write)
    }

    /// The answer to a request, and whether its text is wanted.
    fn respond(&self, head: &[u8]) -> (Answer, bool) {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let is_whole = request.parse(head).is_ok_and(|status| status.is_complete());
        let (Some(method), Some(path), true) = (request.method, request.path, is_whole) else {
            let text = "This is no HTTP request that can be read.";
            return (Answer::refusal("400 Bad Request", "", text), true);
        };
        let has_body = method != "HEAD";
        let header = |name: &str| -> &str {
            let found = request
                .headers
                .iter()
                .find(|header| header.name.eq_ignore_ascii_case(name));
            found.map_or("", |header| std::str::from_utf8(header.value).unwrap_or(""))
        };
        let answer = if !self.knows(header("authorization")) {
            Answer::refusal(
                "401 Unauthorized",
                "WWW-Authenticate: Bearer\r\n",
                "Send the token: Authorization: Bearer TOKEN",
            )
        } else if !matches!(method, "GET" | "HEAD") {
            let text = "Only GET and HEAD are answered.";
            Answer::refusal("405 Method Not Allowed", "Allow: GET, HEAD\r\n", text)
        } else if path.split('?').next() == Some("/metrics") {
            let format = TextFormat::accepted(header("accept"));
            Answer {
                status: "200 OK",
                headers: "",
                content_type: format.content_type(),
                body: self.page.text(format),
            }
        } else {
            Answer::refusal("404 Not Found", "", "The metrics are at /metrics.")
        };
        (answer, has_body)
    }

    /// Whether the client may see the metrics. Takes as long for a nearly right token as for a wrong one.
    fn knows(&self, authorization: &str) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let (scheme, given) = authorization.split_once(' ').unwrap_or(("", ""));
        let given = given.trim().as_bytes();
        let differences = token
            .bytes()
            .enumerate()
            .fold(0, |differences, (at, byte)| {
                differences | (byte ^ given.get(at).copied().unwrap_or(0))
            });
        scheme.eq_ignore_ascii_case("bearer") && given.len() == token.len() && differences == 0
    }
}
