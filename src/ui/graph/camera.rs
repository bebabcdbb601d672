//! Where the picture lies on the screen: moved, zoomed where the pointer is, or fitted.

use eframe::egui::{Pos2, Rect, Vec2, vec2};

use crate::app::Drawn;
use crate::diagram::{self, Point};

/// How far in and out one can zoom.
const ZOOM: std::ops::RangeInclusive<f32> = 0.02..=8.0;

/// The largest zoom of a fit: text larger than that is not easier to read.
const FIT_MOST: f32 = 1.25;

/// The least zoom at which rows are fitted: below it they are as wide as the panel and go on beneath its end.
const ROWS_READABLE: f32 = 0.8;

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    /// Where the picture is seen.
    pub(super) rect: Rect,
    /// The picture's corner, from that of `rect`.
    pub(super) offset: Vec2,
    /// Screen points a picture point.
    pub(super) zoom: f32,
    /// Whether the user has moved it; else it fits itself.
    pub(super) is_moved: bool,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            rect: Rect::ZERO,
            offset: Vec2::ZERO,
            zoom: 1.0,
            is_moved: false,
        }
    }
}

impl Camera {
    /// A point of the picture on the screen.
    pub(super) fn at(&self, point: Point) -> Pos2 {
        self.rect.min + self.offset + vec2(point.x, point.y) * self.zoom
    }

    /// A rectangle of the picture on the screen.
    pub(super) fn of(&self, rect: &diagram::Rect) -> Rect {
        Rect::from_min_max(self.at(rect.min), self.at(rect.max))
    }

    /// A point of the screen in the picture.
    pub(super) fn back(&self, at: Pos2) -> Point {
        let place = (at - self.rect.min - self.offset) / self.zoom;
        Point::new(place.x, place.y)
    }

    /// The part of the picture that is seen.
    pub(super) fn seen(&self) -> diagram::Rect {
        diagram::Rect {
            min: self.back(self.rect.min),
            max: self.back(self.rect.max),
        }
    }

    /// Shows the picture in `rect`; it fits itself until it is moved.
    pub(super) fn look(&mut self, rect: Rect, drawn: &Drawn) {
        self.rect = rect;
        if !self.is_moved {
            self.fit(drawn);
        }
    }

    /// Shows all of it, or rows as wide as they can be read.
    pub(super) fn fit(&mut self, drawn: &Drawn) {
        let size = vec2(drawn.picture.size.width, drawn.picture.size.height).max(vec2(1.0, 1.0));
        let (wide, high) = (self.rect.width() / size.x, self.rect.height() / size.y);
        let mut zoom = wide.min(high).min(FIT_MOST);
        if drawn.is_in_rows && zoom < ROWS_READABLE {
            zoom = wide.min(ROWS_READABLE);
        }
        self.zoom = zoom.clamp(*ZOOM.start(), *ZOOM.end());
        let rest = self.rect.size() - size * self.zoom;
        let top = if rest.y < 0.0 && drawn.is_in_rows {
            0.0
        } else {
            rest.y / 2.0
        };
        self.offset = vec2(rest.x / 2.0, top);
        self.is_moved = false;
    }

    /// Zooms so that what is at a place of the screen stays there.
    pub(super) fn zoom_at(&mut self, at: Pos2, factor: f32) {
        let fixed = self.back(at);
        self.zoom = (self.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
        self.offset += at - self.at(fixed);
        self.is_moved = true;
    }

    /// Moves it.
    pub(super) fn pan(&mut self, by: Vec2) {
        self.offset += by;
        self.is_moved = true;
    }

    /// Moves a rectangle of the picture into sight, if it is not.
    pub(super) fn reveal(&mut self, rect: &diagram::Rect) {
        let place = self.of(rect);
        let inner = self.rect.shrink(8.0);
        if inner.contains_rect(place) {
            return;
        }
        let by = |low: f32, high: f32, least: f32, most: f32| {
            if low < least {
                least - low
            } else {
                (most - high).min(0.0)
            }
        };
        self.pan(vec2(
            by(place.left(), place.right(), inner.left(), inner.right()),
            by(place.top(), place.bottom(), inner.top(), inner.bottom()),
        ));
    }

    /// Puts a point of the picture into the middle.
    pub(super) fn centre(&mut self, point: Point) {
        let by = self.rect.center() - self.at(point);
        self.pan(by);
    }

    /// Whether much of the picture is out of sight.
    pub(super) fn hides(&self, drawn: &Drawn) -> bool {
        let size = drawn.picture.size;
        let whole = Rect::from_min_max(
            self.at(Point::new(0.0, 0.0)),
            self.at(Point::new(size.width, size.height)),
        );
        !self.rect.expand(1.0).contains_rect(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let mut camera = Camera {
            rect: Rect::from_min_size(pos2(100.0, 50.0), vec2(300.0, 200.0)),
            ..Camera::default()
        };
        let at = pos2(180.0, 90.0);
        let before = camera.back(at);
        camera.zoom_at(at, 2.5);
        let after = camera.back(at);
        assert!(before.distance(after) < 1e-3, "{before:?} {after:?}");
        camera.zoom_at(at, 1e9);
        assert_eq!(camera.zoom, 8.0);
    }
}
