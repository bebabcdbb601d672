//! The tensor: what a model takes.

use half::f16;
use serde::{Deserialize, Serialize};

use super::Size;

/// In which order the values of a tensor lie; `N` is 1, `C` is 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Channel after channel, each row after row.
    #[default]
    Nchw,
    /// Row after row, the three values of a pixel together.
    Nhwc,
}

impl Layout {
    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nchw => "NCHW",
            Self::Nhwc => "NHWC",
        }
    }

    /// The shape of a tensor whose picture has `size`.
    pub const fn shape(self, size: Size) -> [usize; 4] {
        match self {
            Self::Nchw => [1, Tensor::CHANNELS, size.height(), size.width()],
            Self::Nhwc => [1, size.height(), size.width(), Tensor::CHANNELS],
        }
    }
}

/// What a value of a tensor is, and how a computed value becomes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// 32-bit floating point: as computed.
    #[default]
    F32,
    /// 16-bit floating point (IEEE 754 binary16): the nearest, halves to even; beyond 65,504 infinite.
    F16,
    /// A byte: the nearest whole number, halves to even, clamped to 0 to 255. No number becomes 0.
    U8,
    /// A byte: the fraction is cut off (`NumPy`'s `astype`), clamped to 0 to 255. No number becomes 0.
    U8Truncate,
}

impl ValueType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::F32, Self::F16, Self::U8, Self::U8Truncate];

    /// Its name in recipes and labels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::U8 => "u8",
            Self::U8Truncate => "u8-truncate",
        }
    }

    /// Bytes of one value.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::U8 | Self::U8Truncate => 1,
        }
    }
}

/// Order and type of a tensor's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TensorForm {
    /// Their order.
    pub layout: Layout,
    /// Their type.
    pub value_type: ValueType,
}

impl TensorForm {
    /// `f32` channel after channel: what the stages compute with, and most models take.
    pub const PLANES: Self = Self {
        layout: Layout::Nchw,
        value_type: ValueType::F32,
    };
}

impl std::fmt::Display for TensorForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.layout.name(), self.value_type.name())
    }
}

