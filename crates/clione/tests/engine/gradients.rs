//! Derived gradients against central differences, and executed gradients against derived ones.

use crate::support::dice::Dice;
use crate::support::networks::{Case, keep_most, slices};
use crate::support::operations::{KINDS, kind};
use clione::base::error::Result;
use clione::cpu::Cpu;
use clione::cpu::executor::{Draw, Executor};
use clione::graph::activation::Activation;
use clione::graph::backward::backward;
use clione::graph::check::{Check, check};
use clione::graph::reference::evaluate;
use clione::graph::{Graph, NodeId};
use clione::nn::layers::kinds;
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::train::trainer::training_graph;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Builds a value from the graph's first two inputs or parameters, x and y of 3 x 4.
type Build = fn(&mut Graph, NodeId, NodeId) -> Result<NodeId>;

/// An example of each operation that can be built and derived. Where x takes part twice, its two gradients are summed.
const OPERATIONS: &[Build] = &[
    |g, x, y| {
        let across = g.reshape(y, [4, 3])?;
        g.matmul(x, across)
    },
    |g, x, _| {
        let transposed = g.transpose(x)?;
        g.matmul(x, transposed)
    },
    |g, x, y| {
        let transposed = g.transpose(y)?;
        let across = g.reshape(x, [4, 3])?;
        g.add(across, transposed)
    },
    |g, x, y| g.add(x, y),
    |g, x, y| g.sub(x, y),
    |g, x, y| g.mul(x, y),
    |g, x, _| g.mul(x, x),
    |g, x, _| Ok(g.scale(x, -2.5)),
    |g, x, _| Ok(g.square(x)),
    |g, x, _| Ok(g.abs(x)),
    |g, x, y| {
        let sign = g.sign(x);
        g.mul(sign, y)
    },
    |g, x, _| g.huber(x, 0.5),
    |g, x, _| g.clamp(x, 0.5),
    |g, x, _| Ok(g.activate(Activation::Tanh, x)),
    |g, x, _| g.softmax(x),
    |g, x, _| {
        let targets = g.constant(0.25, [3, 4]);
        g.softmax_cross_entropy(x, targets)
    },
    |g, x, _| {
        let targets = g.constant(0.3, [3, 4]);
        g.sigmoid_cross_entropy(x, targets)
    },
    |g, x, _| g.sum_to(x, [1, 1]),
    |g, x, _| g.sum_to(x, [1, 4]),
    |g, x, _| g.sum_to(x, [3, 1]),
    |g, x, y| {
        let row = g.sum_to(y, [1, 4])?;
        let rows = g.broadcast(row, [3, 4])?;
        g.mul(x, rows)
    },
    |g, x, y| {
        let column = g.sum_to(y, [3, 1])?;
        let columns = g.broadcast(column, [3, 4])?;
        g.mul(x, columns)
    },
    |g, x, y| {
        let number = g.sum_to(y, [1, 1])?;
        let numbers = g.broadcast(number, [3, 4])?;
        g.mul(x, numbers)
    },
    |g, x, _| {
        let one = g.constant(1.0, [3, 4]);
        let rest = g.sub(one, x)?;
        g.mul(x, rest)
    },
    |g, x, _| g.reshape(x, [2, 6]),
    |g, x, y| g.concat(x, y),
    |g, x, _| g.concat(x, x),
    |g, x, _| g.slice(x, 1, 2),
    |g, x, _| g.pad(x, 2, 7),
    |g, x, _| {
        let mask = g.mask(0.25, 0, [3, 4])?;
        g.mul(x, mask)
    },
];

#[test]
fn the_gradient_of_every_operation_is_its_central_difference() {
    let mut met = BTreeSet::new();
    for (index, build) in OPERATIONS.iter().enumerate() {
        for are_inputs in [false, true] {
            let mut graph = Graph::new();
            let mut leaf = || if are_inputs { graph.input([3, 4]) } else { graph.parameter([3, 4]) };
            let (x, y) = (leaf(), leaf());
            let value = build(&mut graph, x, y).unwrap();
            // Weights make the gradient that arrives at the operation differ from number to number.
            let shape = graph.shape(value);
            let weights = graph.input(shape);
            let loss = graph.mul(value, weights).unwrap();
            let loss = graph.sum_to(loss, [1, 1]).unwrap();
            met.extend(graph.nodes().map(|(_, node)| kind(node.op)));

            let mut dice = Dice::new(index as u64);
            let (of_x, of_y, of_weights) = (dice.numbers(12), dice.numbers(12), dice.numbers(shape.elements()));
            let found = if are_inputs {
                check(&graph, loss, &[x, y], &[&of_x, &of_y, &of_weights], &[], &keep_most)
            } else {
                check(&graph, loss, &[x, y], &[&of_weights], &[&of_x, &of_y], &keep_most)
            };
            assert_agrees(&found.unwrap(), &format!("operation {index}: {:?}", graph.op(value)));
        }
    }
    // These two occur in gradients only, and nothing is derived twice.
    let derived = KINDS.into_iter().filter(|kind| !["slope", "within"].contains(kind));
    let missing: Vec<_> = derived.filter(|kind| !met.contains(kind)).collect();
    assert!(missing.is_empty(), "operations without an example: {missing:?}");
}

#[test]
fn the_gradient_of_every_activation_is_its_central_difference() {
    for &activation in Activation::all() {
        let mut graph = Graph::new();
        let x = graph.parameter([1, 81]);
        let y = graph.activate(activation, x);
        let squares = graph.square(y);
        let loss = graph.sum_to(squares, [1, 1]).unwrap();
        let numbers: Vec<f64> = (-40..=40).map(|step| f64::from(step) / 10.0 + 0.013).collect();
        let found = check(&graph, loss, &[x], &[], &[&numbers], &keep_most).unwrap();
        assert_agrees(&found, activation.name());
    }
}

