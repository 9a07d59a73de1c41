//! The gradient check: is what the chain rule derived, and what the plan runs, the slope that trying it out gives?

mod kinks;
mod numbers;
mod suspect;

pub use numbers::{Numbers, made_up, of_rows};
pub use suspect::Suspect;

use self::kinks::Kinks;
use crate::base::rng::{Purpose, Rng};
use crate::cpu::Cpu;
use crate::cpu::executor::{Draw, Executor};
use crate::graph::check::{STEP, tolerance};
use crate::graph::op::Op;
use crate::graph::reference::evaluate;
use crate::graph::{Node, NodeId};
use crate::nn::parameters::ParameterSpec;
use crate::plan::{Plan, Request};
use crate::train::trainer::TrainingGraph;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Steps that are tried where a kink lies within the first one.
const SMALLER_STEPS: [f64; 2] = [STEP / 10.0, STEP / 100.0];

/// So many multiplications take some seconds.
const WORTH_WAITING: f64 = 1e10;

/// At least so many numbers of each parameter are compared.
const LEAST: usize = 8;

/// How far the gradient of the plan may be from that of the graph, as a share of the largest number in it: they are the same
/// sums, but a plan may add in another order.
const PLAN_TOLERANCE: f64 = 1e-9;

/// Which numbers are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// What the choice of numbers follows from, and dropout's masks.
    pub seed: u64,
    /// How many numbers of each parameter; none: as many as take some seconds.
    pub numbers: Option<usize>,
}

/// One number of a parameter, its derived gradient and its central difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Its place in the parameter, row by row.
    pub element: usize,
    /// What the chain rule gives.
    pub derived: f64,
    /// What trying it out gives.
    pub difference: f64,
}

impl Compared {
    /// |derived − difference|.
    pub fn error(&self) -> f64 {
        (self.derived - self.difference).abs()
    }
}

/// What was found of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that was compared agrees.
    Right,
    /// The derived gradient is not the slope of the loss.
    Wrong,
    /// The derived gradient is right, but the plan gives another one.
    WrongInPlan,
    /// Nothing could be compared: every number is at a kink.
    OnlyKinks,
}

impl Verdict {
    /// The verdict in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Right => "right",
            Verdict::Wrong => "WRONG",
            Verdict::WrongInPlan => "WRONG IN THE PLAN",
            Verdict::OnlyKinks => "at kinks only",
        }
    }

    /// Whether something is wrong.
    pub fn is_wrong(self) -> bool {
        match self {
            Verdict::Wrong | Verdict::WrongInPlan => true,
            Verdict::Right | Verdict::OnlyKinks => false,
        }
    }
}

/// One parameter's check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedParameter {
    /// Name, shape and place.
    pub spec: ParameterSpec,
    /// How many of its numbers were compared.
    pub compared: usize,
    /// How many of its numbers were left out, because a kink of the loss lies within every step that was tried.
    pub kinks: usize,
    /// The largest |derived gradient| among all of its numbers.
    pub largest_gradient: f64,
    /// The number whose gradient and difference are farthest apart.
    pub worst: Option<Compared>,
    /// How far they may be apart.
    pub tolerance: f64,
    /// The largest |gradient of the plan − derived gradient| among all of its numbers.
    pub plan_error: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// What a gradient check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Every parameter in the order of the network.
    pub parameters: Vec<CheckedParameter>,
    /// The loss by the reference.
    pub loss: f64,
    /// The loss by the plan.
    pub plan_loss: f64,
    /// Whether the losses agree.
    pub is_loss_right: bool,
    /// Where to look, when a gradient is wrong.
    pub suspect: Option<Suspect>,
}

impl Checked {
    /// Whether everything that was compared agrees.
    pub fn is_right(&self) -> bool {
        self.is_loss_right && !self.parameters.iter().any(|parameter| parameter.verdict.is_wrong())
    }
}

