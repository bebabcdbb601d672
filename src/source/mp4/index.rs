//! Finding the index of an MP4 file, and making it safe to hand to the parser.
//!
//! The parser expands sample tables as they claim to be, audio included. So the boxes are walked first: counts are
//! held against the limits, the track to play is chosen, and what is not needed is renamed to `skip` in a copy of
//! the index that [`Patched`] lays over the file.

use std::fs::File;
use std::io::{BufReader, Read, Result as IoResult, Seek, SeekFrom};
use std::ops::Range;

use super::{DAMAGED, fault};
use crate::source::SourceError;
use crate::source::limits::{FRAMES, INDEX_BYTES};

/// Most boxes at the top level of a file; a long fragmented recording has some ten thousand.
const MAX_TOP_LEVEL_BOXES: usize = 4_000_000;

/// A file whose index was found and checked, with the video track to play.
pub(super) struct Index {
    /// The file as the parser may read it.
    pub(super) reader: Patched,
    /// Length of the file in bytes.
    pub(super) file_bytes: u64,
    /// Where the last whole box ends: up to here the parser reads.
    pub(super) end: u64,
    /// The track to play.
    pub(super) track: TrackHead,
}

/// What is known of a track before it is parsed.
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackHead {
    /// Its number in the file.
    pub(super) id: u32,
    /// Four letters that name its codec.
    pub(super) codec: [u8; 4],
    is_video: bool,
    area_px: u64,
    sample_count: u64,
}

impl TrackHead {
    fn is_cover(self) -> bool {
        let is_still = matches!(
            &self.codec,
            b"jpeg" | b"mjpa" | b"mjpb" | b"png " | b"gif " | b"tiff"
        );
        is_still && self.sample_count <= 1
    }
}

/// Walks the boxes of `file` and chooses its largest video track.
pub(super) fn find(file: File) -> Result<Index, SourceError> {
    let unreadable = |error: std::io::Error| {
        fault(
            format!("it could not be read: {error}"),
            "Check the disk or copy the file",
        )
    };
    let file_bytes = file.metadata().map_err(unreadable)?.len();
    let mut file = BufReader::new(file);
    let mut layout = Layout::default();
    let mut at = 0;
    for _ in 0..MAX_TOP_LEVEL_BOXES {
        let Some(head) = BoxHead::read(&mut file, at, file_bytes).map_err(unreadable)? else {
            break;
        };
        let is_whole = head.end <= file_bytes;
        match &head.kind {
            b"moov" if layout.moov.is_some() => break,
            b"moov" if !is_whole => {
                return Err(fault("its index (moov) is cut short", DAMAGED));
            }
            b"moof" if !is_whole => break,
            b"moov" | b"moof" => {
                let bytes = layout
                    .read_index_box(&mut file, &head)
                    .map_err(unreadable)??;
                layout.take(&head, bytes);
            }
            _ => {}
        }
        layout.parsed_bytes += 16;
        if matches!(&head.kind, b"ftyp" | b"emsg" | b"moov" | b"moof") {
            layout.parsed_bytes += head.end.min(file_bytes) - head.start;
        }
        at = head.end;
    }
    // The parser may look at a box twice; one that goes round in a circle comes to an end.
    let budget = layout
        .parsed_bytes
        .saturating_mul(2)
        .saturating_add(PARSER_EXTRA_BYTES);
    let Some((moov_at, mut moov)) = layout.moov else {
        let reason = "its index (moov) is missing: the file is cut short or was not finished";
        return Err(fault(reason, DAMAGED));
    };
    let track = prepare(&mut moov, layout.fragment_samples, file_bytes)?;
    let reader = Patched {
        file,
        file_at: None,
        at: 0,
        patch_at: moov_at,
        patch: moov,
        end: at,
        budget,
    };
    Ok(Index {
        reader,
        file_bytes,
        end: at,
        track,
    })
}

/// What the parser may read beyond twice what there is: small files have their headers read more often.
const PARSER_EXTRA_BYTES: u64 = 64 << 10;

/// What the walk over the top level has found.
#[derive(Default)]
struct Layout {
    moov: Option<(u64, Vec<u8>)>,
    index_bytes: u64,
    fragment_samples: u64,
    /// Bytes that the parser has to read once.
    parsed_bytes: u64,
}

