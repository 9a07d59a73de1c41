//! One training step: forward, loss, backward, update.
//!
//! Plans are made once for each number of rows and kept.

use crate::base::aligned::Aligned;
use crate::base::error::{Error, Result};
use crate::cpu::Cpu;
use crate::cpu::executor::{Draw, Executor};
use crate::cpu::executors::Executors;
use crate::cpu::simd::Element;
use crate::cpu::slices::{Piece, for_each_piece};
use crate::graph::backward::{Gradients, backward};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::{Built, Network};
use crate::optim::clip::{self, Clip};
use crate::optim::optimizer::{Adjustment, Optimizer, Sees, Slices};
use crate::plan::{Plan, Request};
use std::borrow::Cow;
use std::sync::Arc;

/// How parameters follow their gradients in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// The rule.
    pub optimizer: Optimizer,
    /// How gradients are held back.
    pub clip: Clip,
    /// The weight of |w| in the penalised loss.
    pub l1: f64,
    /// The weight of w²/2 in the penalised loss.
    pub l2: f64,
}

/// A network, its loss and its gradients as one graph, for one number of rows.
pub struct TrainingGraph {
    /// Forward and backward pass.
    pub graph: Graph,
    /// The loss.
    pub loss: NodeId,
    /// The outputs of the network.
    pub outputs: Vec<NodeId>,
    /// The gradient of the loss with respect to each parameter, where it depends on it.
    pub gradients: Vec<Option<NodeId>>,
    /// The gradient of the loss with respect to each node that leads from a parameter to the loss.
    pub of_nodes: Gradients,
}

/// The training graph of a network for `rows` rows: its inputs, then one target for each output.
///
/// The loss is the sum of the losses of the outputs. Fails when layers, outputs and losses do not fit each other.
pub fn training_graph(network: &Network, losses: &[Loss], rows: usize) -> Result<TrainingGraph> {
    with_gradients(loss_graph(network.build_training(rows)?, losses, Weighting::Alike)?)
}

/// As [`training_graph`], with one more input between those of the network and the targets: the weight of each row in the
/// losses, rows x 1.
pub fn weighted_training_graph(network: &Network, losses: &[Loss], rows: usize) -> Result<TrainingGraph> {
    with_gradients(loss_graph(network.build_training(rows)?, losses, Weighting::ByRow(rows))?)
}

/// How much each row counts in the loss.
#[derive(Clone, Copy)]
pub(crate) enum Weighting {
    /// Once.
    Alike,
    /// As much as an input says for each of so many rows.
    ByRow(usize),
}

fn with_gradients((mut graph, outputs, loss): (Graph, Vec<NodeId>, NodeId)) -> Result<TrainingGraph> {
    let parameters = graph.parameters().to_vec();
    let of_nodes = backward(&mut graph, loss, &parameters)?;
    let gradients = parameters.iter().map(|&parameter| of_nodes.of(parameter)).collect();
    Ok(TrainingGraph { graph, loss, outputs, gradients, of_nodes })
}

/// Adds weights where rows have some, a target for each output of a network and the sum of their losses: the graph, the
/// outputs and the loss.
///
/// Fails when outputs and losses do not fit each other.
pub(crate) fn loss_graph(built: Built, losses: &[Loss], weighting: Weighting) -> Result<(Graph, Vec<NodeId>, NodeId)> {
    let Built { mut graph, outputs, .. } = built;
    if losses.len() != outputs.len() {
        return Err(Error::usage(format!("the network has {} outputs, but {} losses", outputs.len(), losses.len())));
    }
    let weights = match weighting {
        Weighting::Alike => None,
        Weighting::ByRow(rows) => {
            graph.enter_layer("weights");
            Some(graph.input([rows, 1]))
        }
    };
    let mut total: Option<NodeId> = None;
    for (&output, loss) in outputs.iter().zip(losses) {
        graph.enter_layer("target");
        let target = graph.input(graph.shape(output));
        let loss = match weights {
            None => loss.build(&mut graph, output, target)?,
            Some(weights) => loss.build_weighted(&mut graph, output, target, weights)?,
        };
        total = Some(match total {
            None => loss,
            Some(sum) => graph.add(sum, loss)?,
        });
    }
    let loss = total.ok_or_else(|| Error::usage("the network has no output"))?;
    Ok((graph, outputs, loss))
}

