//! Reading what may be packed with gzip, and may have been cut short.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::run_writer::partial_of;

/// The two bytes that every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An open file, unpacked on its way.
pub(super) struct Unpacked {
    pub(super) reader: Box<dyn BufRead>,
    pub(super) is_packed: bool,
    /// Whether it is the unfinished file beside the one that was named.
    pub(super) is_partial: bool,
}

/// Opens a file; where there is none, what a run that did not end has left beside it.
pub(super) fn open(path: &Path) -> std::io::Result<Unpacked> {
    let (file, is_partial) = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (File::open(partial_of(path)).map_err(|_| error)?, true)
        }
        found => (found?, false),
    };
    let mut file = BufReader::new(file);
    let is_packed = file.fill_buf()?.starts_with(&GZIP);
    let reader: Box<dyn BufRead> = if is_packed {
        Box::new(BufReader::new(UntilCut(MultiGzDecoder::new(file))))
    } else {
        Box::new(file)
    };
    Ok(Unpacked {
        reader,
        is_packed,
        is_partial,
    })
}

/// Ends where the packed bytes end, wherever that is: a file that was cut short is no error.
struct UntilCut<R>(R);

impl<R: Read> Read for UntilCut<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match self.0.read(into) {
            Err(error) if matches!(error.kind(), UnexpectedEof | InvalidData | InvalidInput) => {
                Ok(0)
            }
            read => read,
        }
    }
}
