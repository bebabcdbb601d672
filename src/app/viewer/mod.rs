//! The viewer without a window: what is looked at, and a job that prepares it beside the stream.
//!
//! ```text
//!  ViewerCommand ──► Inspector ── Order ──► thread "viewer": Bench ── Outcome ──► ViewerView
//!                       ▲ Still (a copy of the tapped frame and its tensor)
//! ```
//!
//! One order is in work at a time, and always about the latest frame. Whatever the window does not show is not made:
//! pictures are cut and shrunk to what is seen, and the second, staged pipeline runs only for a stage's picture, the table
//! of a pixel, the quality of a blur or a comparison, and leaves the stream twice the time that it takes itself.

mod bench;
mod capture;
mod grid;
mod inspector;
mod palette;
mod probe;
mod raster;
mod still;
mod tensor;
mod variant;
mod view;

pub(super) use inspector::{Inspector, Setting};
pub use palette::Palette;
pub(super) use still::Still;
pub use variant::{BlurChoice, FitChoice, Variant};
pub use view::{
    ChannelStats, ColorScale, FieldDifference, GeometryView, Grid, PixelValues, ProbeRow,
    ProbeTable, Quality, SecondChoice, Shown, TensorErrors, TensorStats, VariantView, ViewerView,
};

/// What a window of the viewer asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewerCommand {
    /// How the pictures are looked at.
    Look(Look),
    /// What a place of the window shows of a picture; `None` if it is empty.
    Show(Slot, Option<Wanted>),
    /// Keep the values of this pixel of the original in the table, or of none.
    Pin(Option<[u32; 2]>),
    /// The tensor's statistics are being looked at.
    LookAtTensor(bool),
    /// The comparison with a second recipe is being looked at.
    LookAtVariant(bool),
    /// What the second recipe is.
    SetVariant(Variant),
}

/// How the original and its opposite are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewMode {
    /// One beside the other, each on its own grid.
    #[default]
    SideBySide,
    /// One over the other on one grid, with an edge that can be dragged.
    Wipe,
    /// One after the other on one grid.
    Blink,
    /// The difference on one grid.
    Difference,
}

impl ViewMode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SideBySide, Self::Wipe, Self::Blink, Self::Difference];

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SideBySide => "Side by side",
            Self::Wipe => "Wipe",
            Self::Blink => "Blink",
            Self::Difference => "Difference",
        }
    }
}

/// What stands opposite the original.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Second {
    /// The tensor as colours.
    #[default]
    Model,
    /// What a stage hands on, by its id.
    Stage(String),
    /// One channel of the tensor, 0 to 2, its values mapped to a palette.
    Plane(usize),
}

/// How a difference is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DifferenceKind {
    /// `|second − original| · gain`, each channel on its own.
    #[default]
    Absolute,
    /// `(second − original) · gain` of the channels' mean, on a diverging palette.
    Signed,
}

/// What blinking does while the stream is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhilePaused {
    /// It goes on.
    #[default]
    Blink,
    /// The picture that is shown stays.
    Rest,
}

/// Which values of a plane are the ends of its palette.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ValueRange {
    /// The least and the greatest finite value of the plane.
    Auto,
    /// Those of black and white pixels.
    #[default]
    Model,
    /// Chosen ones.
    Fixed(f32, f32),
}

/// How the pictures are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// How the two are put together.
    pub mode: ViewMode,
    /// What stands opposite the original.
    pub second: Second,
    /// How a difference is drawn.
    pub difference: DifferenceKind,
    /// Factor on a difference: 1 to 64.
    pub gain: u32,
    /// Which values of a plane are the ends of its palette.
    pub range: ValueRange,
    /// The palette of a plane.
    pub palette: Palette,
    /// Changes of picture per second of [`ViewMode::Blink`].
    pub blink_per_second: f32,
    /// What blinking does while the stream is paused.
    pub while_paused: WhilePaused,
    /// Whether crop, place and padding are drawn.
    pub has_geometry: bool,
    /// Whether a loupe follows the pointer.
    pub has_loupe: bool,
    /// Whether the table of the pixel is shown.
    pub has_table: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            mode: ViewMode::default(),
            second: Second::default(),
            difference: DifferenceKind::default(),
            gain: 4,
            range: ValueRange::default(),
            palette: Palette::default(),
            blink_per_second: 2.0,
            while_paused: WhilePaused::default(),
            has_geometry: false,
            has_loupe: false,
            has_table: false,
        }
    }
}

impl Look {
    /// The gains to choose from.
    pub const GAINS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
    /// The rates of blinking to choose from, in changes per second. Three flashes a second are the most that WCAG 2.3.1
    /// allows, so six changes are the end.
    pub const BLINK_RATES: [f32; 5] = [0.5, 1.0, 2.0, 4.0, 6.0];

    /// The same with every number in its range.
    #[must_use]
    fn checked(mut self) -> Self {
        self.gain = self.gain.clamp(1, 64);
        self.blink_per_second = self.blink_per_second.clamp(0.5, 6.0);
        if let Second::Plane(channel) = &mut self.second {
            *channel = (*channel).min(2);
        }
        if let ValueRange::Fixed(low, high) = self.range
            && !(low.is_finite() && high.is_finite() && low < high)
        {
            self.range = ValueRange::Model;
        }
        self
    }
}

/// A picture that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The frame as the source delivered it.
    Original,
    /// What [`Look::second`] says.
    Second,
    /// The original brought onto the grid of the second.
    OriginalOnGrid,
    /// Second − original, on the grid of the second.
    Difference,
    /// The tensor of the present recipe as colours.
    VariantA,
    /// The tensor of the second recipe as colours.
    VariantB,
    /// B − A, on the grid of A.
    VariantDifference,
}

/// A place of the window that shows a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The first picture of the viewer, or the only one.
    Left,
    /// The second picture of the viewer.
    Right,
    /// What the loupe shows of the first.
    LoupeLeft,
    /// What the loupe shows of the second.
    LoupeRight,
    /// A of the comparison.
    A,
    /// B of the comparison.
    B,
    /// B − A of the comparison.
    Delta,
}

impl Slot {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// From 0 on.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A part of a picture, and how large it is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which picture.
    pub subject: Subject,
    /// Column, row, width, height of the part in pixels of the picture.
    pub part: [u32; 4],
    /// Width and height on the screen in physical pixels; the part is shrunk to it, and never enlarged.
    pub pixels: [u32; 2],
    /// Whether the values of its pixels are wanted, too.
    pub has_values: bool,
}

/// The most pixels of a part whose values are handed out: more are never large enough to be read.
pub const MAX_VALUES: usize = 4_096;
