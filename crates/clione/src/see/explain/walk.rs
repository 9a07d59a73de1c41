//! One row's whole journey through a network as plain data: layer by layer forward, then every gradient on the way back.

use super::derivative::Rest;
use super::factor::Writer;
use super::row::{Element, Row};
use super::slope::function_name;
use super::symbols::{Symbols, is_sum};
use crate::base::error::Result;
use crate::base::shape::Shape;
use crate::graph::NodeId;
use crate::graph::op::Op;
use crate::nn::loss::Loss;
use crate::nn::network::Origin;
use crate::nn::parameters::ParameterSpec;
use crate::nn::summary::summary;

/// How many terms of a unit's sum and how many numbers of a parameter are kept, the largest first.
pub const MOST_TERMS: usize = 8;

/// A row's journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// The layers in the order they are applied; a layer that is applied twice stands there twice.
    pub stages: Vec<Stage>,
    /// What is compared at the end; empty where the row has no target.
    pub errors: Vec<OutputError>,
    /// The loss of this row.
    pub loss: Option<f64>,
    /// The learned numbers in the order of the model, with their gradients.
    pub parameters: Vec<LearnedNumbers>,
}

/// One use of a layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stage {
    /// The name of the layer.
    pub layer: String,
    /// Its kind and settings: `dense, 32 units, relu`.
    pub description: String,
    /// What its units work out, for all of them: `a1 = relu(z1)`. Empty where a prediction passes through it unchanged.
    pub formulas: Vec<String>,
    /// How its activation is written: `relu`, `σ`, `softmax`; none where it has none.
    pub function: Option<&'static str>,
    /// Its units; empty where it only passes numbers on.
    pub units: Vec<Unit>,
}

/// One unit of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// What it gives is called so: `a1[3]`.
    pub name: String,
    /// What it sums up, where this layer sums.
    pub sum: Option<UnitSum>,
    /// What it gives.
    pub value: f64,
    /// dL/d(what it gives), where the loss depends on it.
    pub gradient: Option<f64>,
}

/// The weighted sum of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitSum {
    /// What it is called: `z1[3]`.
    pub name: String,
    /// The largest products, the largest first.
    pub terms: Vec<SumTerm>,
    /// The products that are not among them.
    pub rest: Rest,
    /// The bias, where there is one.
    pub bias: Option<f64>,
    /// The sum.
    pub value: f64,
    /// dL/d(sum), where the loss depends on it.
    pub gradient: Option<f64>,
}

/// One product of a weighted sum.
#[derive(Clone, Debug, PartialEq)]
pub struct SumTerm {
    /// The place of the number that comes in, among those that come in.
    pub place: usize,
    /// What it is called: `x[0]`.
    pub from: String,
    /// The number that comes in.
    pub value: f64,
    /// What the weight is called.
    pub weight_name: String,
    /// The weight.
    pub weight: f64,
    /// Their product.
    pub product: f64,
}

/// What one output is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputError {
    /// The loss.
    pub loss: Loss,
    /// Each number that the network gives, and what it should be.
    pub pairs: Vec<Pair>,
}

/// A prediction and its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// What the prediction is called: `ŷ[0]`.
    pub name: String,
    /// The prediction.
    pub prediction: f64,
    /// What the target is called: `y[0]`.
    pub target_name: String,
    /// The target.
    pub target: f64,
}

/// A parameter and its gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedNumbers {
    /// Its name in model files: `hidden1.weights`.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// Its numbers, row by row.
    pub values: Vec<f64>,
    /// dL/dw for each of them; empty where the row has no loss, or it does not depend on them.
    pub gradients: Vec<f64>,
    /// Those with the largest gradients, the largest first: name, number, gradient.
    pub largest: Vec<(String, f64, f64)>,
}

impl LearnedNumbers {
    /// √Σg².
    pub fn norm(&self) -> f64 {
        self.gradients.iter().map(|g| g * g).sum::<f64>().sqrt()
    }
}

impl Walk {
    /// Follows a row.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::see::explain::{row::Row, symbols::Symbols, walk::Walk};
    /// let model = Model::with_parameters(Network::new([2]).add(Dense::new(1)), vec![3.0, 4.0, 0.5])?;
    /// let row = Row::new(&model, &[Loss::SumOfSquares], &[1.0, 2.0], Some(&[10.0]))?;
    /// let walk = Walk::of(&row, &Symbols::new(&row))?;
    /// let unit = walk.stages[0].units[0].sum.as_ref().unwrap();
    /// assert_eq!((unit.terms[0].weight, unit.terms[0].product, unit.bias, unit.value), (4.0, 8.0, Some(0.5), 11.5));
    /// assert_eq!((walk.loss, walk.parameters[0].gradients.as_slice()), (Some(2.25), &[3.0, 6.0][..]));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of(row: &Row, symbols: &Symbols) -> Result<Walk> {
        let guide = Guide { row, symbols, writer: Writer { row, symbols, source: None } };
        let mut stages = Vec::new();
        let mut told: Vec<NodeId> = row.inputs.clone();
        for (at, line) in summary(&row.network)?.into_iter().enumerate() {
            let Origin::Layer(_, from) = &row.network.values()[at] else { continue };
            let from: Vec<NodeId> = from.iter().map(|value| row.of_network[value.position()]).collect();
            let stage = Stage { layer: line.name, description: line.description, ..Stage::default() };
            stages.push(guide.stage(stage, row.of_network[at], &from, &mut told));
        }
        Ok(Walk { stages, errors: guide.errors(), loss: row.loss_value(), parameters: guide.parameters() })
    }

    /// √Σg² over all parameters.
    pub fn gradient_norm(&self) -> f64 {
        self.parameters.iter().flat_map(|parameter| &parameter.gradients).map(|g| g * g).sum::<f64>().sqrt()
    }
}

