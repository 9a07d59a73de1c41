//! Plan, executor and kernels against the reference: random graphs of all operations at awkward sizes.

use crate::support::dice::Dice;
use crate::support::graphs::{Numbers, RandomGraph, is_kept};
use crate::support::operations::{KINDS, kind};
use clione::base::real::Real;
use clione::cpu::Cpu;
use clione::cpu::executor::{Draw, Executor};
use clione::cpu::simd::{Element, InstructionSet};
use clione::cpu::threads::Threads;
use clione::graph::backward::backward;
use clione::graph::op::Op;
use clione::graph::reference::evaluate;
use clione::graph::{Graph, NodeId};
use clione::plan::step::{Action, Over};
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::train::predict::Predictor;
use clione::train::trainer::training_graph;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One, primes, a vector's width and one more, and more than two vectors.
const SIZES: [usize; 7] = [1, 2, 5, 7, 16, 17, 33];

/// Sizes whose products are worth sharing between threads, and one.
const LARGE_SIZES: [usize; 4] = [1, 97, 128, 211];

const DRAW: Draw = Draw { seed: 5, epoch: 2, step: 3 };

#[test]
fn small_graphs_agree_with_the_reference_and_bit_for_bit_with_themselves() {
    let cpus = all_cpus();
    let mut met = BTreeSet::new();
    for seed in 0..150 {
        let mut random = RandomGraph::new(seed, 12, &SIZES);
        append_backward(&mut random);
        met.extend(random.graph.nodes().map(|(_, node)| kind(node.op)));
        compare::<f64>(&random.graph, &random.numbers, seed, &cpus, 1e-12);
        compare::<f32>(&random.graph, &random.numbers, seed, &cpus, 1e-5);
    }
    let missing: Vec<_> = KINDS.into_iter().filter(|kind| *kind != "within" && !met.contains(kind)).collect();
    assert!(missing.is_empty(), "operations that no graph had: {missing:?}");
}

#[test]
fn large_graphs_agree_as_well_when_threads_share_their_steps() {
    let cpus = all_cpus();
    let mut shared = BTreeSet::new();
    let random = (1000..1006).map(|seed| {
        let mut random = RandomGraph::new(seed, 8, &LARGE_SIZES);
        append_backward(&mut random);
        (seed, random.graph, random.numbers)
    });
    for (seed, graph, numbers) in random.chain([(0, classifier(), classifier_numbers())]) {
        compare::<f32>(&graph, &numbers, seed, &cpus, 1e-5);
        compare::<f64>(&graph, &numbers, seed, &cpus, 1e-12);
        let last = graph.nodes().map(|(id, _)| id).next_back();
        for outputs in [computed(&graph), last.into_iter().collect()] {
            let plan = Plan::new(&graph, &Request { outputs, ..Request::default() });
            shared.extend(plan.steps.iter().filter(|step| step.operations() >= 40_000).map(
                |step| match &step.action {
                    Action::MatMul { epilogue: None, .. } => "product",
                    Action::MatMul { .. } => "product with epilogue",
                    Action::Elementwise(_) => "elementwise",
                    Action::Sum { over: Over::Rows, .. } => "sum of rows",
                    _ => "other",
                },
            ));
        }
    }
    for kind in ["product", "product with epilogue", "elementwise", "sum of rows"] {
        assert!(shared.contains(kind), "no {kind} was large enough to be shared");
    }
}

#[test]
fn a_row_is_predicted_alone_as_it_is_in_any_batch() {
    let dense = |units, activation| Dense::new(units).activation(activation);
    let nets = [
        (3, Network::new([3]).add(dense(4, Activation::Sigmoid)).add(dense(1, Activation::Sigmoid))),
        (17, Network::new([17]).add(dense(33, Activation::Gelu)).add(dense(7, Activation::Tanh)).add(Dense::new(2))),
        (64, Network::new([64]).add(dense(128, Activation::Relu)).add(Dense::new(10)).add(Softmax)),
    ];
    for (inputs, network) in nets {
        let model = Model::<f32>::new(network, 3).unwrap();
        let rows: Vec<f32> = Dice::new(1).numbers(256 * inputs).into_iter().map(|x| x as f32).collect();
        for cpu in all_cpus() {
            let mut predictor = Predictor::new(&model, cpu);
            let alone: Vec<f32> = rows.chunks(inputs).flat_map(|row| predictor.rows(&model, 1, row).to_vec()).collect();
            let outputs = alone.len() / 256;
            for batch in [7, 32, 256] {
                let together = predictor.rows(&model, batch, &rows[..batch * inputs]);
                assert_bits(together, &alone[..batch * outputs], &|| format!("{inputs} inputs, batches of {batch}"));
            }
        }
    }
}

