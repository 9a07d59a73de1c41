//! A network at a glance: each layer with its shape and parameters, as plain data.

use super::layers::Layer;
use super::network::{Network, Origin};
use super::settings::Setting;
use crate::base::error::Result;
use crate::base::shape::Shape;
use std::collections::HashMap;

/// One use of a layer, or an input.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The name of the layer or input.
    pub name: String,
    /// Its kind and settings: `dense 32, relu`.
    pub description: String,
    /// The shape of what it gives for one example.
    pub shape: String,
    /// The numbers it learns: name, shape, count; empty where a layer is used again.
    pub parameters: Vec<(String, Shape)>,
}

impl SummaryRow {
    /// How many numbers this layer learns.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|(_, shape)| shape.elements()).sum()
    }
}

/// One row for each input and each use of a layer. Fails when layers do not fit each other.
///
/// ```
/// use clione::prelude::*;
/// let rows = summary(&Network::new([8]).add(Dense::new(32).activation(Activation::Relu))).unwrap();
/// assert_eq!((rows[1].description.as_str(), rows[1].parameter_count()), ("dense, 32 units, relu", 8 * 32 + 32));
/// ```
pub fn summary(network: &Network) -> Result<Vec<SummaryRow>> {
    let built = network.build(1)?;
    let mut is_used = vec![false; network.layers().len()];
    let mut of_layers: HashMap<&str, Vec<(String, Shape)>> = HashMap::new();
    for spec in &built.parameters {
        of_layers.entry(spec.layer()).or_default().push((spec.name.clone(), spec.shape));
    }
    let rows = network.values().iter().zip(&built.values).map(|(origin, &node)| {
        let sizes: Vec<String> = built.graph.shape(node).sizes()[1..].iter().map(usize::to_string).collect();
        let shape = sizes.join("x");
        match origin {
            Origin::Input(name, _) => {
                SummaryRow { name: name.clone(), description: "input".to_owned(), shape, parameters: Vec::new() }
            }
            Origin::Layer(number, _) => {
                let layer = &network.layers()[*number];
                let is_first = !std::mem::replace(&mut is_used[*number], true);
                let own = of_layers.get(layer.name.as_str()).filter(|_| is_first);
                SummaryRow {
                    name: layer.name.clone(),
                    description: describe(layer.layer.as_ref()),
                    shape,
                    parameters: own.cloned().unwrap_or_default(),
                }
            }
        }
    });
    Ok(rows.collect())
}

/// A layer in words: its kind, then what was chosen for it and is worth a word.
fn describe(layer: &dyn Layer) -> String {
    let mut words = vec![layer.kind().to_owned()];
    for (name, setting) in layer.settings() {
        match setting {
            Setting::Number(1.0) if name == "units" => words.push("1 unit".to_owned()),
            Setting::Number(number) if name == "units" => words.push(format!("{number} units")),
            Setting::Number(number) => words.push(format!("{name} {number}")),
            Setting::Flag(true) => {}
            Setting::Flag(false) => words.push(format!("no {name}")),
            Setting::Text(_) if name == "initializer" => {}
            Setting::Text(text) => words.push(text),
        }
    }
    words.join(", ")
}