impl Layout {
    fn read_index_box(
        &mut self,
        file: &mut BufReader<File>,
        head: &BoxHead,
    ) -> IoResult<Result<Vec<u8>, SourceError>> {
        self.index_bytes = self.index_bytes.saturating_add(head.end - head.start);
        if self.index_bytes > INDEX_BYTES.get() {
            let reason = format!("its index is larger than {}", INDEX_BYTES.reason());
            return Ok(Err(fault(
                reason,
                "Cut it into parts, for example: ffmpeg -i {name} -t 3600 -c copy out.mp4",
            )));
        }
        let mut bytes = vec![0; (head.end - head.start) as usize];
        file.seek(SeekFrom::Start(head.start))?;
        file.read_exact(&mut bytes)?;
        Ok(Ok(bytes))
    }

    fn take(&mut self, head: &BoxHead, bytes: Vec<u8>) {
        if &head.kind == b"moov" {
            self.moov = Some((head.start, bytes));
            return;
        }
        for traf in boxes(&bytes, head.body_in_box()..bytes.len()) {
            for trun in boxes(&bytes, traf.body) {
                if &trun.kind == b"trun" {
                    let count = be32(&bytes, trun.body.start + 4).unwrap_or(0);
                    self.fragment_samples = self.fragment_samples.saturating_add(u64::from(count));
                }
            }
        }
    }
}

/// Checks the counts in `moov`, chooses the track, and renames what the parser need not see.
fn prepare(
    moov: &mut [u8],
    fragment_samples: u64,
    file_bytes: u64,
) -> Result<TrackHead, SourceError> {
    let top = boxes(moov, 0..moov.len());
    let body = top.first().map_or(0..0, |head| head.body.clone());
    let children = boxes(moov, body.clone());
    let covered = children.last().map_or(body.start, |last| last.body.end);
    if covered.saturating_add(8) <= body.end {
        return Err(fault("its index (moov) is damaged", DAMAGED));
    }
    let is_fragmented = children.iter().any(|child| &child.kind == b"mvex");
    let mut traks = Vec::new();
    for child in &children {
        match &child.kind {
            b"trak" => {
                if let Some(head) = track_head(moov, child.body.clone()) {
                    traks.push((child.start, head));
                }
            }
            b"mvhd" | b"mvex" => {}
            _ => hide(moov, child.start),
        }
    }
    let videos = traks
        .iter()
        .filter(|(_, head)| head.is_video && !head.is_cover());
    let Some(&(chosen_at, chosen)) =
        videos.max_by_key(|(at, head)| (head.area_px, std::cmp::Reverse(*at)))
    else {
        return Err(fault("it has no video track", "Open a file with a picture"));
    };
    let mut samples = fragment_samples;
    for &(at, head) in &traks {
        // Fragments name their tracks, and the parser wants to know them all.
        if at == chosen_at || is_fragmented {
            samples = samples.saturating_add(head.sample_count);
        } else {
            hide(moov, at);
        }
    }
    if samples > FRAMES.get() {
        let limit = FRAMES.reason();
        let reason = format!("its index lists {samples} pictures, more than {limit}");
        return Err(fault(
            reason,
            "Cut it into parts, for example: ffmpeg -i {name} -t 3600 -c copy out.mp4",
        ));
    }
    if samples > file_bytes {
        return Err(fault(
            "its index lists more pictures than the file has bytes",
            DAMAGED,
        ));
    }
    Ok(chosen)
}

fn hide(moov: &mut [u8], start: usize) {
    if let Some(kind) = moov.get_mut(start + 4..start + 8) {
        kind.copy_from_slice(b"skip");
    }
}

