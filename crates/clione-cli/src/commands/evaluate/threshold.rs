//! The threshold that rows are measured with: a number, or the best of these rows for a metric.

use crate::commands::predict::decided;
use crate::output::Output;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::prelude::*;
use clione::train::answers::Answers;
use clione::train::apply::answers;
use clione::train::metric::Decision;
use clione::train::threshold::Criterion;
use std::sync::Arc;

/// What was asked for.
pub enum Chosen {
    /// This threshold.
    At(Decision),
    /// The best for a metric.
    For(Criterion),
}

impl Chosen {
    /// Reads a number from 0 to 1, or the name of a metric. Fails unless the model has two classes.
    pub fn read(text: &str, model: &SavedModel) -> Result<Chosen> {
        let classes = model.source.classes();
        match text.trim().parse::<f64>() {
            Ok(at) if (0.0..=1.0).contains(&at) => decided(at, classes).map(Chosen::At),
            Ok(at) => Err(Error::usage(format!("--threshold {at}: expected a number from 0 to 1"))),
            Err(_) => {
                let criterion = Criterion::named(text.trim())?;
                decided(0.5, classes)?;
                Ok(Chosen::For(criterion))
            }
        }
    }

    /// The rule for these rows; says what was chosen. Fails where all rows are of one class and a metric is to choose.
    pub fn decide(self, model: &SavedModel, data: &Dataset, cpu: &Arc<Cpu>, output: &Output) -> Result<Decision> {
        let criterion = match self {
            Chosen::At(decision) => return Ok(decision),
            Chosen::For(criterion) => criterion,
        };
        let (name, second) = (criterion.name(), &model.source.classes()[1]);
        let best = match answers(model, data, cpu) {
            Answers::Classes(answers) => criterion.best(&answers),
            Answers::Numbers { .. } => None,
        };
        let Some((at, value)) = best else {
            return Err(Error::data(format!("--threshold {name}: all rows are of one class: nothing can be chosen")));
        };
        output.hint(&format!(
            "threshold {at}: the best for {name} ({value:.4}) on these rows; '{second}' is said from there on\n\
             other rows will reach a little less than the rows that chose it\n"
        ));
        Ok(Decision::Threshold(at))
    }
}
