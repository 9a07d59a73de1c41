//! What several tests need: random choices, graphs and networks, and frozen numbers.

pub mod dice;
pub mod frozen;
pub mod graphs;
pub mod networks;
pub mod operations;
pub mod printed;
