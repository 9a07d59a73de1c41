//! A network as a drawing: its units and weights where they are few, else a box for each layer.

use super::{Arrangement, Diagram, Edge, Flow, Format, Group, Look, Names, Node, check_layers, lines_of, shown};
use crate::base::error::Result;
use crate::data::findings::{counted, grouped};
use crate::nn::network::{Network, Origin};
use crate::nn::summary::{SummaryRow, summary};
use crate::report::network::{Column, columns};
use crate::report::text::listed;

/// The most units of a layer that are drawn one by one.
const MOST_UNITS: usize = 64;

/// The most letters of a line in a box, and the most names that are listed there.
const LETTERS: usize = 24;
const LISTED: usize = 4;

/// The drawing of a network whose learned numbers are `parameters`, in the order in which it was built: circles and lines
/// where it is a stack of few units, boxes otherwise. Fails when layers do not fit each other or are too many.
///
/// ```
/// use clione::prelude::*;
/// use clione::report::diagram::{Format, Names, network};
/// let model = Model::<f64>::new(Network::new([3]).add(Dense::new(4)).add(Dense::new(1)), 0)?;
/// let drawing = network(model.network(), model.parameters(), &Names::default(), Format::Svg)?;
/// assert_eq!((drawing.nodes.len(), drawing.edges.len()), (3 + 4 + 1, 3 * 4 + 4));
/// assert!(drawing.text(Format::Svg).starts_with("<svg"));
/// # Ok::<(), Error>(())
/// ```
pub fn network(network: &Network, parameters: &[f64], names: &Names, format: Format) -> Result<Diagram> {
    check_layers(network.values().len())?;
    let rows = summary(network)?;
    let parameter_count: usize = rows.iter().map(SummaryRow::parameter_count).sum();
    let layers = network.layers().len();
    let inputs: usize = network.inputs().map(|(_, shape)| shape.elements()).sum();
    let title = match &names.target {
        Some(target) => format!("The network that predicts {}", shown(target)),
        None => "The network".to_owned(),
    };
    let subtitle = [
        counted(inputs, "input"),
        counted(layers, "layer"),
        format!("{} in all", counted(parameter_count, "parameter")),
    ];
    let subtitle = subtitle.join(", ");
    let drawn = columns(network, &rows).and_then(|columns| {
        let weights: usize = columns.windows(2).map(|pair| pair[0].units * pair[1].units).sum();
        let are_few = weights <= format.most_weights() && columns.iter().all(|column| column.units <= MOST_UNITS);
        are_few.then(|| units(&columns, &rows, parameters, names))
    });
    let (arrangement, (groups, nodes, edges)) = match drawn {
        Some(drawn) => (Arrangement::Units, drawn),
        None => (Arrangement::Boxes, boxes(network, &rows, names)),
    };
    Ok(Diagram { title, subtitle, arrangement, groups, nodes, edges })
}

type Parts = (Vec<Group>, Vec<Node>, Vec<Edge>);

