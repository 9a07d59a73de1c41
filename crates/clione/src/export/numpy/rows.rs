//! The preprocessing as Python: what was fitted to the columns, a line for each, and what the target becomes.

use super::expression::number;
use super::formula;
use super::writer::{Writer, quoted};
use crate::data::infer::{Kind, Task};
use crate::data::preprocess::{FittedPart, InputColumn, Preprocessing};
use crate::data::target::TargetTreatment;
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};
use crate::export::derived::DerivedColumn;

/// The columns of the table that inputs are made of, themselves or by way of formulas, in the order of the table.
pub(super) fn needed<'a>(preprocessing: &'a Preprocessing, derived: &[DerivedColumn]) -> Vec<&'a str> {
    let is_needed = |name: &&str| {
        preprocessing.inputs.iter().any(|input| input.name == *name) || formula::read_as(derived, name).is_some()
    };
    preprocessing.columns.iter().map(String::as_str).filter(is_needed).collect()
}

/// Names of columns, words of categories, classes.
pub(super) fn write_constants(
    preprocessing: &Preprocessing,
    derived: &[DerivedColumn],
    decimal: char,
    out: &mut Writer,
) {
    if !preprocessing.header {
        out.list(0, "COLUMNS = [", &quoted_all(&preprocessing.columns), "]");
        out.line(0, &format!("TARGET = {}", quoted(&preprocessing.target.name)));
    }
    let needed: Vec<String> = needed(preprocessing, derived).into_iter().map(quoted).collect();
    out.list(0, "NEEDED = [", &needed, "]");
    let with_words: Vec<&InputColumn> = preprocessing.inputs.iter().filter(|input| has_words(input)).collect();
    if !with_words.is_empty() {
        out.line(0, "WORDS = {");
        for input in with_words {
            let is_derived = derived.iter().any(|column| column.name == input.name);
            // A number that was worked out is written like those of the table.
            let word = |word: &String| if is_derived { word.replace('.', &decimal.to_string()) } else { word.clone() };
            let words: Vec<String> = input.categories.iter().map(word).collect();
            out.list(1, &format!("{}: [", quoted(&input.name)), &quoted_all(&words), "],");
        }
        out.line(0, "}");
    }
}

/// The function that makes the network's inputs of a row, and those that choose rows and make targets.
pub(super) fn write_functions(
    preprocessing: &Preprocessing,
    derived: &[DerivedColumn],
    unknown: Unknown,
    has_training: bool,
    out: &mut Writer,
) {
    if !derived.is_empty() {
        formula::write(derived, preprocessing, out);
    }
    let usual = quoted(unknown.name());
    let width = preprocessing.input_width();
    let has_words = preprocessing.inputs.iter().any(has_words);
    let parameter = if has_words { format!(", unknown={usual}") } else { String::new() };
    out.line(0, &format!("def inputs(row{parameter}):"));
    let numbers = if width == 1 { "The number that goes".to_owned() } else { format!("The {width} numbers that go") };
    out.docstring(1, &format!("{numbers} into the network for a row of the table, column name -> text."));
    if !derived.is_empty() {
        out.line(1, "row = derived(row)");
    }
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
        if dropped.iter().any(|input| derived.iter().any(|column| column.name == input.name)) {
            out.line(1, "row = derived(row)");
        }
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
        Treatment::Date => {
            arguments.push(quoted(input.day_order.name()));
            arguments.extend(date_parts(&input.parts));
            "dated"
        }
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

/// The items of a list: each part with what is taken off it and what it is divided by.
fn date_parts(parts: &[FittedPart]) -> Vec<String> {
    let item = |fitted: &FittedPart| {
        format!("({}, {}, {})", quoted(fitted.part.name()), number(fitted.shift), number(fitted.scale))
    };
    let mut items: Vec<String> = parts.iter().map(item).collect();
    items.first_mut().into_iter().for_each(|first| first.insert(0, '['));
    items.last_mut().into_iter().for_each(|last| last.push(']'));
    items
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
