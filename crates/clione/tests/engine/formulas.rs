//! Printed formulas against what runs: a reader who works out the text by hand gets the numbers of the graph.

use crate::support::networks::{Case, keep_most, slices};
use crate::support::printed::{Matrix, Page};
use clione::graph::NodeId;
use clione::graph::op::Op;
use clione::graph::reference::evaluate;
use clione::prelude::*;
use clione::see::formula::{Formulas, Rows, formulas, text};
use clione::train::trainer::{training_graph, weighted_training_graph};

fn lines(formulas: &Formulas) -> Vec<String> {
    let all = formulas.forward.iter().chain(&formulas.loss).chain(&formulas.gradients);
    all.map(text::definition).collect()
}

fn of(network: &Network, loss: Loss) -> Formulas {
    formulas(network, &[loss], Rows::Alike).unwrap()
}

/// Works out every printed line of a case and compares the loss and all gradients with the reference.
fn assert_says_what_runs(case: &Case, rows: usize, weighting: Rows, seed: u64) {
    let graph = match weighting {
        Rows::Alike => training_graph,
        Rows::Weighted => weighted_training_graph,
    };
    let training = graph(&case.network, &case.losses, rows).unwrap();
    let built = case.network.build_training(rows).unwrap();
    let (mut inputs, parameters) = case.numbers(rows, seed);
    if weighting == Rows::Weighted {
        inputs.insert(built.inputs.len(), (0..rows).map(|row| 0.5 + row as f64).collect());
    }
    let values = evaluate(&training.graph, &slices(&inputs), &slices(&parameters), &keep_most);

    let printed = formulas(&case.network, &case.losses, weighting).unwrap();
    let mut page = Page::default();
    printed.functions.iter().for_each(|function| page.learn(&text::function_definition(function)));
    let graph = &training.graph;
    let is_used = |id: NodeId| graph.nodes().any(|(_, node)| node.op.operands().any(|operand| operand == id));
    let masks = graph.nodes().filter(|(id, node)| matches!(node.op, Op::Mask { .. }) && is_used(*id)).map(|(id, _)| id);
    let given = graph.inputs().iter().chain(graph.parameters()).copied().chain(masks);
    assert_eq!(text::symbol(&printed.symbols[0].symbol), "n");
    page.values.insert("n".to_owned(), Matrix { rows: 1, columns: 1, numbers: vec![rows as f64] });
    let mut explained = printed.symbols[1..].iter();
    for id in given {
        let meaning = explained.next().unwrap_or_else(|| panic!("`{}` has no symbol", graph.label(id)));
        let first = graph.shape(id).sizes()[0];
        let numbers = values[id.0].clone();
        let matrix = Matrix { rows: first, columns: numbers.len() / first, numbers };
        page.values.insert(text::symbol(&meaning.symbol), matrix);
    }
    assert!(explained.next().is_none(), "a symbol stands for nothing");

    let what = format!("network {seed}: {:?}\n{}", case.network, lines(&printed).join("\n"));
    let agrees = |found: &[f64], expected: &[f64], line: &str| {
        let largest = expected.iter().fold(1e-3_f64, |largest, x| largest.max(x.abs()));
        assert_eq!(found.len(), expected.len(), "{line}\n{what}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-9 * largest, "{line}: {found}, not {expected}\n{what}");
        }
    };
    printed.forward.iter().for_each(|line| drop(page.define(&text::definition(line))));
    for line in &printed.loss {
        page.define(&text::definition(line));
    }
    agrees(&page.values["L"].numbers, &values[training.loss.0], "the loss");
    let mut compared = 0;
    for line in &printed.gradients {
        let (name, found) = page.define(&text::definition(line));
        let Some(number) = built.parameters.iter().position(|spec| spec.name == line.of) else { continue };
        match training.gradients[number] {
            Some(gradient) => agrees(&found.numbers, &values[gradient.0], &name),
            None => assert_eq!(found.numbers, [0.0]),
        }
        compared += 1;
    }
    assert_eq!(compared, built.parameters.len(), "{what}");
}

#[test]
fn the_network_of_the_article_has_the_formulas_of_the_article() {
    let layer = |units| Dense::new(units).activation(Activation::Sigmoid).without_bias();
    let formulas = of(&Network::new([3]).add(layer(4)).add(layer(1)), Loss::SumOfSquares);
    assert_eq!(
        lines(&formulas),
        [
            "Z1 = X · W1",
            "A1 = σ(Z1)",
            "Z2 = A1 · W2",
            "Ŷ = σ(Z2)",
            "L = Σ (Ŷ − Y)²",
            "dW2 = A1ᵀ · (2(Ŷ − Y) ⊙ σ′(Z2))",
            "dW1 = Xᵀ · (((2(Ŷ − Y) ⊙ σ′(Z2)) · W2ᵀ) ⊙ σ′(Z1))",
        ]
    );
    let functions: Vec<String> = formulas.functions.iter().map(text::function_definition).collect();
    assert_eq!(functions, ["σ(z) = 1/(1 + e^(−z))", "σ′(z) = σ(z) · (1 − σ(z))"]);
}

