//! Why a live stream cannot be had, or was lost: from what FFmpeg says to a reason and a way out of ours.

use crate::source::ffmpeg::message;

/// A reason without a full stop, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: String,
    pub(super) way_out: &'static str,
}

const CHECK_SERVER: &str = "Check that it runs, and that address and port are right";

/// What FFmpeg says on the network, what it means, and what to do. The first that is found counts.
const ON_THE_NETWORK: &[(&str, &str, &str)] = &[
    (
        "ormat not on whitelist",
        "it is a list of other addresses of a kind that is not followed",
        "Open the stream that it names",
    ),
    (
        "ot on whitelist",
        "it points to files or addresses that it may not reach",
        "Open the stream that it names, if you trust it",
    ),
    (
        "Protocol not found",
        "this FFmpeg was built without the protocol",
        "Install a complete build of FFmpeg",
    ),
    (
        "Failed to resolve hostname",
        "the host is not known",
        "Check its name and this machine's network",
    ),
    (
        "Unable to resolve",
        "the host is not known",
        "Check its name and this machine's network",
    ),
    (
        "Connection refused",
        "nothing listens there: the connection was refused",
        CHECK_SERVER,
    ),
    (
        "401 Unauthorized",
        "a user name and a password are asked for, or these are wrong (401)",
        "Write them into the address, as in rtsp://user:password@host/stream",
    ),
    (
        "authorization failed",
        "a user name and a password are asked for, or these are wrong (401)",
        "Write them into the address, as in rtsp://user:password@host/stream",
    ),
    (
        "403 Forbidden",
        "the server forbids it (403)",
        "Ask whoever runs the server for the right to it",
    ),
    (
        "access denied",
        "the server forbids it (403)",
        "Ask whoever runs the server for the right to it",
    ),
    (
        "404 Not Found",
        "the server has no such stream (404)",
        "Check the path behind the host",
    ),
    (
        "454 Session Not Found",
        "the server has ended the session",
        CHECK_SERVER,
    ),
    (
        "4XX Client Error",
        "the server refuses the request",
        "Check the path behind the host",
    ),
    (
        "5XX Server Error",
        "the server has failed inside (an error of the 500s)",
        "Ask whoever runs the server, or wait",
    ),
    (
        "500 Internal Server Error",
        "the server has failed inside (500)",
        "Ask whoever runs the server, or wait",
    ),
    (
        "503 Service",
        "the server is overloaded or being mended (503)",
        "Wait, or ask whoever runs it",
    ),
    (
        "Network is unreachable",
        "there is no way to its network",
        "Check this machine's network",
    ),
    (
        "No route to host",
        "there is no way to its host",
        "Check the host and this machine's network",
    ),
    ("timed out", "it did not answer in time", CHECK_SERVER),
    (
        "Address already in use",
        "another program receives on this port already",
        "End that program, or use another port",
    ),
    (
        "Cannot assign requested address",
        "this machine has no such address to receive on",
        "Name one of its own, or none, as in udp://:5000",
    ),
    (
        "Connection reset by peer",
        "the connection was cut by the other side",
        CHECK_SERVER,
    ),
    ("Input/output error", "the connection broke", CHECK_SERVER),
    (
        "End of file",
        "the other side ended the connection",
        CHECK_SERVER,
    ),
    (
        "Invalid data found when processing input",
        "what comes from there is no video that FFmpeg can read",
        "Check that the address leads to a video stream, and not to a page",
    ),
];

/// The same for cameras.
const WITH_CAMERAS: &[(&str, &str, &str)] = &[
    (
        "Device or resource busy",
        "another program is using it",
        "Close that program",
    ),
    (
        "Permission denied",
        "it may not be read",
        "On Linux, add yourself to the group `video` and log in again; elsewhere, allow cameras in the system's settings",
    ),
    ("No such device", "it is gone", "Plug it in again"),
    (
        "No such file or directory",
        "there is no such camera",
        "Plug it in, or choose another number",
    ),
    (
        "Not a video capture device",
        "it delivers no pictures (some cameras have a second device for something else)",
        "Choose another number",
    ),
    (
        "Invalid argument",
        "it does not deliver this size or rate",
        "Leave size and rate out, or choose those that it has",
    ),
    (
        "Unknown input format",
        "this FFmpeg was built without its reader of cameras",
        "Install a complete build of FFmpeg",
    ),
    (
        "Could not find video device",
        "there is no such camera",
        "Plug it in, or choose another number",
    ),
];

/// What is the matter, by what FFmpeg wrote; without a word of it, the connection was ended.
pub(super) fn of(stderr: &str, is_camera: bool) -> Trouble {
    let table = if is_camera {
        WITH_CAMERAS
    } else {
        ON_THE_NETWORK
    };
    if let Some((_, reason, way_out)) = table.iter().find(|(said, _, _)| stderr.contains(said)) {
        return Trouble {
            reason: (*reason).to_owned(),
            way_out,
        };
    }
    let reason = message::reason(stderr).unwrap_or_else(|| {
        if is_camera {
            "it was switched off or unplugged"
        } else {
            "the other side ended the stream"
        }
        .to_owned()
    });
    Trouble {
        reason,
        way_out: if is_camera {
            "Plug it in again"
        } else {
            CHECK_SERVER
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_says_becomes_a_reason_of_ours() {
        for (said, part) in [
            (
                "[tcp @ 0x1] Connection to tcp://127.0.0.1:1 failed: Connection refused\n",
                "refused",
            ),
            (
                "[http @ 0x1] HTTP error 404 Not Found\nhttp://h/a: Server returned 404 Not Found",
                "(404)",
            ),
            (
                "[tcp @ 0x1] Failed to resolve hostname nowhere.invalid: Name or service not known",
                "not known",
            ),
            (
                "[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized",
                "password",
            ),
            (
                "http://h/: Server returned 401 Unauthorized (authorization failed)",
                "password",
            ),
            (
                "[hls @ 0x1] Protocol 'file' not on whitelist 'http,tcp'!",
                "may not reach",
            ),
            ("", "ended the stream"),
        ] {
            let trouble = of(said, false);
            assert!(trouble.reason.contains(part), "{said}: {trouble:?}");
            assert!(!trouble.reason.contains("FFmpeg says"), "{trouble:?}");
        }
        assert!(
            of("/dev/video0: Device or resource busy", true)
                .reason
                .contains("another program")
        );
        assert!(
            of("something else", false)
                .reason
                .contains("FFmpeg says: something else")
        );
    }
}
