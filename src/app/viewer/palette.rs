//! Numbers as colours.

/// Which colours stand for values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// Black to white.
    #[default]
    Grey,
    /// Dark blue over green to yellow, of even steps for the eye: matplotlib's viridis.
    Viridis,
    /// Blue over white to red: ColorBrewer's RdBu, the middle being zero.
    Diverging,
}

/// Nine of viridis' 256 colours (matplotlib, CC0); those between are mixed.
const VIRIDIS: [[u8; 3]; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// The nine classes of ColorBrewer's RdBu (Apache-2.0), blue first.
const DIVERGING: [[u8; 3]; 9] = [
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [247, 247, 247],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
];

impl Palette {
    /// Those that a plane can have.
    pub const ALL: [Self; 3] = [Self::Grey, Self::Viridis, Self::Diverging];

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Viridis => "viridis",
            Self::Diverging => "diverging",
        }
    }

    /// The colour at a place from 0 to 1; beyond them that of the end.
    pub fn color(self, at: f32) -> [u8; 3] {
        let at = at.clamp(0.0, 1.0);
        let stops = match self {
            Self::Grey => return [(at * 255.0).round() as u8; 3],
            Self::Viridis => &VIRIDIS,
            Self::Diverging => &DIVERGING,
        };
        let place = at * 8.0;
        let index = (place as usize).min(7);
        let rest = place - index as f32;
        std::array::from_fn(|channel| {
            let (from, to) = (
                f32::from(stops[index][channel]),
                f32::from(stops[index + 1][channel]),
            );
            (from + (to - from) * rest).round() as u8
        })
    }

    /// All colours as a table, for pictures of many values.
    pub(super) fn table(self) -> [[u8; 3]; 256] {
        std::array::from_fn(|index| self.color(index as f32 / 255.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_palette_runs_from_its_first_to_its_last_color() {
        assert_eq!(Palette::Grey.color(-1.0), [0; 3]);
        assert_eq!(Palette::Grey.color(2.0), [255; 3]);
        assert_eq!(Palette::Viridis.color(1.0), VIRIDIS[8]);
        assert_eq!(Palette::Diverging.color(0.5), [247; 3]);
        assert_eq!(Palette::Diverging.color(f32::NAN).len(), 3);
    }
}