/// Compares three gradients of each parameter: the one that the chain rule derived, worked out by the reference; the one that
/// the plan gives on `cpu` (all of its numbers); and central differences of the loss (some of its numbers: those that `sample`
/// draws, and the one with the largest gradient).
///
/// A difference (L(w + h) − L(w − h)) / 2h says nothing where L has a kink between the two, as relu has at 0: smaller
/// steps are tried then, and numbers that stay at a kink are counted and left out. Everything is f64. Panics when there are not
/// as many numbers as the graph takes.
///
/// ```
/// use clione::cpu::Cpu;
/// use clione::prelude::*;
/// use clione::see::gradients::{Sample, check_gradients, made_up};
/// use clione::train::trainer::training_graph;
/// use std::sync::Arc;
/// let network = Network::new([3]).add(Dense::new(4).activation(Activation::Relu)).add(Dense::new(1));
/// let model = Model::<f64>::new(network, 0)?;
/// let training = training_graph(model.network(), &[Loss::MeanSquaredError], 8)?;
/// let numbers = made_up(&training, model.parameters(), 0);
/// let checked = check_gradients(&training, model.specs(), &numbers, &Sample::default(), &Arc::new(Cpu::new(1)));
/// assert!(checked.is_right() && checked.parameters[0].compared == 12);
/// # Ok::<(), Error>(())
/// ```
pub fn check_gradients(
    training: &TrainingGraph,
    specs: &[ParameterSpec],
    numbers: &Numbers,
    sample: &Sample,
    cpu: &Arc<Cpu>,
) -> Checked {
    let draw = Draw { seed: sample.seed, ..Draw::default() };
    let mut trial = Trial::new(training, numbers, draw, cpu);
    let step = run_step(training, numbers, draw, cpu);
    let mask =
        |number: usize, element: usize| step.masks.iter().any(|(known, kept)| *known == number && kept[element] != 0.0);
    let inputs: Vec<&[f64]> = numbers.inputs.iter().map(Vec::as_slice).collect();
    let parameters: Vec<&[f64]> = specs.iter().map(|spec| &numbers.parameters[spec.range()]).collect();
    let mut values = evaluate(&training.graph, &inputs, &parameters, &mask);
    let loss = values[training.loss.0][0];

    let most = sample.numbers.unwrap_or_else(|| worth_waiting(training, specs));
    let check = |(at, spec): (usize, &ParameterSpec)| {
        let elements = spec.shape.elements();
        let derived = training.gradients[at].map_or_else(|| vec![0.0; elements], |node| values[node.0].clone());
        let elements = chosen(&derived, most, sample.seed, at);
        let plan = &step.gradients[spec.range()];
        check_parameter(&mut trial, spec, &derived, plan, &elements, loss)
    };
    let parameters: Vec<CheckedParameter> = specs.iter().enumerate().map(check).collect();
    let is_wrong = parameters.iter().any(|parameter| parameter.verdict == Verdict::Wrong);
    let suspect = if is_wrong { suspect::find(training, specs, &mut values, sample.seed) } else { None };
    let is_loss_right = (step.loss - loss).abs() <= PLAN_TOLERANCE * loss.abs().max(1.0);
    Checked { parameters, loss, plan_loss: step.loss, is_loss_right, suspect }
}

/// Compares the gradients of one parameter.
fn check_parameter(
    trial: &mut Trial<'_>,
    spec: &ParameterSpec,
    derived: &[f64],
    plan: &[f64],
    elements: &[usize],
    loss: f64,
) -> CheckedParameter {
    let largest = |numbers: &mut dyn Iterator<Item = f64>| {
        // NaN stays.
        numbers.fold(0.0_f64, |largest, x| if x > largest || x.is_nan() { x } else { largest })
    };
    let largest_gradient = largest(&mut derived.iter().map(|g| g.abs()));
    let plan_error = largest(&mut plan.iter().zip(derived).map(|(plan, derived)| (plan - derived).abs()));
    let tolerance = tolerance(largest_gradient, loss);
    let (mut compared, mut kinks) = (0, 0);
    let mut worst: Option<Compared> = None;
    for &element in elements {
        match trial.difference(spec.offset + element, derived[element], tolerance) {
            None => kinks += 1,
            Some(difference) => {
                compared += 1;
                let found = Compared { element, derived: derived[element], difference };
                // A worst one that is no number stays the worst.
                if worst.is_none_or(|worst| found.error() > worst.error() || found.error().is_nan()) {
                    worst = Some(found);
                }
            }
        }
    }
    let agrees = worst.is_none_or(|worst| worst.error() <= tolerance);
    let plan_agrees = plan_error <= PLAN_TOLERANCE * largest_gradient + f64::EPSILON;
    let verdict = match (agrees, plan_agrees) {
        (false, _) => Verdict::Wrong,
        (true, false) => Verdict::WrongInPlan,
        (true, true) if compared == 0 && kinks > 0 => Verdict::OnlyKinks,
        (true, true) => Verdict::Right,
    };
    CheckedParameter { spec: spec.clone(), compared, kinks, largest_gradient, worst, tolerance, plan_error, verdict }
}

/// How many numbers of each parameter take some seconds in all: two forward passes for each.
fn worth_waiting(training: &TrainingGraph, specs: &[ParameterSpec]) -> usize {
    let products = training.graph.nodes().take(training.loss.0 + 1).map(|(_, node)| {
        let inner = if let Op::MatMul(a, _) = node.op { training.graph.shape(a).columns() } else { 1 };
        inner * node.shape.elements()
    });
    let cost = 2.0 * products.sum::<usize>().max(1) as f64;
    ((WORTH_WAITING / cost / specs.len().max(1) as f64) as usize).max(LEAST)
}

