//! A panic in a thread becomes a message with its place, never the default text.

use std::cell::RefCell;
use std::panic::PanicHookInfo;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a thread panicked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fault in Framescope stopped the {thread} thread: {message}. Please report it; the rest goes on"
)]
pub struct PanicReport {
    /// The name of the thread.
    pub thread: String,
    /// The message and its place in the source.
    pub message: String,
}

impl PanicReport {
    /// What the calling thread panicked with last, after it was caught.
    pub fn take() -> Self {
        let message = LAST
            .with_borrow_mut(Option::take)
            .unwrap_or_else(|| "no message was left".into());
        let thread = std::thread::current()
            .name()
            .unwrap_or("unnamed")
            .to_owned();
        Self { thread, message }
    }
}

/// Threads whose panics are caught and told by us.
const OUR_THREADS: [&str; 5] = ["main", "open", "formats", "dialog", "replay"];

/// How the names of those begin that there are several of.
const OUR_NUMBERED_THREADS: [&str; 2] = ["stream-", "source-"];

/// Replaces the default panic text of our threads: the message is kept for whoever catches the panic, and nothing is
/// printed. Other threads (of a test, of a library) keep the hook that was there.
pub fn install_panic_hook() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let is_ours = std::thread::current().name().is_some_and(|name| {
            let is_numbered = OUR_NUMBERED_THREADS
                .iter()
                .any(|begin| name.starts_with(begin));
            is_numbered || OUR_THREADS.contains(&name)
        });
        if !is_ours {
            previous(info);
        }
        let message = message_of(info);
        LAST.with_borrow_mut(|last| *last = Some(message));
    }));
}

fn message_of(info: &PanicHookInfo<'_>) -> String {
    let text = info.payload_as_str().unwrap_or("a value that is no text");
    match info.location() {
        Some(place) => format!("{text} ({}:{})", place.file(), place.line()),
        None => text.to_owned(),
    }
}
