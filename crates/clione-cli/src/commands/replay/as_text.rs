//! A moment of a run as text: where it is, what the step did, and the numbers that were asked for.

use super::Scene;
use super::numbers::{Format, columns, figure, grid, is_cut, rows};
use crate::output::{Output, Style};
use clione::base::real::Real;
use clione::base::shape::Shape;
use clione::data::findings::{counted, grouped};
use clione::optim::optimizer::Sees;
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable, wrapped};
use clione::see::replay::names::Shown;
use clione::see::replay::{Parameter, Spread, Taken, norm};
use clione::train::file::Recording;
use clione::train::recipe::Precision;

/// What was recorded.
pub fn overview(recording: &Recording, recipe: &Recipe, output: &Output) -> String {
    let mut text = format!("{}\n", output.paint(Style::Bold, &format!("Recording {}", recording.source())));
    let mut table = TextTable::new(&[("", Align::Left), ("", Align::Left)]);
    let steps: Vec<u64> = recording.steps().collect();
    let last = steps.last().copied().unwrap_or(0);
    let length = match recording.last_step() {
        Some(last) => format!("{} steps, to its end", grouped(last as usize)),
        None => format!("{} steps or more: its end was not recorded", grouped(last as usize)),
    };
    table.row(["run", &length]);
    if let Some((epoch, step)) = recording.best() {
        table.row(["model", &format!("of epoch {}, step {} (--at best)", grouped(epoch), grouped(step as usize))]);
    }
    let files = &recipe.files;
    if let Some(file) = files.table.as_deref().or(files.images.as_deref()) {
        table.row(["data", &file.display().to_string()]);
    }
    let hidden: Vec<String> = recipe.layers.iter().map(|units| units.to_string()).collect();
    if !hidden.is_empty() {
        table.row(["hidden units", &format!("{}, {}", hidden.join(", "), recipe.activation.name())]);
    }
    let fit = &recipe.fit;
    table.row([
        "training",
        &format!(
            "{}, learning rate {}, {}, batches of {}",
            fit.optimizer.name(),
            fit.learning_rate,
            fit.schedule.name(),
            grouped(fit.batch_size)
        ),
    ]);
    table.row(["epochs", &format!("{} planned, seed {}", grouped(fit.epochs), fit.seed)]);
    let apart = steps.windows(2).map(|two| two[1] - two[0]).max();
    let apart = apart.map_or(String::new(), |apart| format!(", at most {} steps apart", grouped(apart as usize)));
    let bytes = counted(recording.bytes() as usize, "byte");
    table.row(["checkpoints", &format!("{}{apart}; {bytes}", steps.len())]);
    text.extend(table.text().lines().skip(1).map(|line| format!("  {line}\n")));
    text
}

/// A moment.
pub fn scene(scene: &Scene<'_>, output: &Output) -> String {
    let step = scene.step;
    let of = grouped(scene.last_step() as usize);
    let place = match &step.taken {
        None => format!("Step 0 of {of}: before the first"),
        Some(_) => format!(
            "Step {} of {of}: epoch {}, step {} of {}",
            grouped(step.number as usize),
            grouped(step.epoch),
            grouped(step.step),
            grouped(step.steps_per_epoch)
        ),
    };
    let mut text = String::new();
    if let Some(condition) = scene.condition {
        text.push_str(&format!("{condition}\n"));
    }
    text.push_str(&format!("{}\n", output.paint(Style::Bold, &place)));
    if !scene.is_recorded() {
        let from = grouped(step.origin.step as usize);
        text.push_str(&format!("not recorded: computed from the checkpoint of step {from}\n"));
    }
    if step.kept_after.is_some() {
        text.push_str("the epoch with the lowest validation loss: its parameters are those of the model\n");
    }
    text.push('\n');
    if let Some(taken) = &step.taken {
        text.push_str(&facts(scene, taken, output));
    }
    if scene.shown.is_empty() {
        text.push_str(&parameters(scene, output));
    }
    for (name, shown) in scene.shown {
        text.push_str(&format!("\n{}", numbers(scene, name, shown, output)));
    }
    text
}

