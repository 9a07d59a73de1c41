//! A model: a network together with the numbers it has learned.

use super::network::{Built, Network};
use super::parameters::{ParameterSpec, initialize};
use crate::base::aligned::Aligned;
use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::base::version::Version;
use std::sync::OnceLock;

/// A network and its parameters, all in one slice.
///
/// ```
/// use clione::prelude::*;
/// let model = Model::<f32>::new(Network::new([3]).add(Dense::new(4)), 0).unwrap();
/// assert_eq!(model.parameters().len(), 3 * 4 + 4);
/// assert_eq!(model.parameter("dense1.bias"), Some(&[0.0; 4][..]));
/// ```
#[derive(Clone, Debug)]
pub struct Model<T> {
    network: Network,
    specs: Vec<ParameterSpec>,
    parameters: Aligned<T>,
    /// Of the parameters, once somebody has asked for it.
    version: OnceLock<Version>,
}

impl<T: Real> Model<T> {
    /// A model with fresh parameters, drawn as the initializers of its layers say; they follow from the seed alone.
    /// Fails when layers do not fit each other.
    pub fn new(network: Network, seed: u64) -> Result<Self> {
        let specs = network.build_training(1)?.parameters;
        let parameters = initialize(&specs, seed);
        Ok(Model { network, specs, parameters, version: OnceLock::new() })
    }

    /// A model with these parameters, laid out one after another in the order of the network.
    /// Fails when layers do not fit each other or there are more or fewer numbers than parameters.
    pub fn with_parameters(network: Network, parameters: impl Into<Aligned<T>>) -> Result<Self> {
        let parameters = parameters.into();
        let specs = network.build_training(1)?.parameters;
        let expected = parameter_count(&specs);
        if parameters.len() != expected {
            return Err(Error::model(format!(
                "the network has {expected} parameters, but {} numbers were given",
                parameters.len()
            )));
        }
        Ok(Model { network, specs, parameters, version: OnceLock::new() })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The graph that predicts `rows` rows at once.
    pub fn build(&self, rows: usize) -> Built {
        self.network.build(rows).expect("a model's network was built before, and it fits any number of rows")
    }

    /// The graph that trains on `rows` rows at once.
    pub fn build_training(&self, rows: usize) -> Built {
        self.network.build_training(rows).expect("a model's network was built before, and it fits any number of rows")
    }

    /// Names, shapes and positions of the parameters.
    pub fn specs(&self) -> &[ParameterSpec] {
        &self.specs
    }

    /// All parameters, one after another.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All parameters, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        self.version.take();
        &mut self.parameters
    }

    /// What stays the same for as long as the parameters do: a copy has the same version, and after
    /// [`Model::parameters_mut`] there is another one.
    ///
    /// ```
    /// use clione::prelude::*;
    /// let mut model = Model::<f32>::new(Network::new([3]).add(Dense::new(4)), 0).unwrap();
    /// let before = model.version().clone();
    /// assert_eq!(model.clone().version(), &before);
    /// model.parameters_mut()[0] = 1.0;
    /// assert_ne!(model.version(), &before);
    /// ```
    pub fn version(&self) -> &Version {
        self.version.get_or_init(Version::default)
    }

    /// The parameter of this name, row by row: `hidden1.weights`.
    pub fn parameter(&self, name: &str) -> Option<&[T]> {
        let spec = self.specs.iter().find(|spec| spec.name == name)?;
        Some(&self.parameters[spec.range()])
    }

    /// The first parameter that has a number which is not finite, if any.
    pub fn first_not_finite(&self) -> Option<&ParameterSpec> {
        self.specs.iter().find(|spec| self.parameters[spec.range()].iter().any(|number| !number.is_finite()))
    }
}

/// How many numbers the parameters have in all.
pub fn parameter_count(specs: &[ParameterSpec]) -> usize {
    specs.iter().map(|spec| spec.shape.elements()).sum()
}