#[test]
fn a_classifier_names_its_deltas_as_textbooks_do() {
    let hidden = || Dense::new(5).activation(Activation::Relu);
    let network = Network::new([4]).add(hidden()).add(hidden()).add(Dense::new(3)).add(Softmax);
    assert_eq!(
        lines(&of(&network, Loss::CategoricalCrossEntropy))[5..],
        [
            "Ŷ = softmax(Z3)",
            "L = −1/n Σ Y ⊙ ln(Ŷ)",
            "dZ3 = (Ŷ − Y)/n",
            "dW3 = A2ᵀ · dZ3",
            "db3 = 1ᵀ · dZ3",
            "dZ2 = (dZ3 · W3ᵀ) ⊙ relu′(Z2)",
            "dW2 = A1ᵀ · dZ2",
            "db2 = 1ᵀ · dZ2",
            "dZ1 = (dZ2 · W2ᵀ) ⊙ relu′(Z1)",
            "dW1 = Xᵀ · dZ1",
            "db1 = 1ᵀ · dZ1",
        ]
    );
}

#[test]
fn a_residual_a_layer_used_twice_and_dropout_have_their_names() {
    let mut network = Network::with_inputs(&[("x", [4].into())]);
    let x = network.input(0);
    let h = network.apply("hidden", Dense::new(4).activation(Activation::Tanh), &[x]);
    let left = network.apply("dropout", Dropout::new(0.25), &[h]);
    let sum = network.apply("skip", Add, &[x, left]);
    let again = network.apply_again("hidden", &[sum]).unwrap();
    let joined = network.apply("both", Concat, &[again, x]);
    network.apply("output", Dense::new(1), &[joined]);
    let formulas = of(&network, Loss::MeanAbsoluteError);
    assert_eq!(
        lines(&formulas)[..9],
        [
            "Z1a = X · W1 + b1",
            "A1a = tanh(Z1a)",
            "D1 = A1a ⊙ M1",
            "S1 = X + D1",
            "Z1b = S1 · W1 + b1",
            "A1b = tanh(Z1b)",
            "C1 = [A1b, X]",
            "Ŷ = C1 · W2 + b2",
            "L = 1/n Σ |Ŷ − Y|",
        ]
    );
    let mask = formulas.symbols.last().unwrap();
    assert_eq!(mask.meaning, "dropout: 0 with probability 0.25, else 1/(1 − 0.25)");
}

#[test]
fn every_activation_and_every_loss_is_printed_as_it_runs() {
    for &activation in Activation::all() {
        for &loss in Loss::all() {
            for units in [1, 3] {
                let outputs: [fn(Network) -> Network; 3] =
                    [|network| network, |network| network.add(Activation::Sigmoid), |network| network.add(Softmax)];
                for output in outputs {
                    let hidden = Dense::new(4).activation(activation);
                    let network = output(Network::new([3]).add(hidden).add(Dense::new(units)));
                    if training_graph(&network, &[loss], 2).is_ok() {
                        let case = Case { network, losses: vec![loss] };
                        assert_says_what_runs(&case, 5, Rows::Alike, 11);
                        assert_says_what_runs(&case, 4, Rows::Weighted, 12);
                    }
                }
            }
        }
    }
}

#[test]
fn random_networks_are_printed_as_they_run() {
    for seed in 0..40 {
        let rows = [1, 4, 7][seed as usize % 3];
        assert_says_what_runs(&Case::random(seed), rows, Rows::Alike, seed);
        assert_says_what_runs(&Case::random(seed), 4, Rows::Weighted, seed);
    }
}

#[test]
fn deep_networks_have_short_lines() {
    let mut network = Network::with_inputs(&[("x", [4].into())]);
    let mut value = network.input(0);
    for depth in 0..60 {
        let inner = network.apply(&format!("inner{depth}"), Dense::new(4).activation(Activation::Relu), &[value]);
        value = network.apply(&format!("skip{depth}"), Add, &[value, inner]);
    }
    let formulas = of(&network, Loss::MeanSquaredError);
    let longest = lines(&formulas).iter().map(|line| line.chars().count()).max();
    assert!(longest < Some(80), "{longest:?}");
}
