//! A drawing of a network for a page: a column of circles for each layer; of a large layer the first and the last few.

use super::{Column, columns};
use crate::data::findings::grouped;
use crate::nn::network::Network;
use crate::nn::summary::SummaryRow;
use crate::report::chart::plot::{circle, label};
use crate::report::markup::Markup;

/// The most circles of a column; a layer with more has a gap in the middle.
const MOST_CIRCLES: usize = 9;

/// The most layers that are drawn.
const MOST_LAYERS: usize = 12;

/// From one circle to the next below it, from one layer to the next, and the room at the sides.
const DOWN: f64 = 19.0;
const ACROSS: f64 = 92.0;
const SIDE: f64 = 48.0;

/// The network as an SVG picture, where it is a stack of fully connected layers; `rows` is its summary.
///
/// ```
/// use clione::prelude::*;
/// use clione::report::network::svg::drawing;
/// let network = Network::new([784]).add(Dense::new(4)).add(Dense::new(1));
/// let drawn = drawing(&network, &summary(&network)?).unwrap();
/// assert_eq!(drawn.text().matches("<circle").count(), 8 + 4 + 1); // 784 are told by 8 and a gap
/// # Ok::<(), Error>(())
/// ```
pub fn drawing(network: &Network, rows: &[SummaryRow]) -> Option<Markup> {
    let columns = columns(network, rows).filter(|columns| columns.len() <= MOST_LAYERS)?;
    let places: Vec<Vec<Option<usize>>> = columns.iter().map(|column| circles(column.units)).collect();
    let tallest = places.iter().map(Vec::len).max()?;
    let lines = columns.iter().map(|column| column.caption.len()).max()?;
    let height = DOWN * tallest as f64;
    let width = 2.0 * SIDE + ACROSS * (columns.len() - 1) as f64;
    let x = |column: usize| SIDE + ACROSS * column as f64;
    let y = |column: usize, at: usize| (height - DOWN * (places[column].len() - 1) as f64) / 2.0 + DOWN * at as f64;
    let mut markup = Markup::default();
    let view = format!("0 0 {width} {:.0}", height + 8.0 + 14.0 * lines as f64);
    let style = format!("max-width:{}px", 1.3 * width);
    let title = words(&columns);
    let attributes =
        [("class", "plot net"), ("viewBox", view.as_str()), ("style", &style), ("role", "img"), ("aria-label", &title)];
    markup.open("svg", &attributes);
    for column in 1..columns.len() {
        let mut path = String::new();
        for (from, _) in present(&places[column - 1]) {
            for (to, _) in present(&places[column]) {
                let (x1, x2) = (x(column - 1) + 6.0, x(column) - 6.0);
                path.push_str(&format!("M{x1} {:.1}L{x2} {:.1}", y(column - 1, from), y(column, to)));
            }
        }
        markup.empty("path", &[("class", "weights"), ("d", &path)]);
    }
    for (number, column) in columns.iter().enumerate() {
        for (at, unit) in places[number].iter().enumerate() {
            let place = (x(number), y(number, at));
            match unit {
                Some(unit) => circle(&mut markup, "unit", place, "6", &format!("{} {}", column.caption[0], unit + 1)),
                None => label(&mut markup, (place.0, place.1 + 4.0), "middle", "⋮"),
            }
        }
        for (at, words) in column.caption.iter().enumerate() {
            let below = height + 12.0 + 14.0 * at as f64;
            label(&mut markup, (x(number), below), "middle", &words.chars().take(16).collect::<String>());
        }
    }
    markup.close("svg");
    Some(markup)
}

/// What a column shows from top to bottom: units by number, and none for a gap.
fn circles(units: usize) -> Vec<Option<usize>> {
    if units <= MOST_CIRCLES {
        return (0..units).map(Some).collect();
    }
    let half = (MOST_CIRCLES - 1) / 2;
    (0..half).map(Some).chain([None]).chain((units - half..units).map(Some)).collect()
}

fn present(places: &[Option<usize>]) -> impl Iterator<Item = (usize, usize)> {
    places.iter().enumerate().filter_map(|(at, unit)| Some((at, (*unit)?)))
}

/// The drawing read aloud.
fn words(columns: &[Column]) -> String {
    let layers: Vec<String> =
        columns.iter().map(|column| format!("{} with {}", column.caption[0], grouped(column.units))).collect();
    format!("The network from left to right: {}", layers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_layer_shows_its_first_and_last_units() {
        assert_eq!(circles(3), [Some(0), Some(1), Some(2)]);
        let large = circles(100);
        assert_eq!(large.len(), MOST_CIRCLES);
        assert_eq!((large[3], large[4], large[5], large[8]), (Some(3), None, Some(96), Some(99)));
    }
}
