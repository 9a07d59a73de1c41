//! Concatenation of several values: rows side by side.

use super::{Layer, Scope};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::nn::settings::Setting;

pub(super) const KIND: &str = "concat";

/// y\[i\] = (a\[i\], b\[i\], …): rows of all inputs one behind the other; only the last sizes may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concat;

impl Layer for Concat {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        Vec::new()
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let (first, rest) = scope.several(inputs)?;
        rest.iter().try_fold(first, |joined, &next| scope.graph.concat(joined, next))
    }
}