/// Looks things up for a walk.
struct Guide<'a> {
    row: &'a Row,
    symbols: &'a Symbols,
    writer: Writer<'a>,
}

impl Guide<'_> {
    fn name(&self, node: NodeId) -> String {
        self.symbols
            .symbol(node)
            .map_or_else(|| self.writer.place(Element { node, index: 0 }), |symbol| symbol.name.clone())
    }

    /// The same with the formulas and the units of the layer's value; `told` are the values that stages before have shown.
    fn stage(&self, stage: Stage, node: NodeId, from: &[NodeId], told: &mut Vec<NodeId>) -> Stage {
        if told.contains(&node) || self.symbols.symbol(node).is_none() {
            return stage;
        }
        let graph = &self.row.graph;
        let (function, inner) = match graph.op(node) {
            Op::Activate(activation, z) => (Some(function_name(activation)), z),
            softmax @ Op::Softmax(z) => (Some(softmax.name()), z),
            _ => (None, node),
        };
        let mut formulas = Vec::new();
        let is_new_sum = is_sum(graph, inner) && !told.contains(&inner);
        if is_new_sum {
            formulas.push(self.sum_formula(inner));
        } else if function.is_none() {
            let terms: Vec<String> = from.iter().map(|&value| self.name(value)).collect();
            formulas.push(format!("{} = {}", self.name(node), terms.join(" + ")));
        }
        formulas.extend(function.map(|function| format!("{} = {function}({})", self.name(node), self.name(inner))));
        told.extend([inner, node]);
        let units = (0..self.row.values[node.0].len()).map(|index| Unit {
            name: self.writer.place(Element { node, index }),
            sum: is_new_sum.then(|| self.sum(inner, index)),
            value: self.row.values[node.0][index],
            gradient: self.row.gradient(node).map(|gradient| gradient[index]),
        });
        Stage { formulas, function, units: units.collect(), ..stage }
    }

    /// The weighted sum of all units of a layer.
    fn sum_formula(&self, z: NodeId) -> String {
        let (x, weights, bias) = self.parts(z);
        let plain = |node: NodeId| self.row.parameter_name(node).map_or_else(|| self.name(node), str::to_owned);
        let x = self.symbols.symbol(x).map_or_else(|| "inputs".to_owned(), |symbol| symbol.name.clone());
        let bias = bias.map_or_else(String::new, |bias| format!(" + {}", plain(bias)));
        format!("{} = {x} · {}{bias}", self.name(z), plain(weights))
    }

    /// What a weighted sum is made of: the numbers that come in, the weights, the bias.
    fn parts(&self, z: NodeId) -> (NodeId, NodeId, Option<NodeId>) {
        let graph = &self.row.graph;
        let product = |node: NodeId, bias: Option<NodeId>| match graph.op(node) {
            Op::MatMul(x, weights) => (x, weights, bias),
            _ => unreachable!("a weighted sum is a product, with a bias or without"),
        };
        match graph.op(z) {
            Op::Add(inner, bias) => product(inner, Some(bias)),
            _ => product(z, None),
        }
    }

    fn sum(&self, z: NodeId, unit: usize) -> UnitSum {
        let (x, weights, bias) = self.parts(z);
        let units = self.row.graph.shape(weights).columns();
        let (inputs, numbers) = (&self.row.values[x.0], &self.row.values[weights.0]);
        let mut products: Vec<(usize, f64)> =
            inputs.iter().enumerate().map(|(place, value)| (place, value * numbers[place * units + unit])).collect();
        products.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let (shown, others) = products.split_at(products.len().min(MOST_TERMS));
        let term = |&(place, product): &(usize, f64)| {
            let (from, weight) =
                (Element { node: x, index: place }, Element { node: weights, index: place * units + unit });
            SumTerm {
                place,
                from: self.writer.place(from),
                value: inputs[place],
                weight_name: self.writer.place(weight),
                weight: self.row.value(weight),
                product,
            }
        };
        UnitSum {
            name: self.writer.place(Element { node: z, index: unit }),
            terms: shown.iter().map(term).collect(),
            rest: Rest { count: others.len(), sum: others.iter().map(|(_, product)| product).sum() },
            bias: bias.map(|bias| self.row.values[bias.0][unit]),
            value: self.row.values[z.0][unit],
            gradient: self.row.gradient(z).map(|gradient| gradient[unit]),
        }
    }

    fn errors(&self) -> Vec<OutputError> {
        let outputs = self.row.outputs.iter().zip(&self.row.targets).zip(&self.row.losses);
        let pairs = |output: NodeId, target: NodeId| {
            (0..self.row.values[output.0].len()).map(move |index| {
                let (output, target) = (Element { node: output, index }, Element { node: target, index });
                Pair {
                    name: self.writer.place(output),
                    prediction: self.row.value(output),
                    target_name: self.writer.place(target),
                    target: self.row.value(target),
                }
            })
        };
        outputs
            .map(|((&output, &target), &loss)| OutputError { loss, pairs: pairs(output, target).collect() })
            .collect()
    }

    fn parameters(&self) -> Vec<LearnedNumbers> {
        let parameter = |(spec, &node): (&ParameterSpec, &NodeId)| {
            let (values, gradients) = (&self.row.values[node.0], self.row.gradient(node).unwrap_or_default());
            let mut order: Vec<usize> = (0..gradients.len()).collect();
            order.sort_by(|&a, &b| gradients[b].abs().total_cmp(&gradients[a].abs()));
            order.truncate(MOST_TERMS);
            let named = |index: usize| (self.writer.place(Element { node, index }), values[index], gradients[index]);
            LearnedNumbers {
                name: spec.name.clone(),
                shape: spec.shape,
                values: values.clone(),
                gradients: gradients.to_vec(),
                largest: order.into_iter().map(named).collect(),
            }
        };
        self.row.parameters.iter().zip(self.row.graph.parameters()).map(parameter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Add, Dense, Dropout, Flatten, Softmax};
    use crate::nn::model::Model;
    use crate::nn::network::Network;

    fn walk(network: Network, loss: Loss, inputs: &[f64], targets: &[f64]) -> Walk {
        let model = Model::<f64>::new(network, 3).unwrap();
        let row = Row::new(&model, &[loss], inputs, Some(targets)).unwrap();
        Walk::of(&row, &Symbols::new(&row)).unwrap()
    }

    #[test]
    fn every_sum_is_the_sum_of_what_is_told_of_it() {
        let network = Network::new([5, 4])
            .add(Flatten)
            .add(Dense::new(30).activation(Activation::Tanh))
            .add(Dropout::new(0.5))
            .add(Dense::new(3))
            .add(Softmax);
        let inputs: Vec<f64> = (0..20).map(|at| f64::from(at) / 10.0 - 1.0).collect();
        let walk = walk(network, Loss::CategoricalCrossEntropy, &inputs, &[0.0, 1.0, 0.0]);
        let formulas: Vec<Vec<String>> = walk.stages.iter().map(|stage| stage.formulas.clone()).collect();
        let first = ["z1 = inputs · dense1.weights + dense1.bias", "a1 = tanh(z1)"].map(str::to_owned).to_vec();
        let second = vec!["z2 = a1 · dense2.weights + dense2.bias".to_owned()];
        assert_eq!(formulas, [vec![], first, vec![], second, vec!["ŷ = softmax(z2)".to_owned()]]);
        for sum in walk.stages.iter().flat_map(|stage| &stage.units).filter_map(|unit| unit.sum.as_ref()) {
            let told: f64 = sum.terms.iter().map(|term| term.product).sum();
            assert!((told + sum.rest.sum + sum.bias.unwrap() - sum.value).abs() < 1e-14, "{sum:?}");
            assert!(sum.terms.iter().all(|term| term.product == term.value * term.weight));
            assert!(sum.gradient.is_some());
        }
        let first = walk.stages[1].units[0].sum.as_ref().unwrap();
        assert_eq!((first.terms.len(), first.rest.count), (8, 12));
        assert!(first.terms[0].from.starts_with("x["), "{}", first.terms[0].from);
    }

    #[test]
    fn a_residual_is_told_as_a_sum_of_values() {
        let mut network = Network::with_inputs(&[("x", [2].into())]);
        let x = network.input(0);
        let once = network.apply("hidden", Dense::new(2).activation(Activation::Relu), &[x]);
        let sum = network.apply("skip", Add, &[x, once]);
        network.outputs(&[sum]);
        let walk = walk(network, Loss::SumOfSquares, &[1.0, 2.0], &[0.0, 0.0]);
        assert_eq!(walk.stages[1].formulas, ["ŷ = x + a1"]);
        assert!(walk.stages[1].units.iter().all(|unit| unit.sum.is_none() && unit.gradient.is_some()));
    }
}
