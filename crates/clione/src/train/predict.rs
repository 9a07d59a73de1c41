//! Predictions: a model's outputs for many rows, planned once for each number of rows.

use super::batch::load_inputs;
use crate::base::error::Result;
use crate::cpu::Cpu;
use crate::cpu::executor::Executor;
use crate::cpu::executors::Executors;
use crate::cpu::simd::Element;
use crate::data::dataset::Matrix;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::plan::{Plan, Request};
use std::sync::Arc;

/// The most rows that go through a network at once; a row's prediction does not depend on it.
pub(super) const MOST_ROWS: usize = 256;

/// The most numbers that the values of these rows have together: networks with very many outputs take fewer rows at once,
/// but not so few that the weights would be read anew for each.
const MOST_NUMBERS: usize = 1 << 22;
const FEWEST_ROWS: usize = 32;

/// How many rows go through a network at once whose plan for one row is this.
pub(super) fn rows_at_once(one: &Plan) -> usize {
    (MOST_NUMBERS / one.arena_length.max(1)).clamp(FEWEST_ROWS, MOST_ROWS)
}

/// Predicts with models of one network; keeps a plan for each number of rows it has met, and weights as the products read
/// them until another model comes or its parameters change.
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
    /// How many rows of a matrix go through it at once.
    batch: usize,
}

impl<T: Element> Predictor<T> {
    /// A predictor for models with the network of this one.
    pub fn new(model: &Model<T>, cpu: Arc<Cpu>) -> Self {
        let batch = rows_at_once(&prediction_plan(model.network(), 1).expect(FITS));
        Predictor { network: model.network().clone(), executors: Executors::new(cpu), batch }
    }

    /// The executor for `rows` rows, planned at its first use.
    pub fn executor(&mut self, rows: usize) -> &mut Executor<T> {
        self.executors.for_rows(rows, || prediction_plan(&self.network, rows).expect(FITS))
    }

    /// The first output for `rows` rows of inputs; allocates nothing once rows of this number were predicted before.
    /// Panics when the inputs have another size.
    pub fn rows(&mut self, model: &Model<T>, rows: usize, inputs: &[T]) -> &[T] {
        let executor = self.executor(rows);
        assert_eq!(inputs.len(), executor.input_mut(0).len(), "numbers in {rows} rows");
        let columns = inputs.len() / rows.max(1);
        executor.fill_input(0, &|first, numbers| {
            numbers.copy_from_slice(&inputs[first * columns..][..numbers.len()]);
        });
        executor.predict(model.parameters(), model.version());
        executor.output(0)
    }

    /// Shows the first output for every row of a matrix, row by row and some rows at a time. Panics when the matrix has other
    /// columns than the network takes.
    /// Ends with what `show` fails with.
    pub fn each(&mut self, model: &Model<T>, inputs: &Matrix, show: &mut dyn FnMut(&[T]) -> Result<()>) -> Result<()> {
        let numbers: Vec<u32> = (0..inputs.rows() as u32).collect();
        for rows in numbers.chunks(self.batch) {
            let executor = self.executor(rows.len());
            load_inputs(inputs, rows, executor);
            executor.predict(model.parameters(), model.version());
            show(executor.output(0))?;
        }
        Ok(())
    }
}

/// What a model knows of its network.
const FITS: &str = "a model's network was built before, and it fits any number of rows";

/// The plan of a prediction for `rows` rows. Fails when layers do not fit each other.
pub fn prediction_plan(network: &Network, rows: usize) -> Result<Plan> {
    let built = network.build(rows)?;
    Ok(Plan::new(&built.graph, &Request { outputs: built.outputs, gradients: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Values;
    use crate::graph::activation::Activation;
    use crate::nn::layers::Dense;

    /// What a predictor that has met nothing yet gives on one thread.
    fn anew(model: &Model<f32>, rows: usize, inputs: &[f32]) -> Vec<f32> {
        Predictor::new(model, Arc::new(Cpu::new(1))).rows(model, rows, inputs).to_vec()
    }

    #[test]
    fn every_row_of_a_matrix_is_shown_once_and_in_its_place() {
        // y = 2x + 1.
        let network = Network::new([1]).add(Dense::new(1));
        let model = Model::<f64>::with_parameters(network, vec![2.0, 1.0]).expect("a weight and a bias");
        for rows in [1, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS + 5] {
            let numbers: Vec<f64> = (0..rows).map(|row| row as f64).collect();
            let expected: Vec<f64> = numbers.iter().map(|x| 2.0 * x + 1.0).collect();
            let (inputs, mut shown) = (Matrix::new(rows, 1, Values::F64(numbers)), Vec::new());
            let take = &mut |some: &[f64]| {
                shown.extend_from_slice(some);
                Ok(())
            };
            Predictor::new(&model, Arc::new(Cpu::new(1))).each(&model, &inputs, take).expect("taking does not fail");
            assert_eq!(shown, expected, "{rows} rows");
        }
    }

    #[test]
    fn packed_weights_are_never_those_of_another_model_or_of_earlier_parameters() {
        let network = Network::new([70]).add(Dense::new(90).activation(Activation::Tanh)).add(Dense::new(40));
        let mut model = Model::<f32>::new(network.clone(), 1).expect("layers fit");
        let other = Model::<f32>::new(network, 2).expect("layers fit");
        for threads in [1, 2, 3] {
            let mut predictor = Predictor::new(&model, Arc::new(Cpu::new(threads)));
            for round in 0..3 {
                for rows in [1, 2, 9, 40, 300] {
                    let inputs: Vec<f32> = (0..rows * 70).map(|at| (at as f32 * 0.37).sin()).collect();
                    let copy = model.clone();
                    for chosen in [&model, &model, &copy, &other, &model] {
                        let expected = anew(chosen, rows, &inputs);
                        assert_eq!(predictor.rows(chosen, rows, &inputs), expected, "{rows} rows in round {round}");
                    }
                    // Alone or among others, packed or not: a row has the same bits.
                    assert_eq!(anew(&model, 1, &inputs[..70]), predictor.rows(&model, rows, &inputs)[..40]);
                }
                model.parameters_mut().iter_mut().for_each(|w| *w *= 0.75);
            }
        }
    }
}
