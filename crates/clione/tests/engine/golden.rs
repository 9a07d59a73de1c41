//! What PyTorch computes, frozen in `testdata/pytorch`: activations, losses, optimizers, schedules and whole networks.
//!
//! A new entry of a table needs no frozen numbers: central differences and the other loops over all entries hold it.

use crate::support::frozen::{assert_close, numbers, read};
use clione::cpu::Cpu;
use clione::cpu::executor::{Draw, Executor};
use clione::cpu::simd::Element;
use clione::graph::backward::backward;
use clione::graph::{Graph, NodeId};
use clione::optim::clip::{Clip, norm, scale_for};
use clione::optim::optimizer::{Adjustment, Slices};
use clione::optim::plateau::Plateau;
use clione::optim::schedule::{Progress, warm_up};
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::train::trainer::{Trainer, Update};
use serde_json::Value;
use std::sync::Arc;

#[test]
fn activations_and_their_slopes_are_those_of_pytorch() {
    in_each_precision(activations::<f64>, activations::<f32>);
}

fn activations<T: Element>(precision: &str, tolerance: f64) {
    let file = read("pytorch/activations.json");
    let inputs = numbers(&file["inputs"]);
    for entry in entries(&file) {
        let (name, expected) = (text(entry, "name"), &entry[precision]);
        let mut graph = Graph::new();
        let (value, slope) = if name == "softmax" {
            let (x, dy) = (graph.input(size(&entry["x"])), graph.input(size(&entry["dy"])));
            let y = graph.softmax(x).unwrap();
            let weighted = graph.mul(y, dy).unwrap();
            let dx = gradient(&mut graph, weighted, x);
            let found = run::<T>(&graph, &[y, dx], &[numbers(&entry["x"]), numbers(&entry["dy"])]);
            assert_close(&found[1], &numbers(&expected["dx"]), tolerance, "dx of softmax");
            (found[0].clone(), None)
        } else {
            let activation = Activation::named(name).expect("an activation of this name");
            let x = graph.input([1, inputs.len()]);
            let y = graph.activate(activation, x);
            let dx = gradient(&mut graph, y, x);
            let found = run::<T>(&graph, &[y, dx], std::slice::from_ref(&inputs));
            (found[0].clone(), Some(found[1].clone()))
        };
        assert_close(&value, &numbers(&expected["value"]), tolerance, name);
        if let Some(slope) = slope {
            assert_close(&slope, &numbers(&expected["slope"]), tolerance, &format!("slope of {name}"));
        }
    }
}

#[test]
fn losses_and_their_gradients_are_those_of_pytorch() {
    in_each_precision(losses::<f64>, losses::<f32>);
}

fn losses<T: Element>(precision: &str, tolerance: f64) {
    let file = read("pytorch/losses.json");
    for (index, entry) in entries(&file).iter().enumerate() {
        let name = text(entry, "name");
        let mut graph = Graph::new();
        let shape = size(&entry["predictions"]);
        let (predictions, targets) = (graph.input(shape), graph.input(shape));
        let loss = Loss::named(name).expect("a loss of this name");
        let delta = entry["delta"].as_f64().unwrap_or(1.0);
        let value = if loss == Loss::Huber && delta != 1.0 {
            let error = graph.sub(predictions, targets).unwrap();
            let losses = graph.huber(error, delta).unwrap();
            let sum = graph.sum_to(losses, [1, 1]).unwrap();
            graph.scale(sum, 1.0 / (shape[0] * shape[1]) as f64)
        } else {
            let output = match loss {
                Loss::BinaryCrossEntropy => graph.activate(Activation::Sigmoid, predictions),
                Loss::CategoricalCrossEntropy => graph.softmax(predictions).unwrap(),
                Loss::SumOfSquares | Loss::MeanSquaredError | Loss::MeanAbsoluteError | Loss::Huber => predictions,
            };
            loss.build(&mut graph, output, targets).unwrap()
        };
        let slope = gradient(&mut graph, value, predictions);
        let inputs = [numbers(&entry["predictions"]), numbers(&entry["targets"])];
        let found = run::<T>(&graph, &[value, slope], &inputs);
        let expected = &entry[precision];
        assert_close(&found[0], &numbers(&expected["value"]), tolerance, &format!("{name} ({index})"));
        assert_close(&found[1], &numbers(&expected["gradient"]), tolerance, &format!("gradient of {name} ({index})"));
    }
}

