//! A run of the demo as a page of text: data, network, training, predictions and weights.

use super::{chart, ending};
use crate::output::{Output, Style};
use clione::base::error::Result;
use clione::nn::network::Network;
use clione::nn::summary::{SummaryRow, summary};
use clione::report::network::picture;
use clione::report::text::{Align, Table, matrix, short, wrapped};
use clione::see::outcome::Outcome;
use clione::train::article::{Article, ArticleRun, COLUMNS, INPUTS, LOSS, TARGETS};

/// How many lines of the chart the curve has.
const CHART_ROWS: usize = 12;

/// How far the parts of the page stand from the left.
pub const INDENT: &str = "  ";

/// The page.
pub fn text(article: &Article, run: &ArticleRun, outcome: &Outcome, output: &Output) -> Result<String> {
    let network = run.model.network();
    let width = output.width();
    let inner = width - INDENT.len();
    let title = |text: &str| format!("\n{}\n\n", output.paint(Style::Bold, text));
    let mut text = output.paint(Style::Bold, "A neural network from scratch") + "\n\n";
    let data = "Four rows of three numbers, and what the network should say to each: 1 where exactly one of x1 and x2 \
                is 1 (exclusive or). x3 is always 1.";
    text += &format!("{}\n", wrapped(data, width));
    text += &indented(&data_table().text());

    text += &title("The network");
    text += &indented(&output.paint_dots(Style::Blue, &picture(network, inner)?));
    text.push('\n');
    text += &indented(&summary_table(article, network)?);

    text += &title("Training");
    text += &indented(&training_words(article, inner));
    text.push('\n');
    text += &indented(&output.paint_dots(Style::Blue, &chart(&run.losses).text(inner, CHART_ROWS)));

    text += &title("Predictions");
    text += &indented(&predictions_table(run).text());
    text.push('\n');
    text += &indented(&ending::words(article, run, outcome, output, inner));

    text += &title("What it learned");
    text += &indented(&weights_text(run));
    Ok(text)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{INDENT}{line}\n") }).collect()
}

fn data_table() -> Table {
    let mut table = Table::new(&[
        ("row", Align::Right),
        ("x1", Align::Right),
        ("x2", Align::Right),
        ("x3", Align::Right),
        ("true y", Align::Right),
    ]);
    for (at, (row, target)) in INPUTS.chunks(COLUMNS).zip(TARGETS).enumerate() {
        let numbers = row.iter().chain([&target]).map(f64::to_string);
        table.row(std::iter::once((at + 1).to_string()).chain(numbers));
    }
    table
}

fn summary_table(article: &Article, network: &Network) -> Result<String> {
    let mut table = Table::new(&[
        ("layer", Align::Left),
        ("what it does", Align::Left),
        ("gives", Align::Right),
        ("weights", Align::Left),
        ("numbers learned", Align::Right),
    ]);
    let rows = summary(network)?;
    for row in &rows {
        let shapes: Vec<String> = row.parameters.iter().map(|(_, shape)| shape.to_string()).collect();
        let count = row.parameter_count().to_string();
        let shape = row.shape.clone();
        table.row([row.name.clone(), row.description.clone(), shape, shapes.join(" + "), count]);
    }
    let total: usize = rows.iter().map(SummaryRow::parameter_count).sum();
    let formula = LOSS.documentation()[0].trim();
    let formula = formula.split_once(':').map_or(formula, |(formula, _)| formula);
    Ok(format!(
        "{}\n{total} numbers are learned, drawn by NumPy's generator from seed {}.\nLoss: {}, {formula}: {}.\n",
        table.text(),
        article.seed,
        LOSS.name(),
        LOSS.reduction().name(),
    ))
}

fn training_words(article: &Article, width: usize) -> String {
    let times = if article.iterations == 1 { "once".to_owned() } else { format!("{} times", article.iterations) };
    let words = "All four rows forward, the gradient of the loss backward by the chain rule, and a step downhill";
    let rule = format!("w ← w - {} · dL/dw", short(article.learning_rate));
    format!("{}\n{}", wrapped(&format!("{words}, {times}:"), width), indented(&rule))
}

fn predictions_table(run: &ArticleRun) -> Table {
    let mut table = Table::new(&[
        ("row", Align::Right),
        ("prediction", Align::Right),
        ("true y", Align::Right),
        ("error", Align::Right),
    ]);
    for (at, (prediction, target)) in run.predictions.iter().zip(TARGETS).enumerate() {
        table.row([
            (at + 1).to_string(),
            format!("{prediction:.8}"),
            target.to_string(),
            format!("{:+.8}", prediction - target),
        ]);
    }
    table
}

fn weights_text(run: &ArticleRun) -> String {
    let mut text = String::new();
    let mut below: Vec<String> = numbered("x", COLUMNS);
    let layers = run.model.network().layers().len();
    for (at, spec) in run.model.specs().iter().enumerate() {
        let (layer, role) = spec.name.split_once('.').unwrap_or((&spec.name, ""));
        let number = run.model.network().layers().iter().position(|known| known.name == layer).unwrap_or(0) + 1;
        let letter = match (number == layers, layers) {
            (true, _) => "ŷ",
            (false, 2) => "h",
            (false, _) => &format!("h{number}."),
        };
        let units = spec.shape.columns();
        let names = if number == layers && units == 1 { vec![letter.to_owned()] } else { numbered(letter, units) };
        let (symbol, rows) = if role == "bias" { ("b", vec![String::new()]) } else { ("W", below.clone()) };
        let gap = if at == 0 { "" } else { "\n" };
        text += &format!("{gap}{symbol}{number}  {} ({})\n", spec.shape, spec.name.replace('.', ", "));
        text += &indented(&matrix(&run.model.parameters()[spec.range()], &rows, &names));
        let is_last_of_layer = run.model.specs().get(at + 1).is_none_or(|next| !next.name.starts_with(layer));
        if is_last_of_layer {
            below = names;
        }
    }
    text
}

fn numbered(letter: &str, count: usize) -> Vec<String> {
    (1..=count).map(|at| format!("{letter}{at}")).collect()
}
