//! Marks of changed settings and of disturbances: thin lines with a flag, and words where there is room for them.

use eframe::egui::{Align2, Painter, Rect, Shape, Stroke, pos2, vec2};

use super::ground::Ground;
use crate::app::Timeline;
use crate::ui::theme::{CAPTION, Tokens};
use crate::ui::widgets::text_within;

/// Marks that are closer than this share a flag.
const CLOSE: f32 = 10.0;

/// The least room for words.
const ROOM: f32 = 44.0;

/// Marks that share a flag.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group<'a> {
    pub(super) x: f32,
    pub(super) texts: Vec<&'a str>,
}

impl Group<'_> {
    fn words(&self) -> String {
        match self.texts[..] {
            [only] => only.to_owned(),
            _ => format!("{} changes", self.texts.len()),
        }
    }
}

/// The marks inside the window, gathered so that no flag covers another.
pub(super) fn groups<'a>(ground: &Ground, timeline: &'a Timeline) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let changes = &timeline.changes;
    let begin = changes.partition_point(|(frame, _)| (*frame as f64) < ground.window.start);
    for (frame, text) in &changes[begin..] {
        if *frame as f64 > ground.window.end {
            break;
        }
        let x = ground.x(*frame as f64).round() + 0.5;
        match groups.last_mut() {
            Some(last) if x - last.x < CLOSE => last.texts.push(text),
            _ => groups.push(Group {
                x,
                texts: vec![text],
            }),
        }
    }
    groups
}

/// Lines, flags, and words that do not run into the next flag or into `taken`.
pub(super) fn paint(
    painter: &Painter,
    ground: &Ground,
    groups: &[Group<'_>],
    taken: Option<Rect>,
    tokens: &Tokens,
) {
    let plot = ground.plot;
    for (number, group) in groups.iter().enumerate() {
        let stroke = Stroke::new(1.0, tokens.cyan.gamma_multiply(0.8));
        let ends = [pos2(group.x, plot.top()), pos2(group.x, plot.bottom())];
        painter.extend(Shape::dashed_line(&ends, stroke, 3.0, 3.0));
        let top = pos2(group.x, plot.top());
        let flag = vec![
            top + vec2(-4.0, -1.0),
            top + vec2(4.0, -1.0),
            top + vec2(0.0, 6.0),
        ];
        painter.add(Shape::convex_polygon(flag, tokens.cyan, Stroke::NONE));
        let next = groups.get(number + 1).map_or(plot.right(), |next| next.x);
        let next = taken.map_or(next, |taken| next.min(taken.left()));
        let room = next - group.x - 12.0;
        if room >= ROOM {
            text_within(
                painter,
                pos2(group.x + 6.0, plot.top()),
                Align2::LEFT_TOP,
                &group.words(),
                (CAPTION, tokens.cyan),
                room,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_marks_never_cover_each_other() {
        let ground = Ground {
            plot: Rect::from_min_size(pos2(0.0, 0.0), vec2(700.0, 100.0)),
            window: 0.0..6_000.0,
            max_ms: 40.0,
        };
        let timeline = Timeline {
            changes: (0..1_000)
                .map(|number| (number * 7, format!("budget {number} ms")))
                .collect(),
            ..Timeline::default()
        };
        let groups = groups(&ground, &timeline);
        assert!(groups.windows(2).all(|pair| pair[1].x - pair[0].x >= CLOSE));
        let marks: usize = groups.iter().map(|group| group.texts.len()).sum();
        assert_eq!(marks, 858, "those up to frame 6,000");
        assert!(groups[0].words().ends_with(" changes"));
    }
}
