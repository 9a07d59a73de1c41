//! A row's journey as a page of text: its inputs, each layer forward, the loss, and the gradients on the way back.

use super::backward::backward_text;
use super::figures::{INDENT, exact, hanging, rough};
use super::{Chosen, Explained};
use crate::output::{Output, Style};
use clione::data::findings::{counted, grouped};
use clione::data::target::TargetTreatment;
use clione::nn::loss::Loss;
use clione::nn::loss::Reduction;
use clione::report::text::{Align, Table as TextTable, digits, wrapped};
use clione::see::explain::walk::{Pair, Stage, Unit, UnitSum};
use clione::train::apply::Prediction;
use clione::train::class_weights::ClassWeights;
use clione::train::evaluate::Units;

/// Layers with at most so many units and inputs are written out; of others only the largest.
pub const SMALL: usize = 8;

/// How many units of a wide layer, and how many terms of each, are shown.
const MOST_UNITS: usize = 5;
const MOST_TERMS: usize = 3;

/// How many inputs are shown.
const MOST_INPUTS: usize = 16;

/// No term of a sum has more digits.
const MOST_DIGITS: usize = 12;

/// The widest image that is drawn.
const WIDEST_IMAGE: usize = 64;

/// The page.
pub fn text(explained: &Explained, output: &Output) -> String {
    let mut text = String::new();
    let title = |text: &str| format!("\n{}\n", output.paint(Style::Bold, text));
    text += &output.paint(Style::Bold, &format!("{}, through {}", explained.chosen.place(), explained.model_file));
    text.push('\n');
    text += &title("Inputs");
    text += &inputs_text(explained);

    text += &title("Forward");
    for (at, stage) in explained.walk.stages.iter().enumerate() {
        text += if at == 0 { "" } else { "\n" };
        text += &stage_text(explained, stage, output);
    }
    match &explained.chosen.target {
        Err(reason) => {
            text += &title("Prediction");
            text += &prediction_text(explained);
            text.push('\n');
            text += &wrapped(&format!("{reason}, so there is no loss, and no way back from it."), output.width());
        }
        Ok(_) => {
            text += &title("Loss");
            text += &loss_text(explained, output);
            text += &title("Backward");
            text += &backward_text(explained, output);
            text += &title("Prediction");
            text += &prediction_text(explained);
        }
    }
    text
}

pub fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{INDENT}{line}\n") }).collect()
}

/// What goes in: a table of columns, or the brightest pixels.
fn inputs_text(explained: &Explained) -> String {
    let Explained { chosen, symbols, row, .. } = explained;
    let x = symbols.symbol(row.inputs[0]);
    let name = |index: usize| x.map_or_else(String::new, |symbol| symbol.element(index));
    if chosen.names.is_empty() {
        return image_text(chosen, &name);
    }
    let mut table = TextTable::new(&[
        ("", Align::Left),
        ("input", Align::Left),
        ("in the file", Align::Right),
        ("goes in as", Align::Right),
        ("", Align::Left),
    ]);
    let mut cells: Vec<(usize, [String; 5])> = Vec::new();
    let mut first = 0;
    for column in &chosen.columns {
        for index in first..first + column.width {
            let is_first = index == first;
            let text = if is_first { column.text.as_deref().unwrap_or("(worked out)") } else { "" };
            let text = if is_first && text.is_empty() { "no value" } else { text };
            let treatment = if is_first { column.treatment.as_str() } else { "" };
            let value = rough(chosen.numbers[index]);
            let cell = [name(index), chosen.names[index].clone(), text.to_owned(), value, treatment.to_owned()];
            cells.push((index, cell));
        }
        first += column.width;
    }
    let left_out = cells.len().saturating_sub(MOST_INPUTS);
    if left_out > 0 {
        cells.sort_by(|(a, _), (b, _)| chosen.numbers[*b].abs().total_cmp(&chosen.numbers[*a].abs()));
        cells.truncate(MOST_INPUTS);
    }
    cells.into_iter().for_each(|(_, cells)| table.row(cells));
    let mut text = table.text();
    if left_out > 0 {
        text += &format!("the {MOST_INPUTS} farthest from 0 of {}\n", counted(chosen.numbers.len(), "input"));
    }
    text += &target_text(explained);
    indented(&text)
}

