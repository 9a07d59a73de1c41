//! An activation as a layer of its own.

use super::{Layer, Scope, activation_named};
use crate::base::error::Result;
use crate::graph::NodeId;
use crate::graph::activation::Activation;
use crate::nn::settings::{Setting, Settings};

pub(super) const KIND: &str = "activation";

impl Activation {
    pub(super) fn from_settings(settings: &Settings) -> Result<Self> {
        settings.only(&["function"])?;
        activation_named(settings.text_or("function", "")?)
    }
}

/// y = f(x), element by element; the shape stays.
impl Layer for Activation {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        vec![("function", Setting::Text(self.name().to_owned()))]
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let x = scope.single(inputs)?;
        Ok(scope.graph.activate(*self, x))
    }
}
