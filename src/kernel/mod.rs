//! Pure pixel maths: colour conversion, crop, blur, resize and the packing of tensors.
//!
//! Functions here know sizes and buffers, never stages, clocks or files. Everything is prepared for a size once
//! (tables, scratch) and then run without allocating.
