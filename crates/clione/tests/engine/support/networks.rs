//! Random networks with losses that fit their outputs, and numbers for everything that goes in.

use super::dice::Dice;
use clione::graph::NodeId;
use clione::graph::activation::Activation;
use clione::graph::check::{Check, check};
use clione::graph::op::Op;
use clione::nn::layers::{Add, Concat, Dense, Dropout, Flatten, Softmax};
use clione::nn::loss::Loss;
use clione::nn::network::{Network, Value};

/// A network, and one loss for each of its outputs.
pub struct Case {
    /// The network.
    pub network: Network,
    /// The losses.
    pub losses: Vec<Loss>,
}

impl Case {
    /// A network of random depth whose two inputs meet, with a residual, a layer used twice, dropout and two outputs.
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut network = Network::with_inputs(&[("left", [3].into()), ("right", [2, 2].into())]);
        let flat = network.apply("flat", Flatten, &[network.input(1)]);
        let mut value = network.apply("joined", Concat, &[network.input(0), flat]);
        value = network.apply("entry", dense(&mut dice, 5), &[value]);
        for depth in 0..1 + dice.below(5) {
            value = block(&mut network, &mut dice, depth, value);
        }
        let (first, first_loss) = head(&mut network, &mut dice, "first", value);
        let (second, second_loss) = head(&mut network, &mut dice, "second", value);
        network.outputs(&[first, second]);
        Case { network, losses: vec![first_loss, second_loss] }
    }

    /// Holds the derived gradient of every parameter and input against central differences.
    pub fn check(&self, rows: usize, seed: u64) -> Check {
        let built = self.network.build_training(rows).expect("layers that fit");
        let mut graph = built.graph;
        let wanted: Vec<NodeId> = graph.inputs().iter().chain(graph.parameters()).copied().collect();
        let mut total = graph.constant(0.0, [1, 1]);
        for (loss, &output) in self.losses.iter().zip(&built.outputs) {
            let target = graph.input(graph.shape(output));
            let loss = loss.build(&mut graph, output, target).expect("a loss that fits the output");
            total = graph.add(total, loss).expect("single numbers");
        }
        let (inputs, parameters) = self.numbers(rows, seed);
        check(&graph, total, &wanted, &slices(&inputs), &slices(&parameters), &keep_most)
            .expect("a loss that is derived")
    }

    /// Numbers for the inputs and targets of the training graph, and for its parameters.
    pub fn numbers(&self, rows: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let mut dice = Dice::new(seed);
        let built = self.network.build_training(rows).expect("layers that fit");
        let graph = &built.graph;
        let mut inputs: Vec<Vec<f64>> =
            built.inputs.iter().map(|&id| dice.numbers(graph.shape(id).elements())).collect();
        for &output in &built.outputs {
            let shape = graph.shape(output);
            let mut targets: Vec<f64> = (0..shape.elements()).map(|_| 0.1 + 0.8 * dice.uniform()).collect();
            if let Op::Softmax(_) = graph.op(output) {
                // Targets of a softmax are probabilities.
                for row in targets.chunks_mut(shape.columns()) {
                    let sum: f64 = row.iter().sum();
                    row.iter_mut().for_each(|target| *target /= sum);
                }
            }
            inputs.push(targets);
        }
        let parameters = built.parameters.iter().map(|spec| dice.numbers(spec.shape.elements())).collect();
        (inputs, parameters)
    }
}

/// A fixed mask for dropout: every third number is left out.
pub fn keep_most(number: usize, element: usize) -> bool {
    !(number + element).is_multiple_of(3)
}

/// Slices of vectors.
pub fn slices<T>(numbers: &[Vec<T>]) -> Vec<&[T]> {
    numbers.iter().map(Vec::as_slice).collect()
}

fn dense(dice: &mut Dice, units: usize) -> Dense {
    Dense::new(units).activation(dice.pick(Activation::all()))
}

/// One more layer or two, of a kind that is drawn.
fn block(network: &mut Network, dice: &mut Dice, depth: usize, value: Value) -> Value {
    let name = format!("block{depth}");
    match dice.below(4) {
        0 => network.apply(&name, dense(dice, 5), &[value]),
        1 => network.apply(&name, Dropout::new(1.0 / 3.0), &[value]),
        2 => {
            let inner = network.apply(&name, dense(dice, 5), &[value]);
            network.apply(&format!("skip{depth}"), Add, &[value, inner])
        }
        _ => {
            let once = network.apply(&name, dense(dice, 5), &[value]);
            network.apply_again(&name, &[once]).expect("the layer is there")
        }
    }
}

/// An output and a loss that fits it.
fn head(network: &mut Network, dice: &mut Dice, name: &str, value: Value) -> (Value, Loss) {
    let loss = dice.pick(Loss::all());
    let sums = Dense::new(3);
    let output = match loss {
        Loss::BinaryCrossEntropy => network.apply(name, sums.activation(Activation::Sigmoid), &[value]),
        Loss::CategoricalCrossEntropy => {
            let logits = network.apply(name, sums, &[value]);
            network.apply(&format!("{name}_softmax"), Softmax, &[logits])
        }
        Loss::SumOfSquares | Loss::MeanSquaredError | Loss::MeanAbsoluteError | Loss::Huber => {
            network.apply(name, sums, &[value])
        }
    };
    (output, loss)
}
