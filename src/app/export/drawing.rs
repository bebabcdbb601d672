//! A panel as shapes, without the toolkit that drew it.
//!
//! *Units.* Points; the panel's top left corner is 0, 0. Colours are sRGB with straight alpha.

use std::sync::Arc;

/// A colour: red, green, blue, alpha.
pub type Ink = [u8; 4];

/// Pixels of the screen, four bytes each: red, green, blue, alpha.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pixels {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `4 · width · height` bytes.
    pub rgba: Vec<u8>,
}

impl Pixels {
    /// The part that begins at column `x`, row `y`; what lies outside is left out.
    #[must_use]
    pub fn cut(&self, [x, y]: [usize; 2], [width, height]: [usize; 2]) -> Self {
        let (x, y) = (x.min(self.width), y.min(self.height));
        let (width, height) = (width.min(self.width - x), height.min(self.height - y));
        let mut rgba = Vec::with_capacity(4 * width * height);
        for row in y..y + height {
            let start = 4 * (row * self.width + x);
            rgba.extend_from_slice(self.rgba.get(start..start + 4 * width).unwrap_or_default());
        }
        Self {
            width,
            height,
            rgba,
        }
    }
}

/// A font file.
#[derive(Clone, Debug, PartialEq)]
pub struct Font {
    /// Its name, for the reader of the file.
    pub name: String,
    /// The bytes of a TrueType or OpenType file.
    pub bytes: Arc<[u8]>,
    /// Which of its fonts.
    pub index: u32,
    /// Factor on its glyphs.
    pub scale: f32,
    /// How far down its glyphs are moved, in parts of the size.
    pub y_offset: f32,
}

/// One letter in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// The letter.
    pub letter: char,
    /// Its origin on the baseline.
    pub at: [f32; 2],
    /// The size of its font.
    pub size: f32,
    /// Which of the drawing's families.
    pub family: usize,
    /// Its colour.
    pub ink: Ink,
}

/// A triangle with a colour at each corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangle {
    /// The corners.
    pub at: [[f32; 2]; 3],
    /// The mean of its corners' colours.
    pub ink: Ink,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A rectangle: left, top, right, bottom.
    Rect {
        /// Its edges.
        at: [f32; 4],
        /// Radius of its corners.
        radius: f32,
        /// Inside.
        fill: Ink,
        /// Width and colour of its outline, centred on the edge.
        stroke: (f32, Ink),
    },
    /// An ellipse.
    Ellipse {
        /// Its centre.
        at: [f32; 2],
        /// Its radii.
        radii: [f32; 2],
        /// Inside.
        fill: Ink,
        /// Width and colour of its outline.
        stroke: (f32, Ink),
    },
    /// A line through points, or a polygon.
    Path {
        /// The points.
        points: Vec<[f32; 2]>,
        /// Whether the last is joined to the first.
        is_closed: bool,
        /// Inside.
        fill: Ink,
        /// Width and colour of the line.
        stroke: (f32, Ink),
    },
    /// Text, letter by letter, turned around a point by an angle in degrees, clockwise.
    Text {
        /// What it says.
        words: String,
        /// The letters.
        glyphs: Vec<Glyph>,
        /// The point and the angle.
        turn: ([f32; 2], f32),
    },
    /// Triangles.
    Mesh(Vec<Triangle>),
    /// An image: left, top, right, bottom. Its pixels are those of the screen there.
    Image([f32; 4]),
}

/// A panel as shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// Width and height.
    pub size: [f32; 2],
    /// Pixels of the screen per point.
    pub pixels_per_point: f32,
    /// Each with the rectangle that it is cut to, the lowest first.
    pub marks: Vec<([f32; 4], Mark)>,
    /// The families, each the preferred font first: a letter is taken from the first that has it.
    pub fonts: Vec<Vec<Font>>,
}
