//! The workloads that train and predict: W1 the article, W2 a small table, W3 digits, W7 predictions, W11 many classes.

use crate::data;
use crate::measure::{check, is_check, median, peak_memory, quantile, seconds_each, tell, tell_microseconds, threads};
use clione::cpu::Cpu;
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
    let run = || article.run(&mut |_, _| ()).expect("the article's network fits its rows");
    if is_check(arguments) {
        let losses = run().losses;
        return check("W1", "", &[losses[0], losses[1499]]);
    }
    let samples = seconds_each(article.iterations * 20, || (0..20).for_each(|_| drop(run())));
    tell_microseconds("W1", "", threads, "us/iteration", &samples);

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

/// W2: 768 rows of 8, 8-32-16-1 relu, binary cross-entropy, Adam, batch 32, shuffled, 100 epochs.
pub fn table(arguments: &[String]) {
    let widths = [8, 32, 16, 1];
    let fit = fit(32, 100, threads(arguments));
    let train = |fit: &Fit, data: &Dataset| {
        let mut model = dense(&widths);
        fit.run(&mut model, data, None).expect("training goes well").epochs[0].loss
    };
    if is_check(arguments) {
        return check("W2", "", &[train(&first_steps(&fit), &data::table(3 * 32))]);
    }
    let data = data::table(768);
    let samples = seconds_each(100 * (768 / 32), || {
        train(&fit, &data);
    });
    tell_microseconds("W2", "", fit.threads, "us/step", &samples);
}

/// W3: 60,000 rows of 784 bytes, 784-512-512-10 relu, cross-entropy, Adam, batch 128, shuffled.
pub fn digits(arguments: &[String]) {
    let fit = fit(128, 6, threads(arguments));
    let mut model = dense(&DIGITS);
    if is_check(arguments) {
        let history = first_steps(&fit).run(&mut model, &data::images(3 * 128, 784, 10), None);
        return check("W3", "", &[history.expect("training goes well").epochs[0].loss]);
    }
    let data = data::images(60_000, 784, 10);
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
    tell("W3", "", fit.threads, "s/epoch", median(&samples), &samples);
    if let Some(memory) = peak_memory() {
        tell("W3", "peak memory", fit.threads, "MiB", memory, &[memory]);
    }
}

/// W11: many classes: 4096 rows of 64 bytes, 64-64-k relu, cross-entropy, Adam, batch 128, shuffled.
pub fn classes(arguments: &[String]) {
    let threads = threads(arguments);
    for classes in [10, 100, 1000, 10_000] {
        let widths = [64, 64, classes];
        let case = format!("{classes} classes");
        // Steps enough for a tenth of a second, whole epochs.
        let epochs = if classes < 1000 { 20 } else { 2 };
        let fit = fit(128, epochs, threads);
        let mut model = dense(&widths);
        if is_check(arguments) {
            let history = first_steps(&fit).run(&mut model, &data::images(3 * 128, 64, classes as u32), None);
            check("W11", &case, &[history.expect("training goes well").epochs[0].loss]);
            continue;
        }
        let data = data::images(4096, 64, classes as u32);
        let samples = seconds_each(epochs * (4096 / 128), || {
            fit.run(&mut model, &data, None).expect("training goes well");
        });
        tell_microseconds("W11", &case, threads, "us/step", &samples);
    }
}

/// W7: predictions of the network of W3, one row and 256 rows at a time.
pub fn predictions(arguments: &[String]) {
    let threads = threads(arguments);
    let model = dense(&DIGITS);
    let mut predictor = Predictor::new(&model, Arc::new(Cpu::new(threads)));
    for (batch, calls) in [(1, 4000), (256, 200)] {
        let inputs: Vec<f32> = (0..batch * 784).map(|at| data::uniform(at, 5) as f32).collect();
        if is_check(arguments) {
            let outputs: Vec<f64> = predictor.rows(&model, batch, &inputs).iter().copied().map(f64::from).collect();
            check("W7", &format!("batch {batch}"), &outputs[outputs.len() - 10..]);
            continue;
        }
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

const DIGITS: [usize; 4] = [784, 512, 512, 10];

/// A relu network of these widths with sigmoid or softmax at its end, and the weights that the peers begin with.
fn dense(widths: &[usize]) -> Model<f32> {
    let (&outputs, hidden) = widths[1..].split_last().expect("an output");
    let mut network = Network::new([widths[0]]);
    for &units in hidden {
        network = network.add(Dense::new(units).activation(Activation::Relu));
    }
    network = match outputs {
        1 => network.add(Dense::new(1).activation(Activation::Sigmoid)),
        _ => network.add(Dense::new(outputs)).add(Softmax),
    };
    Model::with_parameters(network, data::dense_parameters(widths)).expect("as many numbers as the network has")
}

/// Adam with its usual rate, which stays as it is.
fn fit(batch_size: usize, epochs: usize, threads: usize) -> Fit {
    let optimizer = Optimizer::named("adam").expect("an optimizer");
    let learning_rate = optimizer.default_learning_rate();
    let schedule = Schedule::Constant {};
    Fit { epochs, batch_size, optimizer, learning_rate, schedule, threads, ..Fit::default() }
}

/// One epoch over rows in their order, whose loss the peers have too.
fn first_steps(fit: &Fit) -> Fit {
    Fit { epochs: 1, shuffle: false, ..fit.clone() }
}