#[test]
fn a_sum_leaves_out_nothing_and_takes_in_nothing_else() {
    // Whole numbers add up exactly in any order, so every lane, chunk and rest shows.
    for rows in [1, 2, 15, 16, 17, 64, 65, 129] {
        for columns in [1, 3, 15, 16, 17, 31, 33, 4097] {
            let mut graph = Graph::new();
            let x = graph.input([rows, columns]);
            let sums = [[1, 1], [1, columns], [rows, 1]].map(|shape| graph.sum_to(x, shape).unwrap());
            let numbers: Vec<f32> = (0..rows * columns).map(|i| (i % 11) as f32).collect();
            let values = evaluate(&graph, &[&numbers], &[], &|_, _| true);
            let outputs: Vec<NodeId> = sums.into_iter().filter(|&sum| sum != x).collect();
            let plan = Plan::new(&graph, &Request { outputs: outputs.clone(), ..Request::default() });
            let mut executor = Executor::<f32>::new(plan, Arc::new(Cpu::new(1)));
            executor.input_mut(0).copy_from_slice(&numbers);
            executor.run(&[], &mut [], DRAW);
            for (number, node) in outputs.into_iter().enumerate() {
                assert_eq!(executor.output(number), values[node.0], "{rows}x{columns} to {}", graph.shape(node));
            }
        }
    }
}

/// Every instruction set of this processor with 1, 2, 3 and 8 threads; the first is the plainest.
fn all_cpus() -> Vec<Arc<Cpu>> {
    let sets = InstructionSet::available();
    let counts = [1, 2, 3, 8];
    let cpus = sets.into_iter().flat_map(|instruction_set| {
        counts.map(|count| Arc::new(Cpu { instruction_set, threads: Threads::new(count) }))
    });
    cpus.collect()
}

/// Forward and backward pass of a dense classifier: products with a bias whose rows and columns are shared out, and
/// gradients that are long sums.
fn classifier() -> Graph {
    let hidden = |units| Dense::new(units).activation(Activation::Tanh);
    let network = Network::new([97]).add(hidden(211)).add(hidden(128)).add(Dense::new(10)).add(Softmax);
    training_graph(&network, &[Loss::CategoricalCrossEntropy], 260).expect("layers that fit").graph
}

fn classifier_numbers() -> Numbers {
    let mut dice = Dice::new(2);
    let inputs = vec![dice.numbers(260 * 97), dice.numbers(260 * 10)];
    let parameters = [97 * 211, 211, 211 * 128, 128, 128 * 10, 10].map(|count| dice.numbers(count)).to_vec();
    Numbers { inputs, parameters }
}

/// Appends a loss and its gradients with respect to everything.
fn append_backward(random: &mut RandomGraph) {
    let loss = random.loss();
    let leaves: Vec<NodeId> = random.graph.inputs().iter().chain(random.graph.parameters()).copied().collect();
    backward(&mut random.graph, loss, &leaves).expect("a loss of operations that are derived");
}

/// The nodes that a plan can be asked for: all but parameters, whose owner has them.
fn computed(graph: &Graph) -> Vec<NodeId> {
    let is_parameter = |mut id: NodeId| {
        while let Op::Reshape(original, _) = graph.op(id) {
            id = original;
        }
        matches!(graph.op(id), Op::Parameter(_))
    };
    graph.nodes().map(|(id, _)| id).filter(|&id| !is_parameter(id)).collect()
}

