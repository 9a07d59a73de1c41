//! How rows of a data set reach the inputs of a network: columns are shared out over its inputs and outputs in order.

use crate::base::error::{Error, Result};
use crate::cpu::executor::Executor;
use crate::cpu::simd::{Element, Vectorised, prefetch_all};
use crate::data::dataset::{Dataset, Matrix, Values};
use crate::nn::network::Network;

/// The way from a data set to a network's inputs and targets.
#[derive(Clone, Debug)]
pub struct Feed {
    /// How many numbers each input of the network takes from a row.
    inputs: Vec<usize>,
    /// How many numbers each output of the network is compared with.
    targets: Vec<usize>,
    /// How much a row of each class counts, where not all count alike.
    class_weights: Option<Vec<f64>>,
}

impl Feed {
    /// Fails when the columns of the data are not as many as the network takes and gives.
    pub fn new(network: &Network, data: &Dataset) -> Result<Self> {
        let built = network.build(1)?;
        let widths = |nodes: &[crate::graph::NodeId]| -> Vec<usize> {
            nodes.iter().map(|&node| built.graph.shape(node).elements()).collect()
        };
        let feed = Feed { inputs: widths(&built.inputs), targets: widths(&built.outputs), class_weights: None };
        let check = |what: &str, expected: usize, found: usize| {
            if expected == found {
                return Ok(());
            }
            Err(Error::usage(format!("the network {what} {expected} numbers for each row, but the data have {found}")))
        };
        check("takes", feed.inputs.iter().sum(), data.inputs().columns())?;
        check("gives", feed.targets.iter().sum(), data.targets().width())?;
        Ok(feed)
    }

    /// The same for a trainer with row weights: each row weighs what its class does.
    pub fn with_class_weights(mut self, weights: Vec<f64>) -> Self {
        self.class_weights = Some(weights);
        self
    }

    /// How many outputs the network has.
    pub fn outputs(&self) -> usize {
        self.targets.len()
    }

    /// Copies rows of the data into the inputs of an executor: first the network's inputs, then the weights where rows have
    /// some, then its targets.
    pub fn load<T: Element>(&self, data: &Dataset, rows: &[u32], executor: &mut Executor<T>) {
        match self.inputs.as_slice() {
            [_] => load_inputs(data.inputs(), rows, executor),
            widths => {
                let mut all = vec![T::ZERO; rows.len() * data.inputs().columns()];
                data.inputs().gather(rows, &mut all);
                share_out(&all, widths, 0, executor);
            }
        }
        let mut first = self.inputs.len();
        if let Some(weights) = &self.class_weights {
            let classes = data.targets().class_numbers().expect("class weights are for classes");
            for (weight, &row) in executor.input_mut(first).iter_mut().zip(rows) {
                *weight = T::of(weights[classes[row as usize] as usize]);
            }
            first += 1;
        }
        match self.targets.as_slice() {
            [_] => data.targets().gather(rows, executor.input_mut(first)),
            widths => {
                let mut all = vec![T::ZERO; rows.len() * data.targets().width()];
                data.targets().gather(rows, &mut all);
                share_out(&all, widths, first, executor);
            }
        }
    }
}

/// Copies rows of a matrix into the first input of an executor, on all of its threads.
pub(super) fn load_inputs<T: Element>(inputs: &Matrix, rows: &[u32], executor: &mut Executor<T>) {
    let (columns, instruction_set) = (inputs.columns().max(1), executor.cpu().instruction_set);
    executor.fill_input(0, &|first, numbers| {
        let rows = &rows[first..first + numbers.len() / columns];
        instruction_set.run(Gather { inputs, rows, numbers });
    });
}

/// So many bytes of the rows that follow are prefetched while a row is copied: rows of a shuffled batch lie anywhere, and each
/// would be waited for.
const PREFETCHED_BYTES: usize = 2 << 10;

/// The most rows that are prefetched.
const MOST_PREFETCHED_ROWS: usize = 16;

/// Copying rows of a batch, bytes among them turned into numbers by the vectors of the processor.
struct Gather<'a, T> {
    inputs: &'a Matrix,
    rows: &'a [u32],
    numbers: &'a mut [T],
}

impl<T: Element> Vectorised for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Gather { inputs, rows, numbers } = self;
        let columns = inputs.columns().max(1);
        let bytes = match inputs.values() {
            Values::F64(_) => columns * size_of::<f64>(),
            Values::U8 { .. } => columns,
        };
        let ahead = (PREFETCHED_BYTES / bytes).clamp(1, MOST_PREFETCHED_ROWS);
        for (at, numbers) in numbers.chunks_exact_mut(columns).enumerate() {
            if let Some(&row) = rows.get(at + ahead) {
                match inputs.values() {
                    Values::F64(numbers) => prefetch_all(&numbers[row as usize * columns..][..columns]),
                    Values::U8 { bytes, .. } => prefetch_all(&bytes[row as usize * columns..][..columns]),
                }
            }
            inputs.gather(&rows[at..=at], numbers);
        }
    }
}

/// Gives each input of the executor from `first` on its columns of every row.
fn share_out<T: Element>(all: &[T], widths: &[usize], first: usize, executor: &mut Executor<T>) {
    let columns: usize = widths.iter().sum();
    let mut start = 0;
    for (number, &width) in widths.iter().enumerate() {
        let input = executor.input_mut(first + number);
        for (to, row) in input.chunks_exact_mut(width).zip(all.chunks_exact(columns)) {
            to.copy_from_slice(&row[start..start + width]);
        }
        start += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Cpu;
    use crate::plan::{Plan, Request};
    use std::sync::Arc;

    #[test]
    fn each_input_gets_its_own_columns_of_the_rows_that_were_chosen() {
        let mut network = Network::with_inputs(&[("one", [1].into()), ("two", [2].into()), ("three", [1].into())]);
        let inputs: Vec<_> = (0..3).map(|number| network.input(number)).collect();
        network.apply("joined", crate::nn::layers::Concat, &inputs);
        let data = Dataset::from_rows(
            &[[0.0, 1.0, 2.0, 3.0], [10.0, 11.0, 12.0, 13.0], [20.0, 21.0, 22.0, 23.0]],
            &[[0.5, 1.5, 2.5, 3.5]; 3],
        );
        let feed = Feed::new(&network, &data).expect("four columns for four numbers");
        let built = network.build(2).expect("layers fit");
        let mut graph = built.graph;
        // The target is an input behind those of the network.
        let target = graph.input([2, 4]);
        let outputs = [built.inputs, vec![target]].concat();
        let plan = Plan::new(&graph, &Request { outputs, ..Request::default() });
        let mut executor = Executor::<f64>::new(plan, Arc::new(Cpu::new(1)));
        feed.load(&data, &[2, 0], &mut executor);
        let found: Vec<Vec<f64>> = (0..4).map(|number| executor.input_mut(number).to_vec()).collect();
        let targets = [0.5, 1.5, 2.5, 3.5].repeat(2);
        assert_eq!(found, [vec![20.0, 0.0], vec![21.0, 22.0, 1.0, 2.0], vec![23.0, 3.0], targets]);
    }
}
