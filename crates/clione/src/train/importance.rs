//! Permutation importance: how much worse a model becomes when it cannot know a column, because its values are shuffled.

use super::apply::answers;
use super::file::{SavedModel, Source};
use super::metric::Metric;
use crate::base::error::Result;
use crate::base::rng::{Purpose, Rng};
use crate::cpu::Cpu;
use crate::data::dataset::{Dataset, Matrix, Values};
use std::ops::Range;
use std::sync::Arc;

/// A column of the table, and the inputs of the network that are made from it: they are shuffled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputGroup {
    /// The name of the column.
    pub name: String,
    /// Which inputs of the network.
    pub inputs: Range<usize>,
}

/// What a column is worth to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The name of the column.
    pub name: String,
    /// By how much the metric becomes worse on average when the column is shuffled; below 0 where it becomes better.
    pub mean: f64,
    /// The standard deviation of that over the repeats.
    pub deviation: f64,
}

/// How to find out what columns are worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shuffling {
    /// What is measured; accuracy for classes and R² for numbers where it is not said.
    pub metric: Option<Metric>,
    /// How often each column is shuffled.
    pub repeats: usize,
    /// The orders follow from it.
    pub seed: u64,
}

impl Default for Shuffling {
    fn default() -> Self {
        Shuffling { metric: None, repeats: 5, seed: 0 }
    }
}

/// The inputs of a model's network, column by column; none for images, whose pixels mean nothing one by one.
pub fn input_groups(source: &Source) -> Vec<InputGroup> {
    match source {
        Source::Images { .. } => Vec::new(),
        Source::Table(preprocessing) => {
            let mut start = 0;
            let group = |column: &crate::data::preprocess::InputColumn| {
                let inputs = start..start + column.width();
                start = inputs.end;
                InputGroup { name: column.name.clone(), inputs }
            };
            preprocessing.inputs.iter().map(group).collect()
        }
    }
}

/// Mean drop of a metric over `repeats` orders in which the values of one column are dealt out to the rows anew, for each column,
/// the most important first (Breiman 2001).
///
/// A column that another one repeats looks unimportant: the model still has the other. Empty where the metric has no value on
/// these rows. `data` are rows that were prepared by the model's own preprocessing, targets in their own units.
pub fn importance(saved: &SavedModel, data: &Dataset, shuffling: Shuffling, cpu: &Arc<Cpu>) -> Result<Vec<Importance>> {
    let plain = answers(saved, data, cpu);
    let metric = shuffling.metric.unwrap_or(Metric::main_for(plain.is_for()));
    let Some(best) = metric.value(&plain.outcome()) else { return Ok(Vec::new()) };
    let (rows, columns) = (data.rows(), data.inputs().columns());
    let order: Vec<u32> = (0..rows as u32).collect();
    let mut inputs = vec![0.0; rows * columns];
    data.inputs().gather(&order, &mut inputs);
    let rng = Rng::new(shuffling.seed);
    let mut found = Vec::new();
    for (number, group) in (0..).zip(input_groups(&saved.source)) {
        let mut drops = Vec::with_capacity(shuffling.repeats);
        for repeat in 0..shuffling.repeats as u32 {
            let from = rng.stream(Purpose::Permute, number, repeat).permutation(rows);
            let mut shuffled = inputs.clone();
            for (row, &from) in shuffled.chunks_exact_mut(columns).zip(&from) {
                let start = from as usize * columns;
                row[group.inputs.clone()]
                    .copy_from_slice(&inputs[start + group.inputs.start..start + group.inputs.end]);
            }
            let shuffled = Dataset::new(Matrix::new(rows, columns, Values::F64(shuffled)), data.targets().clone())?;
            let value = metric.value(&answers(saved, &shuffled, cpu).outcome()).unwrap_or(best);
            drops.push(if metric.higher_is_better() { best - value } else { value - best });
        }
        let count = drops.len().max(1) as f64;
        let mean = drops.iter().sum::<f64>() / count;
        let deviation = (drops.iter().map(|drop| (drop - mean) * (drop - mean)).sum::<f64>() / count).sqrt();
        found.push(Importance { name: group.name, mean, deviation });
    }
    found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::prepare::prepare;
    use crate::data::schema::Choices;
    use crate::data::table::{ReadOptions, Table};
    use crate::train::fit::{Fit, Next};
    use crate::train::recipe::Recipe;

    #[test]
    fn the_column_that_decides_is_the_important_one_and_all_its_inputs_are_shuffled_together() {
        let row = |i: usize| {
            let kind = ["a", "b", "c", "d"][i * 7 % 11 % 4];
            format!("{},{kind},{}\n", i * 31 % 17, if "ab".contains(kind) { "yes" } else { "no" })
        };
        let text: String = (0..120).map(row).collect();
        let bytes = format!("noise,kind,answer\n{text}").into_bytes();
        let table = Table::from_bytes("x.csv", bytes, &ReadOptions::default()).unwrap();
        let prepared = prepare(&table, &Choices::default(), 0.2, &Rng::new(1)).unwrap();
        let fit = Fit { epochs: 60, learning_rate: 0.02, ..Fit::default() };
        let recipe = Recipe { layers: vec![8], fit, ..Recipe::default() };
        let source = Source::Table(prepared.preprocessing);
        let groups: Vec<usize> = input_groups(&source).iter().map(|group| group.inputs.len()).collect();
        assert_eq!(groups, [1, 4]);
        let run =
            recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue).unwrap();
        let cpu = Arc::new(Cpu::new(1));
        let measure = |seed| {
            let shuffling = Shuffling { seed, ..Shuffling::default() };
            importance(&run.saved, &prepared.validation, shuffling, &cpu).unwrap()
        };
        let found = measure(3);
        assert_eq!(found.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["kind", "noise"]);
        assert!(found[0].mean > 0.2 && found[0].deviation > 0.0 && found[1].mean.abs() < 0.1, "{found:?}");
        assert_eq!(found, measure(3));
        assert_ne!(found, measure(4));
    }
}
