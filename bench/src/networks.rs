//! The workloads that train and predict: W1 the article, W2 a small table, W3 digits, W7 predictions for digits.

use crate::measure::{median, peak_memory, quantile, seconds_each, tell, threads};
use clione::base::rng::{Purpose, Rng};
use clione::cpu::Cpu;
use clione::data::dataset::{Dataset, Matrix, Targets, Values};
use clione::prelude::*;
use clione::train::article::Article;
use clione::train::predict::Predictor;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// W1: 3-4-1 sigmoid, no biases, sum of squares, full batch, rate 1, 1500 iterations, f64.
pub fn article(arguments: &[String]) {
    let threads = threads(arguments);
    let article = Article::default();
    let samples = seconds_each(article.iterations * 20, || {
        for _ in 0..20 {
            article.run(&mut |_, _| ()).expect("the article's network fits its rows");
        }
    });
    let microseconds: Vec<f64> = samples.iter().map(|seconds| seconds * 1e6).collect();
    tell("W1", "", threads, "us/iteration", median(&microseconds), &microseconds);

    let itself = std::env::current_exe().expect("the system knows which program runs");
    let cold: Vec<f64> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(&itself).arg("w1-once").status().expect("it starts again");
            assert!(status.success());
            start.elapsed().as_secs_f64()
        })
        .collect();
    tell("W1", "whole process from cold", threads, "s", median(&cold), &cold);
}

/// The article once, for the time of a whole process.
pub fn article_once(_: &[String]) {
    let run = Article::default().run(&mut |_, _| ()).expect("the article's network fits its rows");
    assert!(run.losses.len() == 1500);
}

/// Plain Adam, as the peers have it.
fn plain() -> Fit {
    Fit { optimizer: Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, ..Fit::default() }
}

/// W2: 768 rows of 8, 8-32-16-1 relu, binary cross-entropy, Adam, batch 32, shuffled, 100 epochs.
pub fn table(arguments: &[String]) {
    let threads = threads(arguments);
    let data = random_data(768, 8, 2);
    let relu = |units| Dense::new(units).activation(Activation::Relu);
    let network = Network::new([8]).add(relu(32)).add(relu(16)).add(Dense::new(1).activation(Activation::Sigmoid));
    let fit = Fit { epochs: 100, batch_size: 32, schedule: Schedule::Constant {}, threads, ..plain() };
    let steps = 100 * (768 / 32);
    let samples = seconds_each(steps, || {
        let mut model = Model::<f32>::new(network.clone(), 0).expect("layers fit");
        fit.run(&mut model, &data, None).expect("training goes well");
    });
    let microseconds: Vec<f64> = samples.iter().map(|seconds| seconds * 1e6).collect();
    tell("W2", "", threads, "us/step", median(&microseconds), &microseconds);
}

/// W3: 60,000 rows of 784, 784-512-512-10 relu, cross-entropy, Adam, batch 128, shuffled.
pub fn digits(arguments: &[String]) {
    let threads = threads(arguments);
    let data = random_data(60_000, 784, 10);
    let mut model = Model::<f32>::new(digits_network(), 0).expect("layers fit");
    let fit = Fit { epochs: 6, batch_size: 128, schedule: Schedule::Constant {}, threads, ..plain() };
    let mut samples = Vec::new();
    let mut last = Instant::now();
    fit.run_watched(&mut model, &data, None, &mut |epoch| {
        if epoch.number > 1 {
            samples.push(last.elapsed().as_secs_f64());
        }
        last = Instant::now();
        Next::Continue
    })
    .expect("training goes well");
    tell("W3", "", threads, "s/epoch", median(&samples), &samples);
    if let Some(memory) = peak_memory() {
        tell("W3", "peak memory", threads, "MiB", memory, &[memory]);
    }
}

/// W7: predictions of the network of W3, one row and 256 rows at a time.
pub fn predictions(arguments: &[String]) {
    let threads = threads(arguments);
    let model = Model::<f32>::new(digits_network(), 0).expect("layers fit");
    let mut predictor = Predictor::new(&model, Arc::new(Cpu::new(threads)));
    for (batch, calls) in [(1, 4000), (256, 200)] {
        let inputs: Vec<f32> = (0..batch * 784).map(|i| (i % 251) as f32 / 251.0).collect();
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let taken: Vec<f64> = (0..calls)
                .map(|_| {
                    let start = Instant::now();
                    std::hint::black_box(predictor.rows(&model, batch, &inputs));
                    start.elapsed().as_secs_f64() * 1e6
                })
                .collect();
            p50.push(median(&taken));
            p99.push(quantile(&taken, 0.99));
        }
        tell("W7", &format!("batch {batch}, p50"), threads, "us", median(&p50), &p50);
        tell("W7", &format!("batch {batch}, p99"), threads, "us", median(&p99), &p99);
    }
}

fn digits_network() -> Network {
    let relu = |units| Dense::new(units).activation(Activation::Relu);
    Network::new([784]).add(relu(512)).add(relu(512)).add(Dense::new(10)).add(Softmax)
}

/// Numbers between 0 and 1, as bytes for images and as they are for tables, and classes.
fn random_data(rows: usize, columns: usize, classes: u32) -> Dataset {
    let stream = Rng::new(1).stream(Purpose::Synthesize, 0, 0);
    let values = if columns > 100 {
        let bytes = (0..rows * columns).map(|element| (stream.bits_at(element as u64) >> 24) as u8).collect();
        Values::U8 { bytes, scale: 1.0 / 255.0 }
    } else {
        Values::F64((0..rows * columns).map(|element| stream.uniform_at(element as u64)).collect())
    };
    let labels = Rng::new(2).stream(Purpose::Synthesize, 0, 0);
    let numbers = (0..rows).map(|row| labels.bits_at(row as u64) % classes).collect();
    let names = (0..classes).map(|class| class.to_string()).collect();
    Dataset::new(Matrix::new(rows, columns, values), Targets::Classes { numbers, names })
        .expect("as many targets as rows")
}
