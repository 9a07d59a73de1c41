//! A small network as a picture: a circle for each unit, a line for each weight, coloured and as wide as it weighs.

use super::style::{self, LINE, MARGIN, NAME, SMALL, TITLE, TOP, group_width, pixels, words};
use super::{Diagram, Flow, Look, Node, share};
use crate::report::markup::Markup;
use crate::report::text::short;

/// The widest line, and the thinnest.
const WIDEST: f64 = 4.0;
const THINNEST: f64 = 0.4;

/// The least size of a circle that has room for its bias.
const ROOMY: f64 = 14.0;

/// The room of a sample in the legend.
const SAMPLE: f64 = 74.0;

/// Where everything is.
struct Places {
    /// The middle of each circle.
    circles: Vec<(f64, f64)>,
    /// The size of the circles of each column: from the middle to the rim.
    radius: Vec<f64>,
    /// The middle of each column.
    columns: Vec<f64>,
    /// Below all circles.
    bottom: f64,
    /// Right of all names.
    right: f64,
}

/// From one circle to the next in the largest column.
fn spacing(units: usize, is_named: bool) -> f64 {
    let spacing: f64 = match units {
        0..=6 => 52.0,
        7..=12 => 36.0,
        13..=24 => 24.0,
        25..=40 => 17.0,
        _ => 13.0,
    };
    if is_named { spacing.max(17.0) } else { spacing }
}

fn places(diagram: &Diagram) -> Places {
    let of_column = |column: usize| diagram.nodes.iter().enumerate().filter(move |(_, node)| node.group == column);
    let count = diagram.groups.len();
    let is_named = |column: usize| of_column(column).any(|(_, node)| !node.lines.is_empty());
    let units = |column: usize| of_column(column).count();
    let height =
        (0..count).map(|column| spacing(units(column), is_named(column)) * units(column) as f64).fold(0.0, f64::max);
    let names = |column: usize| of_column(column).filter_map(|(_, node)| node.lines.first());
    let longest = |column: usize| names(column).map(|name| style::width(name, NAME)).fold(0.0, f64::max);
    // A tall picture needs more room from column to column, or its lines are too steep to follow.
    let least = (0.38 * height).clamp(150.0, 330.0);
    let mut columns: Vec<f64> = Vec::with_capacity(count);
    let mut radius = Vec::with_capacity(count);
    let mut circles = vec![(0.0, 0.0); diagram.nodes.len()];
    let mut half_before = 0.0;
    for (column, group) in diagram.groups.iter().enumerate() {
        let half = group_width(group) / 2.0;
        let x = match columns.last() {
            None => MARGIN + (longest(column) + 28.0).max(half),
            Some(before) => before + least.max(half_before + half + 20.0),
        };
        let room = height / units(column) as f64;
        let step = room.min(52.0);
        let first = TOP + (height - step * (units(column) - 1) as f64) / 2.0;
        for (position, (at, _)) in of_column(column).enumerate() {
            circles[at] = (x, first + step * position as f64);
        }
        columns.push(x);
        radius.push((0.36 * room.min(46.0)).max(3.5));
        half_before = half;
    }
    let last = count - 1;
    let right = columns[last] + (longest(last) + 28.0).max(group_width(&diagram.groups[last]) / 2.0);
    Places { circles, radius, columns, bottom: TOP + height, right }
}

pub(super) fn svg(diagram: &Diagram) -> String {
    let places = places(diagram);
    let (largest, largest_bias) = diagram.largest();
    let caption = diagram.groups.iter().map(|group| group.lines.len() + 1).max().unwrap_or(0);
    let legend = places.bottom + LINE * caption as f64 + 40.0;
    let right = [style::width(&diagram.subtitle, SMALL), style::width(&diagram.title, TITLE), 5.0 * SAMPLE + 60.0]
        .into_iter()
        .fold(places.right, |right, width| right.max(MARGIN + width));
    let mut markup = Markup::default();
    style::open(
        &mut markup,
        (right + MARGIN, legend + if largest_bias > 0.0 { 40.0 } else { 14.0 } + MARGIN),
        &diagram.title,
        &diagram.subtitle,
    );
    lines(diagram, &places, largest, &mut markup);
    for (node, &place) in diagram.nodes.iter().zip(&places.circles) {
        let radius = places.radius[node.group];
        circle(node, place, radius, largest_bias, &mut markup);
        if let Some(name) = node.lines.first() {
            let (away, anchor) = if node.group == 0 { (-radius - 8.0, "end") } else { (radius + 8.0, "start") };
            words(&mut markup, "label", (place.0 + away, place.1 + 4.5), anchor, name);
        }
    }
    for (group, &x) in diagram.groups.iter().zip(&places.columns) {
        words(&mut markup, "name", (x, places.bottom + 22.0), "middle", &group.name);
        for (at, line) in group.lines.iter().enumerate() {
            words(&mut markup, "small", (x, places.bottom + 22.0 + LINE * (at + 1) as f64), "middle", line);
        }
    }
    legends(&mut markup, legend, largest, largest_bias);
    markup.close("svg").literal("\n").text().to_owned()
}

