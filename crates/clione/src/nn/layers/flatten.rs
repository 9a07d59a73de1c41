//! Flatten: each example becomes one row of numbers.

use super::{Layer, Scope};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::nn::settings::Setting;

pub(super) const KIND: &str = "flatten";

/// n x a x b x c becomes n x (a·b·c): the same numbers, one row for each example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flatten;

impl Layer for Flatten {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        Vec::new()
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let x = scope.single(inputs)?;
        let shape = scope.graph.shape(x);
        scope.graph.reshape(x, [shape.sizes()[0], shape.elements_of_example()])
    }
}
