//! The connection of a live stream: connecting, live, stalled, lost and tried again. Time comes from outside, so that
//! all of it can be tested without waiting.

use std::time::Duration;

use super::{LiveState, Trouble};
use crate::source::limits::{LIVE_CONNECT_PATIENCE, LIVE_SILENCE_PATIENCE, LIVE_STALL};

/// How long is waited before each try after a failure; the last holds for all that follow. There is no jitter: one
/// lab is no crowd.
const BACK_OFF_MILLIS: [u64; 6] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/// Something that delivers raw pictures once it is connected.
pub(super) trait Feed {
    /// What a picture is handed over as.
    type Picture;

    /// The next picture, if one comes within `patience`.
    fn wait(&mut self, patience: Duration) -> Wait<Self::Picture>;
}

/// What came of waiting.
pub(super) enum Wait<P> {
    Picture(P),
    Nothing,
    /// The feed has ended, for this reason.
    Ended(Trouble),
}

/// What came of waiting for a picture over a connection that may be lost.
pub(super) enum Event<P> {
    Picture(P),
    Nothing,
    /// The connection was lost or could not be made; it is tried again.
    Lost(Trouble),
    /// It is not tried again.
    GivenUp(Trouble),
}

enum Link<F> {
    Down { retry_at_nanos: u64 },
    Opening { feed: F, since_nanos: u64 },
    Up { feed: F, latest_nanos: u64 },
}

/// A connection that is made again when it is lost.
pub(super) struct Connection<F> {
    link: Link<F>,
    /// Failures in a row.
    failures: u32,
    /// Failures in a row after which it is given up; `None` is never.
    tries: Option<u32>,
    was_up: bool,
    reconnections: u64,
    state: LiveState,
}

impl<F: Feed> Connection<F> {
    /// A connection that is made at the first wait.
    pub(super) const fn new(tries: Option<u32>) -> Self {
        Self {
            link: Link::Down { retry_at_nanos: 0 },
            failures: 0,
            tries,
            was_up: false,
            reconnections: 0,
            state: LiveState::Connecting,
        }
    }

    pub(super) const fn set_tries(&mut self, tries: Option<u32>) {
        self.tries = tries;
    }

    pub(super) const fn state(&self) -> LiveState {
        self.state
    }

    pub(super) const fn reconnections(&self) -> u64 {
        self.reconnections
    }

    /// Does something with what is connected, if anything is.
    pub(super) fn with_feed(&mut self, act: impl FnOnce(&mut F)) {
        if let Link::Opening { feed, .. } | Link::Up { feed, .. } = &mut self.link {
            act(feed);
        }
    }

    /// Ends the connection; the next wait makes it again at once.
    pub(super) fn hang_up(&mut self) {
        self.link = Link::Down { retry_at_nanos: 0 };
        self.failures = 0;
    }

    /// Waits for the next picture for at most `patience`, from `now_nanos` on. `open` connects.
    pub(super) fn wait(
        &mut self,
        now_nanos: u64,
        patience: Duration,
        open: impl FnOnce() -> Result<F, Trouble>,
    ) -> Event<F::Picture> {
        if let Link::Down { retry_at_nanos } = self.link {
            if now_nanos < retry_at_nanos {
                let left = Duration::from_nanos(retry_at_nanos - now_nanos);
                self.state = self.trying(left);
                std::thread::park_timeout(patience.min(left));
                return Event::Nothing;
            }
            self.state = self.trying(Duration::ZERO);
            match open() {
                Ok(feed) => {
                    self.link = Link::Opening {
                        feed,
                        since_nanos: now_nanos,
                    }
                }
                Err(trouble) => return self.fail(now_nanos, trouble),
            }
        }
        let (waited, since_nanos, limit) = match &mut self.link {
            Link::Down { .. } => return Event::Nothing,
            Link::Opening { feed, since_nanos } => {
                (feed.wait(patience), *since_nanos, LIVE_CONNECT_PATIENCE)
            }
            Link::Up { feed, latest_nanos } => {
                (feed.wait(patience), *latest_nanos, LIVE_SILENCE_PATIENCE)
            }
        };
        let silence = Duration::from_nanos(now_nanos.saturating_sub(since_nanos));
        match waited {
            Wait::Picture(picture) => {
                self.came(now_nanos);
                Event::Picture(picture)
            }
            Wait::Ended(trouble) => self.fail(now_nanos, trouble),
            Wait::Nothing if silence >= limit => {
                let seconds = limit.as_secs();
                let trouble = Trouble {
                    reason: format!("no picture came for {seconds} s"),
                    way_out: "Check that the sender sends",
                };
                self.fail(now_nanos, trouble)
            }
            Wait::Nothing => {
                if matches!(self.link, Link::Up { .. }) && silence >= LIVE_STALL {
                    self.state = LiveState::Stalled {
                        silent_millis: silence.as_millis() as u64,
                    };
                }
                Event::Nothing
            }
        }
    }

    /// A picture has come.
    fn came(&mut self, now_nanos: u64) {
        let link = std::mem::replace(&mut self.link, Link::Down { retry_at_nanos: 0 });
        self.link = match link {
            Link::Opening { feed, .. } => {
                self.reconnections += u64::from(self.was_up);
                Link::Up {
                    feed,
                    latest_nanos: now_nanos,
                }
            }
            Link::Up { feed, .. } => Link::Up {
                feed,
                latest_nanos: now_nanos,
            },
            down @ Link::Down { .. } => down,
        };
        self.was_up = true;
        self.failures = 0;
        self.state = LiveState::Live;
    }

