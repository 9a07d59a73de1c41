//! The chain rule worked out number by number agrees with backpropagation and with differences, on random networks.

use crate::support::dice::Dice;
use crate::support::networks::Case;
use clione::nn::model::Model;
use clione::see::explain::derivative::{Agreement, Derivative};
use clione::see::explain::row::{Element, Row};
use clione::see::explain::symbols::Symbols;

/// A random network with numbers, as a row, and some numbers of it to derive by: weights, biases and inputs.
fn case(seed: u64) -> (Row, Symbols, Vec<Element>) {
    let case = Case::random(seed);
    let (given, parameters) = case.numbers(1, seed ^ 0x5eed);
    let (inputs, targets) = given.split_at(given.len() - case.losses.len());
    let model =
        Model::with_parameters(case.network.clone(), parameters.concat()).expect("as many numbers as parameters");
    let row = Row::new(&model, &case.losses, &inputs.concat(), Some(&targets.concat())).expect("numbers that fit");
    let mut dice = Dice::new(seed);
    let nodes = row.graph.parameters().iter().chain(&row.inputs);
    let mut elements: Vec<Element> =
        nodes.map(|&node| Element { node, index: dice.below(row.values[node.0].len()) }).collect();
    while elements.len() > 4 {
        elements.swap_remove(dice.below(elements.len()));
    }
    let symbols = Symbols::new(&row);
    (row, symbols, elements)
}

#[test]
fn the_chain_rule_agrees_with_backpropagation_and_with_differences_on_two_thousand_networks() {
    let (mut compared, mut rounded, mut kinks, mut written, mut fewest) = (0, 0, 0, 0, 16);
    for seed in 0..2000 {
        let (row, symbols, elements) = case(seed);
        for of in elements {
            let derivative = Derivative::of(&row, &symbols, of).expect("a row with targets");
            let told = || format!("seed {seed}: {derivative:#?}");
            match derivative.with_backpropagation() {
                Agreement::Digits(digits) => fewest = fewest.min(digits),
                _ => panic!("{}", told()),
            }
            match derivative.with_difference() {
                Agreement::Digits(_) => {}
                Agreement::AsFarAsSeen => rounded += 1,
                Agreement::AtKink(_) => kinks += 1,
                Agreement::No => panic!("{}", told()),
            }
            compared += 1;
            for product in &derivative.products {
                let factors: f64 = product.factors.iter().map(|factor| factor.value).product();
                assert_eq!(factors, product.value, "{}", told());
                written += 1;
            }
            let sum: f64 = derivative.products.iter().map(|product| product.value).sum();
            assert!(derivative.products.is_empty() || sum == derivative.by_chain_rule, "{}", told());
        }
    }
    eprintln!(
        "{compared} compared, {rounded} as far as rounding lets it, {kinks} at kinks, {written} products, fewest digits {fewest}"
    );
    assert!(compared > 6000 && written > 1000, "{compared} {written}");
    assert!(rounded * 100 < compared && kinks * 1000 < compared, "{rounded} {kinks} of {compared}");
}

#[test]
fn a_factor_of_the_wrong_sign_is_found() {
    let mut planted = 0;
    for seed in 0..200 {
        let (row, symbols, elements) = case(seed);
        for of in elements {
            let mut derivative = Derivative::of(&row, &symbols, of).expect("a row with targets");
            let all: f64 = derivative.products.iter().map(|product| product.value.abs()).sum();
            let Some(largest) = derivative.products.first().map(|product| product.value) else { continue };
            // A path that hardly counts hides below the rounding of the others and of the losses.
            if largest.abs() < 1e-3 * all.max(1e-3) {
                continue;
            }
            derivative.by_chain_rule -= 2.0 * largest;
            assert!(derivative.with_backpropagation().is_broken(), "seed {seed}: {derivative:#?}");
            assert!(derivative.with_difference().is_broken(), "seed {seed}: {derivative:#?}");
            planted += 1;
        }
    }
    assert!(planted > 50, "{planted}");
}
