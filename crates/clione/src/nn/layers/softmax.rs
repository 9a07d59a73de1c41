//! Softmax as the last layer of a classifier: probabilities that sum to 1.

use super::{Layer, Scope};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::nn::settings::Setting;

pub(super) const KIND: &str = "softmax";

/// y\[i,j\] = e^x\[i,j\] / Σₖ e^x\[i,k\]: each row becomes probabilities; the shape stays.
///
/// Categorical cross-entropy reaches through it to the logits x, so nothing overflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Softmax;

impl Layer for Softmax {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        Vec::new()
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let x = scope.single(inputs)?;
        scope.graph.softmax(x)
    }
}
