//! A drawing of a network for the terminal: a circle for each unit, a line for each weight.

pub mod svg;

use crate::base::error::Result;
use crate::nn::network::Network;
use crate::nn::summary::{SummaryRow, summary};
use crate::report::canvas::{Canvas, DOTS};

/// The most lines that a drawing has; a taller layer is not drawn but told.
const MOST_ROWS: usize = 24;

/// The least number of characters between two layers.
const LEAST_GAP: usize = 10;

/// The most, so that a small network is not stretched over a wide terminal.
const MOST_GAP: usize = 22;

/// A layer in the drawing.
pub(in crate::report) struct Column {
    /// What is written below it, line by line.
    pub(in crate::report) caption: Vec<String>,
    /// How many units it has.
    pub(in crate::report) units: usize,
    /// The row of the summary with its weights.
    pub(in crate::report) row: usize,
}

/// The network as lines of at most `width` characters: drawn where it is a stack of fully connected layers that is small
/// enough, else one line for each layer. Fails when layers do not fit each other.
///
/// ```
/// use clione::prelude::*;
/// let network = Network::new([3]).add(Dense::new(4)).add(Dense::new(1));
/// let drawn = clione::report::network::picture(&network, 80).unwrap();
/// assert_eq!(drawn.matches('●').count(), 3 + 4 + 1);
/// let large = Network::new([784]).add(Dense::new(32));
/// assert!(clione::report::network::picture(&large, 80).unwrap().starts_with("input   784"));
/// ```
pub fn picture(network: &Network, width: usize) -> Result<String> {
    let rows = summary(network)?;
    let drawn = columns(network, &rows).and_then(|columns| drawing(&columns, width));
    Ok(drawn.unwrap_or_else(|| lines(&rows)))
}

/// The layers as columns, if the network is a stack of fully connected ones; a layer without weights of its own (an
/// activation, softmax) becomes a word below the column it works on.
pub(in crate::report) fn columns(network: &Network, rows: &[SummaryRow]) -> Option<Vec<Column>> {
    let (input, layers) = rows.split_first().filter(|_| network.is_stack())?;
    let caption = vec![input.name.clone(), format!("{} numbers", input.shape)];
    let mut columns = vec![Column { caption, units: input.shape.parse().ok()?, row: 0 }];
    for (at, row) in layers.iter().enumerate() {
        let (below, units) = (columns.last()?.units, row.shape.parse().ok()?);
        let words = row.description.split(", ").map(str::to_owned);
        if row.parameters.iter().any(|(_, shape)| shape.sizes() == [below, units]) {
            let caption = std::iter::once(row.name.clone()).chain(words.skip(1)).collect();
            columns.push(Column { caption, units, row: at + 1 });
        } else if row.parameters.is_empty() && units == below {
            columns.last_mut()?.caption.extend(words);
        } else {
            return None;
        }
    }
    (columns.len() > 1).then_some(columns)
}

/// Circles and lines, if they fit.
fn drawing(columns: &[Column], width: usize) -> Option<String> {
    let tallest = columns.iter().map(|column| column.units).max()?;
    let spacing = match tallest {
        0..=4 => 3,
        5..=8 => 2,
        _ => 1,
    };
    let height = (tallest.checked_sub(1)?).checked_mul(spacing)? + 1;
    let inputs: Vec<String> = names("x", columns.first()?.units);
    let outputs: Vec<String> = names("ŷ", columns.last()?.units);
    let half_caption = |column: &Column| column.caption.iter().map(|line| line.chars().count()).max().unwrap_or(0) / 2;
    let left = half_caption(columns.first()?).max(longest(&inputs) + 1);
    let right = half_caption(columns.last()?).max(longest(&outputs) + 1);
    let gap = (width.checked_sub(left + right + 1)? / (columns.len() - 1)).min(MOST_GAP);
    if height > MOST_ROWS || gap < LEAST_GAP {
        return None;
    }
    let center = |column: usize| left + column * gap;
    let row = |column: usize, unit: usize| (height - 1 - (columns[column].units - 1) * spacing) / 2 + unit * spacing;
    let mut canvas = Canvas::new(left + gap * (columns.len() - 1) + right + 1, height);
    let middle = |row: usize| row * DOTS.1 + 1;
    for column in 1..columns.len() {
        for from in 0..columns[column - 1].units {
            for to in 0..columns[column].units {
                let start = ((center(column - 1) + 2) * DOTS.0, middle(row(column - 1, from)));
                canvas.line(start, (center(column) * DOTS.0 - 3, middle(row(column, to))));
            }
        }
    }
    for (column, Column { units, .. }) in columns.iter().enumerate() {
        (0..*units).for_each(|unit| canvas.write(center(column), row(column, unit), "●"));
    }
    for (unit, name) in inputs.iter().enumerate() {
        canvas.write(left - 1 - name.chars().count(), row(0, unit), name);
    }
    for (unit, name) in outputs.iter().enumerate() {
        canvas.write(center(columns.len() - 1) + 2, row(columns.len() - 1, unit), name);
    }
    let drawn = canvas.lines().join("\n");
    Some(format!("{drawn}\n\n{}", captions(columns, &center)))
}

