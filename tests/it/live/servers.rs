//! Senders that a test starts, and that can hang, cut, die and come back.

#![allow(
    clippy::disallowed_methods,
    reason = "a test that gets no thread has failed"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is sent: 25 pictures a second, each with its number on it.
const PICTURES: &str = "testsrc2=size=160x96:rate=25";

/// FFmpeg sending the test picture in real time; ended when it is dropped.
pub(super) struct Sender(Child);

impl Sender {
    /// `how` is FFmpeg's output: codec, format, target.
    pub(super) fn start(how: &str) -> Self {
        let child = Command::new("ffmpeg")
            .args([
                "-hide_banner",
                "-loglevel",
                "error",
                "-nostdin",
                "-re",
                "-f",
                "lavfi",
                "-i",
                PICTURES,
            ])
            .args("-an -g 12 -bf 0".split(' '))
            .args(how.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg is installed");
        Self(child)
    }

    fn is_over(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A sender that serves one connection in its life, started again whenever it is over.
pub(super) struct Repeated {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Repeated {
    pub(super) fn start(how: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (ends, how) = (Arc::clone(&is_over), how.to_owned());
        let thread = std::thread::spawn(move || {
            let mut sender = Sender::start(&how);
            while !ends.load(Ordering::Relaxed) {
                if sender.is_over() {
                    sender = Sender::start(&how);
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            is_over,
            thread: Some(thread),
        }
    }
}

impl Drop for Repeated {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A port that nobody listens on at this moment.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[derive(Default)]
struct Wishes {
    /// Nothing is sent; connections stay.
    is_hanging: AtomicBool,
    /// All connections and the listener are closed.
    is_dead: AtomicBool,
    /// Connections that were accepted.
    connections: AtomicU32,
}

/// A server on a port of this machine, one thread for each connection.
pub(super) struct Server {
    pub(super) port: u16,
    wishes: Arc<Wishes>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves HTTP on `port`; 0 is any.
    pub(super) fn http(port: u16) -> Self {
        Self::start(port, serve_http)
    }

    /// Serves RTSP over TCP.
    pub(super) fn rtsp() -> Self {
        Self::start(0, serve_rtsp)
    }

    fn start(port: u16, serve: fn(TcpStream, &Wishes) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wishes = Arc::new(Wishes::default());
        let shared = Arc::clone(&wishes);
        let thread = std::thread::spawn(move || {
            let mut threads = Vec::new();
            while !shared.is_dead.load(Ordering::Relaxed) {
                if let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(false).unwrap();
                    let wishes = Arc::clone(&shared);
                    wishes.connections.fetch_add(1, Ordering::Relaxed);
                    // A client may go away at any time.
                    threads.push(std::thread::spawn(move || drop(serve(stream, &wishes))));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(listener);
            for thread in threads {
                let _ = thread.join();
            }
        });
        Self {
            port,
            wishes,
            thread: Some(thread),
        }
    }

    /// Waits until somebody has connected to play: the first connection is for learning what is sent.
    pub(super) fn wait_for_player(&self) {
        while self.wishes.connections.load(Ordering::Relaxed) < 2 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends nothing any more, and closes nothing.
    pub(super) fn hang(&self, is_hanging: bool) {
        self.wishes.is_hanging.store(is_hanging, Ordering::Relaxed);
    }
}

impl Drop for Server {
    /// Closes everything.
    fn drop(&mut self) {
        self.wishes.is_dead.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Wishes {
    /// Waits while it is to hang; false if it is to die.
    fn go_on(&self) -> bool {
        while self.is_hanging.load(Ordering::Relaxed) && !self.is_dead.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        !self.is_dead.load(Ordering::Relaxed)
    }
}

/// The lines of a request, up to the empty one.
fn request(reader: &mut impl BufRead) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(lines);
        }
        lines.push(line.trim().to_owned());
    }
}

fn serve_http(mut stream: TcpStream, wishes: &Wishes) -> std::io::Result<()> {
    let lines = request(&mut BufReader::new(stream.try_clone()?))?;
    let path = lines.first().and_then(|line| line.split([' ', '?']).nth(1));
    let path = path.unwrap_or("/");
    let has_password = lines
        .iter()
        .any(|line| line.starts_with("Authorization: Basic "));
    let answer = |status: &str, kind: &str, body: &str| {
        format!(
            "HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    match path {
        "/page" => {
            stream.write_all(answer("200 OK", "text/html", "<html>no video</html>").as_bytes())
        }
        "/list.m3u8" => {
            let list = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:4,\nfile:///etc/passwd\n";
            stream.write_all(answer("200 OK", "application/vnd.apple.mpegurl", list).as_bytes())
        }
        "/secret" if !has_password => {
            let head = "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(head.as_bytes())
        }
        "/live" | "/secret" => {
            if !wishes.go_on() {
                return Ok(());
            }
            stream.write_all(
                b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n",
            )?;
            send_all("-c:v mpeg2video -f mpegts pipe:1", &mut stream, wishes)
        }
        "/motion" => {
            stream.write_all(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=ffmpeg\r\nConnection: close\r\n\r\n",
            )?;
            send_all("-c:v mjpeg -f mpjpeg pipe:1", &mut stream, wishes)
        }
        _ => stream.write_all(answer("404 Not Found", "text/plain", "").as_bytes()),
    }
}

/// Sends what FFmpeg writes.
fn send_all(how: &str, stream: &mut TcpStream, wishes: &Wishes) -> std::io::Result<()> {
    let mut sender = Sender::start(how);
    let mut output = sender.0.stdout.take().unwrap();
    let mut bytes = [0; 1316];
    while wishes.go_on() {
        let count = output.read(&mut bytes)?;
        if count == 0 {
            break;
        }
        stream.write_all(&bytes[..count])?;
    }
    Ok(())
}

const SDP: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n\
                   m=video 0 RTP/AVP 33\r\na=control:track0\r\n";

/// As much of RTSP as a client that wants everything over TCP needs: MPEG-TS in RTP, between the lines.
fn serve_rtsp(mut stream: TcpStream, wishes: &Wishes) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let lines = request(&mut reader)?;
        let Some(method) = lines.first().and_then(|line| line.split(' ').next()) else {
            return Ok(());
        };
        let number = lines
            .iter()
            .find(|line| line.to_lowercase().starts_with("cseq:"));
        let number = number.map_or("CSeq: 0", String::as_str);
        let has_password = lines
            .iter()
            .any(|line| line.starts_with("Authorization: Basic "));
        let needs_password = lines[0].contains("/secret") && !has_password;
        let rest = match method {
            "OPTIONS" => "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n".to_owned(),
            "DESCRIBE" if needs_password => {
                let head = format!(
                    "RTSP/1.0 401 Unauthorized\r\n{number}\r\nWWW-Authenticate: Basic realm=\"test\"\r\n\r\n"
                );
                stream.write_all(head.as_bytes())?;
                continue;
            }
            "DESCRIBE" => format!(
                "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
                SDP.len()
            ),
            "SETUP" => {
                "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n".to_owned()
            }
            "PLAY" => "Session: 1\r\n\r\n".to_owned(),
            _ => "\r\n".to_owned(),
        };
        stream.write_all(format!("RTSP/1.0 200 OK\r\n{number}\r\n{rest}").as_bytes())?;
        if method == "PLAY" {
            return interleave(&mut stream, wishes);
        }
    }
}

/// Sends RTP packets of FFmpeg's between RTSP's lines.
fn interleave(stream: &mut TcpStream, wishes: &Wishes) -> std::io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let port = socket.local_addr()?.port();
    // The port behind it is that of the control packets; nobody needs them.
    let _sender = Sender::start(&format!(
        "-c:v mpeg2video -f rtp_mpegts rtp://127.0.0.1:{port}?rtcpport={}",
        free_port()
    ));
    let mut packet = [0; 2048];
    while wishes.go_on() {
        let Ok(length) = socket.recv(&mut packet) else {
            continue;
        };
        let mut framed = vec![b'$', 0];
        framed.extend((length as u16).to_be_bytes());
        framed.extend(&packet[..length]);
        stream.write_all(&framed)?;
    }
    Ok(())
}