#[test]
fn optimizers_walk_as_those_of_pytorch() {
    in_each_precision(optimizers::<f64>, optimizers::<f32>);
}

fn optimizers<T: Element>(precision: &str, tolerance: f64) {
    let file = read("pytorch/optimizers.json");
    let [a, c, d, w0] = ["A", "c", "d", "w0"].map(|name| to::<T>(&numbers(&file[name])));
    let recorded: Vec<u64> = numbers(&file["steps"]).into_iter().map(|step| step as u64).collect();
    for (index, entry) in entries(&file).iter().enumerate() {
        let optimizer = optimizer(entry);
        let l2 = if optimizer.name() == "adamw" { 0.0 } else { entry["weight_decay"].as_f64().unwrap_or(0.0) };
        let (mut w, mut first, mut second) = (w0.clone(), vec![T::ZERO; w0.len()], vec![T::ZERO; w0.len()]);
        let mut expected = entry[precision].as_array().expect("parameters step by step").iter();
        for step in 1..=100 {
            // g = A(w - c) + d·w³
            let gradients: Vec<T> = (0..w.len())
                .map(|i| {
                    let row = (0..w.len()).fold(T::ZERO, |sum, j| sum + a[i * w.len() + j] * (w[j] - c[j]));
                    row + d[i] * w[i] * w[i] * w[i]
                })
                .collect();
            let scale = entry["clip_norm"].as_f64().map_or(1.0, |limit| scale_for(norm(&gradients), limit));
            let limit = entry["clip_value"].as_f64().unwrap_or(f64::INFINITY);
            let slices = Slices { parameters: &mut w, gradients: &gradients, first: &mut first, second: &mut second };
            let rate = entry["learning_rate"].as_f64().expect("a learning rate");
            optimizer.update(slices, step, rate, &Adjustment { scale, limit, l2, ..Adjustment::default() });
            if recorded.contains(&step) {
                let expected = numbers(expected.next().expect("a record of this step"));
                assert_close(&w, &expected, tolerance, &format!("{optimizer:?} ({index}), step {step}"));
            }
        }
    }
}

/// The optimizer of an entry, with every setting that the entry names.
fn optimizer(entry: &Value) -> Optimizer {
    let mut optimizer = Optimizer::named(text(entry, "name")).expect("an optimizer of this name");
    for (setting, _) in optimizer.settings() {
        let value = match &entry[setting] {
            Value::Bool(switch) => f64::from(u8::from(*switch)),
            number => number.as_f64().unwrap_or_else(|| panic!("{} without {setting}", optimizer.name())),
        };
        assert!(optimizer.set(setting, value));
    }
    optimizer
}

#[test]
fn schedules_are_those_of_pytorch() {
    let file = read("pytorch/schedules.json");
    let base = file["base"].as_f64().expect("a rate");
    let mut compared = 0;
    for entry in entries(&file) {
        let setting = |name: &str| entry[name].as_f64().expect("a setting");
        let expected = numbers(&entry["rates"]);
        let schedule = match text(entry, "name") {
            "step" => Schedule::Step { every: setting("step_size"), factor: setting("gamma") },
            "exponential" => Schedule::Exponential { factor: setting("gamma") },
            "cosine" => Schedule::Cosine { floor: setting("eta_min") / base },
            "plateau" => Schedule::Plateau {
                factor: setting("factor"),
                patience: setting("patience"),
                min_delta: setting("threshold"),
                floor: setting("min_lr") / base,
            },
            "one_cycle" => {
                let or = |name: &str, default: f64| entry[name].as_f64().unwrap_or(default);
                Schedule::OneCycle {
                    rise: or("pct_start", 0.3),
                    start_divisor: or("div_factor", 25.0),
                    final_divisor: or("final_div_factor", 1e4),
                }
            }
            "inverse_time" => Schedule::InverseTime { decay: setting("decay") },
            // PyTorch counts the steps after its first factor, clione all steps up from 0.
            "linear_warm_up" => {
                let steps = setting("total_iters") as u64 + 1;
                assert!((setting("start_factor") - 1.0 / steps as f64).abs() < 1e-15, "a climb from 0");
                let found: Vec<f64> = (0..30).map(|step| base * warm_up(steps, step)).collect();
                assert_close(&found, &expected, 1e-10, "linear warm-up");
                compared += 1;
                continue;
            }
            name => panic!("the schedule `{name}` is not compared"),
        };
        let mut plateau = Plateau::default();
        let losses = if entry["losses"].is_array() { numbers(&entry["losses"]) } else { vec![0.0; 30] };
        let found: Vec<f64> = (0..30)
            .map(|epoch| {
                let reduction = plateau.reduction;
                plateau.after(schedule, losses[epoch as usize]);
                base * schedule.factor(Progress { epoch, step: epoch, steps_per_epoch: 1, epochs: 30, reduction })
            })
            .collect();
        assert_close(&found, &expected, 1e-10, schedule.name());
        compared += 1;
    }
    assert_eq!(compared, 9, "frozen schedules");
}

