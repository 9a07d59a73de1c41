//! The numbers at which gradients are compared: rows of a data set, or rows that are made up.

use crate::base::error::Result;
use crate::base::rng::{Purpose, Rng};
use crate::cpu::Cpu;
use crate::cpu::executor::Executor;
use crate::data::dataset::Dataset;
use crate::graph::activation::Activation;
use crate::graph::op::Op;
use crate::nn::network::Network;
use crate::plan::{Plan, Request};
use crate::train::batch::Feed;
use crate::train::trainer::TrainingGraph;
use std::sync::Arc;

/// A number for every input and every parameter of a training graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// For each input of the graph: those of the network, perhaps weights of the rows, targets.
    pub inputs: Vec<Vec<f64>>,
    /// All parameters, one after another.
    pub parameters: Vec<f64>,
}

impl Numbers {
    /// Copies the inputs to where a plan expects them.
    pub(super) fn load(&self, executor: &mut Executor<f64>) {
        for (number, values) in self.inputs.iter().enumerate() {
            executor.input_mut(number).copy_from_slice(values);
        }
    }
}

/// The first rows of a data set, as many as the graph takes, with the weights of their classes where classes have some.
///
/// Fails when the columns of the data are not as many as the network takes and gives.
pub fn of_rows(
    training: &TrainingGraph,
    network: &Network,
    data: &Dataset,
    class_weights: Option<Vec<f64>>,
    parameters: &[f64],
) -> Result<Numbers> {
    let mut feed = Feed::new(network, data)?;
    if let Some(weights) = class_weights {
        feed = feed.with_class_weights(weights);
    }
    // The way into a plan is the one that training takes.
    let plan = Plan::new(&training.graph, &Request { outputs: vec![training.loss], gradients: Vec::new() });
    let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(1)));
    let rows: Vec<u32> = (0..rows(training) as u32).collect();
    feed.load(data, &rows, &mut executor);
    let inputs = (0..training.graph.inputs().len()).map(|number| executor.input_mut(number).to_vec());
    Ok(Numbers { inputs: inputs.collect(), parameters: parameters.to_vec() })
}

/// Rows that are made up: normal numbers as inputs and as targets, but classes where the network gives probabilities.
pub fn made_up(training: &TrainingGraph, parameters: &[f64], seed: u64) -> Numbers {
    let graph = &training.graph;
    let rng = Rng::new(seed);
    let first_target = graph.inputs().len() - training.outputs.len();
    let inputs = graph.inputs().iter().enumerate().map(|(number, &id)| {
        let shape = graph.shape(id);
        let stream = rng.stream(Purpose::Synthesize, 0, number as u32);
        let uniform = |element: usize| stream.uniform_at(element as u64);
        let output = number.checked_sub(first_target).map(|output| graph.op(training.outputs[output]));
        let elements = 0..shape.elements();
        if let Some(Op::Softmax(_)) = output {
            let classes = shape.columns();
            let class = |row: usize| (uniform(row) * classes as f64) as usize;
            elements.map(|at| f64::from(u8::from(class(at / classes) == at % classes))).collect()
        } else if let Some(Op::Activate(Activation::Sigmoid, _)) = output {
            elements.map(|at| uniform(at).round()).collect()
        } else {
            elements.map(|at| stream.normal_at(at as u64)).collect()
        }
    });
    Numbers { inputs: inputs.collect(), parameters: parameters.to_vec() }
}

/// How many rows the graph takes.
fn rows(training: &TrainingGraph) -> usize {
    training.graph.inputs().first().map_or(0, |&input| training.graph.shape(input).sizes()[0])
}
