//! Addresses of live streams: what may be typed, what FFmpeg is given, and what is shown of it.
//!
//! *Secrets.* What is shown never holds a password, a pass phrase or a token. FFmpeg has no other way to be told an
//! address than its command line, so that other users of the machine may see it there while it plays.

use crate::source::SourceError;
use crate::source::limits::MAX_URL_BYTES;
use crate::source::spec::nearest;

/// How streams of a scheme are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    pub(super) name: &'static str,
    /// Protocols of FFmpeg that it needs, and nothing else gets.
    pub(super) protocols: &'static str,
    /// Readers beyond the usual ones.
    pub(super) readers: &'static [&'static str],
    /// Options of FFmpeg before the input.
    pub(super) options: &'static [&'static str],
    /// The option that limits waiting on the network, in microseconds.
    pub(super) time_out: &'static str,
}

/// A playlist over HTTP may name other addresses on the web; everything else is kept from it.
const WEB: &str = "http,https,httpproxy,tcp,tls,crypto";

const SCHEMES: [Scheme; 7] = [
    Scheme {
        name: "rtsp",
        protocols: "rtsp,rtp,tcp,udp",
        readers: &["rtsp"],
        // Over UDP, a single lost packet tears pictures, and firewalls let nothing through.
        options: &["-rtsp_transport", "tcp"],
        time_out: "-timeout",
    },
    Scheme {
        name: "rtsps",
        protocols: "rtsp,rtp,tcp,tls,udp",
        readers: &["rtsp"],
        options: &["-rtsp_transport", "tcp"],
        time_out: "-timeout",
    },
    Scheme {
        name: "rtmp",
        protocols: "rtmp,tcp",
        readers: &[],
        options: &[],
        time_out: "-rw_timeout",
    },
    Scheme {
        name: "http",
        protocols: WEB,
        readers: &["hls"],
        options: &[],
        time_out: "-rw_timeout",
    },
    Scheme {
        name: "https",
        protocols: WEB,
        readers: &["hls"],
        options: &[],
        time_out: "-rw_timeout",
    },
    Scheme {
        name: "srt",
        protocols: "srt",
        readers: &[],
        options: &[],
        time_out: "-rw_timeout",
    },
    Scheme {
        name: "udp",
        protocols: "udp",
        readers: &[],
        // A full receive buffer loses packets instead of ending the stream.
        options: &["-overrun_nonfatal", "1"],
        time_out: "-rw_timeout",
    },
];

/// Keys of a query whose values are nobody's business, or whose names end in one of these.
const SECRET_KEYS: [&str; 9] = [
    "pass",
    "passphrase",
    "password",
    "pwd",
    "token",
    "key",
    "secret",
    "auth",
    "sig",
];

/// What stands for a secret.
const HIDDEN: &str = "…";

/// An address as it was typed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// As FFmpeg gets it.
    pub(super) url: String,
    pub(super) scheme: &'static Scheme,
    /// What must not be shown.
    secrets: Vec<String>,
    /// As it is shown.
    pub(super) shown: String,
    /// Host and port, to be named in messages.
    pub(super) place: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// Reads `typed`, whose scheme is `scheme`.
    pub(super) fn parse(typed: &str, scheme: &str) -> Result<Self, SourceError> {
        let rest = &typed[scheme.len() + "://".len()..];
        let secrets = secrets_in(rest);
        let shown = hide(typed, &secrets);
        let refused =
            |reason: String, way_out: &str| Err(SourceError::new(shown.as_str(), reason, way_out));
        let lower = scheme.to_ascii_lowercase();
        let Some(known) = SCHEMES.iter().find(|known| known.name == lower) else {
            let names = SCHEMES.map(|known| known.name);
            let meant = nearest(&lower, &names)
                .map_or(String::new(), |name| format!("; did you mean {name}://"));
            return refused(
                format!("{lower}:// is no kind of stream that is opened{meant}"),
                "Give an address with rtsp, rtsps, rtmp, http, https, srt or udp, or the path of a file",
            );
        };
        if typed.len() > MAX_URL_BYTES {
            return refused(
                format!("the address is longer than {MAX_URL_BYTES} bytes"),
                "Give a shorter one",
            );
        }
        if typed.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return refused(
                "the address has a space or a control character in it".to_owned(),
                "Write %20 for a space",
            );
        }
        let place = place_in(rest);
        if place.is_empty() && !["udp", "srt"].contains(&known.name) {
            return refused(
                "the address names no host".to_owned(),
                "Write it as in rtsp://192.168.1.20:554/stream",
            );
        }
        Ok(Self {
            url: format!("{}://{rest}", known.name),
            scheme: known,
            place: place.to_owned(),
            secrets,
            shown,
        })
    }

    /// `text` without what must not be shown.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        hide(text, &self.secrets)
    }
}

/// What `typed` may be called in messages, if it is an address: without its secrets.
pub(crate) fn shown(typed: &str) -> String {
    match typed.split_once("://") {
        Some((_, rest)) => hide(typed, &secrets_in(rest)),
        None => typed.to_owned(),
    }
}