fn image_text(chosen: &Chosen, name: &dyn Fn(usize) -> String) -> String {
    let (height, width) = (chosen.shape[0], chosen.shape[1]);
    let mut text = String::new();
    if width <= WIDEST_IMAGE {
        let is_bright = |y: usize, x: usize| y < height && chosen.numbers[y * width + x] >= 0.5;
        for y in (0..height).step_by(2) {
            let half = |x: usize| match (is_bright(y, x), is_bright(y + 1, x)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            };
            let line: String = (0..width).map(half).collect();
            text += line.trim_end();
            text.push('\n');
        }
        text = text.trim_matches('\n').to_owned() + "\n\n";
    }
    let mut order: Vec<usize> = (0..chosen.numbers.len()).collect();
    order.sort_by(|&a, &b| chosen.numbers[b].total_cmp(&chosen.numbers[a]));
    let brightest =
        order.iter().take(SMALL).map(|&pixel| format!("{} = {}", name(pixel), rough(chosen.numbers[pixel])));
    let words: Vec<String> =
        brightest.collect::<Vec<_>>().join(", ").split_inclusive(", ").map(|w| w.trim_end().to_owned()).collect();
    text += &hanging(&words, "brightest: ", "           ", 76);
    let dark = chosen.numbers.iter().filter(|&&pixel| pixel == 0.0).count();
    text +=
        &format!("{} of {} are 0 (black); 255 goes in as 1\n", grouped(dark), counted(chosen.numbers.len(), "pixel"));
    if let Ok(target) = &chosen.target {
        text += &format!("label: {}\n", target.text);
    }
    indented(&text)
}

/// What should come out.
fn target_text(explained: &Explained) -> String {
    let Ok(target) = &explained.chosen.target else { return String::new() };
    let numbers = target.numbers(&explained.model);
    let is_class = !explained.model.source.classes().is_empty();
    let numbers: Vec<String> = numbers.iter().map(|&y| rough(y)).collect();
    let units = explained.model.source.units();
    let learned = match numbers.as_slice() {
        [y] if is_class || units == Units::PLAIN => format!("y = {y}"),
        [y] => {
            let treated = match units.treatment {
                TargetTreatment::Standardise => target.text.clone(),
                TargetTreatment::Log => format!("ln {}", target.text),
                TargetTreatment::Log1p => format!("ln(1 + {})", target.text),
            };
            format!("y = ({treated} - {}) / {} = {y}", exact(units.mean), exact(units.scale))
        }
        _ => format!("y = ({})", numbers.join(", ")),
    };
    format!("\ntarget {} = {}, for the network {learned}\n", target.column, target.text)
}

pub fn heading(name: &str, words: &str, output: &Output) -> String {
    format!("{INDENT}{}  {}\n", output.paint(Style::Blue, name), output.paint(Style::Faint, words))
}

/// One layer: what its units work out, small ones in full.
fn stage_text(explained: &Explained, stage: &Stage, output: &Output) -> String {
    let mut text = heading(&stage.layer, &stage.description, output);
    if stage.units.is_empty() {
        return text + INDENT + INDENT + "passes its numbers on unchanged in a prediction\n";
    }
    for formula in &stage.formulas {
        text += &format!("{INDENT}{INDENT}{formula}\n");
    }
    text.push('\n');
    let is_small = stage.units.len() <= SMALL
        && stage.units.iter().all(|unit| unit.sum.as_ref().is_none_or(|sum| sum.terms.len() + sum.rest.count <= SMALL));
    let shown = largest(&stage.units, if is_small { SMALL } else { MOST_UNITS }, |unit| unit.value);
    let names =
        |unit: &&Unit| unit.name.chars().count().max(unit.sum.as_ref().map_or(0, |sum| sum.name.chars().count()));
    let width = shown.iter().map(names).max().unwrap_or(0);
    for unit in &shown {
        text += &unit_text(explained, stage, unit, is_small, width, output);
    }
    let rest = stage.units.len() - shown.len();
    if rest > 0 {
        let zeros = stage.units.iter().filter(|unit| unit.value == 0.0).count();
        let zeros = if zeros > 0 {
            format!("; {} of all {} give 0", grouped(zeros), grouped(stage.units.len()))
        } else {
            String::new()
        };
        text += &format!("{INDENT}{INDENT}{}{zeros}\n", more_units(rest));
    }
    text
}

pub fn more_units(count: usize) -> String {
    format!("{}, all nearer to 0", counted(count, "more unit"))
}

/// The units with the largest numbers, the largest first; all in their order where there are no more than that.
pub fn largest(units: &[Unit], most: usize, of: impl Fn(&Unit) -> f64) -> Vec<&Unit> {
    let mut shown: Vec<&Unit> = units.iter().collect();
    if shown.len() > most {
        shown.sort_by(|a, b| of(b).abs().total_cmp(&of(a).abs()));
        shown.truncate(most);
    }
    shown
}