/// The values of a tensor, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    /// 32-bit floating point.
    F32(&'a [f32]),
    /// 16-bit floating point.
    F16(&'a [f16]),
    /// Bytes.
    U8(&'a [u8]),
}

impl Values<'_> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
            Self::U8(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`, which every type can tell exactly.
    ///
    /// # Panics
    /// If there is none.
    pub fn get(&self, index: usize) -> f32 {
        match self {
            Self::F32(values) => values[index],
            Self::F16(values) => values[index].to_f32(),
            Self::U8(values) => f32::from(values[index]),
        }
    }

    /// The type's name in `NumPy`.
    pub const fn numpy_name(&self) -> &'static str {
        match self {
            Self::F32(_) => "float32",
            Self::F16(_) => "float16",
            Self::U8(_) => "uint8",
        }
    }
}

/// A tensor, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorView<'a> {
    /// Width and height.
    pub size: Size,
    /// The order of the values.
    pub layout: Layout,
    /// `3 · width · height` values.
    pub values: Values<'a>,
}

impl<'a> TensorView<'a> {
    /// `f32` channel after channel.
    pub const fn planes(size: Size, data: &'a [f32]) -> Self {
        Self {
            size,
            layout: Layout::Nchw,
            values: Values::F32(data),
        }
    }

    /// Index of the first value of a channel, and steps to the next, in the order of rows.
    pub const fn channel_steps(&self, channel: usize) -> (usize, usize) {
        match self.layout {
            Layout::Nchw => (channel * self.size.area(), 1),
            Layout::Nhwc => (channel, Tensor::CHANNELS),
        }
    }

    /// The values of one channel (0..3), row after row.
    pub fn channel(self, channel: usize) -> impl Iterator<Item = f32> + 'a {
        let (start, step) = self.channel_steps(channel);
        (0..self.size.area()).map(move |index| self.values.get(start + index * step))
    }

    /// The three values at column `x`, row `y`, in channel order; `None` outside.
    pub fn value_at(&self, x: u32, y: u32) -> Option<[f32; 3]> {
        if x >= self.size.width_px || y >= self.size.height_px {
            return None;
        }
        let offset = y as usize * self.size.width() + x as usize;
        Some(std::array::from_fn(|channel| {
            let (start, step) = self.channel_steps(channel);
            self.values.get(start + offset * step)
        }))
    }
}

/// The values of a tensor, by type.
#[derive(Clone, Debug, PartialEq)]
pub enum TensorData {
    /// 32-bit floating point.
    F32(Vec<f32>),
    /// 16-bit floating point.
    F16(Vec<f16>),
    /// Bytes.
    U8(Vec<u8>),
}

impl TensorData {
    /// `len` zeroes.
    pub fn zeroed(value_type: ValueType, len: usize) -> Self {
        match value_type {
            ValueType::F32 => Self::F32(vec![0.0; len]),
            ValueType::F16 => Self::F16(vec![f16::ZERO; len]),
            ValueType::U8 | ValueType::U8Truncate => Self::U8(vec![0; len]),
        }
    }

    /// The values, borrowed.
    pub fn values(&self) -> Values<'_> {
        match self {
            Self::F32(values) => Values::F32(values),
            Self::F16(values) => Values::F16(values),
            Self::U8(values) => Values::U8(values),
        }
    }
}

/// A picture as a model takes it: three channels, `N` = 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    size: Size,
    layout: Layout,
    data: TensorData,
}

impl Tensor {
    /// Channels of every tensor in Framescope.
    pub const CHANNELS: usize = 3;

    /// A tensor over `data`, which holds `3 · width · height` values.
    ///
    /// # Panics
    /// If the length does not fit the size.
    pub fn new(size: Size, layout: Layout, data: TensorData) -> Self {
        let len = data.values().len();
        assert_eq!(len, Self::CHANNELS * size.area(), "tensor data for {size}");
        Self { size, layout, data }
    }

    /// A tensor of zeroes.
    pub fn zeroed(size: Size, form: TensorForm) -> Self {
        let data = TensorData::zeroed(form.value_type, Self::CHANNELS * size.area());
        Self::new(size, form.layout, data)
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The order of the values.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The values, to be written.
    pub const fn data_mut(&mut self) -> &mut TensorData {
        &mut self.data
    }

    /// The values, without the tensor.
    pub fn into_data(self) -> TensorData {
        self.data
    }

    /// The tensor, borrowed.
    pub fn view(&self) -> TensorView<'_> {
        TensorView {
            size: self.size,
            layout: self.layout,
            values: self.data.values(),
        }
    }

    /// Makes this a copy of `view`, reusing memory when type and length allow.
    pub fn copy_from(&mut self, view: TensorView<'_>) {
        fn refill<T: Copy>(data: &mut Vec<T>, values: &[T]) {
            data.clear();
            data.extend_from_slice(values);
        }
        (self.size, self.layout) = (view.size, view.layout);
        match (&mut self.data, view.values) {
            (TensorData::F32(data), Values::F32(values)) => refill(data, values),
            (TensorData::F16(data), Values::F16(values)) => refill(data, values),
            (TensorData::U8(data), Values::U8(values)) => refill(data, values),
            (data, Values::F32(values)) => *data = TensorData::F32(values.to_vec()),
            (data, Values::F16(values)) => *data = TensorData::F16(values.to_vec()),
            (data, Values::U8(values)) => *data = TensorData::U8(values.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_found_in_either_layout() {
        let size = Size::new(2, 1);
        let planes = [0.0, 1.0, 10.0, 11.0, 20.0, 21.0];
        assert_eq!(
            TensorView::planes(size, &planes).value_at(1, 0),
            Some([1.0, 11.0, 21.0])
        );
        let pixels = TensorData::U8(vec![0, 10, 20, 1, 11, 21]);
        let tensor = Tensor::new(size, Layout::Nhwc, pixels);
        assert_eq!(tensor.view().value_at(1, 0), Some([1.0, 11.0, 21.0]));
        assert_eq!(tensor.view().value_at(2, 0), None);
        assert!(tensor.view().channel(2).eq([20.0, 21.0]));
    }

    #[test]
    fn a_copy_takes_the_other_form() {
        let mut copy = Tensor::zeroed(Size::new(1, 1), TensorForm::PLANES);
        let halves = TensorData::F16([0.5, 1.0, 2.0].map(f16::from_f32).to_vec());
        let tensor = Tensor::new(Size::new(1, 1), Layout::Nhwc, halves);
        copy.copy_from(tensor.view());
        assert_eq!(copy, tensor);
    }
}
