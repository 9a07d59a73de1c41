//! Addition of several values: what a residual network needs.

use super::{Layer, Scope};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::nn::settings::Setting;

pub(super) const KIND: &str = "add";

/// y = a + b + …, element by element; all inputs and the output have one shape (He et al. 2016 for residual networks).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Add;

impl Layer for Add {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        Vec::new()
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let (first, rest) = scope.several(inputs)?;
        rest.iter().try_fold(first, |sum, &next| scope.graph.add(sum, next))
    }
}
