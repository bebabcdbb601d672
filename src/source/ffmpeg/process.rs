//! Child processes that cannot hold us up: their output is read on threads of its own, waited for only so long, and
//! a child is ended with all that it started as soon as nobody wants its output any more.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Result as IoResult};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a child that has closed its output may take to end by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// What is kept of the messages of a child: their end.
const MAX_MESSAGE_BYTES: usize = 8 << 10;

/// Frames that are read ahead from a child.
const FRAMES_AHEAD: usize = 2;

/// A call of `program`: no input, both outputs read by us, a process group of its own.
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // With this variable FFmpeg writes a log file.
        .env_remove("FFREPORT")
        .env("AV_LOG_FORCE_NOCOLOR", "1");
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// A child that ends when this is dropped.
struct Guard(Option<Child>);

impl Guard {
    /// Ends the child and, where there are process groups, all that it started.
    fn kill(&mut self) {
        let Some(child) = &mut self.0 else { return };
        #[cfg(unix)]
        if let Some(group) = i32::try_from(child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            // It may be gone already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
    }

    /// Whether the child succeeded; one that does not end soon is killed and has not.
    fn has_succeeded(&mut self) -> bool {
        let mut waited = Duration::ZERO;
        while let Some(child) = &mut self.0 {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if waited < FAREWELL => {
                    thread::park_timeout(LOOK);
                    waited += LOOK;
                }
                _ => break,
            }
        }
        self.kill();
        false
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0
            && matches!(child.try_wait(), Ok(Some(_)))
        {
            return;
        }
        self.kill();
        // A killed process still has to be waited for, and one that sits in a broken disk may keep us waiting.
        if let Some(mut child) = self.0.take() {
            let reaper = thread::Builder::new().name("ffmpeg-end".into());
            let _ = reaper.spawn(move || child.wait());
        }
    }
}

/// The end of what a child has to say.
struct Messages {
    text: Arc<Mutex<Vec<u8>>>,
    /// Disconnected when all has been read.
    end: Receiver<()>,
}

impl Messages {
    /// Reads `pipe` to its end on a thread of its own.
    fn drain(pipe: ChildStderr) -> IoResult<Self> {
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&text);
        let (end_in, end) = sync_channel::<()>(0);
        let thread = thread::Builder::new().name("ffmpeg-messages".into());
        thread.spawn(move || {
            let (mut pipe, _end) = (pipe, end_in);
            let mut bytes = [0; 4096];
            loop {
                let count = match pipe.read(&mut bytes) {
                    Ok(0) => return,
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => return,
                };
                let mut text = kept.lock().unwrap_or_else(PoisonError::into_inner);
                text.extend_from_slice(&bytes[..count]);
                let surplus = text.len().saturating_sub(MAX_MESSAGE_BYTES);
                text.drain(..surplus);
            }
        })?;
        Ok(Self { text, end })
    }

    /// What was said by a child that has ended. Its last words may still be on their way through the pipe; one that it
    /// left behind may hold that open, and is not waited for.
    fn text(&self) -> String {
        let _ = self.end.recv_timeout(FAREWELL);
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn start(mut command: Command) -> IoResult<(Guard, ChildStdout, Messages)> {
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let guard = Guard(Some(child));
    match (stdout, stderr) {
        (Some(stdout), Some(stderr)) => Ok((guard, stdout, Messages::drain(stderr)?)),
        _ => Err(ErrorKind::BrokenPipe.into()),
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, with success.
    Success,
    /// By itself, without.
    Failure,
    /// It took too long, or said too much, and was ended by us.
    Ended,
}

/// What a call has answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: String,
    pub(super) end: End,
}

/// Runs `command` for at most `limit`, and keeps at most `most_bytes` of its output: what it wrote until then is in
/// the answer in any case.
pub(super) fn run(command: Command, limit: Duration, most_bytes: usize) -> IoResult<Answer> {
    let (mut guard, mut stdout, messages) = start(command)?;
    let (done_in, done) = sync_channel(1);
    let output = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&output);
    let thread = thread::Builder::new().name("ffmpeg-output".into());
    thread.spawn(move || {
        let mut bytes = vec![0; 64 << 10];
        let is_whole = loop {
            match stdout.read(&mut bytes) {
                Ok(0) => break true,
                Ok(count) => {
                    let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = most_bytes.saturating_sub(written.len());
                    written.extend_from_slice(&bytes[..count.min(room)]);
                    if count > room {
                        break false;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break false,
            }
        };
        // Nobody may be waiting any more.
        let _ = done_in.send(is_whole);
    })?;
    let end = match done.recv_timeout(limit) {
        Ok(true) if guard.has_succeeded() => End::Success,
        Ok(true) => End::Failure,
        _ => End::Ended,
    };
    drop(guard);
    let stdout = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Answer {
        stdout,
        stderr: messages.text(),
        end,
    })
}

/// What comes from a child that writes frames.
pub(in crate::source) enum Piece {
    /// A whole frame.
    Frame(Vec<u8>),
    /// The end, with so many bytes of a frame that is not whole.
    End(usize),
}

/// Frames of equal size from a child's output.
pub(in crate::source) struct FrameStream {
    guard: Guard,
    full: Receiver<Piece>,
    empty: SyncSender<Vec<u8>>,
    messages: Messages,
}

impl FrameStream {
    /// Starts `command`, whose output is frames of `frame_bytes`.
    pub(in crate::source) fn start(command: Command, frame_bytes: usize) -> IoResult<Self> {
        let (guard, stdout, messages) = start(command)?;
        let (full_in, full) = sync_channel(FRAMES_AHEAD + 1);
        let (empty, empty_out) = sync_channel(FRAMES_AHEAD);
        for _ in 0..FRAMES_AHEAD {
            // The channel has room for all of them.
            let _ = empty.try_send(vec![0; frame_bytes]);
        }
        let thread = thread::Builder::new().name("ffmpeg-frames".into());
        thread.spawn(move || read_frames(stdout, &empty_out, &full_in))?;
        Ok(Self {
            guard,
            full,
            empty,
            messages,
        })
    }

    /// The next piece; `None` if nothing came for `limit`: the child is ended then.
    pub(super) fn next(&mut self, limit: Duration) -> Option<Piece> {
        let piece = self.wait(limit);
        if piece.is_none() {
            self.guard.kill();
        }
        piece
    }

    /// The next piece, if it comes within `limit`.
    pub(in crate::source) fn wait(&mut self, limit: Duration) -> Option<Piece> {
        match self.full.recv_timeout(limit) {
            Ok(piece) => Some(piece),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Piece::End(0)),
        }
    }

    /// Gives the memory of a frame back to be filled again.
    pub(in crate::source) fn give_back(&mut self, frame: Vec<u8>) {
        // The reader may be at its end.
        let _ = self.empty.try_send(frame);
    }

    /// After the end: whether the child succeeded, and what it said.
    pub(in crate::source) fn outcome(&mut self) -> (bool, String) {
        (self.guard.has_succeeded(), self.messages.text())
    }
}