/// Trains a model step by step; keeps plans, gradients and the optimizer's memory.
///
/// ```
/// use clione::prelude::*;
/// use clione::cpu::{Cpu, executor::Draw};
/// use clione::optim::clip::Clip;
/// use clione::train::trainer::{Trainer, Update};
/// use std::sync::Arc;
/// let mut model = Model::<f64>::new(Network::new([1]).add(Dense::new(1)), 0).unwrap();
/// let update = Update { optimizer: Optimizer::named("sgd").unwrap(), clip: Clip::Off, l1: 0.0, l2: 0.0 };
/// let mut trainer = Trainer::new(&model, &[Loss::MeanSquaredError], update, Arc::new(Cpu::new(1))).unwrap();
/// for _ in 0..500 {
///     let executor = trainer.executor(2);
///     executor.input_mut(0).copy_from_slice(&[0.0, 1.0]); // rows
///     executor.input_mut(1).copy_from_slice(&[1.0, 3.0]); // targets: y = 2x + 1
///     trainer.step(&mut model, 2, 0.2, Draw::default());
/// }
/// assert!((model.parameter("dense1.bias").unwrap()[0] - 1.0).abs() < 1e-6);
/// ```
pub struct Trainer<T> {
    network: Network,
    losses: Vec<Loss>,
    has_row_weights: bool,
    update: Update,
    executors: Executors<T>,
    gradients: Aligned<T>,
    first: Aligned<T>,
    second: Aligned<T>,
    steps: u64,
}

impl<T: Element> Trainer<T> {
    /// A trainer for this model, with one loss for each of its outputs.
    /// Fails when layers, outputs and losses do not fit each other.
    pub fn new(model: &Model<T>, losses: &[Loss], update: Update, cpu: Arc<Cpu>) -> Result<Self> {
        training_graph(model.network(), losses, 1)?;
        let length = model.parameters().len();
        let memories = if update.optimizer.sees() == Sees::Batch { update.optimizer.memories() } else { 0 };
        let memory = |number: usize| Aligned::zeros(if memories >= number { length } else { 0 });
        Ok(Trainer {
            network: model.network().clone(),
            losses: losses.to_vec(),
            has_row_weights: false,
            update,
            executors: Executors::new(cpu),
            gradients: Aligned::zeros(length),
            first: memory(1),
            second: memory(2),
            steps: 0,
        })
    }

    /// The same for rows that do not count alike: an input of rows x 1 with the weight of each row comes between the inputs
    /// of the network and the targets. To be called before the first executor is asked for.
    pub fn with_row_weights(mut self) -> Self {
        self.has_row_weights = true;
        self
    }

    /// The executor for batches of `rows` rows, planned at its first use. Its inputs are those of the network, then one
    /// target for each output; its outputs are the loss, then those of the network.
    pub fn executor(&mut self, rows: usize) -> &mut Executor<T> {
        self.executors
            .for_rows(rows, || training_plan(&self.network, &self.losses, self.has_row_weights, rows).expect(FITS))
    }

    /// Runs forward and backward on what the inputs of `executor(rows)` hold, updates the parameters of `model`, and
    /// returns the loss of the forward pass, that is of the parameters before the update.
    ///
    /// A loss that is not finite updates nothing.
    pub fn step(&mut self, model: &mut Model<T>, rows: usize, learning_rate: f64, draw: Draw) -> T {
        let loss = self.gradients(model, rows, draw);
        if loss.is_finite() {
            self.follow(model, learning_rate);
        }
        loss
    }

    /// Runs forward and backward and returns the loss; the gradients are then in [`Trainer::last_gradients`].
    pub fn gradients(&mut self, model: &Model<T>, rows: usize, draw: Draw) -> T {
        let executor = self
            .executors
            .for_rows(rows, || training_plan(&self.network, &self.losses, self.has_row_weights, rows).expect(FITS));
        executor.run(model.parameters(), &mut self.gradients, draw);
        executor.output(0)[0]
    }

    /// dL/dw of the last step for every parameter, laid out as the parameters are.
    pub fn last_gradients(&self) -> &[T] {
        &self.gradients
    }

    /// How many updates there have been.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What the optimizer remembers, and how many updates there have been.
    pub(super) fn memories(&self) -> ([&[T]; 2], u64) {
        ([&self.first, &self.second], self.steps)
    }

