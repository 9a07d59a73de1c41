//! Looking inside: what a network does to its rows and why, in numbers that can be read.

pub mod address;
pub mod derivative;
pub mod difference;
pub mod doctor;
pub mod expression;
pub mod factor;
pub mod formula;
pub mod gradients;
pub mod notation;
pub mod outcome;
pub mod partial;
pub mod replay;
pub mod row;
pub mod slope;
pub mod symbols;
pub mod update;
pub mod walk;
mod web;
