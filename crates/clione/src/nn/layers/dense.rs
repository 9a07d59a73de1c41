//! The dense layer: every output is a weighted sum of every input, then an activation.

use super::{Layer, Scope, activation_named};
use crate::base::error::{Error, Result};
use crate::graph::NodeId;
use crate::graph::activation::Activation;
use crate::nn::initializer::{Fan, Initializer};
use crate::nn::settings::{Setting, Settings};

pub(super) const KIND: &str = "dense";

/// y = f(x · W + b): `units` weighted sums of every input, and an activation f.
///
/// x is rows x inputs, W inputs x units, b 1 x units, y rows x units.
///
/// ```
/// use clione::prelude::*;
/// let layer = Dense::new(32).activation(Activation::Relu);
/// let network = Network::new([4]).add(layer);
/// assert_eq!(network.build(1).unwrap().parameters[0].shape.to_string(), "4x32");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    units: usize,
    activation: Activation,
    bias: bool,
    initializer: Initializer,
}

impl Dense {
    /// `units` sums with a bias each, no activation, weights that begin as Glorot and Bengio suggest.
    pub fn new(units: usize) -> Self {
        Dense { units, activation: Activation::Linear, bias: true, initializer: Initializer::GlorotUniform }
    }

    /// Applies this function to every sum.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Leaves the bias out.
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// Lets the weights begin this way (the bias always begins with zeros).
    pub fn initializer(mut self, initializer: Initializer) -> Self {
        self.initializer = initializer;
        self
    }

    pub(super) fn from_settings(settings: &Settings) -> Result<Self> {
        settings.only(&["units", "activation", "bias", "initializer"])?;
        let default = Dense::new(settings.count("units")?);
        Ok(Dense {
            activation: activation_named(settings.text_or("activation", default.activation.name())?)?,
            bias: settings.flag_or("bias", default.bias)?,
            initializer: Initializer::named(settings.text_or("initializer", &default.initializer.name())?)?,
            ..default
        })
    }
}

impl Layer for Dense {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn settings(&self) -> Vec<(&'static str, Setting)> {
        vec![
            ("units", Setting::Number(self.units as f64)),
            ("activation", Setting::Text(self.activation.name().to_owned())),
            ("bias", Setting::Flag(self.bias)),
            ("initializer", Setting::Text(self.initializer.name())),
        ]
    }

    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId> {
        let x = scope.single(inputs)?;
        if self.units == 0 {
            return Err(Error::usage(format!("layer `{}` needs at least 1 unit, but it has 0", scope.layer)));
        }
        let columns = scope.graph.shape(x).columns();
        let fan = Fan { inputs: columns, outputs: self.units };
        let weights = scope.parameter("weights", [columns, self.units], self.initializer, fan);
        let mut sums = scope.graph.matmul(x, weights)?;
        if self.bias {
            let bias = scope.parameter("bias", [1, self.units], Initializer::Zeros, fan);
            sums = scope.graph.add_bias(sums, bias)?;
        }
        Ok(scope.graph.activate(self.activation, sums))
    }
}