#[test]
fn networks_compute_and_learn_as_those_of_pytorch() {
    in_each_precision(networks::<f64>, networks::<f32>);
}

fn networks<T: Element>(precision: &str, tolerance: f64) {
    for entry in entries(&read("pytorch/networks.json")) {
        let name = text(entry, "name");
        let loss = Loss::named(text(entry, "loss")).expect("a loss of this name");
        let expected = &entry[precision];
        let start = || model::<T>(entry, network(name));
        let rows = size(&entry["targets"])[0];
        let trainer = |model: &Model<T>, optimizer| {
            let update = Update { optimizer, clip: Clip::Off, l1: 0.0, l2: 0.0 };
            let mut trainer = Trainer::new(model, &[loss], update, Arc::new(Cpu::new(2))).unwrap();
            for (number, numbers) in inputs::<T>(entry).iter().enumerate() {
                trainer.executor(rows).input_mut(number).copy_from_slice(numbers);
            }
            trainer
        };

        let model = start();
        let mut once = trainer(&model, Optimizer::named("sgd").unwrap());
        let found = once.gradients(&model, rows, Draw::default());
        assert_close(&[found], &numbers(&expected["loss"]), tolerance, &format!("loss of {name}"));
        for spec in model.specs() {
            let what = format!("gradient of {} in {name}", spec.name);
            let gradient = &once.last_gradients()[spec.range()];
            assert_close(gradient, &numbers(&expected["gradients"][frozen_name(&spec.name)]), tolerance, &what);
        }
        let logits = run_model(&model, entry, rows);
        assert_close(&logits, &numbers(&expected["output"]), tolerance, &format!("output of {name}"));

        let optimizers = [
            ("after_adam", Optimizer::named("adam").unwrap(), 1e-3),
            ("after_sgd_momentum", Optimizer::Sgd { momentum: 0.9, nesterov: false }, 0.1),
        ];
        for (after, optimizer, learning_rate) in optimizers {
            let expected = &expected[after];
            let mut model = start();
            let mut trainer = trainer(&model, optimizer);
            for _ in 0..100 {
                trainer.step(&mut model, rows, learning_rate, Draw::default());
            }
            for spec in model.specs() {
                let what = format!("{} of {name} {after}", spec.name);
                let parameter = &model.parameters()[spec.range()];
                assert_close(parameter, &numbers(&expected["parameters"][frozen_name(&spec.name)]), tolerance, &what);
            }
            let loss = trainer.gradients(&model, rows, Draw::default());
            assert_close(&[loss], &numbers(&expected["loss"]), tolerance, &format!("loss of {name} {after}"));
        }
    }
}

/// The network of this name; `layer1` holds what the file calls `w1` and `b1`.
fn network(name: &str) -> Network {
    let dense = |units, activation| Dense::new(units).activation(activation);
    match name {
        "softmax_classifier" => Network::new([4])
            .add_named("layer1", dense(5, Activation::Relu))
            .add_named("layer2", Dense::new(3))
            .add(Softmax),
        "residual" => {
            let mut network = Network::new([3]);
            let h1 = network.apply("layer1", dense(4, Activation::Tanh), &[network.input(0)]);
            let h2 = network.apply("layer2", dense(4, Activation::Tanh), &[h1]);
            network.apply("sum", Add, &[h2, h1]);
            network.add_named("layer3", dense(1, Activation::Sigmoid))
        }
        "two_inputs" => {
            let mut network = Network::with_inputs(&[("left", [2].into()), ("right", [3].into())]);
            network.apply("joined", Concat, &[network.input(0), network.input(1)]);
            network.add_named("layer1", dense(6, Activation::Silu)).add_named("layer2", Dense::new(2))
        }
        "shared_weights" => {
            let mut network = Network::new([4]);
            let once = network.apply("layer1", dense(4, Activation::Tanh), &[network.input(0)]);
            network.apply_again("layer1", &[once]).unwrap();
            network.add_named("layer2", Dense::new(2))
        }
        _ => panic!("the network `{name}` is not built here"),
    }
}

