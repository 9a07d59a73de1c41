//! The gradient check on whole networks: what is right passes, what is planted is found.

use crate::support::networks::Case;
use clione::cpu::Cpu;
use clione::graph::activation::Activation;
use clione::prelude::*;
use clione::see::gradients::{Checked, Numbers, Sample, Verdict, check_gradients, made_up};
use clione::train::trainer::{TrainingGraph, training_graph};
use std::sync::Arc;

fn cpu() -> Arc<Cpu> {
    Arc::new(Cpu::new(2))
}

/// A model with three layers and its training graph.
fn deep() -> (Model<f64>, TrainingGraph) {
    let layer = |units| Dense::new(units).activation(Activation::Tanh);
    let network = Network::new([4]).add_named("first", layer(6)).add_named("second", layer(5));
    let model = Model::new(network.add_named("third", Dense::new(2)), 3).unwrap();
    let training = training_graph(model.network(), &[Loss::MeanSquaredError], 7).unwrap();
    (model, training)
}

fn checked(model: &Model<f64>, training: &TrainingGraph, sample: Sample) -> Checked {
    let numbers = made_up(training, model.parameters(), 5);
    check_gradients(training, model.specs(), &numbers, &sample, &cpu())
}

#[test]
fn random_networks_pass_with_dropout_and_kinks() {
    for seed in 0..20 {
        let case = Case::random(seed);
        let training = training_graph(&case.network, &case.losses, 4).unwrap();
        let specs = case.network.build_training(4).unwrap().parameters;
        let (inputs, parameters) = case.numbers(4, seed);
        let numbers = Numbers { inputs, parameters: parameters.concat() };
        let checked = check_gradients(&training, &specs, &numbers, &Sample { seed, numbers: Some(10) }, &cpu());
        assert!(checked.is_right(), "network {seed}: {checked:?}");
    }
}

#[test]
fn a_wrong_sign_is_found_with_its_parameter_and_its_operation() {
    let (model, mut training) = deep();
    let right = training.gradients[2].unwrap();
    training.gradients[2] = Some(training.graph.scale(right, -1.0));
    let checked = checked(&model, &training, Sample::default());
    let wrong: Vec<&str> = checked
        .parameters
        .iter()
        .filter(|parameter| parameter.verdict == Verdict::Wrong)
        .map(|parameter| parameter.spec.name.as_str())
        .collect();
    assert_eq!(wrong, ["second.weights"]);
    assert!(!checked.is_right());
    let worst = checked.parameters[2].worst.unwrap();
    assert!((worst.derived + worst.difference).abs() < 1e-6 && worst.derived.abs() > 1e-3, "{worst:?}");
    let suspect = checked.suspect.unwrap();
    assert_eq!(
        (suspect.value.as_str(), suspect.operations.as_slice()),
        ("second.weights", &["second/matmul".to_owned()][..])
    );
}

#[test]
fn an_error_that_is_not_in_the_largest_number_is_found_where_all_are_compared() {
    let (model, mut training) = deep();
    let right = training.gradients[0].unwrap();
    // One number of the gradient, a thousandth too large.
    let graph = &mut training.graph;
    let column = graph.slice(right, 2, 1).unwrap();
    let more = graph.scale(column, 1e-3);
    let more = graph.pad(more, 2, 6).unwrap();
    training.gradients[0] = Some(graph.add(right, more).unwrap());
    let all = checked(&model, &training, Sample::default());
    assert_eq!(all.parameters[0].verdict, Verdict::Wrong);
    assert_eq!(all.parameters[0].worst.unwrap().element % 6, 2);
}

#[test]
fn a_relu_at_its_kink_is_no_error() {
    let relu = Dense::new(3).activation(Activation::Relu);
    let mut model = Model::<f64>::new(Network::new([2]).add(relu).add(Dense::new(1)), 1).unwrap();
    let training = training_graph(model.network(), &[Loss::MeanSquaredError], 4).unwrap();
    // Each weighted sum of the first unit is exactly 0.
    for weight in [0, 3] {
        model.parameters_mut()[weight] = 0.0;
    }
    let checked = checked(&model, &training, Sample::default());
    assert!(checked.is_right(), "{checked:?}");
    assert_eq!(checked.parameters[0].kinks, 2);
    assert_eq!(checked.parameters[0].compared, 4);
    assert_eq!(checked.parameters[1].kinks, 1);
}

#[test]
fn numbers_that_are_not_finite_do_not_pass() {
    let (mut model, training) = deep();
    model.parameters_mut()[0] = f64::NAN;
    assert!(!checked(&model, &training, Sample::default()).is_right());
}

#[test]
fn a_large_network_is_sampled_by_a_seed() {
    let network = Network::new([40]).add(Dense::new(50).activation(Activation::Relu)).add(Dense::new(3)).add(Softmax);
    let model = Model::<f64>::new(network, 0).unwrap();
    let training = training_graph(model.network(), &[Loss::CategoricalCrossEntropy], 8).unwrap();
    let with = |seed| checked(&model, &training, Sample { seed, numbers: Some(9) });
    let once = with(1);
    assert!(once.is_right(), "{once:?}");
    let compared: Vec<usize> = once.parameters.iter().map(|of| of.compared + of.kinks).collect();
    assert_eq!(compared, [9, 9, 9, 3]);
    assert_eq!(once, with(1));
    assert_ne!(once, with(2));
}