    /// Goes on with what the optimizer of an earlier run remembered; panics when it is of another length.
    pub(super) fn remember(&mut self, memories: &[Cow<'_, [T]>], steps: u64) {
        for (own, earlier) in [&mut self.first, &mut self.second].into_iter().zip(memories) {
            own.copy_from_slice(earlier);
        }
        self.steps = steps;
    }

    /// In words the first value that is not finite when `executor(rows)` runs on what its inputs hold: an input, a
    /// parameter, or the first node of the forward pass.
    pub fn first_not_finite(&mut self, model: &Model<T>, rows: usize, draw: Draw) -> String {
        if let Some(spec) = model.first_not_finite() {
            return format!("parameter `{}`", spec.name);
        }
        let Forward { graph, nodes, mut executor } = self.forward(rows);
        for number in 0..graph.inputs().len() {
            executor.input_mut(number).copy_from_slice(self.executor(rows).input_mut(number));
        }
        executor.run(model.parameters(), &mut [], draw);
        let is_finite = |output: usize| executor.output(output).iter().all(|number| number.is_finite());
        match nodes.iter().enumerate().find(|(output, _)| !is_finite(*output)) {
            Some((_, &id)) => format!("`{}`", graph.label(id)),
            None => "the sum of the losses".to_owned(),
        }
    }

    /// A forward pass of a training step on `rows` rows that keeps every value.
    pub(super) fn forward(&self, rows: usize) -> Forward<T> {
        let TrainingGraph { graph, loss, .. } =
            built(&self.network, &self.losses, self.has_row_weights, rows).expect(FITS);
        let is_value = |id: NodeId| !matches!(graph.op(id), Op::Parameter(_));
        let nodes: Vec<NodeId> = (0..=loss.0).map(NodeId).filter(|&id| is_value(id)).collect();
        let plan = Plan::new(&graph, &Request { outputs: nodes.clone(), gradients: Vec::new() });
        let executor = Executor::new(plan, Arc::clone(self.executors.cpu()));
        Forward { graph, nodes, executor }
    }

    /// Lets the parameters follow the gradients of the last step.
    fn follow(&mut self, model: &mut Model<T>, learning_rate: f64) {
        self.steps += 1;
        let Update { optimizer, clip, l1, l2 } = self.update;
        let (scale, limit) = match clip {
            Clip::Off => (1.0, f64::INFINITY),
            Clip::Norm(limit) => (clip::scale_for(clip::norm(&self.gradients), limit), f64::INFINITY),
            Clip::Value(limit) => (1.0, limit),
        };
        let rule = Rule { optimizer, step: self.steps, learning_rate, adjustment: Adjustment { scale, limit, l1, l2 } };
        let written = [model.parameters_mut(), &mut self.first, &mut self.second];
        for_each_piece(self.executors.cpu(), written, &self.gradients, &rule);
    }
}

/// A forward pass that keeps every value: the outputs of its executor are the nodes.
pub(super) struct Forward<T> {
    /// The whole training graph.
    pub graph: Graph,
    /// Every node of the forward pass but the parameters.
    pub nodes: Vec<NodeId>,
    /// Its inputs are those of a training step.
    pub executor: Executor<T>,
}

/// What a trainer knows of its network.
const FITS: &str = "the network was built for one row before, and it fits any number of rows";

/// The plan of a training step on `rows` rows, as a [`Trainer`] runs it: its outputs are the loss, then those of the network.
/// Fails when layers, outputs and losses do not fit each other.
pub fn training_plan(network: &Network, losses: &[Loss], has_row_weights: bool, rows: usize) -> Result<Plan> {
    let training = built(network, losses, has_row_weights, rows)?;
    let outputs = std::iter::once(training.loss).chain(training.outputs).collect();
    Ok(Plan::new(&training.graph, &Request { outputs, gradients: training.gradients }))
}

fn built(network: &Network, losses: &[Loss], has_row_weights: bool, rows: usize) -> Result<TrainingGraph> {
    let graph = if has_row_weights { weighted_training_graph } else { training_graph };
    graph(network, losses, rows)
}

/// The update of one step.
struct Rule {
    optimizer: Optimizer,
    step: u64,
    learning_rate: f64,
    adjustment: Adjustment,
}

impl<T: Element> Piece<T> for Rule {
    #[inline(always)]
    fn apply(&self, [parameters, first, second]: [&mut [T]; 3], gradients: &[T]) {
        let slices = Slices { parameters, gradients, first, second };
        self.optimizer.update(slices, self.step, self.learning_rate, &self.adjustment);
    }
}
