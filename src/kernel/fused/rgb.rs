//! Interleaved RGB to interleaved RGB of another size: the passes of the fused path, rounded to bytes row by row.

use super::passes::passes;
use super::rows::{RowMaker, Scratch};
use super::{FuseError, FusedSpec, FusedStep, operators};
use crate::frame::{ColorSpec, FrameInfo, PixelFormat, Plane, Size};
use crate::kernel::team::{Band, Team};
use crate::kernel::{CpuLevel, Normalization, Placement, ResizeKernel};

/// A resize of 8-bit RGB.
#[derive(Clone, Debug)]
pub(in crate::kernel) struct RgbRows {
    from: Size,
    rows: RowMaker,
    scratch: Vec<(Scratch, [Vec<f32>; 3])>,
    team: Team,
}

impl RgbRows {
    /// Computes the tables and allocates the scratch.
    ///
    /// # Errors
    /// As [`FusedKernel::new`](super::FusedKernel::new).
    pub(in crate::kernel) fn new(
        [from, to]: [Size; 2],
        kernel: ResizeKernel,
        level: CpuLevel,
        team: &Team,
    ) -> Result<Self, FuseError> {
        let color = ColorSpec::assumed_for_height(from.height_px);
        let spec = FusedSpec {
            input: FrameInfo {
                size: from,
                format: PixelFormat::Rgb8,
                color,
            },
            color,
            steps: vec![FusedStep::Resize { to, kernel }],
            placement: None,
            pad: [0.0; 3],
            normalization: Normalization::IDENTITY,
            is_clamped: true,
        };
        let passes = passes(level)?;
        let (_, operators) = operators(&spec)?;
        let (rows, scratch) = RowMaker::new(&spec, &operators, passes);
        let values = [(); 3].map(|()| vec![0.0; to.width()]);
        Ok(Self {
            from,
            rows,
            scratch: vec![(scratch, values); team.threads()],
            team: team.clone(),
        })
    }

    /// Resizes `rgb` into its place in `output`, whose other pixels stay as they are. Both fit their sizes.
    pub(in crate::kernel) fn run(&mut self, rgb: &[u8], placement: Placement, output: &mut [u8]) {
        let plane = Plane {
            data: rgb,
            stride_bytes: 3 * self.from.width(),
            size: self.from,
        };
        let row_len = 3 * placement.canvas.width();
        let height = self.rows.picture().height();
        let top = placement.y_px as usize * row_len;
        let band = Band {
            first_row: 0,
            row_len,
            step: 1,
            outputs: [&mut output[top..top + height * row_len]],
            scratch: &mut self.scratch,
        };
        let rows = &self.rows;
        self.team.share_out(band, &|band: Band<'_, _, _, 1>| {
            let inside = 3 * placement.x_px as usize..;
            let [output] = band.outputs;
            let (scratch, values) = &mut band.scratch[0];
            for (y, output) in (band.first_row..).zip(output.chunks_exact_mut(band.row_len)) {
                let outputs = values.each_mut().map(Vec::as_mut_slice);
                rows.run(&[plane; 3], y, scratch, outputs);
                let output = &mut output[inside.clone()][..3 * rows.picture().width()];
                rows.bytes(values.each_ref().map(Vec::as_slice), output);
            }
        });
    }
}
