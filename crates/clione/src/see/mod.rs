//! Looking inside: what a network does to its rows and why, in numbers that can be read.

pub mod doctor;
pub mod explain;
pub mod formula;
pub mod gradients;
pub mod notation;
pub mod outcome;
pub mod place;
pub mod replay;