    fn fail(&mut self, now_nanos: u64, trouble: Trouble) -> Event<F::Picture> {
        self.failures += 1;
        let step = (self.failures as usize - 1).min(BACK_OFF_MILLIS.len() - 1);
        let pause = Duration::from_millis(BACK_OFF_MILLIS[step]);
        self.link = Link::Down {
            retry_at_nanos: now_nanos + pause.as_nanos() as u64,
        };
        self.state = self.trying(pause);
        if self.tries.is_some_and(|tries| self.failures >= tries) {
            Event::GivenUp(trouble)
        } else {
            Event::Lost(trouble)
        }
    }

    /// The state between two connections.
    fn trying(&self, left: Duration) -> LiveState {
        if !self.was_up && self.failures == 0 {
            return LiveState::Connecting;
        }
        LiveState::Reconnecting {
            attempt: self.failures.max(1),
            next_in_millis: left.as_millis() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NO_TIME: Duration = Duration::ZERO;

    /// Delivers what it holds, one for each wait.
    struct Script(Vec<Wait<u32>>);

    impl Feed for Script {
        type Picture = u32;

        fn wait(&mut self, _: Duration) -> Wait<u32> {
            if self.0.is_empty() {
                Wait::Nothing
            } else {
                self.0.remove(0)
            }
        }
    }

    fn trouble() -> Trouble {
        Trouble {
            reason: "gone".to_owned(),
            way_out: "wait",
        }
    }

    fn wait(connection: &mut Connection<Script>, now_nanos: u64, script: Vec<Wait<u32>>) -> String {
        match connection.wait(now_nanos, NO_TIME, || Ok(Script(script))) {
            Event::Picture(picture) => format!("picture {picture}"),
            Event::Nothing => "nothing".to_owned(),
            Event::Lost(trouble) => format!("lost: {}", trouble.reason),
            Event::GivenUp(trouble) => format!("given up: {}", trouble.reason),
        }
    }

    #[test]
    fn a_silent_stream_stalls_is_given_up_and_comes_back() {
        let mut connection = Connection::new(None);
        assert_eq!(connection.state(), LiveState::Connecting);
        assert_eq!(
            wait(&mut connection, 0, vec![Wait::Nothing, Wait::Picture(1)]),
            "nothing"
        );
        assert_eq!(connection.state(), LiveState::Connecting);
        assert_eq!(wait(&mut connection, SECOND, vec![]), "picture 1");
        assert_eq!(connection.state(), LiveState::Live);
        assert_eq!(wait(&mut connection, 4 * SECOND, vec![]), "nothing");
        assert_eq!(connection.state(), LiveState::Live);
        assert_eq!(
            wait(&mut connection, SECOND + 3_200_000_000, vec![]),
            "nothing"
        );
        assert_eq!(
            connection.state(),
            LiveState::Stalled {
                silent_millis: 3_200
            }
        );
        let late = SECOND + LIVE_SILENCE_PATIENCE.as_nanos() as u64;
        assert_eq!(
            wait(&mut connection, late, vec![]),
            "lost: no picture came for 10 s"
        );
        let expected = LiveState::Reconnecting {
            attempt: 1,
            next_in_millis: 500,
        };
        assert_eq!(connection.state(), expected);
        assert_eq!(wait(&mut connection, late + SECOND / 4, vec![]), "nothing");
        let expected = LiveState::Reconnecting {
            attempt: 1,
            next_in_millis: 250,
        };
        assert_eq!(connection.state(), expected);
        assert_eq!(connection.reconnections(), 0);
        assert_eq!(
            wait(&mut connection, late + SECOND, vec![Wait::Picture(2)]),
            "picture 2"
        );
        assert_eq!(
            (connection.state(), connection.reconnections()),
            (LiveState::Live, 1)
        );
    }

    #[test]
    fn the_pause_between_tries_doubles_up_to_a_bound_and_starts_again_after_a_picture() {
        let mut connection = Connection::new(None);
        let mut now_nanos = 0;
        for expected in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
            assert_eq!(
                wait(&mut connection, now_nanos, vec![Wait::Ended(trouble())]),
                "lost: gone"
            );
            let LiveState::Reconnecting { next_in_millis, .. } = connection.state() else {
                panic!("{:?}", connection.state());
            };
            assert_eq!(next_in_millis, expected);
            now_nanos += next_in_millis * 1_000_000;
        }
        let script = vec![Wait::Picture(1), Wait::Ended(trouble())];
        assert_eq!(wait(&mut connection, now_nanos, script), "picture 1");
        assert_eq!(wait(&mut connection, now_nanos, vec![]), "lost: gone");
        let expected = LiveState::Reconnecting {
            attempt: 1,
            next_in_millis: 500,
        };
        assert_eq!(connection.state(), expected);
    }

    #[test]
    fn it_gives_up_after_as_many_tries_in_a_row_as_it_was_told() {
        let mut connection = Connection::new(Some(2));
        assert_eq!(
            wait(&mut connection, 0, vec![Wait::Ended(trouble())]),
            "lost: gone"
        );
        assert_eq!(
            wait(&mut connection, SECOND, vec![Wait::Ended(trouble())]),
            "given up: gone"
        );
    }

    #[test]
    fn a_connection_that_never_answers_is_ended() {
        let mut connection = Connection::new(None);
        assert_eq!(wait(&mut connection, 0, vec![]), "nothing");
        let late = LIVE_CONNECT_PATIENCE.as_nanos() as u64;
        assert_eq!(
            wait(&mut connection, late, vec![]),
            "lost: no picture came for 10 s"
        );
    }
}
