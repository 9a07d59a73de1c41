//! The article's network, trained exactly as it is there, against NumPy's numbers.

use crate::support::frozen::{assert_close, numbers, read};
use clione::cpu::Cpu;
use clione::cpu::executor::Draw;
use clione::optim::clip::Clip;
use clione::prelude::*;
use clione::train::article::Article;
use clione::train::file::Weights;
use clione::train::trainer::{Trainer, Update};
use std::sync::Arc;

#[test]
fn the_article_s_network_learns_what_it_learns_in_numpy() {
    let file = read("article/article.json");
    let (inputs, targets) = (numbers(&file["inputs"]), numbers(&file["targets"]));
    let losses_at = numbers(&file["losses_at"]);
    let iterations = file["iterations"].as_u64().expect("a number of iterations") as usize;
    for run in file["runs"].as_array().expect("a list of runs") {
        let seed = run["seed"].as_u64().expect("a seed");
        let learning_rate = run["learning_rate"].as_f64().expect("a learning rate");
        let dense = |units| {
            let layer = Dense::new(units).without_bias().activation(Activation::Sigmoid);
            layer.initializer(Initializer::NumpyUniform)
        };
        let mut model = Model::<f64>::new(Network::new([3]).add(dense(4)).add(dense(1)), seed).unwrap();
        let drawn = [numbers(&run["initial_weights1"]), numbers(&run["initial_weights2"])].concat();
        assert_eq!(model.parameters(), drawn, "seed {seed}: the same draws as NumPy's");

        let update = Update { optimizer: Optimizer::named("sgd").unwrap(), clip: Clip::Off, l1: 0.0, l2: 0.0 };
        let mut trainer = Trainer::new(&model, &[Loss::SumOfSquares], update, Arc::new(Cpu::new(1))).unwrap();
        trainer.executor(4).input_mut(0).copy_from_slice(&inputs);
        trainer.executor(4).input_mut(1).copy_from_slice(&targets);
        let losses: Vec<f64> =
            (0..iterations).map(|_| trainer.step(&mut model, 4, learning_rate, Draw::default())).collect();

        let chosen: Vec<f64> = losses_at.iter().map(|&at| losses[at as usize]).collect();
        assert_close(&chosen, &numbers(&run["losses"]), 1e-9, &format!("losses of seed {seed}"));
        let predictions = trainer.executor(4).output(1);
        assert_close(predictions, &numbers(&run["predictions"]), 1e-9, &format!("predictions of seed {seed}"));
        let weights = [numbers(&run["weights1"]), numbers(&run["weights2"])].concat();
        assert_close(model.parameters(), &weights, 1e-9, &format!("weights of seed {seed}"));
    }
}

#[test]
fn the_article_s_recipe_learns_the_very_weights_of_its_demo() {
    for seed in [0, 67] {
        let article = Article { seed, hidden: vec![4, 3], bias: seed == 67, ..Article::default() };
        let run = article.run(&mut |_, _| ()).unwrap();
        let saved = article.saved("article.csv").unwrap();
        let Weights::F64(model) = &saved.weights else { panic!("the article has numbers of 64 bits") };
        assert_eq!(model.parameters(), run.model.parameters(), "seed {seed}");
    }
}