/// The step in a few numbers, and its rows.
fn facts(scene: &Scene<'_>, taken: &Taken, output: &Output) -> String {
    let sum = |part: &dyn Fn(&Parameter) -> Vec<f64>| {
        figure(norm(&scene.step.parameters.iter().flat_map(part).collect::<Vec<f64>>()))
    };
    let mut table = TextTable::new(&[("", Align::Left), ("", Align::Right), ("", Align::Left)]);
    let rows = scene.rows();
    let when = match scene.recipe.fit.optimizer.sees() {
        Sees::Batch => "before",
        Sees::All => "after",
    };
    let of_rows = format!("of the {} of the step, {when} it", counted(rows.1.len(), "row"));
    table.row(["loss", &figure(taken.loss), &of_rows]);
    table.row(["learning rate", &figure(taken.learning_rate), ""]);
    let gradient = sum(&|parameter| parameter.moved.as_ref().map_or(Vec::new(), |moved| moved.gradients.clone()));
    table.row(["|gradient|", &gradient, "how steep the loss was"]);
    table.row(["|update|", &sum(&|parameter| parameter.updates().unwrap_or_default()), "how far the step went"]);
    table.row(["|w|", &sum(&|parameter| parameter.numbers.clone()), "all parameters after it"]);
    if let Some(ended) = &taken.ended {
        table.row(["epoch's loss", &figure(ended.loss), "mean of its steps"]);
        if let Some(loss) = ended.validation_loss {
            table.row(["validation loss", &figure(loss), "after the epoch"]);
        }
    }
    let mut text: String = table.text().lines().skip(1).map(|line| format!("{line}\n")).collect();
    if taken.is_last {
        text.push_str("the last step of the run\n");
        if let Some(best) = taken.best_epoch.filter(|&best| best != scene.step.epoch) {
            let (best, step) = (grouped(best), grouped(best * scene.step.steps_per_epoch));
            text.push_str(&format!("the model that was kept is of epoch {best}, step {step} (--at best)\n"));
        }
    }
    text + &rows_text(rows, output.width())
}

/// The rows of the step, as many as two lines have room for.
fn rows_text((what, numbers): (&str, Vec<usize>), width: usize) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    let words = format!("{what}{plural} {}", numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", "));
    let lines: Vec<String> = wrapped(&words, width - 2).lines().map(str::to_owned).collect();
    match lines.as_slice() {
        [first, second, _, ..] => format!("{first}\n{second} …\n"),
        lines => lines.iter().map(|line| format!("{line}\n")).collect(),
    }
}

/// Every parameter in a line: how it is, and what the step did to it.
fn parameters(scene: &Scene<'_>, output: &Output) -> String {
    let bold = |text: &str| output.paint(Style::Bold, text);
    let mut state = TextTable::new(&[
        ("", Align::Left),
        ("shape", Align::Right),
        ("mean", Align::Right),
        ("deviation", Align::Right),
        ("smallest", Align::Right),
        ("largest", Align::Right),
        ("|w|", Align::Right),
    ]);
    let mut change = TextTable::new(&[
        ("", Align::Left),
        ("|gradient|", Align::Right),
        ("|update|", Align::Right),
        ("|update| / |w|", Align::Right),
    ]);
    let mut has_moved = false;
    for parameter in &scene.step.parameters {
        let spread = Spread::of(&parameter.numbers);
        let mut cells = vec![parameter.name.clone(), parameter.shape.to_string()];
        let range = Format::of(&[spread.smallest, spread.largest]);
        cells.extend([spread.mean, spread.standard_deviation].map(figure));
        cells.extend([spread.smallest, spread.largest].map(|number| range.text(number)));
        cells.push(figure(spread.norm));
        state.row(cells);
        if let (Some(moved), Some(updates)) = (&parameter.moved, parameter.updates()) {
            let update = norm(&updates);
            let ratio = if spread.norm > 0.0 { figure(update / spread.norm) } else { "-".to_owned() };
            change.row([parameter.name.clone(), figure(norm(&moved.gradients)), figure(update), ratio]);
            has_moved = true;
        }
    }
    let mut text = String::new();
    if has_moved {
        text.push_str(&format!("\n{}\n{}\n", bold("What the step did"), change.text()));
    }
    text + &format!("{}\n{}", bold("Parameters"), state.text())
}