/// A circle for each unit, a line for each weight.
fn units(columns: &[Column], rows: &[SummaryRow], parameters: &[f64], names: &Names) -> Parts {
    let (mut groups, mut nodes, mut edges) = (Vec::new(), Vec::new(), Vec::new());
    // Where the numbers of each layer begin.
    let mut offset = 0;
    let offsets: Vec<usize> = rows
        .iter()
        .map(|row| {
            let start = offset;
            offset += row.parameter_count();
            start
        })
        .collect();
    let last = columns.len() - 1;
    for (number, column) in columns.iter().enumerate() {
        let row = &rows[column.row];
        let mut lines: Vec<String> = column.caption[1..].iter().map(|line| shown(line)).collect();
        if number > 0 {
            lines.push(counted(row.parameter_count(), "parameter"));
        }
        groups.push(Group { name: shown(&column.caption[0]), lines });
        let below = number.checked_sub(1).map_or(0, |before| columns[before].units);
        let (mut weights, mut bias, mut start) = (None, None, offsets[column.row]);
        for (_, shape) in &row.parameters {
            let numbers = parameters.get(start..start + shape.elements());
            start += shape.elements();
            match shape.sizes() {
                sizes if weights.is_none() && sizes == [below, column.units] => weights = numbers,
                [1, units] if *units == column.units => bias = numbers,
                _ => {}
            }
        }
        let first = nodes.len();
        for unit in 0..column.units {
            let names = match number {
                0 => names.inputs.as_slice(),
                _ if number == last => names.outputs.as_slice(),
                _ => &[],
            };
            let name = names.get(unit).filter(|_| names.len() == column.units);
            let about = match name {
                Some(name) => format!("{} {}: {name}", column.caption[0], unit + 1),
                None => format!("{} {}", column.caption[0], unit + 1),
            };
            let lines = name.map(|name| shown(name)).into_iter().collect();
            let look = Look::Unit(bias.map(|bias| bias[unit]));
            nodes.push(Node { lines, about, look, group: number, is_unused: false });
        }
        for (at, &weight) in weights.unwrap_or_default().iter().enumerate() {
            let (from, to) = (first - below + at / column.units, first + at % column.units);
            edges.push(Edge { from, to, flow: Flow::Weight(weight) });
        }
    }
    (groups, nodes, edges)
}

/// A box for each input, for each use of a layer, and for each output.
fn boxes(network: &Network, rows: &[SummaryRow], names: &Names) -> Parts {
    let mut nodes: Vec<Node> = Vec::with_capacity(rows.len() + 1);
    let mut edges = Vec::new();
    let mut uses = vec![0; network.layers().len()];
    for (at, (origin, row)) in network.values().iter().zip(rows).enumerate() {
        let mut lines = vec![shown(&row.name)];
        let (look, about) = match origin {
            Origin::Input(..) => {
                lines.push(format!("{} numbers", row.shape));
                if row.shape == names.inputs.len().to_string() {
                    lines.extend(lines_of(&some(&names.inputs), LETTERS));
                }
                (Look::Input, format!("{}: {}", row.name, names.inputs.join(", ")))
            }
            Origin::Layer(number, from) => {
                uses[*number] += 1;
                lines.extend(lines_of(&row.description, LETTERS));
                lines.push(format!("gives {}", row.shape));
                let shapes: Vec<String> =
                    row.parameters.iter().map(|(name, shape)| format!("{name} {shape}")).collect();
                let is_again = uses[*number] > 1
                    && rows.iter().any(|other| other.name == row.name && !other.parameters.is_empty());
                lines.push(match row.parameter_count() {
                    0 if is_again => "the same weights again".to_owned(),
                    0 => "no parameters".to_owned(),
                    count => counted(count, "parameter"),
                });
                edges.extend(from.iter().map(|value| Edge { from: value.position(), to: at, flow: Flow::Value }));
                let words = [row.name.clone(), row.description.clone(), listed(shapes)];
                (Look::Operation, words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(": "))
            }
        };
        nodes.push(Node { lines, about, look, group: 0, is_unused: false });
    }
    for (number, position) in network.output_positions().enumerate() {
        let classes = &names.outputs;
        let mut lines = vec![names.target.as_deref().filter(|_| number == 0).map_or("output".to_owned(), shown)];
        if classes.len() > 1 {
            lines.push(format!("{} classes", grouped(classes.len())));
            lines.extend(lines_of(&some(classes), LETTERS));
        }
        edges.push(Edge { from: position, to: nodes.len(), flow: Flow::Value });
        let about = format!("output: {}", classes.join(", "));
        nodes.push(Node { lines, about, look: Look::Result, group: 0, is_unused: false });
    }
    (vec![Group::default()], nodes, edges)
}

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| shown(name)).collect();
    let rest = names.len() - listed.len();
    if rest == 0 { listed.join(", ") } else { format!("{} and {} more", listed.join(", "), grouped(rest)) }
}
