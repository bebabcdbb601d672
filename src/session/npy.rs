//! A tensor as a NumPy file, in its own layout and type.

use std::io::Write;

use npyz::WriterBuilder;

use crate::frame::{TensorView, Values};

/// Writes `tensor` as `.npy`: shape `(1, 3, height, width)`, or `(1, height, width, 3)` for NHWC.
///
/// # Errors
/// If the writer fails.
pub fn write_npy(tensor: TensorView<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    match tensor.values {
        Values::F32(values) => write_values(tensor, values, out),
        Values::F16(values) => write_values(tensor, values, out),
        Values::U8(values) => write_values(tensor, values, out),
    }
}

fn write_values<T: npyz::AutoSerialize + Copy>(
    tensor: TensorView<'_>,
    values: &[T],
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let shape = tensor.layout.shape(tensor.size).map(|side| side as u64);
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(out)
        .begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}
