//! Charts: lines for the terminal, and lines and dots as SVG pictures.

mod axis;
mod line;
pub mod plot;

pub use axis::Scale;
pub use line::{LineChart, Series};
