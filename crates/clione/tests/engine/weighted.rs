//! Losses in which some rows count more: beside PyTorch's, central differences, and what follows from the formula.

use crate::support::frozen::{assert_close, numbers, read};
use clione::cpu::Cpu;
use clione::cpu::executor::{Draw, Executor};
use clione::data::dataset::{Matrix, Targets, Values};
use clione::graph::backward::backward;
use clione::graph::check::check;
use clione::graph::{Graph, NodeId};
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::train::class_weights::ClassWeights;
use std::sync::Arc;

/// The output that a loss belongs to, for these sums.
fn output(graph: &mut Graph, loss: Loss, sums: NodeId) -> NodeId {
    match loss {
        Loss::BinaryCrossEntropy => graph.activate(Activation::Sigmoid, sums),
        Loss::CategoricalCrossEntropy => graph.softmax(sums).unwrap(),
        Loss::SumOfSquares | Loss::MeanSquaredError | Loss::MeanAbsoluteError | Loss::Huber => sums,
    }
}

#[test]
fn weighted_losses_and_their_gradients_are_those_of_pytorch() {
    for entry in read("weights/weighted.json")["entries"].as_array().unwrap() {
        let loss = Loss::named(entry["name"].as_str().unwrap()).unwrap();
        let given = ["logits", "weights", "targets"].map(|key| numbers(&entry[key]));
        let rows = given[1].len();
        let shape = [rows, given[0].len() / rows];
        let mut graph = Graph::new();
        let (logits, weights, targets) = (graph.input(shape), graph.input([rows, 1]), graph.input(shape));
        let output = output(&mut graph, loss, logits);
        let value = loss.build_weighted(&mut graph, output, targets, weights).unwrap();
        let slope = backward(&mut graph, value, &[logits]).unwrap().of(logits).unwrap();
        let plan = Plan::new(&graph, &Request { outputs: vec![value, slope], gradients: Vec::new() });
        let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(1)));
        for (number, numbers) in given.iter().enumerate() {
            executor.input_mut(number).copy_from_slice(numbers);
        }
        executor.run(&[], &mut [], Draw::default());
        assert_close(executor.output(0), &numbers(&entry["value"]), 1e-12, loss.name());
        assert_close(executor.output(1), &numbers(&entry["gradient"]), 1e-12, &format!("gradient of {}", loss.name()));
    }
}

#[test]
fn the_gradient_of_every_weighted_loss_is_its_central_difference() {
    for &loss in Loss::all() {
        let mut graph = Graph::new();
        let sums = graph.parameter([4, 3]);
        let (weights, targets) = (graph.input([4, 1]), graph.input([4, 3]));
        let output = output(&mut graph, loss, sums);
        let value = loss.build_weighted(&mut graph, output, targets, weights).unwrap();
        let numbers: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 12) * 0.35 - 2.0).collect();
        let inputs: [&[f64]; 2] =
            [&[0.5, 3.0, 0.0, 1.25], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]];
        let found = check(&graph, value, &[sums], &inputs, &[&numbers], &|_, _| true).unwrap();
        assert!(found.compared == 12 && found.mismatches.is_empty(), "{loss:?}: {found:?}");
    }
}

/// Parameters after training on twelve rows of three classes in batches of five.
fn trained(class_weights: ClassWeights, learning_rate: f64) -> Vec<u32> {
    let inputs = Matrix::new(12, 2, Values::F64((0..24).map(|i| f64::from(i * 5 % 24) / 12.0 - 1.0).collect()));
    let names = ["a", "b", "c"].map(String::from).to_vec();
    let targets = Targets::Classes { numbers: (0..12).map(|row| row % 3).collect(), names };
    let data = Dataset::new(inputs, targets).unwrap();
    let mut model = Model::<f32>::new(Network::new([2]).add(Dense::new(3)).add(Softmax), 1).unwrap();
    let optimizer = Optimizer::named("sgd").unwrap();
    let fit = Fit { epochs: 4, batch_size: 5, optimizer, learning_rate, class_weights, ..Fit::default() };
    fit.run(&mut model, &data, Some(&data)).unwrap();
    model.parameters().iter().map(|number| number.to_bits()).collect()
}

#[test]
fn weights_of_2_are_steps_twice_as_long_and_weights_of_1_change_nothing() {
    let weights = |text| ClassWeights::parse(text).unwrap();
    let plain = trained(ClassWeights::Equal, 0.25);
    assert_eq!(trained(weights("a=1,b=1"), 0.25), plain);
    assert_eq!(trained(ClassWeights::Balanced, 0.25), plain); // as many rows of each class
    assert_eq!(trained(weights("a=2,b=2,c=2"), 0.125), plain);
    assert_ne!(trained(weights("a=2"), 0.25), plain);
}
