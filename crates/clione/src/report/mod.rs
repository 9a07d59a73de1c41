//! What is told of a run: tables, charts, drawings and pages, as text and as pictures.

pub mod canvas;
pub mod chart;
pub mod diagram;
pub mod explanation;
pub mod formula;
pub mod markup;
pub mod network;
pub mod page;
pub mod plan;
pub mod text;
