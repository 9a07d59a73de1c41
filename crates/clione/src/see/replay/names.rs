//! What a name points to in a network that learns: a layer, a parameter of it, or one number of that.

use crate::base::error::{Error, Result, unknown};
use crate::base::shape::Shape;
use crate::nn::network::Network;
use crate::see::place::{index_of, split};

/// Everything in a network that has a name.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::replay::names::{Names, Shown};
/// let names = Names::of(&Network::new([4]).add_named("hidden1", Dense::new(8)).add_named("output", Dense::new(1)))?;
/// assert_eq!(names.shown("hidden1")?, Shown::Parameters(vec![0, 1])); // weights and bias
/// assert_eq!(names.shown("gradients.hidden1.bias")?, Shown::Gradients(vec![1]));
/// assert_eq!(names.shown("hidden1.bias[3]")?, Shown::Number { parameter: 1, place: 3 });
/// assert_eq!(names.shown("hidden1.weights[2,1]")?, Shown::Number { parameter: 0, place: 17 }); // of 4x8, counted from 0
/// assert!(names.shown("hiden1").unwrap_err().to_string().contains("did you mean `hidden1`"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    /// Every parameter and its shape, in the order of the network.
    pub parameters: Vec<(String, Shape)>,
    /// Every layer.
    pub layers: Vec<String>,
}

/// What somebody wants to see of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `hidden1`, `hidden1.weights`: parameters before and after the step, and what moved them.
    Parameters(Vec<usize>),
    /// `hidden1.weights[2,1]`: the same of one number.
    Number {
        /// The parameter.
        parameter: usize,
        /// The place of the number in it, from 0.
        place: usize,
    },
    /// `gradients.hidden1`: the gradients alone.
    Gradients(Vec<usize>),
    /// `updates.hidden1`: what the step changed.
    Updates(Vec<usize>),
    /// `activations.hidden1`: what the layer gave for the rows of the step.
    Activations(String),
}

impl Names {
    /// The names in a network. Fails when its layers do not fit each other.
    pub fn of(network: &Network) -> Result<Self> {
        let parameters =
            network.build_training(1)?.parameters.into_iter().map(|spec| (spec.name, spec.shape)).collect();
        let layers = network.layers().iter().map(|layer| layer.name.clone()).collect();
        Ok(Names { parameters, layers })
    }

    /// Reads what is to be seen: a layer, a parameter or one number of it; `gradients.`, `updates.` or `activations.` in front
    /// asks for these alone. Fails when there is no such thing.
    pub fn shown(&self, text: &str) -> Result<Shown> {
        let text = text.trim();
        match text.split_once('.') {
            Some(("gradients", name)) => Ok(Shown::Gradients(self.parameters_of(name)?)),
            Some(("updates", name)) => Ok(Shown::Updates(self.parameters_of(name)?)),
            Some(("activations", name)) => match self.layers.iter().find(|layer| *layer == name) {
                Some(layer) => Ok(Shown::Activations(layer.clone())),
                None => Err(Error::usage(unknown("layer", name, self.layers.iter().map(String::as_str)))),
            },
            _ => match self.number(text)? {
                Some((parameter, place)) => Ok(Shown::Number { parameter, place }),
                None => Ok(Shown::Parameters(self.parameters_of(text)?)),
            },
        }
    }

    /// The parameters of a layer, or the one of this name.
    fn parameters_of(&self, name: &str) -> Result<Vec<usize>> {
        let places = |is_meant: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let named = self.parameters.iter().enumerate();
            named.filter(|(_, (parameter, _))| is_meant(parameter)).map(|(place, _)| place).collect()
        };
        let found = places(&|parameter| parameter == name || layer_of(parameter) == name);
        if found.is_empty() {
            if self.layers.iter().any(|layer| layer == name) {
                return Err(Error::usage(format!("layer `{name}` learns nothing: it has no parameters"))
                    .note(format!("activations.{name} are what it gives")));
            }
            let mut known: Vec<&str> = self.parameters.iter().map(|(parameter, _)| layer_of(parameter)).collect();
            known.dedup();
            known.extend(self.parameters.iter().map(|(parameter, _)| parameter.as_str()));
            return Err(Error::usage(unknown("layer or parameter", name, known)));
        }
        Ok(found)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Result<usize> {
        let place = self.parameters.iter().position(|(parameter, _)| parameter == name);
        let known = self.parameters.iter().map(|(parameter, _)| parameter.as_str());
        place.ok_or_else(|| Error::usage(unknown("parameter", name, known)))
    }

    /// The parameter and the place in it that `hidden1.weights[2,1]` points to, counted from 0; one place is enough where there
    /// is one row only, `hidden1.bias[3]`. Nothing where the text has no bracket. Fails when there is no such number.
    pub fn number(&self, text: &str) -> Result<Option<(usize, usize)>> {
        let (name, places) = split(text)?;
        if places.is_empty() {
            return Ok(None);
        }
        let parameter = self.parameter(name)?;
        let place = index_of(name, self.parameters[parameter].1.sizes(), &places)?;
        Ok(Some((parameter, place)))
    }
}

/// The layer of a parameter.
fn layer_of(parameter: &str) -> &str {
    parameter.rsplit_once('.').map_or(parameter, |(layer, _)| layer)
}