/// Elements in rising order: all where they are few, else some that are drawn and the one with the largest gradient.
fn chosen(derived: &[f64], most: usize, seed: u64, parameter: usize) -> Vec<usize> {
    if derived.len() <= most {
        return (0..derived.len()).collect();
    }
    let stream = Rng::new(seed).stream(Purpose::Synthesize, 1, parameter as u32);
    let largest = (0..derived.len()).max_by(|&a, &b| derived[a].abs().total_cmp(&derived[b].abs()));
    let mut elements: BTreeSet<usize> = largest.into_iter().collect();
    for drawn in 0.. {
        if elements.len() >= most {
            break;
        }
        elements.insert((stream.uniform_at(drawn) * derived.len() as f64) as usize);
    }
    elements.into_iter().collect()
}

/// What one training step of the plan gives.
struct PlannedStep {
    loss: f64,
    gradients: Vec<f64>,
    /// What it drew: the number of each mask, and its numbers.
    masks: Vec<(usize, Vec<f64>)>,
}

/// One training step by the plan.
fn run_step(training: &TrainingGraph, numbers: &Numbers, draw: Draw, cpu: &Arc<Cpu>) -> PlannedStep {
    let mask =
        |(id, node): (NodeId, &Node)| if let Op::Mask { number, .. } = node.op { Some((number, id)) } else { None };
    let masks: Vec<(usize, NodeId)> = training.graph.nodes().filter_map(mask).collect();
    let outputs = std::iter::once(training.loss).chain(masks.iter().map(|(_, id)| *id)).collect();
    let plan = Plan::new(&training.graph, &Request { outputs, gradients: training.gradients.clone() });
    let mut executor = Executor::<f64>::new(plan, Arc::clone(cpu));
    numbers.load(&mut executor);
    let mut gradients = vec![0.0; numbers.parameters.len()];
    executor.run(&numbers.parameters, &mut gradients, draw);
    let masks = (1..).zip(&masks).map(|(output, (number, _))| (*number, executor.output(output).to_vec())).collect();
    PlannedStep { loss: executor.output(0)[0], gradients, masks }
}

/// The loss at other parameters, by a plan of the forward pass that also shows where its kinks are.
struct Trial<'a> {
    executor: Executor<f64>,
    parameters: Vec<f64>,
    kinks: Kinks<'a>,
    draw: Draw,
}

impl<'a> Trial<'a> {
    fn new(training: &'a TrainingGraph, numbers: &Numbers, draw: Draw, cpu: &Arc<Cpu>) -> Self {
        let kinks = Kinks::of(training);
        let outputs = std::iter::once(training.loss).chain(kinks.nodes()).collect();
        let plan = Plan::new(&training.graph, &Request { outputs, gradients: Vec::new() });
        let mut executor = Executor::new(plan, Arc::clone(cpu));
        numbers.load(&mut executor);
        Trial { executor, parameters: numbers.parameters.clone(), kinks, draw }
    }

    /// The central difference for one number; none where a kink is in the way of every step. The largest step decides where
    /// it agrees with what was derived, a smaller one only where there is a kink.
    fn difference(&mut self, place: usize, derived: f64, tolerance: f64) -> Option<f64> {
        let size = self.parameters[place].abs().max(1.0);
        let (difference, is_smooth) = self.difference_with(place, STEP * size);
        if is_smooth || (difference - derived).abs() <= tolerance {
            return Some(difference);
        }
        let smaller = SMALLER_STEPS.iter().map(|step| self.difference_with(place, step * size));
        smaller.filter(|(_, is_smooth)| *is_smooth).map(|(difference, _)| difference).next()
    }

    /// The central difference with this step, and whether no kink lies within it.
    fn difference_with(&mut self, place: usize, step: f64) -> (f64, bool) {
        let original = self.parameters[place];
        let (above, below) = (original + step, original - step);
        let (loss_above, sides_above) = self.loss_with(place, above);
        let (loss_below, sides_below) = self.loss_with(place, below);
        self.parameters[place] = original;
        ((loss_above - loss_below) / (above - below), sides_above == sides_below)
    }

    fn loss_with(&mut self, place: usize, value: f64) -> (f64, Vec<u8>) {
        self.parameters[place] = value;
        self.executor.run(&self.parameters, &mut [], self.draw);
        (self.executor.output(0)[0], self.kinks.sides(|output| self.executor.output(1 + output)))
    }
}
