//! Learning: the loop over epochs, predictions, measures, and the file a trained model is kept in.

pub mod apply;
pub mod article;
pub mod assessment;
pub mod batch;
pub mod calibration;
pub mod class_weights;
pub mod comparison;
pub mod cross_validate;
mod descent;
pub mod evaluate;
pub mod file;
pub mod find_learning_rate;
pub mod fit;
pub mod history;
pub mod importance;
pub mod interval;
pub mod linear;
pub mod metric;
pub mod paired;
pub mod predict;
pub mod ranking;
pub mod recipe;
pub mod recording;
pub mod require;
pub mod session;
pub mod stopping;
pub mod trainer;
