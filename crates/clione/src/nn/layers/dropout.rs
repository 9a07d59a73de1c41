//! Dropout: while training, numbers are left out at random, so that no unit relies on another one.

use super::{Layer, Scope};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::nn::settings::{Setting, Settings};

pub(super) const KIND: &str = "dropout";

/// y = x · m with m = 0 with probability `rate`, otherwise 1 / (1 - rate); y = x when not training.
///
/// Srivastava et al. 2014, scaled while training so that a prediction needs no change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    rate: f64,
}

impl Dropout {
    /// Leaves this share of the numbers out; building fails unless 0 ≤ rate < 1.
    pub fn new(rate: f64) -> Self {
        Dropout { rate }
    }

    pub(super) fn from_settings(settings: &Settings) -> Result<Self> {
        settings.only(&["rate"])?;
        Ok(Dropout { rate: settings.number_or("rate", 0.5)? })
    }
}

impl Layer for Dropout {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        vec![("rate", Setting::Number(self.rate))]
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let x = scope.single(inputs)?;
        // Built in any case, so that a wrong rate is found before training.
        let mask = scope.mask(self.rate, scope.graph.shape(x))?;
        if scope.is_training() && self.rate > 0.0 { scope.graph.mul(x, mask) } else { Ok(x) }
    }
}
