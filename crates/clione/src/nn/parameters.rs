//! The parameters of a network: their names, shapes and how they begin; their numbers lie one after another in one slice.

use super::initializer::{Fan, Initializer, Sources};
use super::model::parameter_count;
use crate::base::aligned::Aligned;
use crate::base::real::Real;
use crate::base::shape::Shape;

/// One learned value of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Layer and role: `hidden1.weights`.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// How it begins.
    pub initializer: Initializer,
    /// What the initializer scales by.
    pub fan: Fan,
    /// The first of its numbers in the slice of all parameters.
    pub offset: usize,
}

impl ParameterSpec {
    /// The layer whose parameter it is: all of its name but the role.
    pub fn layer(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(layer, _)| layer)
    }

    /// The numbers of this parameter in the slice of all.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset.saturating_add(self.shape.elements())
    }
}

/// The first numbers of all parameters: a function of the specifications and the seed alone.
pub fn initialize<T: Real>(specs: &[ParameterSpec], seed: u64) -> Aligned<T> {
    let mut sources = Sources::new(seed);
    let mut parameters = Aligned::zeros(parameter_count(specs));
    for (position, spec) in specs.iter().enumerate() {
        let numbers = &mut parameters[spec.range()];
        spec.initializer.draw(spec.fan, spec.shape.columns(), position, &mut sources, numbers);
    }
    parameters
}