fn track_head(moov: &[u8], trak: Range<usize>) -> Option<TrackHead> {
    let tkhd = descend(moov, trak.clone(), &[b"tkhd"])?;
    let id_at = if moov.get(tkhd.start) == Some(&1) {
        20
    } else {
        12
    };
    let hdlr = descend(moov, trak.clone(), &[b"mdia", b"hdlr"])?;
    let is_video = moov.get(hdlr.start + 8..hdlr.start + 12) == Some(b"vide");
    let stbl = descend(moov, trak, &[b"mdia", b"minf", b"stbl"])?;
    let stsd = descend(moov, stbl.clone(), &[b"stsd"])?;
    let entries = boxes(moov, stsd.start + 8..stsd.end);
    let entry = entries.first()?;
    if is_video && !has_proper_children(moov, entry) {
        return None;
    }
    let side = |at: usize| {
        Some(u64::from(u16::from_be_bytes(
            moov.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    let area_px = side(entry.start + 32).unwrap_or(0) * side(entry.start + 34).unwrap_or(0);
    let sample_count = descend(moov, stbl, &[b"stsz"]).and_then(|stsz| be32(moov, stsz.start + 8));
    Some(TrackHead {
        id: be32(moov, tkhd.start + id_at)?,
        codec: entry.kind,
        is_video,
        area_px,
        sample_count: u64::from(sample_count.unwrap_or(0)),
    })
}

/// Whether the boxes inside a video sample entry have sizes with which a reader gets ahead.
fn has_proper_children(moov: &[u8], entry: &Child) -> bool {
    let mut at = entry.body.start + 78;
    while at + 8 <= entry.body.end {
        match be32(moov, at) {
            Some(size) if size >= 8 => at = at.saturating_add(size as usize),
            // QuickTime ends lists with four zero bytes.
            Some(0) => return &entry.kind != b"avc1",
            _ => return false,
        }
    }
    true
}

struct BoxHead {
    kind: [u8; 4],
    start: u64,
    end: u64,
    header_bytes: u64,
}

impl BoxHead {
    /// The box at `at`; `None` at the end of the file or where no box begins.
    fn read(file: &mut BufReader<File>, at: u64, file_bytes: u64) -> IoResult<Option<Self>> {
        if at.saturating_add(8) > file_bytes {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(16);
        file.take(16).read_to_end(&mut head)?;
        let (Some(size), Some(&[a, b, c, d])) = (be32(&head, 0), head.get(4..8)) else {
            return Ok(None);
        };
        let (size, header_bytes) = match size {
            0 => (file_bytes - at, 8),
            1 => match (be32(&head, 8), be32(&head, 12)) {
                (Some(high), Some(low)) => (u64::from(high) << 32 | u64::from(low), 16),
                _ => return Ok(None),
            },
            size => (u64::from(size), 8),
        };
        let end = at.saturating_add(size);
        let is_sound = size >= header_bytes && i64::try_from(end).is_ok();
        Ok(is_sound.then_some(Self {
            kind: [a, b, c, d],
            start: at,
            end,
            header_bytes,
        }))
    }

    fn body_in_box(&self) -> usize {
        self.header_bytes as usize
    }
}

/// A box inside the index: its name, where it starts, and what it holds.
struct Child {
    kind: [u8; 4],
    start: usize,
    body: Range<usize>,
}

/// The boxes in `within`, up to the first that does not fit.
fn boxes(data: &[u8], within: Range<usize>) -> Vec<Child> {
    let mut found = Vec::new();
    let mut at = within.start;
    while let (Some(size), Some(&[a, b, c, d])) = (be32(data, at), data.get(at + 4..at + 8)) {
        let (size, header_bytes) = match size {
            1 => match (be32(data, at + 8), be32(data, at + 12)) {
                (Some(0), Some(low)) => (low as usize, 16),
                _ => break,
            },
            size => (size as usize, 8),
        };
        let end = at.saturating_add(size);
        if size < header_bytes || end > within.end {
            break;
        }
        found.push(Child {
            kind: [a, b, c, d],
            start: at,
            body: at + header_bytes..end,
        });
        at = end;
    }
    found
}

/// What the box at the end of `path` holds.
fn descend(data: &[u8], within: Range<usize>, path: &[&[u8; 4]]) -> Option<Range<usize>> {
    path.iter().try_fold(within, |within, kind| {
        let mut children = boxes(data, within).into_iter();
        children
            .find(|child| &child.kind == *kind)
            .map(|child| child.body)
    })
}

fn be32(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// A file of which one stretch is replaced by bytes in memory.
pub(super) struct Patched {
    file: BufReader<File>,
    /// Where `file` stands, if that is known.
    file_at: Option<u64>,
    at: u64,
    patch_at: u64,
    patch: Vec<u8>,
    end: u64,
    /// Bytes that may still be read: a box of size 0 would otherwise be read for ever.
    budget: u64,
}

impl Patched {
    /// The file itself.
    pub(super) fn into_file(self) -> File {
        self.file.into_inner()
    }
}

impl Read for Patched {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        let patch_end = self.patch_at + self.patch.len() as u64;
        let count = if (self.patch_at..patch_end).contains(&self.at) {
            let mut rest = &self.patch[(self.at - self.patch_at) as usize..];
            rest.read(into)?
        } else {
            if self.file_at != Some(self.at) {
                self.file.seek(SeekFrom::Start(self.at))?;
            }
            let room = if self.at < self.patch_at {
                usize::try_from(self.patch_at - self.at).unwrap_or(usize::MAX)
            } else {
                usize::MAX
            };
            let length = into.len().min(room);
            self.file_at = None;
            let count = self.file.read(&mut into[..length])?;
            self.file_at = Some(self.at + count as u64);
            count
        };
        self.at += count as u64;
        let left = self.budget.checked_sub(count as u64);
        self.budget = left.ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "its boxes lead in a circle",
            )
        })?;
        Ok(count)
    }
}

impl Seek for Patched {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.at = target.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