/// The words below the columns, each centred below its own.
fn captions(columns: &[Column], center: &dyn Fn(usize) -> usize) -> String {
    let mut text = String::new();
    for at in 0..columns.iter().map(|column| column.caption.len()).max().unwrap_or(0) {
        let mut line = String::new();
        for (number, column) in columns.iter().enumerate() {
            let Some(word) = column.caption.get(at) else { continue };
            let start = center(number).saturating_sub(word.chars().count() / 2);
            line.extend(std::iter::repeat_n(' ', start.saturating_sub(line.chars().count())));
            line.push_str(word);
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// One line for each layer.
fn lines(rows: &[SummaryRow]) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let line = |(at, row): (usize, &SummaryRow)| {
        let arrow = if at == 0 { "" } else { "→ " };
        let words = row.description.split_once(", ").filter(|_| at > 0).map(|(_, rest)| format!("  ({rest})"));
        format!("{:<width$}  {arrow}{}{}\n", row.name, row.shape, words.unwrap_or_default())
    };
    rows.iter().enumerate().map(line).collect()
}

/// `x1`, `x2`, ...; a single one has no number.
fn names(letter: &str, count: usize) -> Vec<String> {
    if count == 1 { vec![letter.to_owned()] } else { (1..=count).map(|at| format!("{letter}{at}")).collect() }
}

fn longest(names: &[String]) -> usize {
    names.iter().map(|name| name.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Add, Dense, Softmax};

    #[test]
    fn a_small_stack_is_drawn_with_its_names_below() {
        let network =
            Network::new([2]).add_named("hidden", Dense::new(3)).add_named("output", Dense::new(2)).add(Softmax);
        let drawn = picture(&network, 80).unwrap();
        assert_eq!(drawn.matches('●').count(), 7);
        for word in ["x2", "ŷ2", "hidden", "3 units", "softmax"] {
            assert!(drawn.contains(word), "{word} in\n{drawn}");
        }
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        for layers in 1..9 {
            let network = (0..layers).fold(Network::new([3]), |network, _| network.add(Dense::new(5)));
            for width in [40, 80, 120] {
                assert!(picture(&network, width).unwrap().lines().all(|line| line.chars().count() <= width));
            }
        }
    }

    #[test]
    fn what_is_too_tall_too_wide_or_no_stack_is_told_line_by_line() {
        let tall = Network::new([3]).add_named("hidden", Dense::new(100).activation(Activation::Relu));
        assert_eq!(picture(&tall, 80).unwrap(), "input   3\nhidden  → 100  (100 units, relu)\n");
        let wide = (0..20).fold(Network::new([3]), |network, _| network.add(Dense::new(2)));
        assert!(!picture(&wide, 80).unwrap().contains('●'));
        let mut residual = Network::new([3]);
        let x = residual.input(0);
        let h = residual.apply("hidden", Dense::new(3), &[x]);
        residual.apply("skip", Add, &[x, h]);
        assert!(!picture(&residual, 80).unwrap().contains('●'));
    }
}