/// `w1` for `layer1.weights`.
fn frozen_name(parameter: &str) -> String {
    let (layer, role) = parameter.trim_start_matches("layer").split_once('.').expect("layer and role");
    format!("{}{layer}", &role[..1])
}

fn model<T: Element>(entry: &Value, network: Network) -> Model<T> {
    let mut model = Model::<T>::new(network, 0).unwrap();
    for spec in model.specs().to_vec() {
        let numbers = to::<T>(&numbers(&entry["parameters"][frozen_name(&spec.name)]));
        model.parameters_mut()[spec.range()].copy_from_slice(&numbers);
    }
    model
}

/// The inputs of a network in its own order, then the targets.
fn inputs<T: Element>(entry: &Value) -> Vec<Vec<T>> {
    let named = ["x", "left", "right"].map(|name| &entry["inputs"][name]);
    let inputs = named.into_iter().filter(|input| !input.is_null()).chain([&entry["targets"]]);
    inputs.map(|input| to::<T>(&numbers(input))).collect()
}

/// What the last layer gives before sigmoid or softmax, as PyTorch's networks do.
fn run_model<T: Element>(model: &Model<T>, entry: &Value, rows: usize) -> Vec<T> {
    let built = model.build(rows);
    let output = built.outputs[0];
    let logits = match built.graph.op(output) {
        clione::graph::op::Op::Activate(Activation::Sigmoid, z) | clione::graph::op::Op::Softmax(z) => z,
        _ => output,
    };
    let plan = Plan::new(&built.graph, &Request { outputs: vec![logits], ..Request::default() });
    let mut executor = Executor::<T>::new(plan, Arc::new(Cpu::new(1)));
    for number in 0..built.inputs.len() {
        executor.input_mut(number).copy_from_slice(&inputs::<T>(entry)[number]);
    }
    executor.run(model.parameters(), &mut [], Draw::default());
    executor.output(0).to_vec()
}

/// The size of a list of rows.
fn size(value: &Value) -> [usize; 2] {
    let rows = value.as_array().expect("a list of rows");
    [rows.len(), rows[0].as_array().expect("a row").len()]
}

/// The same numbers in another precision.
fn to<T: Element>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|&number| T::of(number)).collect()
}

/// Calls with the name and the tolerance of each precision.
fn in_each_precision(f64: fn(&str, f64), f32: fn(&str, f64)) {
    f64("f64", 1e-10);
    f32("f32", 1e-5);
}

fn entries(file: &Value) -> &[Value] {
    file["entries"].as_array().expect("a list of entries")
}

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry[name].as_str().unwrap_or_else(|| panic!("an entry without {name}"))
}

/// Appends the gradient of the sum of `value` with respect to `x`.
fn gradient(graph: &mut Graph, value: NodeId, x: NodeId) -> NodeId {
    let sum = graph.sum_to(value, [1, 1]).unwrap();
    backward(graph, sum, &[x]).unwrap().of(x).expect("the value depends on x")
}

/// The values of `outputs` for these inputs.
fn run<T: Element>(graph: &Graph, outputs: &[NodeId], inputs: &[Vec<f64>]) -> Vec<Vec<T>> {
    let plan = Plan::new(graph, &Request { outputs: outputs.to_vec(), ..Request::default() });
    let mut executor = Executor::<T>::new(plan, Arc::new(Cpu::new(1)));
    for (number, numbers) in inputs.iter().enumerate() {
        executor.input_mut(number).copy_from_slice(&to::<T>(numbers));
    }
    executor.run(&[], &mut [], Draw::default());
    (0..outputs.len()).map(|number| executor.output(number).to_vec()).collect()
}