#[test]
fn the_gradient_of_every_loss_is_its_central_difference() {
    for &loss in Loss::all() {
        let mut checked = 0;
        for units in [1, 3] {
            let dense = || Network::new([4]).add(Dense::new(units));
            let outputs = [dense(), dense().add(Activation::Sigmoid), dense().add(Softmax)];
            for (index, network) in outputs.into_iter().enumerate() {
                let fits = training_graph(&network, &[loss], 5).is_ok();
                if fits {
                    checked += 1;
                    let case = Case { network, losses: vec![loss] };
                    assert_agrees(&case.check(5, 11), &format!("{loss:?} of output {index} with {units} units"));
                }
            }
        }
        assert!(checked > 0, "{loss:?} fits no output");
    }
}

#[test]
fn the_gradient_of_every_layer_is_its_central_difference() {
    for kind in kinds() {
        let start = || Network::new([2, 3]).add(Flatten).add(Dense::new(4).activation(Activation::Tanh));
        let two = || {
            let mut network = Network::with_inputs(&[("a", [4].into()), ("b", [4].into())]);
            let [a, b] = [0, 1].map(|input| {
                network.apply(
                    &format!("hidden{input}"),
                    Dense::new(4).activation(Activation::Silu),
                    &[network.input(input)],
                )
            });
            (network, [a, b, a])
        };
        let network = match kind {
            "dense" => start().add(Dense::new(3).activation(Activation::Sigmoid)).add(Dense::new(2).without_bias()),
            "activation" => start().add(Activation::Gelu),
            "softmax" => start().add(Softmax),
            "dropout" => start().add(Dropout::new(0.25)).add(Dense::new(3)),
            "flatten" => Network::new([2, 3, 2]).add(Flatten).add(Dense::new(2)),
            "add" => {
                let (mut network, values) = two();
                network.apply("sum", Add, &values);
                network
            }
            "concat" => {
                let (mut network, values) = two();
                network.apply("joined", Concat, &values);
                network
            }
            _ => panic!("the layer `{kind}` has no example here"),
        };
        let used = network.layers().iter().any(|layer| layer.layer.kind() == kind);
        assert!(used, "the example of `{kind}` has no such layer");
        assert_agrees(&Case { network, losses: vec![Loss::SumOfSquares] }.check(3, 7), kind);
    }
}

#[test]
fn the_gradients_of_whole_networks_are_their_central_differences() {
    for seed in 0..20 {
        let case = Case::random(seed);
        let found = case.check(4, seed);
        assert_agrees(&found, &format!("network {seed}: {:?}", case.network));
    }
}

#[test]
fn a_value_that_is_used_twice_sums_its_gradients() {
    let mut graph = Graph::new();
    let x = graph.parameter([1, 1]);
    let a = graph.add(x, x).unwrap();
    let b = graph.add(a, a).unwrap();
    let gradients = backward(&mut graph, b, &[x]).unwrap();
    let values = evaluate(&graph, &[], &[&[3.0]], &keep_most);
    assert_eq!((values[b.0][0], values[gradients.of(x).unwrap().0][0]), (12.0, 4.0));
}

#[test]
fn executed_gradients_are_the_derived_ones() {
    let draw = Draw { seed: 9, epoch: 1, step: 4 };
    for seed in 0..40 {
        let case = Case::random(seed);
        let rows = [1, 4, 17, 33][seed as usize % 4];
        let training = training_graph(&case.network, &case.losses, rows).unwrap();
        let (inputs, parameters) = case.numbers(rows, seed);

        let outputs = [vec![training.loss], training.outputs.clone()].concat();
        let plan = Plan::new(&training.graph, &Request { outputs, gradients: training.gradients.clone() });
        let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(2)));
        for (number, numbers) in inputs.iter().enumerate() {
            executor.input_mut(number).copy_from_slice(numbers);
        }
        let flat = parameters.concat();
        let mut gradients = vec![f64::NAN; flat.len()];
        executor.run(&flat, &mut gradients, draw);

        let mask = |number, element| dropout_keeps(draw, number, element);
        let values = evaluate(&training.graph, &slices(&inputs), &slices(&parameters), &mask);
        let expected: Vec<f64> = training
            .gradients
            .iter()
            .zip(&parameters)
            .flat_map(|(gradient, numbers)| match gradient {
                Some(gradient) => values[gradient.0].clone(),
                None => vec![0.0; numbers.len()],
            })
            .collect();
        let largest = expected.iter().fold(1.0_f64, |largest, g| largest.max(g.abs()));
        for (at, (found, expected)) in gradients.iter().zip(&expected).enumerate() {
            let agrees = (found - expected).abs() <= 1e-12 * largest; // false for NaN
            assert!(agrees, "network {seed}: gradient {at} is {found}, not {expected}");
        }
        let loss = values[training.loss.0][0];
        assert!((executor.output(0)[0] - loss).abs() <= 1e-12 * loss.abs().max(1.0));
    }
}

/// Whether dropout with the rate 1/3 keeps an element in this draw: what the executor does, written out.
fn dropout_keeps(draw: Draw, number: usize, element: usize) -> bool {
    use clione::base::rng::{Purpose, Rng};
    let stream = Rng::new(draw.seed).stream(Purpose::Dropout, draw.epoch, draw.step);
    f64::from(stream.bits_at(((number as u64) << 40) + element as u64)) >= (2f64.powi(32) / 3.0).floor()
}

fn assert_agrees(check: &Check, what: &str) {
    assert!(check.compared > 0, "{what}: nothing was compared");
    assert!(check.mismatches.is_empty(), "{what}: {:?} and {} more", check.mismatches[0], check.mismatches.len() - 1);
}
