//! The engine from outside.
//!
//! One program for all of these tests: it is compiled once, which takes longer than it runs.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]
#![allow(clippy::duplicate_mod, reason = "each example stands alone, with the module that they share")]

mod article;
mod checks;
mod explain;
mod finite;
mod formulas;
mod golden;
mod gradients;
mod kernels;
mod ladder;
mod measures;
mod sessions;
mod splits;
mod support;
mod weighted;