/// A line for each weight, the light ones first, so that the heavy ones lie on top.
fn lines(diagram: &Diagram, places: &Places, largest: f64, markup: &mut Markup) {
    let mut weights: Vec<(f64, usize, usize)> = diagram
        .edges
        .iter()
        .filter_map(|edge| if let Flow::Weight(weight) = edge.flow { Some((weight, edge.from, edge.to)) } else { None })
        .collect();
    weights.sort_by(|a, b| share(a.0, largest).total_cmp(&share(b.0, largest)));
    // Among many lines a wide one hides too much.
    let widest = if weights.len() > 400 { 0.6 * WIDEST } else { WIDEST };
    for (weight, from, to) in weights {
        let radius = |at: usize| places.radius[diagram.nodes[at].group];
        let ((x1, y1), (x2, y2)) = (places.circles[from], places.circles[to]);
        let ends = [x1 + radius(from), y1, x2 - radius(to), y2].map(pixels);
        let path = format!("M{} {}L{} {}", ends[0], ends[1], ends[2], ends[3]);
        let says = format!("{} → {}: {}", diagram.nodes[from].about, diagram.nodes[to].about, short(weight));
        line(markup, weight, largest, widest, (&path, Some(&says)));
    }
}

/// A line as wide and as strong as its weight.
fn line(markup: &mut Markup, weight: f64, largest: f64, widest: f64, (path, says): (&str, Option<&str>)) {
    let share = share(weight, largest);
    let width = format!("{:.2}", THINNEST + (widest - THINNEST) * share);
    let opacity = format!("{:.2}", 0.12 + 0.83 * share);
    let class = format!("weight {}", colour(weight));
    let attributes = [("class", class.as_str()), ("d", path), ("stroke-width", &width), ("stroke-opacity", &opacity)];
    match says {
        None => markup.empty("path", &attributes),
        Some(says) => markup.open("path", &attributes).element("title", &[], says).close("path"),
    };
    markup.literal("\n");
}

/// The class of a number's colour: one for each sign, and one for what is no number.
fn colour(number: f64) -> &'static str {
    match number {
        _ if !number.is_finite() => "odd",
        _ if number < 0.0 => "backward",
        _ => "forward",
    }
}

/// A circle, tinted by its bias, which stands in it where there is room.
fn circle(node: &Node, (x, y): (f64, f64), radius: f64, largest: f64, markup: &mut Markup) {
    let bias = if let Look::Unit(bias) = node.look { bias } else { None };
    let says = match bias {
        None => node.about.clone(),
        Some(bias) => format!("{}: bias {}", node.about, short(bias)),
    };
    let [cx, cy, r] = [x, y, radius].map(pixels);
    markup.open("circle", &[("class", "unit"), ("cx", &cx), ("cy", &cy), ("r", &r)]);
    markup.element("title", &[], &says).close("circle");
    if let Some(bias) = bias {
        let (class, opacity) = (format!("tint {}", colour(bias)), format!("{:.2}", 0.5 * share(bias, largest)));
        markup.empty("circle", &[("class", &class), ("cx", &cx), ("cy", &cy), ("r", &r), ("fill-opacity", &opacity)]);
        let number = signed(bias);
        if radius >= ROOMY && style::width(&number, 9.5) <= 2.0 * radius {
            words(markup, "bias", (x, y + 3.4), "middle", &number);
        }
    }
    markup.literal("\n");
}

/// A number in two or three digits, as it stands in a circle.
fn signed(number: f64) -> String {
    let text = match number.abs() {
        size if size < 0.995 => format!("{number:.2}"),
        size if size < 9.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    };
    if text == "-0.00" { "0.00".to_owned() } else { text.replace('-', "−") }
}

/// What widths and colours mean.
fn legends(markup: &mut Markup, y: f64, largest: f64, largest_bias: f64) {
    words(markup, "small", (MARGIN, y), "start", "weight");
    for (at, part) in [-1.0, -0.5, 0.0, 0.5, 1.0].into_iter().enumerate() {
        let x = MARGIN + 60.0 + SAMPLE * at as f64;
        let path = format!("M{} {}L{} {}", pixels(x), pixels(y - 4.0), pixels(x + SAMPLE - 26.0), pixels(y - 4.0));
        line(markup, part * largest, largest, WIDEST, (&path, None));
        words(markup, "small", (x + (SAMPLE - 26.0) / 2.0, y + 13.0), "middle", &legible(part * largest));
    }
    if largest_bias > 0.0 {
        words(markup, "small", (MARGIN, y + 38.0), "start", "bias");
        for (at, part) in [-1.0, -0.5, 0.0, 0.5, 1.0].into_iter().enumerate() {
            let x = MARGIN + 60.0 + SAMPLE * at as f64;
            let number = part * largest_bias;
            let node = Node {
                lines: Vec::new(),
                about: legible(number),
                look: Look::Unit(Some(number)),
                group: 0,
                is_unused: false,
            };
            circle(&node, (x + 7.0, y + 34.0), 6.0, largest_bias, markup);
            words(markup, "small", (x + 18.0, y + 38.0), "start", &legible(number));
        }
    }
}

/// A number of the legend, in as few letters as its sample has room for.
fn legible(number: f64) -> String {
    let text = match number.abs() {
        0.0 => "0".to_owned(),
        size if (0.01..1000.0).contains(&size) => format!("{number:.2}"),
        _ => format!("{number:.1e}"),
    };
    text.replace('-', "−")
}