/// Holds a graph against the reference where every value is asked for, and against that where only few are.
fn compare<T: Element>(graph: &Graph, numbers: &Numbers, seed: u64, cpus: &[Arc<Cpu>], tolerance: f64) {
    let inputs = converted::<T>(&numbers.inputs);
    let parameters = converted::<T>(&numbers.parameters);
    let (input_slices, parameter_slices) = (slices(&inputs), slices(&parameters));
    let expected = evaluate(graph, &input_slices, &parameter_slices, &|number, at| is_kept(DRAW, number, at));
    let largest = expected.iter().flatten().fold(1.0_f64, |largest, x| largest.max(x.abs().to_f64()));
    assert!(largest.is_finite(), "seed {seed}: the graph has grown out of the numbers");

    let flat: Vec<T> = parameters.concat();
    let run = |outputs: &[NodeId], cpu: &Arc<Cpu>| -> Vec<Vec<T>> {
        let plan = Plan::new(graph, &Request { outputs: outputs.to_vec(), ..Request::default() });
        let mut executor = Executor::<T>::new(plan, Arc::clone(cpu));
        // What an earlier run left behind must not matter: the second run counts.
        for _ in 0..2 {
            for (number, numbers) in inputs.iter().enumerate() {
                executor.input_mut(number).copy_from_slice(numbers);
            }
            executor.run(&flat, &mut [], DRAW);
        }
        (0..outputs.len()).map(|number| executor.output(number).to_vec()).collect()
    };

    let all = computed(graph);
    let unfused = run(&all, &cpus[0]);
    let mut exact = vec![true; graph.len()];
    for (id, node) in graph.nodes() {
        exact[id.0] = !sums_in_another_order(node.op) && node.op.operands().all(|operand| exact[operand.0]);
    }
    for (&id, found) in all.iter().zip(&unfused) {
        let (found, expected) = (found, &expected[id.0]);
        if exact[id.0] {
            assert_bits(found, expected, &|| format!("seed {seed}: {} of {}", graph.label(id), T::NAME));
        }
        for (found, expected) in found.iter().zip(expected) {
            let error = (found.to_f64() - expected.to_f64()).abs();
            let agrees = error <= tolerance * largest; // false for NaN
            assert!(agrees, "seed {seed}: {} of {}: {found} for {expected}", graph.label(id), T::NAME);
        }
    }

    let mut dice = Dice::new(seed);
    let few: Vec<usize> = (0..1 + dice.below(3)).map(|_| dice.below(all.len())).chain([all.len() - 1]).collect();
    let outputs: Vec<NodeId> = few.iter().map(|&index| all[index]).collect();
    for cpu in cpus {
        for (number, (found, &index)) in run(&outputs, cpu).iter().zip(&few).enumerate() {
            assert_bits(found, &unfused[index], &|| {
                let (set, threads, label) =
                    (cpu.instruction_set.name(), cpu.threads.count(), graph.label(outputs[number]));
                format!("seed {seed}: {label} of {}, fused, {set}, {threads} threads", T::NAME)
            });
        }
    }
}

/// Whether a kernel adds up in another order than the reference.
fn sums_in_another_order(op: Op) -> bool {
    matches!(op, Op::SumTo(..) | Op::Softmax(_) | Op::SoftmaxCrossEntropy(..))
}

fn converted<T: Real>(numbers: &[Vec<f64>]) -> Vec<Vec<T>> {
    numbers.iter().map(|numbers| numbers.iter().map(|&number| T::of(number)).collect()).collect()
}

fn slices<T>(numbers: &[Vec<T>]) -> Vec<&[T]> {
    numbers.iter().map(Vec::as_slice).collect()
}

/// Fails at the first number whose bits differ, so that 0 and -0 are not the same.
fn assert_bits<T: Real>(found: &[T], expected: &[T], place: &dyn Fn() -> String) {
    assert_eq!(found.len(), expected.len(), "{}", place());
    let differ = |(found, expected): (&T, &T)| found.to_f64().to_bits() != expected.to_f64().to_bits();
    if let Some(at) = found.iter().zip(expected).position(differ) {
        panic!("{}: {} for {} at {at} of {}", place(), found[at], expected[at], found.len());
    }
}
