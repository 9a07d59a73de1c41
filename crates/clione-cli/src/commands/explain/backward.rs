//! The way back as text: the gradients of every layer's units, then those of what is learned.

use super::Explained;
use super::figures::{INDENT, rough};
use super::journey::{SMALL, heading, indented, largest, more_units};
use crate::output::{Output, Style};
use clione::data::findings::{counted, grouped};
use clione::report::text::{Align, Table as TextTable};
use clione::see::explain::walk::{LearnedNumbers, Unit};

/// The gradients of a parameter with at most so many numbers, in few columns, are all shown.
const MOST_GRADIENTS: usize = 64;

/// The gradients, from the loss to the first layer, then those of all that is learned.
pub fn backward_text(explained: &Explained, output: &Output) -> String {
    let mut text = String::new();
    for stage in explained.walk.stages.iter().rev() {
        let of_sum = |unit: &Unit| unit.sum.as_ref().and_then(|sum| sum.gradient);
        let is_told = stage.units.iter().any(|unit| unit.gradient.is_some() || of_sum(unit).is_some());
        if !is_told {
            continue;
        }
        let has_both =
            stage.function.is_some() && stage.units.iter().all(|unit| unit.sum.is_some() && unit.gradient.is_some());
        text += &heading(&stage.layer, &counted(stage.units.len(), "unit"), output);
        let mut columns = vec![("", Align::Left)];
        if has_both {
            columns.extend([("dL/da", Align::Right), ("", Align::Left), ("dL/dz", Align::Right)]);
        } else {
            columns.push(("gradient", Align::Right));
        }
        let mut table = TextTable::new(&columns);
        let key = |unit: &Unit| of_sum(unit).or(unit.gradient).unwrap_or(0.0);
        let shown = largest(&stage.units, SMALL, key);
        for unit in &shown {
            let cell = |gradient: Option<f64>| gradient.map_or_else(String::new, rough);
            match &unit.sum {
                Some(sum) if has_both => {
                    table.row([unit.name.clone(), cell(unit.gradient), sum.name.clone(), cell(sum.gradient)]);
                }
                Some(sum) => table.row([format!("dL/d{}", sum.name), cell(sum.gradient)]),
                None => table.row([format!("dL/d{}", unit.name), cell(unit.gradient)]),
            }
        }
        text += &indented(&indented(&table.text()));
        let rest = stage.units.len() - shown.len();
        if rest > 0 {
            let zeros = stage.units.iter().filter(|unit| key(unit) == 0.0).count();
            let zeros = if zeros > 0 { format!("; {} are 0", grouped(zeros)) } else { String::new() };
            text += &format!("{INDENT}{INDENT}{}{zeros}\n", more_units(rest));
        }
        text.push('\n');
    }
    let mut table = TextTable::new(&[
        ("learned", Align::Left),
        ("shape", Align::Right),
        ("√Σg²", Align::Right),
        ("largest gradient", Align::Right),
        ("of", Align::Left),
    ]);
    for parameter in &explained.walk.parameters {
        let norm = if parameter.gradients.is_empty() { "no part in L".to_owned() } else { rough(parameter.norm()) };
        let (name, gradient) = match parameter.largest.first() {
            Some((name, _, gradient)) => (name.clone(), rough(*gradient)),
            None => (String::new(), String::new()),
        };
        let shape = parameter.shape.to_string();
        table.row([parameter.name.clone(), shape, norm, gradient, name]);
    }
    text += &indented(&table.text());
    for parameter in explained.walk.parameters.iter().filter(|parameter| is_small(parameter)) {
        let title = format!("dL/d({})", parameter.name);
        text += &format!("\n{INDENT}{}\n", output.paint(Style::Blue, &title));
        text += &indented(&indented(&gradients_text(parameter)));
    }
    text
}

fn is_small(parameter: &LearnedNumbers) -> bool {
    (1..=MOST_GRADIENTS).contains(&parameter.gradients.len()) && parameter.shape.columns() <= SMALL
}

/// Every gradient of a parameter: rows are what comes in, columns are units.
fn gradients_text(parameter: &LearnedNumbers) -> String {
    let columns = parameter.shape.columns();
    let headings: Vec<String> = (0..columns).map(|unit| format!("[…,{unit}]")).collect();
    let headings = [("", Align::Left)].into_iter().chain(headings.iter().map(|name| (name.as_str(), Align::Right)));
    let mut table = TextTable::new(&headings.collect::<Vec<_>>());
    for (at, row) in parameter.gradients.chunks(columns).enumerate() {
        table.row([format!("[{at},…]")].into_iter().chain(row.iter().map(|&gradient| rough(gradient))));
    }
    table.text()
}
