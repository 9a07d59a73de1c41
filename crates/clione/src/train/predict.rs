//! Predictions: a model's outputs for many rows, planned once for each number of rows.

use crate::cpu::Cpu;
use crate::cpu::executor::{Draw, Executor};
use crate::cpu::executors::Executors;
use crate::cpu::simd::Element;
use crate::data::dataset::Matrix;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::plan::{Plan, Request};
use std::sync::Arc;

/// How many rows go through the network at once; a row's prediction does not depend on it.
const BATCH: usize = 256;

/// Predicts with models of one network; keeps a plan for each number of rows it has met.
///
/// ```
/// use clione::prelude::*;
/// use clione::cpu::Cpu;
/// use clione::train::predict::Predictor;
/// use std::sync::Arc;
/// let network = Network::new([2]).add(Dense::new(1).without_bias());
/// let model = Model::with_parameters(network, vec![1.0_f32, 10.0]).unwrap();
/// let mut predictor = Predictor::new(&model, Arc::new(Cpu::new(1)));
/// assert_eq!(predictor.rows(&model, 2, &[1.0, 2.0, 3.0, 4.0]), [21.0, 43.0]);
/// ```
pub struct Predictor<T> {
    network: Network,
    executors: Executors<T>,
}

impl<T: Element> Predictor<T> {
    /// A predictor for models with the network of this one.
    pub fn new(model: &Model<T>, cpu: Arc<Cpu>) -> Self {
        Predictor { network: model.network().clone(), executors: Executors::new(cpu) }
    }

    /// The executor for `rows` rows, planned at its first use.
    pub fn executor(&mut self, rows: usize) -> &mut Executor<T> {
        self.executors.for_rows(rows, || {
            let built = self.network.build(rows).expect("a model's network fits any number of rows");
            Plan::new(&built.graph, &Request { outputs: built.outputs, gradients: Vec::new() })
        })
    }

    /// The first output for `rows` rows of inputs; allocates nothing once rows of this number were predicted before.
    /// Panics when the inputs have another size.
    pub fn rows(&mut self, model: &Model<T>, rows: usize, inputs: &[T]) -> &[T] {
        let executor = self.executor(rows);
        executor.input_mut(0).copy_from_slice(inputs);
        executor.run(model.parameters(), &mut [], Draw::default());
        executor.output(0)
    }

    /// The first output for every row of a matrix, row by row. Panics when the matrix has other columns than the network
    /// takes.
    pub fn matrix(&mut self, model: &Model<T>, inputs: &Matrix) -> Vec<T> {
        let mut outputs = Vec::new();
        let numbers: Vec<u32> = (0..inputs.rows() as u32).collect();
        for rows in numbers.chunks(BATCH) {
            let executor = self.executor(rows.len());
            inputs.gather(rows, executor.input_mut(0));
            executor.run(model.parameters(), &mut [], Draw::default());
            outputs.extend_from_slice(executor.output(0));
        }
        outputs
    }
}