fn unit_text(
    explained: &Explained,
    stage: &Stage,
    unit: &Unit,
    is_small: bool,
    width: usize,
    output: &Output,
) -> String {
    let indent = INDENT.repeat(2);
    let mut text = String::new();
    let bold = |number: f64| output.paint(Style::Bold, &rough(number));
    if let Some(sum) = &unit.sum {
        let first = format!("{indent}{:<width$} = ", sum.name);
        let later = " ".repeat(indent.len() + width + 1);
        text += &hanging(&sum_words(sum, is_small), &first, &later, output.width());
        if let Some(function) = stage.function {
            let inside = rough(sum.value);
            text += &format!("{indent}{:<width$} = {function}({inside}) = {}", unit.name, bold(unit.value));
        } else {
            text = text.trim_end().to_owned();
        }
    } else {
        text += &format!("{indent}{:<width$} = {}", unit.name, bold(unit.value));
    }
    let meaning =
        meaning(explained, unit).map_or(String::new(), |meaning| output.paint(Style::Faint, &format!("  {meaning}")));
    text + &meaning + "\n"
}

/// value · weight + … + bias = sum; of a wide layer the largest products, and what the others come to.
fn sum_words(sum: &UnitSum, is_small: bool) -> Vec<String> {
    // One more term takes no more room than the words for it.
    let is_all = is_small || sum.terms.len() + sum.rest.count <= MOST_TERMS + 1;
    let shown = if is_all { sum.terms.len() } else { MOST_TERMS };
    let mut terms: Vec<_> = sum.terms[..shown].iter().collect();
    if is_all {
        terms.sort_by_key(|term| term.place);
    }
    let places = sum_digits(sum);
    let rough = |number: f64| digits(number, places);
    let grouped_number = |number: f64| if number < 0.0 { format!("({})", rough(number)) } else { rough(number) };
    let product = |(at, term): (usize, &&clione::see::explain::walk::SumTerm)| {
        let value = if at == 0 { rough(term.value) } else { grouped_number(term.value) };
        let plus = if at == 0 { "" } else { "+ " };
        format!("{plus}{value}·{}", grouped_number(term.weight))
    };
    let mut words: Vec<String> = terms.iter().enumerate().map(product).collect();
    let count = sum.rest.count + sum.terms.len() - shown;
    if count > 0 {
        let others: f64 = sum.rest.sum + sum.terms[shown..].iter().map(|term| term.product).sum::<f64>();
        words.push(format!("+ ({} more: {})", grouped(count), rough(others)));
    }
    words.extend(
        sum.bias.map(|bias| if bias < 0.0 { format!("- {}", rough(-bias)) } else { format!("+ {}", rough(bias)) }),
    );
    words.push(format!("= {}", rough(sum.value)));
    words
}

/// How many digits of the terms are needed for six of their sum: more where terms cancel each other.
fn sum_digits(sum: &UnitSum) -> usize {
    let products = sum.terms.iter().map(|term| term.product);
    let magnitude = products.chain([sum.rest.sum, sum.bias.unwrap_or(0.0)]).map(f64::abs).sum::<f64>();
    let lost = (magnitude / sum.value.abs()).log10();
    // A sum of 0 has no digits to lose.
    if lost.is_finite() { (7 + lost.max(0.0) as usize).min(MOST_DIGITS) } else { 7 }
}

/// What a number of the output stands for.
fn meaning(explained: &Explained, unit: &Unit) -> Option<String> {
    let symbol = explained.symbols.symbol(explained.row.outputs[0])?;
    let count = explained.row.values[explained.row.outputs[0].0].len();
    let place = (0..count).find(|&place| symbol.element(place) == unit.name)?;
    let classes = explained.model.source.classes();
    match (classes, count) {
        ([], _) => None,
        ([_, second], 1) => Some(format!("p({second})")),
        _ => classes.get(place).map(|class| format!("p({class})")),
    }
}

/// The loss: what is compared, the formula, and how a batch would be summed up.
fn loss_text(explained: &Explained, output: &Output) -> String {
    let mut text = String::new();
    let classes = explained.model.source.classes();
    for error in &explained.walk.errors {
        let mut table = TextTable::new(&[
            ("", Align::Left),
            ("", Align::Left),
            ("says", Align::Right),
            ("should be", Align::Right),
            ("difference", Align::Right),
        ]);
        let is_named = classes.len() > 2 && classes.len() == error.pairs.len();
        for (at, pair) in error.pairs.iter().enumerate() {
            let class = if is_named { classes[at].clone() } else { String::new() };
            let numbers = [pair.prediction, pair.target, pair.prediction - pair.target].map(rough);
            table.row([vec![pair.name.clone(), class], numbers.to_vec()].concat());
        }
        let formula = error.loss.documentation().first().map_or("", |formula| formula.trim());
        text += &table.text();
        text.push('\n');
        text += &wrapped(&format!("{}: {formula}", error.loss.name()), output.width() - INDENT.len());
    }
    let loss = explained.walk.loss.unwrap_or(f64::NAN);
    let worked_out = explained.walk.errors.iter().filter_map(|error| loss_words(error.loss, &error.pairs));
    let worked_out = worked_out.map(|words| format!("{words} = ")).collect::<Vec<_>>().concat();
    text += &format!("L = {worked_out}{}\n\n", output.paint(Style::Bold, &rough(loss)));
    text += &wrapped(&batch_words(explained), output.width() - INDENT.len());
    indented(&text)
}

