//! One row explained: its journey through a network, and any derivative of its loss worked out by the chain rule.
//!
//! [`row`] runs the row forward and backward as training does; [`walk`] tells that layer by layer. [`derivative`] works
//! one derivative out in another way: by the local slopes that [`partial`] writes down for each operation, independent
//! of the chain rule in `graph/vjp.rs`, so that an error in either shows.

pub mod address;
pub mod derivative;
pub mod difference;
pub mod expression;
pub mod factor;
pub mod partial;
pub mod row;
pub mod slope;
pub mod symbols;
pub mod update;
pub mod walk;
mod web;
