//! The preprocessing as Python: what was fitted to the columns, a line for each, and what the target becomes.

use super::expression::number;
use super::writer::{Writer, quoted};
use crate::base::error::{Error, Result};
use crate::data::infer::{Kind, Task};
use crate::data::preprocess::{InputColumn, Preprocessing};
use crate::data::target::TargetTreatment;
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};

/// Fails when a column cannot be written.
pub(super) fn check(preprocessing: &Preprocessing) -> Result<()> {
    for input in &preprocessing.inputs {
        let name = &input.name;
        if !preprocessing.columns.contains(name) {
            let formula = preprocessing
                .derive
                .iter()
                .find(|formula| formula.trim_start().trim_start_matches('`').starts_with(name.as_str()));
            let formula = formula.map_or(String::new(), |formula| format!(": {formula}"));
            return Err(Error::usage(format!(
                "column \"{name}\" is worked out by a formula, which NumPy source does not have{formula}"
            ))
            .note("put the column into the table, and train on that"));
        }
        match input.treatment {
            Treatment::Date => {
                return Err(Error::usage(format!("column \"{name}\" holds dates, which NumPy source does not read"))
                    .note(format!(
                        "train without it (--ignore '{name}'), or put its parts into the table as numbers"
                    )));
            }
            Treatment::Standardise
            | Treatment::MinMax
            | Treatment::Robust
            | Treatment::Log
            | Treatment::Unscaled
            | Treatment::Boolean
            | Treatment::OneHot
            | Treatment::Ordinal => {}
        }
    }
    Ok(())
}

/// Names of columns, words of categories, classes.
pub(super) fn write_constants(preprocessing: &Preprocessing, out: &mut Writer) {
    if !preprocessing.header {
        out.list(0, "COLUMNS = [", &quoted_all(&preprocessing.columns), "]");
        out.line(0, &format!("TARGET = {}", quoted(&preprocessing.target.name)));
    }
    let needed: Vec<String> = preprocessing.inputs.iter().map(|input| input.name.clone()).collect();
    out.list(0, "NEEDED = [", &quoted_all(&needed), "]");
    let with_words: Vec<&InputColumn> = preprocessing.inputs.iter().filter(|input| has_words(input)).collect();
    if !with_words.is_empty() {
        out.line(0, "WORDS = {");
        for input in with_words {
            out.list(1, &format!("{}: [", quoted(&input.name)), &quoted_all(&input.categories), "],");
        }
        out.line(0, "}");
    }
}

/// The function that makes the network's inputs of a row, and those that choose rows and make targets.
pub(super) fn write_functions(preprocessing: &Preprocessing, unknown: Unknown, has_training: bool, out: &mut Writer) {
    let usual = quoted(unknown.name());
    let width = preprocessing.input_width();
    let has_words = preprocessing.inputs.iter().any(has_words);
    let parameter = if has_words { format!(", unknown={usual}") } else { String::new() };
    out.line(0, &format!("def inputs(row{parameter}):"));
    let numbers = if width == 1 { "The number that goes".to_owned() } else { format!("The {width} numbers that go") };
    out.docstring(1, &format!("{numbers} into the network for a row of the table, column name -> text."));
    out.line(1, "return [");
    for input in &preprocessing.inputs {
        let (function, arguments) = call(input);
        out.list(2, &format!("*{function}("), &arguments, "),");
    }
    out.line(1, "]");
    let dropped: Vec<&InputColumn> = preprocessing.inputs.iter().filter(|input| drops(input)).collect();
    if !dropped.is_empty() {
        out.gap();
        out.gap();
        out.line(0, "def is_complete(row):");
        out.docstring(1, "Whether a row has the values without which rows were left out of the training.");
        let value = |input: &&InputColumn| {
            let (function, zero) = match input.kind {
                Kind::Number => ("number", if input.zero_is_missing { ", True" } else { "" }),
                Kind::Boolean | Kind::Category | Kind::Date => ("word", ""),
            };
            format!("{function}(row, {}{zero})", quoted(&input.name))
        };
        out.list(1, "return None not in [", &dropped.iter().map(value).collect::<Vec<_>>(), "]");
    }
    if has_training {
        out.gap();
        out.gap();
        write_target(preprocessing, out);
    }
}

/// Whether a column is of words, even if none of them came often enough to be known.
pub(super) fn has_words(input: &InputColumn) -> bool {
    match input.kind {
        Kind::Boolean | Kind::Category => true,
        Kind::Number | Kind::Date => false,
    }
}

/// Whether rows without a value in this column are left out.
pub(super) fn drops(input: &InputColumn) -> bool {
    input.missing == Fill::With(Missing::Drop)
}

/// The function that encodes a column, and what it is called with.
fn call(input: &InputColumn) -> (&'static str, Vec<String>) {
    let mut arguments = vec!["row".to_owned(), quoted(&input.name)];
    let scale = [number(input.shift), number(input.scale)];
    let function = match input.treatment {
        Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Unscaled => {
            arguments.extend(scale);
            "scaled"
        }
        Treatment::Log => {
            arguments.extend(scale);
            "scaled_logarithm"
        }
        Treatment::Boolean => {
            arguments.push("unknown".to_owned());
            "boolean"
        }
        Treatment::Ordinal => {
            arguments.extend(scale);
            arguments.push("unknown".to_owned());
            "ordinal"
        }
        Treatment::OneHot if input.other => "one_hot_with_others",
        Treatment::OneHot => {
            arguments.push("unknown".to_owned());
            "one_hot"
        }
        Treatment::Date => unreachable!("dates were refused"),
    };
    if let Some(fill) = input.fill {
        arguments.push(format!("fill={}", number(fill)));
    }
    if input.indicator {
        arguments.push("indicator=True".to_owned());
    }
    if input.zero_is_missing {
        arguments.push("zero_is_missing=True".to_owned());
    }
    let refuses = matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop));
    if input.treatment == Treatment::OneHot && refuses {
        arguments.push("is_required=True".to_owned());
    }
    (function, arguments)
}

/// The function that makes targets of a row.
fn write_target(preprocessing: &Preprocessing, out: &mut Writer) {
    let target = &preprocessing.target;
    let name = quoted(&target.name);
    out.line(0, "def target(row):");
    match target.task {
        Task::Classification => {
            out.docstring(1, "What the network should say of a row: the place of its class.");
            match target.kind {
                Kind::Number => {
                    out.line(1, "names = [float(name) for name in CLASSES]");
                    out.line(1, &format!("place = names.index(number(row, {name}))"));
                }
                Kind::Boolean => {
                    out.line(1, "names = [name.lower() for name in CLASSES]");
                    out.line(1, &format!("place = names.index(word(row, {name}).lower())"));
                }
                Kind::Category | Kind::Date => out.line(1, &format!("place = CLASSES.index(word(row, {name}))")),
            }
            match target.classes.len() {
                2 => out.line(1, "return [float(place)]"),
                count => out.line(1, &format!("return [float(place == other) for other in range({count})]")),
            }
        }
        Task::Regression => {
            let treated = match target.treatment {
                TargetTreatment::Standardise => format!("number(row, {name})"),
                TargetTreatment::Log => format!("math.log(number(row, {name}))"),
                TargetTreatment::Log1p => format!("math.log1p(number(row, {name}))"),
            };
            out.docstring(1, "What the network should say of a row: its number, scaled as the network knows it.");
            out.line(1, &format!("return [({treated} - {}) / {}]", number(target.mean), number(target.scale)));
        }
    }
}

/// Texts as Python writes them.
pub(super) fn quoted_all(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| quoted(text)).collect()
}