/// The numbers of what was asked for.
fn numbers(scene: &Scene<'_>, name: &str, shown: &Shown, output: &Output) -> String {
    let only = |what: &str, places: &[usize], part: &dyn Fn(&Parameter) -> Option<Vec<f64>>| {
        let blocks = places.iter().map(|&place| {
            let parameter = &scene.step.parameters[place];
            let title = format!("{what} of {}", parameter.name);
            match part(parameter) {
                Some(numbers) => block(&title, &numbers, parameter.shape, &row_names(scene, place), output),
                None => format!("{}: none, no step was taken\n", output.paint(Style::Bold, &title)),
            }
        });
        blocks.collect::<Vec<_>>().join("\n")
    };
    match shown {
        Shown::Parameters(places) => {
            places.iter().map(|&place| parameter(scene, place, output)).collect::<Vec<_>>().join("\n")
        }
        Shown::Gradients(places) => {
            only("Gradients", places, &|parameter| parameter.moved.as_ref().map(|moved| moved.gradients.clone()))
        }
        Shown::Updates(places) => only("Updates", places, &Parameter::updates),
        Shown::Number { parameter, place } => number(scene, name, *parameter, *place, output),
        Shown::Activations(layer) => {
            let outputs = scene.step.taken.iter().flat_map(|taken| &taken.outputs);
            let title = format!("Activations of {layer}");
            match outputs.into_iter().find(|output| output.layer == *layer) {
                None => format!("{}: none, no step was taken\n", output.paint(Style::Bold, &title)),
                Some(found) => {
                    let (what, rows) = scene.rows();
                    let names: Vec<String> = rows.iter().map(|row| format!("{what} {row}")).collect();
                    let shape = Shape::from([rows.len(), found.numbers.len() / rows.len().max(1)]);
                    block(&title, &found.numbers, shape, &names, output)
                }
            }
        }
    }
}

/// A table of numbers under a title, which says where the others are when some are left out.
fn block(title: &str, numbers: &[f64], shape: Shape, row_names: &[String], output: &Output) -> String {
    let table = grid("", numbers, shape, row_names, output.width());
    format!("{}{}\n{table}", output.paint(Style::Bold, &format!("{title}, {shape}")), where_all(&table))
}

fn where_all(table: &str) -> &'static str {
    if is_cut(table) { " (all of them: --json)" } else { "" }
}

/// One parameter: before, why and how it moved, after.
fn parameter(scene: &Scene<'_>, place: usize, output: &Output) -> String {
    let parameter = &scene.step.parameters[place];
    let (names, updates) = (row_names(scene, place), parameter.updates());
    let parts: Vec<(&str, &[f64])> = match (&parameter.moved, &updates) {
        (Some(moved), Some(updates)) => vec![
            ("before", &moved.before),
            ("gradient", &moved.gradients),
            ("update", updates),
            ("after", &parameter.numbers),
        ],
        _ => vec![("now", &parameter.numbers)],
    };
    let tables = match (parameter.shape.rows(), parameter.shape.columns()) {
        (_, 1) => columns(&parts, &names),
        (1, _) => rows(&parts, output.width()),
        _ => {
            let named = parts.iter().map(|(name, numbers)| {
                let table = grid(name, numbers, parameter.shape, &names, output.width());
                table.replacen(name, &output.paint(Style::Blue, name), 1)
            });
            named.collect::<Vec<_>>().join("\n")
        }
    };
    let title = format!("{}, {}", parameter.name, parameter.shape);
    format!("{}{}\n{tables}", output.paint(Style::Bold, &title), where_all(&tables))
}

/// One number with all its digits.
fn number(scene: &Scene<'_>, name: &str, parameter: usize, place: usize, output: &Output) -> String {
    let parameter = &scene.step.parameters[parameter];
    let digits = |number: f64| match scene.recipe.precision {
        Precision::F32 => f32::of(number).to_string(),
        Precision::F64 => number.to_string(),
    };
    let mut table = TextTable::new(&[("", Align::Left), ("", Align::Right)]);
    match (&parameter.moved, parameter.updates()) {
        (Some(moved), Some(updates)) => {
            table.row(["before".to_owned(), digits(moved.before[place])]);
            table.row(["gradient".to_owned(), digits(moved.gradients[place])]);
            table.row(["update".to_owned(), digits(updates[place])]);
            table.row(["after".to_owned(), digits(parameter.numbers[place])]);
        }
        _ => table.row(["now".to_owned(), digits(parameter.numbers[place])]),
    }
    let lines: String = table.text().lines().skip(1).map(|line| format!("{line}\n")).collect();
    format!("{}\n{lines}", output.paint(Style::Bold, name))
}

/// What the rows of a parameter stand for: columns of the table where it takes them, and their numbers else.
fn row_names(scene: &Scene<'_>, place: usize) -> Vec<String> {
    let rows = scene.names.parameters[place].1.rows();
    let features = match &scene.data.source {
        Source::Table(preprocessing) if place == 0 => preprocessing.feature_names(),
        Source::Table(_) | Source::Images { .. } => Vec::new(),
    };
    if features.len() == rows {
        (0..).zip(features).map(|(number, name)| format!("{number} {name}")).collect()
    } else {
        (0..rows).map(|number| number.to_string()).collect()
    }
}
