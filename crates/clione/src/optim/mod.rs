//! How parameters follow their gradients: optimizers, learning-rate schedules and clipping.

pub mod clip;
pub mod lbfgs;
pub mod optimizer;
pub mod plateau;
pub mod schedule;
