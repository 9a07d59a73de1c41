//! The layers: each a short function that appends operations to a graph.

mod activation;
mod add;
mod concat;
mod dense;
mod dropout;
mod flatten;
mod softmax;

pub use add::Add;
pub use concat::Concat;
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use softmax::Softmax;

use super::initializer::{Fan, Initializer};
use super::parameters::ParameterSpec;
use super::settings::{Setting, Settings};
use crate::base::error::{Error, Result, nearest};
use crate::base::shape::Shape;
use crate::graph::activation::Activation;
use crate::graph::{Graph, NodeId};
use std::collections::HashMap;
use std::fmt::Debug;

/// A layer appends the operations that turn its inputs into its output; it needs no kernel and no gradient of its own.
pub trait Layer: Debug + Send + Sync {
    /// The name of this kind of layer in recipes and model files; the one that [`layer`] finds it by.
    fn kind(&self) -> &'static str;

    /// What was chosen for it, so that [`layer`] can make the same layer again.
    fn settings(&self) -> Vec<(&'static str, Setting)>;

    /// Appends its operations. Fails when the inputs do not fit.
    fn build(&self, scope: &mut Scope<'_>, inputs: &[NodeId]) -> Result<NodeId>;
}

type Maker = fn(&Settings) -> Result<Box<dyn Layer>>;

/// Every kind of layer and how it is made from its settings.
const TABLE: &[(&str, Maker)] = &[
    (dense::KIND, |settings| Ok(Box::new(Dense::from_settings(settings)?))),
    (activation::KIND, |settings| Ok(Box::new(Activation::from_settings(settings)?))),
    (softmax::KIND, |settings| settings.only(&[]).map(|()| Box::new(Softmax) as Box<dyn Layer>)),
    (dropout::KIND, |settings| Ok(Box::new(Dropout::from_settings(settings)?))),
    (flatten::KIND, |settings| settings.only(&[]).map(|()| Box::new(Flatten) as Box<dyn Layer>)),
    (add::KIND, |settings| settings.only(&[]).map(|()| Box::new(Add) as Box<dyn Layer>)),
    (concat::KIND, |settings| settings.only(&[]).map(|()| Box::new(Concat) as Box<dyn Layer>)),
];

/// The names of all kinds of layers.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(kind, _)| *kind)
}

/// The layer of this kind with these settings. Fails when there is no such kind or setting.
///
/// ```
/// use clione::nn::{layers::layer, settings::{Setting, Settings}};
/// let settings = Settings::new("hidden1", vec![("units".to_owned(), Setting::Number(8.0))]);
/// assert_eq!(layer("dense", &settings).unwrap().kind(), "dense");
/// assert!(layer("dens", &settings).unwrap_err().to_string().contains("did you mean `dense`"));
/// ```
pub fn layer(kind: &str, settings: &Settings) -> Result<Box<dyn Layer>> {
    match TABLE.iter().find(|(known, _)| *known == kind) {
        Some((_, make)) => make(settings),
        None => {
            let error = Error::usage(format!("there is no layer `{kind}`"));
            Err(match nearest(kind, kinds()) {
                Some(meant) => error.note(format!("did you mean `{meant}`?")),
                None => error.note(format!("there are: {}", kinds().collect::<Vec<_>>().join(", "))),
            })
        }
    }
}

/// The parameters of a network that is being built.
#[derive(Default)]
pub(super) struct LearnedValues {
    /// The node of each, by name and shape.
    nodes: HashMap<(String, Shape), NodeId>,
    /// What each is, in the order of the graph.
    pub specs: Vec<ParameterSpec>,
}

/// What a layer builds in: the graph, its own name, and the parameters of the network so far.
pub struct Scope<'a> {
    /// The graph to append to.
    pub graph: &'a mut Graph,
    pub(super) layer: &'a str,
    pub(super) parameters: &'a mut LearnedValues,
    pub(super) is_training: bool,
    pub(super) masks: &'a mut usize,
}

impl Scope<'_> {
    /// Whether the network is being trained: dropout does nothing otherwise.
    pub fn is_training(&self) -> bool {
        self.is_training
    }

    /// A learned value of this layer; a layer that is applied again finds the one it has.
    pub fn parameter(&mut self, role: &str, shape: impl Into<Shape>, initializer: Initializer, fan: Fan) -> NodeId {
        let name = format!("{}.{role}", self.layer);
        let shape = shape.into();
        let LearnedValues { nodes, specs } = &mut *self.parameters;
        *nodes.entry((name.clone(), shape)).or_insert_with(|| {
            let offset = specs.last().map_or(0, |last| last.range().end);
            specs.push(ParameterSpec { name, shape, initializer, fan, offset });
            self.graph.parameter(shape)
        })
    }

    /// A mask of dropout with a number of its own.
    pub fn mask(&mut self, rate: f64, shape: Shape) -> Result<NodeId> {
        *self.masks += 1;
        self.graph.mask(rate, *self.masks - 1, shape)
    }

    /// The only input of a layer that takes one. Fails when there are more or none.
    pub fn single(&self, inputs: &[NodeId]) -> Result<NodeId> {
        match inputs {
            [input] => Ok(*input),
            _ => Err(Error::usage(format!("layer `{}` takes 1 input, but it was given {}", self.layer, inputs.len()))),
        }
    }

    /// The first of several inputs and the others. Fails when there are fewer than two.
    pub fn several<'i>(&self, inputs: &'i [NodeId]) -> Result<(NodeId, &'i [NodeId])> {
        match inputs {
            [first, rest @ ..] if !rest.is_empty() => Ok((*first, rest)),
            _ => Err(Error::usage(format!(
                "layer `{}` joins 2 or more inputs, but it was given {}",
                self.layer,
                inputs.len()
            ))),
        }
    }
}

/// The activation of this name, or an error that lists what there is.
pub fn activation_named(name: &str) -> Result<Activation> {
    Activation::named(name).ok_or_else(|| {
        let names = || Activation::all().iter().map(|activation| activation.name());
        let error = Error::usage(format!("there is no activation `{name}`"));
        match nearest(name, names()) {
            Some(meant) => error.note(format!("did you mean `{meant}`?")),
            None => error.note(format!("there are: {}", names().collect::<Vec<_>>().join(", "))),
        }
    })
}
