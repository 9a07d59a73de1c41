//! How a run of the demo ended, in words, and where to go from there.

use super::as_text::INDENT;
use crate::output::{Output, Style};
use clione::report::text::{Align, Table, listed, short, wrapped};
use clione::see::outcome::{Outcome, Unit, Verdict, flat_word, greatest_slope};
use clione::train::article::{Article, ArticleRun, TARGETS};

/// How many units of a layer are shown.
const MOST_UNITS: usize = 12;

/// A prediction this near to the mean of several targets is that mean.
const NEAR: f64 = 0.05;

/// The verdict on a run and the reasons for it, in lines of at most `width` characters.
pub fn words(article: &Article, run: &ArticleRun, outcome: &Outcome, output: &Output, width: usize) -> String {
    let (first, last) = (run.losses[0], run.losses[run.losses.len() - 1]);
    let losses = format!("The loss went from {first:.6} to {last:.8}.");
    let wrong = numbered_rows(outcome.wrong_rows.iter().map(|wrong| wrong.row));
    let wrong = format!("{wrong} {} wrong", if outcome.wrong_rows.len() == 1 { "is" } else { "are" });
    let (style, verdict, reasons) = match outcome.verdict {
        Verdict::Solved => (Style::Green, "Every row is right.".to_owned(), String::new()),
        Verdict::Unfinished => (Style::Red, format!("Not done yet: {wrong}."), unfinished_words(article, outcome)),
        Verdict::Unsteady => (Style::Red, format!("Unsteady: {wrong}."), unsteady_words(article)),
        Verdict::Stuck => (Style::Red, format!("Stuck: {wrong}."), stuck_words(article, outcome, width)),
    };
    let reasons = if outcome.verdict == Verdict::Stuck { reasons } else { wrapped(&reasons, width) };
    let verdict = wrapped(&format!("{verdict} {losses}"), width).replacen(&verdict, &output.paint(style, &verdict), 1);
    verdict + &reasons
}

fn unfinished_words(article: &Article, outcome: &Outcome) -> String {
    format!(
        "Over the last tenth of the iterations it changed by {:+.2} %: more iterations (--iterations {}) or \
         a larger learning rate (--learning-rate {}) may help.",
        0.0 - 100.0 * outcome.recent_fall,
        article.iterations.saturating_mul(10),
        short(article.learning_rate * 3.0),
    )
}

fn unsteady_words(article: &Article) -> String {
    format!(
        "It goes up and down: the steps jump over what they should reach. A smaller learning rate may help \
         (--learning-rate {}).",
        short(article.learning_rate / 10.0)
    )
}

fn stuck_words(article: &Article, outcome: &Outcome, width: usize) -> String {
    let mut text = wrapped(
        &format!(
            "Since iteration {} the loss has stayed within 5 % of where it is now; over the last tenth of the iterations \
             it changed by {:+.2} %.",
            outcome.plateau_from,
            0.0 - 100.0 * outcome.recent_fall
        ),
        width,
    );
    for group in &outcome.confused {
        text += &format!("\n{}", wrapped(&confused_words(outcome, group), width));
    }
    for layer in outcome.blocking_units.chunk_by(|a, b| a.layer == b.layer) {
        text += &format!("\n{}", blocking_words(layer, outcome, width));
    }
    text + "\n" + &wrapped(&remedies(article), width)
}

fn confused_words(outcome: &Outcome, group: &[usize]) -> String {
    let mean = group.iter().map(|&row| TARGETS[row]).sum::<f64>() / group.len() as f64;
    let rows = outcome.wrong_rows.iter().filter(|wrong| group.contains(&wrong.row));
    let is_mean = rows.clone().all(|wrong| (wrong.prediction - mean).abs() < NEAR);
    let answer = format!(
        " The least loss for one answer to all of them is at their mean, {}, and that is what it gives.",
        short(mean)
    );
    format!(
        "{} look the same to the network, but they need {}.{}",
        capitalised(&numbered_rows(group.iter().copied())),
        listed(rows.map(|wrong| short(wrong.target))),
        if is_mean { &answer } else { "" }
    )
}

/// Why one layer lets no gradient through for some of the wrong rows, and a table of its units.
fn blocking_words(units: &[Unit], outcome: &Outcome, width: usize) -> String {
    let (layer, activation) = (units[0].layer.as_str(), units[0].activation);
    let blocked = outcome.wrong_rows.iter().filter(|wrong| wrong.blocked_by.as_deref() == Some(layer));
    let reason = format!(
        "In layer `{layer}` every unit is {} for {}: the slope of {} is at most {}, but next to 0 there. The chain rule \
         multiplies the gradient by it, so these rows hardly move the weights of this layer and of those before it.",
        flat_word(activation),
        numbered_rows(blocked.map(|wrong| wrong.row)),
        activation.name(),
        short(greatest_slope(activation)),
    );
    let mut headings = vec!["unit".to_owned()];
    for row in 1..=TARGETS.len() {
        headings.extend([format!("row {row}"), "slope".to_owned()]);
    }
    let columns: Vec<(&str, Align)> = headings.iter().map(|heading| (heading.as_str(), Align::Right)).collect();
    let mut table = Table::new(&columns);
    for unit in units.iter().take(MOST_UNITS) {
        let numbers = unit.outputs.iter().zip(&unit.slopes);
        let cells = numbers.flat_map(|(y, slope)| [format!("{y:.3}"), format!("{slope:.4}")]);
        table.row(std::iter::once((unit.number + 1).to_string()).chain(cells));
    }
    format!("{}\n{}", wrapped(&reason, width), table.text())
}

fn remedies(article: &Article) -> String {
    let biases = if article.bias { "" } else { "biases (--bias), " };
    let hidden: Vec<String> = article.hidden.iter().map(|units| units.saturating_mul(2).to_string()).collect();
    format!(
        "What may help: other first weights (--seed {}), {biases}another learning rate (--learning-rate {}), more hidden \
         units (--hidden {}).",
        article.seed.wrapping_add(1),
        if article.learning_rate > 3.0 { 1.0 } else { 3.0 },
        hidden.join(",")
    )
}

/// `row 3`, `rows 3 and 4`: rows as people count them.
fn numbered_rows(rows: impl Iterator<Item = usize>) -> String {
    let numbers: Vec<String> = rows.map(|row| (row + 1).to_string()).collect();
    format!("{} {}", if numbers.len() == 1 { "row" } else { "rows" }, listed(numbers))
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Three commands that follow well on this run.
pub fn where_to_go_next(article: &Article, verdict: Verdict, output: &Output) -> String {
    let first = match verdict {
        Verdict::Solved if article.seed != 67 => {
            ("clione demo --seed 67", "one seed in two thousand gets stuck: see why")
        }
        _ => ("clione demo", "a run that works"),
    };
    let commands = [
        first,
        ("clione demo --hidden 8,4 --activation tanh --bias", "more layers and biases"),
        ("clione demo --svg loss.svg", "a picture of the loss"),
        ("clione demo -o article.clione --rows article.csv", "its model and rows, to explain"),
    ];
    let width = commands.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let mut text = format!("\n{}\n", output.paint_hint(Style::Bold, "Where to go next"));
    for (command, why) in commands {
        text += &format!("{INDENT}{command:<width$}  {}\n", output.paint_hint(Style::Faint, why));
    }
    text
}
