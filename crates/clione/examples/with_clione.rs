//! The article's network with clione: the layers are named, and everything else follows from them.
//! `cargo run --example with_clione 42`

mod article;

use article::{HIDDEN, ITERATIONS, ROWS, Trained, first_weights};
use clione::cpu::{Cpu, executor::Draw};
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::train::trainer::{Trainer, Update};
use std::sync::Arc;

/// Trains the network from the weights of this seed.
pub fn train(seed: u32) -> Trained {
    let dense = |units| Dense::new(units).without_bias().activation(Activation::Sigmoid);
    let network = Network::new([3]).add(dense(HIDDEN)).add(dense(1));
    let mut model = Model::with_parameters(network, first_weights(seed)).expect("as many weights as the layers have");

    let update =
        Update { optimizer: Optimizer::named("sgd").expect("in the table"), clip: Clip::Off, l1: 0.0, l2: 0.0 };
    let mut trainer = Trainer::new(&model, &[Loss::SumOfSquares], update, Arc::new(Cpu::new(1))).expect("they fit");
    let executor = trainer.executor(ROWS.len());
    executor.input_mut(0).copy_from_slice(ROWS.map(|(x, _)| x).as_flattened());
    executor.input_mut(1).copy_from_slice(&ROWS.map(|(_, y)| y));

    let mut loss = 0.0;
    for _ in 0..ITERATIONS {
        loss = trainer.step(&mut model, ROWS.len(), 1.0, Draw::default());
    }
    let predictions = trainer.executor(ROWS.len()).output(1).to_vec();
    Trained { weights: model.parameters().to_vec(), predictions, loss }
}

fn main() {
    article::print(&train(article::seed()));
}