/// The loss with its numbers, where it is short: of one number, or of one class.
fn loss_words(loss: Loss, pairs: &[Pair]) -> Option<String> {
    let of_one = |words: &dyn Fn(&Pair) -> String| match pairs {
        [pair] => Some(words(pair)),
        _ => None,
    };
    let error = |pair: &Pair| exact(pair.prediction - pair.target);
    match loss {
        Loss::SumOfSquares | Loss::MeanSquaredError => of_one(&|pair| format!("({})²", error(pair))),
        Loss::MeanAbsoluteError => of_one(&|pair| format!("|{}|", error(pair))),
        Loss::Huber => of_one(&|pair| match (pair.prediction - pair.target).abs() {
            far if far > 1.0 => format!("{} - 1/2", exact(far)),
            near => format!("{}²/2", exact(near)),
        }),
        Loss::BinaryCrossEntropy => of_one(&|pair| match pair.target {
            1.0 => format!("-ln {}", exact(pair.prediction)),
            _ => format!("-ln(1 - {})", exact(pair.prediction)),
        }),
        Loss::CategoricalCrossEntropy => {
            pairs.iter().find(|pair| pair.target == 1.0).map(|pair| format!("-ln {}", exact(pair.prediction)))
        }
    }
}

/// How this row counts among others while a model is trained.
pub fn batch_words(explained: &Explained) -> String {
    let model = &explained.model;
    let Ok(recipe) = model.recipe() else { return String::new() };
    let rows = counted(recipe.fit.batch_size, "row");
    let mut words = match model.loss.reduction() {
        Reduction::Sum => format!("In training the losses of a batch of up to {rows} are added up."),
        Reduction::Mean | Reduction::MeanOverRows => format!(
            "This is the loss of one row alone; in training the loss of a batch is the mean over its {rows}, and so are its \
             gradients."
        ),
    };
    match (&recipe.fit.class_weights, &explained.chosen.target) {
        (ClassWeights::Given(weights), Ok(target)) => {
            let weight = weights.iter().find(|(class, _)| *class == target.text).map_or(1.0, |(_, weight)| *weight);
            words +=
                &format!(" There a row of class {} counts {weight} times (class weights), here once.", target.text);
        }
        (ClassWeights::Balanced, _) => {
            words += " There rows of rare classes count more (class weights: balanced), here every row counts once.";
        }
        (ClassWeights::Given(_) | ClassWeights::Equal, _) => {}
    }
    if recipe.dropout > 0.0 {
        words += " Dropout, which leaves numbers out while training, leaves none out here, as in a prediction.";
    }
    words
}

/// What the command predicts for the row, in the precision of the model, beside what it is in 64 bits.
fn prediction_text(explained: &Explained) -> String {
    let (model, row) = (&explained.model, &explained.row);
    let classes = model.source.classes();
    let outputs = &row.values[row.outputs[0].0];
    let precision = model.weights.precision().name();
    let mut text = String::new();
    match &explained.prediction {
        Prediction::Class { class, probabilities } => {
            let wide = match (outputs.as_slice(), class) {
                ([p], 0) => 1.0 - p,
                ([p], _) => *p,
                (all, &class) => all[class],
            };
            text += &format!("{}, p = {} as {precision}", classes[*class], probabilities[*class]);
            text += &if precision == "f64" { "\n".to_owned() } else { format!("; {} in 64 bits\n", exact(wide)) };
        }
        Prediction::Number(number) => {
            let units = model.source.units();
            let wide = units.restore(outputs[0]);
            text += &format!("{number} as {precision}");
            text += &if precision == "f64" { "\n".to_owned() } else { format!("; {} in 64 bits\n", exact(wide)) };
            let (mean, scale, y) = (exact(units.mean), exact(units.scale), exact(outputs[0]));
            text += &match units.treatment {
                _ if units == Units::PLAIN => String::new(),
                TargetTreatment::Standardise => format!("= {mean} + {scale}·ŷ for ŷ = {y}\n"),
                TargetTreatment::Log => format!("= e^({mean} + {scale}·ŷ) for ŷ = {y}\n"),
                TargetTreatment::Log1p => format!("= e^({mean} + {scale}·ŷ) - 1 for ŷ = {y}\n"),
            };
        }
    }
    if let Ok(target) = &explained.chosen.target {
        text += &format!("true: {}\n", target.text);
    }
    indented(&text)
}