/// What follows the scheme as user and password, and the rest. A password may hold a slash or a question mark that
/// nobody has escaped: what stands behind a colon and is no port is one.
fn split_user(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let is_cut_password = !authority.starts_with('[')
        && authority
            .split_once(':')
            .is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()));
    let at = match authority.rfind('@') {
        None if is_cut_password => rest.rfind('@'),
        at => at,
    };
    at.map_or(("", rest), |at| (&rest[..at], &rest[at + 1..]))
}

/// Host and port in what follows the scheme.
fn place_in(rest: &str) -> &str {
    let (_, rest) = split_user(rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// The password, and the values of keys that sound secret, in what follows the scheme.
fn secrets_in(rest: &str) -> Vec<String> {
    let (user, rest) = split_user(rest);
    let password = user.split_once(':').map(|(_, password)| password);
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let values = query.split(['&', '#', ';']).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let key = key.to_ascii_lowercase();
        let is_secret = SECRET_KEYS.iter().any(|secret| key.ends_with(secret));
        is_secret.then_some(value)
    });
    password
        .into_iter()
        .chain(values)
        .filter(|secret| !secret.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Puts [`HIDDEN`] in the place of secrets. In an address they stand behind `:`, `=`; a short one is hidden only there,
/// so that the rest stays readable.
fn hide(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        text = text
            .replace(&format!(":{secret}@"), &format!(":{HIDDEN}@"))
            .replace(&format!("={secret}"), &format!("={HIDDEN}"));
        if secret.len() >= 4 {
            text = text.replace(secret.as_str(), HIDDEN);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<Address, SourceError> {
        Address::parse(typed, typed.split_once("://").unwrap().0)
    }

    #[test]
    fn secrets_are_never_shown() {
        for (typed, shown) in [
            ("rtsp://host/stream", "rtsp://host/stream"),
            ("rtsp://user:s3cret@host:554/s", "rtsp://user:…@host:554/s"),
            ("rtsp://user@host/s", "rtsp://user@host/s"),
            ("rtsp://u:pa/ss@host/s", "rtsp://u:…@host/s"),
            ("rtsp://u:p@ss@host/s", "rtsp://u:…@host/s"),
            ("rtsp://a:a@host/a", "rtsp://a:…@host/a"),
            (
                "https://h/v.m3u8?access_token=abc&q=1",
                "https://h/v.m3u8?access_token=…&q=1",
            ),
            (
                "srt://h:9000?passphrase=0123456789&mode=caller",
                "srt://h:9000?passphrase=…&mode=caller",
            ),
            ("http://h/user@example.org", "http://h/user@example.org"),
            (
                "http://h/a?to=me@example.org",
                "http://h/a?to=me@example.org",
            ),
        ] {
            let address = parse(typed).unwrap();
            assert_eq!(address.shown, shown, "{typed}");
            assert_eq!(super::shown(typed), shown, "{typed}");
            assert_eq!(format!("{address:?}"), shown);
            assert_eq!(address.url, typed);
        }
        let address = parse("rtsp://user:s3cret@host/s").unwrap();
        let said = "rtsp://user:s3cret@host/s: 401 Unauthorized";
        assert_eq!(
            address.without_secrets(said),
            "rtsp://user:…@host/s: 401 Unauthorized"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_way_out() {
        for (typed, part) in [
            ("rstp://host/s", "did you mean rtsp://"),
            ("file:///etc/passwd", "file:// is no kind of stream"),
            ("concat://a", "is no kind of stream"),
            ("gopher://u:hidden@h/", "is no kind of stream"),
            ("rtsp:///stream", "names no host"),
            ("http://host/a b", "space"),
            ("rtmp://host/app\n-i x", "control"),
        ] {
            let error = parse(typed).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains("hidden"), "{error}");
        }
        let long = format!("http://host/{}", "a".repeat(MAX_URL_BYTES));
        assert!(parse(&long).unwrap_err().to_string().contains("longer"));
    }

    #[test]
    fn host_and_port_are_found() {
        assert_eq!(parse("rtsp://u:p@host:554/s").unwrap().place, "host:554");
        assert_eq!(parse("http://[::1]:80/s?a=@b").unwrap().place, "[::1]:80");
        assert_eq!(parse("udp://:5000").unwrap().place, ":5000");
        assert_eq!(
            parse("UDP://@239.0.0.1:1234").unwrap().place,
            "239.0.0.1:1234"
        );
    }

    #[test]
    fn no_scheme_may_reach_files_or_run_lists() {
        for scheme in &SCHEMES {
            for protocol in scheme.protocols.split(',') {
                let harmful = [
                    "file", "pipe", "fd", "concat", "subfile", "data", "cache", "async", "unix",
                ];
                assert!(!harmful.contains(&protocol), "{}: {protocol}", scheme.name);
            }
        }
    }
}
