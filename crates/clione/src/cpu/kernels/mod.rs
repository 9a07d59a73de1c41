//! The loops that do the arithmetic.

pub(crate) mod elementwise;
pub(crate) mod mask;
pub mod matmul;
pub(crate) mod memory;
pub(crate) mod reduce;
pub(crate) mod softmax;
