//! Faults in the rows as they reach the network: scales, too few of them, the same ones on both sides of the split.

use super::{Condition, Finding, Rows, Severity};
use crate::data::dataset::{Dataset, Matrix, Targets};
use crate::data::duplicates::shared;
use crate::data::findings::{counted, grouped};
use crate::data::treatment::Treatment;
use std::collections::HashSet;

/// A column or target whose root mean square is above this has far more to say than others, or far to go.
const LARGE: f64 = 10.0;

/// Inputs all of which are below this say next to nothing to fresh weights.
const SMALL: f64 = 0.01;

/// Rows for each class below which it is learned by heart.
const ROWS_PER_CLASS: usize = 5;

/// The share of rows held back that may also be learned from.
const SHARED: f64 = 0.05;

/// A table has measured columns when one of them has more different values than this share of its rows.
const MEASURED: f64 = 0.5;

/// So many rows say whether a column is measured.
const MOST_LOOKED_AT: usize = 1_000;

/// Rows of larger tables are not compared with each other: that would take longer than it is worth.
const MOST_NUMBERS: usize = 5_000_000;

/// The findings that the rows alone give.
pub(super) fn findings(rows: &Rows<'_>) -> Vec<Finding> {
    let tests = [constant_target, unscaled_inputs, unscaled_target, few_rows, one_class_validation, shared_rows];
    tests.iter().filter_map(|test| test(rows)).collect()
}

fn constant_target(rows: &Rows<'_>) -> Option<Finding> {
    let targets = rows.training.targets();
    let is_constant = match targets {
        Targets::Classes { numbers, .. } => numbers.windows(2).all(|pair| pair[0] == pair[1]),
        Targets::Values(matrix) => (0..matrix.columns())
            .all(|column| (1..matrix.rows()).all(|row| matrix.at(row, column) == matrix.at(0, column))),
    };
    let evidence = || format!("all {} have the same target", counted(targets.rows(), "training row"));
    let advice = vec!["choose another --target".to_owned()];
    is_constant.then(|| Finding::new(Condition::ConstantTarget, Severity::Fault, evidence(), advice))
}

fn unscaled_inputs(rows: &Rows<'_>) -> Option<Finding> {
    let inputs = rows.training.inputs();
    let sizes: Vec<f64> = (0..inputs.columns()).map(|column| root_mean_square(inputs, column)).collect();
    let large: Vec<usize> = (0..sizes.len()).filter(|&column| sizes[column] > LARGE).collect();
    let greatest = sizes.iter().copied().fold(0.0, f64::max);
    let name =
        |column: usize| rows.names.get(column).map_or(format!("input {}", column + 1), |name| format!("\"{name}\""));
    let mut evidence: Vec<String> = large
        .iter()
        .take(5)
        .map(|&column| format!("{}: root mean square {:.4}, about 1 is right", name(column), sizes[column]))
        .collect();
    if greatest > 0.0 && greatest < SMALL {
        evidence.push(format!("the root mean square of the largest input is {greatest:.6}, about 1 is right"));
    }
    let advice = vec![format!("--scaling {}", Treatment::Standardise.name())];
    (!evidence.is_empty()).then_some(Finding {
        condition: Condition::UnscaledInputs,
        severity: Severity::Warning,
        evidence,
        advice,
    })
}

fn unscaled_target(rows: &Rows<'_>) -> Option<Finding> {
    let learned = rows.units.standardise(rows.training).ok()?;
    let Targets::Values(matrix) = learned.targets() else { return None };
    let size = |column: usize| root_mean_square(matrix, column);
    let greatest = (0..matrix.columns()).map(size).fold(0.0, f64::max);
    (greatest > LARGE).then(|| {
        Finding::new(
            Condition::UnscaledTarget,
            Severity::Warning,
            format!("the root mean square of the target is {greatest:.1}, about 1 is right"),
            vec!["take the mean off the target and divide it by its standard deviation".to_owned()],
        )
    })
}

fn few_rows(rows: &Rows<'_>) -> Option<Finding> {
    let (count, inputs) = (rows.training.rows(), rows.training.inputs().columns());
    let rarest = rows.training.targets().class_numbers().map(|numbers| {
        let mut sizes = vec![0usize; rows.training.targets().class_names().len()];
        numbers.iter().for_each(|&class| sizes[class as usize] += 1);
        sizes.into_iter().min().unwrap_or(0)
    });
    let evidence = if count <= inputs {
        format!("{} for {}", counted(count, "training row"), counted(inputs, "input"))
    } else {
        let rarest = rarest.filter(|&rarest| rarest < ROWS_PER_CLASS)?;
        format!("the rarest class has {}", counted(rarest, "training row"))
    };
    let advice = vec!["--layers 8 --l2 0.01".to_owned(), "more rows, or fewer columns".to_owned()];
    Some(Finding::new(Condition::FewRows, Severity::Warning, evidence, advice))
}

fn one_class_validation(rows: &Rows<'_>) -> Option<Finding> {
    let kinds =
        |data: &Dataset| data.targets().class_numbers().map(|numbers| numbers.iter().collect::<HashSet<_>>().len());
    let held_back = rows.validation?;
    if kinds(held_back)? != 1 || kinds(rows.training)? < 2 {
        return None;
    }
    let evidence = format!("{} held back, all of one class", counted(held_back.rows(), "row"));
    let advice = vec!["--validation 0.3".to_owned()];
    Some(Finding::new(Condition::OneClassValidation, Severity::Warning, evidence, advice))
}

fn shared_rows(rows: &Rows<'_>) -> Option<Finding> {
    let held_back = rows.validation?;
    let inputs = rows.training.inputs();
    if inputs.rows() * inputs.columns() > MOST_NUMBERS {
        return None;
    }
    let looked_at = inputs.rows().min(MOST_LOOKED_AT);
    let is_measured = |column: usize| {
        let different: HashSet<u64> = (0..looked_at).map(|row| inputs.at(row, column).to_bits()).collect();
        different.len() as f64 > MEASURED * looked_at as f64
    };
    if !(0..inputs.columns()).any(is_measured) {
        return None;
    }
    let shared = shared(rows.training, held_back);
    (shared as f64 > SHARED * held_back.rows() as f64 && shared > 1).then(|| {
        let evidence = format!(
            "{} of {} held back are also among the training rows",
            grouped(shared),
            counted(held_back.rows(), "row")
        );
        let advice = vec!["take rows that come twice out of the table".to_owned()];
        Finding::new(Condition::SharedRows, Severity::Warning, evidence, advice)
    })
}

fn root_mean_square(matrix: &Matrix, column: usize) -> f64 {
    let squares: f64 = (0..matrix.rows()).map(|row| matrix.at(row, column) * matrix.at(row, column)).sum();
    (squares / matrix.rows().max(1) as f64).sqrt()
}