fn read_frames(mut stdout: ChildStdout, empty: &Receiver<Vec<u8>>, full: &SyncSender<Piece>) {
    while let Ok(mut frame) = empty.recv() {
        let mut filled = 0;
        while filled < frame.len() {
            match stdout.read(&mut frame[filled..]) {
                Ok(count) if count > 0 => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => {
                    let _ = full.send(Piece::End(filled));
                    return;
                }
            }
        }
        if full.send(Piece::Frame(frame)).is_err() {
            return;
        }
    }
}

/// `file:` before a path: FFmpeg then takes nothing in it for an option, a protocol or a pattern.
pub(super) fn file_url(path: &Path) -> std::ffi::OsString {
    let mut url = std::ffi::OsString::from("file:");
    url.push::<&OsStr>(path.as_ref());
    url
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut call = command(Path::new("/bin/sh"));
        call.args(["-c", script]);
        call
    }

    const SOON: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn an_answer_has_both_outputs_and_the_end() {
        let answer = run(shell("echo out; echo err >&2"), LONG, 100).unwrap();
        assert_eq!(answer.stdout, b"out\n");
        assert_eq!(answer.end, End::Success);
        let answer = run(shell("exit 3"), LONG, 100).unwrap();
        assert_eq!(answer.end, End::Failure);
        assert!(run(command(Path::new("/no/such/program")), LONG, 100).is_err());
    }

    #[test]
    fn a_hung_or_talkative_child_is_ended_and_what_it_said_is_kept() {
        // The shell's own child keeps the pipe open: it has to go, too.
        let answer = run(shell("echo first; sleep 600; echo never"), SOON, 100).unwrap();
        assert_eq!(
            (answer.stdout.as_slice(), answer.end),
            (&b"first\n"[..], End::Ended)
        );
        let answer = run(shell("while :; do echo again; done"), LONG, 1000).unwrap();
        assert_eq!((answer.stdout.len(), answer.end), (1000, End::Ended));
    }

    #[test]
    fn much_on_stderr_does_not_block() {
        let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done; echo last >&2; echo out";
        let answer = run(shell(script), LONG, 100).unwrap();
        assert_eq!(answer.end, End::Success);
        assert!(answer.stderr.len() <= MAX_MESSAGE_BYTES);
    }

    #[test]
    fn frames_come_whole_and_the_rest_is_counted() {
        let mut stream = FrameStream::start(shell("printf abcdefgh; exit 1"), 3).unwrap();
        let mut frames = Vec::new();
        loop {
            match stream.next(LONG).unwrap() {
                Piece::Frame(frame) => {
                    frames.push(frame.clone());
                    stream.give_back(frame);
                }
                Piece::End(rest) => {
                    assert_eq!(rest, 2);
                    break;
                }
            }
        }
        assert_eq!(frames, [b"abc", b"def"]);
        assert!(!stream.outcome().0);
    }

    #[test]
    fn a_child_that_hangs_between_frames_is_given_up() {
        let mut stream = FrameStream::start(shell("printf abc; sleep 600"), 3).unwrap();
        assert!(matches!(stream.next(LONG), Some(Piece::Frame(_))));
        assert!(stream.next(SOON).is_none());
        // Nothing is left that could write.
        assert!(matches!(stream.next(LONG), Some(Piece::End(0))));
    }

    #[test]
    fn a_dropped_stream_ends_its_child() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let script = format!("echo $$ > '{}'; printf abc; sleep 600", pid_file.display());
        let mut stream = FrameStream::start(shell(&script), 3).unwrap();
        assert!(matches!(stream.next(LONG), Some(Piece::Frame(_))));
        let pid: i32 = std::fs::read_to_string(&pid_file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        drop(stream);
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        let is_gone = (0..1000).any(|_| {
            thread::park_timeout(LOOK);
            rustix::process::test_kill_process(pid).is_err()
        });
        assert!(is_gone, "the child lives on");
    }
}
