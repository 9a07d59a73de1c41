//! Words and pictures: tables, charts and drawings made of plain data, as text and as SVG.

pub mod canvas;
pub mod chart;
pub mod network;
pub mod text;
