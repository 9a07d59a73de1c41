//! Numbers, shapes, randomness and errors: what everything else is made of; uses nothing.

pub mod aligned;
pub mod byte_size;
pub mod error;
pub mod numpy_random;
pub mod real;
pub mod rng;
pub mod shape;
pub mod version;
pub mod visible;
pub mod width;
pub mod words;
