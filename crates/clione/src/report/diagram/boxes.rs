//! Layers or operations as a picture: boxes from left to right, and those of the backward pass below them, from right to left.

use super::layout::{columns, place};
use super::style::{self, LINE, MARGIN, NAME, SMALL, TITLE, TOP, group_width, pixels, words};
use super::{Arrangement, Diagram, Flow, Look, Node};
use crate::report::markup::Markup;

/// The room in a box beside and above its words.
const ASIDE: f64 = 10.0;
const ABOVE: f64 = 7.0;

/// The room between two columns, around the boxes of a group, and between two groups.
const GAP: f64 = 34.0;
const PADDING: f64 = 14.0;
const APART: f64 = 14.0;

/// From one line that turns to the next.
const TRACK: f64 = 7.0;

/// The length of the head of an arrow.
const HEAD: f64 = 7.0;

/// The size of the box of a node.
fn size(node: &Node) -> (f64, f64) {
    let rest = node.lines.iter().skip(1).map(|line| style::width(line, SMALL));
    let widest = rest.fold(node.lines.first().map_or(0.0, |name| style::width(name, NAME)), f64::max);
    ((widest + 2.0 * ASIDE).max(58.0), LINE * node.lines.len() as f64 + 2.0 * ABOVE)
}

/// Where everything is.
struct Places<'a> {
    diagram: &'a Diagram,
    sizes: Vec<(f64, f64)>,
    column: Vec<usize>,
    /// Left and right side of each column of boxes.
    sides: Vec<(f64, f64)>,
    /// Left and right side of each group.
    groups: Vec<(f64, f64)>,
    /// The middle of each box.
    boxes: Vec<(f64, f64)>,
    /// For each edge that stays in its pass the columns that it passes, and where.
    passes: Vec<Vec<(usize, f64)>>,
    /// For each edge to the other pass the way down, the height at which it goes aside, and the way down again.
    turns: Vec<Option<(f64, f64, f64)>>,
    /// Where the boxes end.
    bottom: f64,
    /// Where the groups begin, and where their boxes do.
    top: (f64, f64),
}

fn places(diagram: &Diagram) -> Places<'_> {
    let sizes: Vec<(f64, f64)> = diagram.nodes.iter().map(size).collect();
    let (column, spans) = columns(diagram);
    let count = spans.last().map_or(0, |span| span.1);
    // A node that the other pass needs has a track of its own behind its column, and behind that of each box it leads to.
    let mut tracks: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in diagram.edges.iter().filter(|edge| edge.flow == Flow::Kept) {
        for at in [column[edge.from], column[edge.to]] {
            if !tracks[at].contains(&edge.from) {
                tracks[at].push(edge.from);
            }
        }
    }
    let is_grouped = diagram.groups.len() > 1;
    let mut widths = vec![0.0_f64; count];
    sizes.iter().zip(&column).for_each(|(size, &column)| widths[column] = widths[column].max(size.0));
    let mut sides = Vec::with_capacity(count);
    let mut groups = Vec::with_capacity(spans.len());
    let mut x = MARGIN;
    for (group, &(start, end)) in diagram.groups.iter().zip(&spans) {
        let left = x;
        let inner: f64 = (start..end).map(|at| widths[at] + TRACK * tracks[at].len() as f64).sum();
        let inner = inner + GAP * end.saturating_sub(start + 1) as f64;
        let room = if is_grouped { inner.max(group_width(group)) + 2.0 * PADDING } else { inner };
        x += (room - inner) / 2.0;
        for at in start..end {
            sides.push((x, x + widths[at]));
            x += widths[at] + TRACK * tracks[at].len() as f64 + GAP;
        }
        groups.push((left, left + room));
        x = left + room + APART;
    }
    let header = if is_grouped {
        LINE * diagram.groups.iter().map(|group| group.lines.len() + 1).max().unwrap_or(0) as f64
    } else {
        0.0
    };
    let top = (TOP, if is_grouped { TOP + header + 2.0 * PADDING } else { TOP + 8.0 });
    let mut places = Places {
        boxes: vec![(0.0, 0.0); sizes.len()],
        passes: vec![Vec::new(); diagram.edges.len()],
        turns: vec![None; diagram.edges.len()],
        diagram,
        sizes,
        column,
        sides,
        groups,
        bottom: top.1,
        top,
    };
    places.pass(false);
    places.turn(&tracks);
    places.pass(true);
    places
}

impl Places<'_> {
    /// Places the boxes and lines of one pass below what is there already.
    fn pass(&mut self, is_backward: bool) {
        let nodes = &self.diagram.nodes;
        let members: Vec<usize> = (0..nodes.len()).filter(|&at| nodes[at].look.is_backward() == is_backward).collect();
        let position = |at: usize| members.binary_search(&at).ok();
        let edges = self.diagram.edges.iter().enumerate();
        let edges: Vec<(usize, (usize, usize))> =
            edges.filter_map(|(number, edge)| Some((number, (position(edge.from)?, position(edge.to)?)))).collect();
        let boxes: Vec<(usize, f64)> = members.iter().map(|&at| (self.column[at], self.sizes[at].1)).collect();
        let ends: Vec<(usize, usize)> = edges.iter().map(|edge| edge.1).collect();
        let heights = place(&boxes, &ends);
        for (&at, y) in members.iter().zip(&heights.boxes) {
            let (left, right) = self.sides[self.column[at]];
            self.boxes[at] = ((left + right) / 2.0, self.bottom + y);
        }
        for ((number, _), passes) in edges.iter().zip(heights.passes) {
            self.passes[*number] = passes.into_iter().map(|(column, y)| (column, self.bottom + y)).collect();
        }
        self.bottom += heights.bottom;
    }

    /// Leads lines from one pass to the other: behind their column, aside between the passes, each at a height of its own
    /// where others would lie on it, and behind the column where they end.
    fn turn(&mut self, tracks: &[Vec<usize>]) {
        let track = |column: usize, from: usize| {
            let number = tracks[column].iter().position(|&known| known == from).unwrap_or(0);
            self.sides[column].1 + 12.0 + TRACK * number as f64
        };
        let kept = || self.diagram.edges.iter().enumerate().filter(|(_, edge)| edge.flow == Flow::Kept);
        let mut levels: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut level_of = vec![None; self.diagram.nodes.len()];
        let mut turns = vec![None; self.diagram.edges.len()];
        for (number, edge) in kept() {
            let (down, end) = (track(self.column[edge.from], edge.from), track(self.column[edge.to], edge.from));
            let level = *level_of[edge.from].get_or_insert_with(|| {
                let ends = kept().filter(|other| other.1.from == edge.from);
                let ends = ends.map(|other| track(self.column[other.1.to], edge.from)).chain([down]);
                let (left, right) =
                    ends.fold((f64::INFINITY, 0.0), |(left, right): (f64, f64), x| (left.min(x), right.max(x)));
                let is_free =
                    |level: &Vec<(f64, f64)>| level.iter().all(|other| right < other.0 - 2.0 || other.1 + 2.0 < left);
                let level = levels.iter().position(is_free).unwrap_or_else(|| {
                    levels.push(Vec::new());
                    levels.len() - 1
                });
                levels[level].push((left, right));
                level
            });
            turns[number] = Some((down, self.bottom + 22.0 + TRACK * level as f64, end));
        }
        if turns.iter().any(Option::is_some) {
            self.bottom += 44.0 + TRACK * levels.len() as f64;
        }
        self.turns = turns;
    }

    /// The way of an edge.
    fn path(&self, number: usize) -> String {
        let edge = &self.diagram.edges[number];
        let ((from_x, from_y), (to_x, to_y)) = (self.boxes[edge.from], self.boxes[edge.to]);
        let (from_half, to_half) = (self.sizes[edge.from].0 / 2.0, self.sizes[edge.to].0 / 2.0);
        let point = |x: f64, y: f64| format!("{} {}", pixels(x), pixels(y));
        if let Some((down, level, end)) = self.turns[number] {
            let end_x = to_x + to_half + HEAD - 1.0;
            let aside = if down == end { String::new() } else { format!("V{}H{}", pixels(level), pixels(end)) };
            let begin = point(from_x + from_half, from_y);
            return format!("M{begin}H{}{aside}V{}H{}", pixels(down), pixels(to_y), pixels(end_x));
        }
        let is_backward = edge.flow == Flow::Gradient;
        let ahead = if is_backward { -1.0 } else { 1.0 };
        // Where a line enters a column, and where it leaves it.
        let near = |column: usize| if is_backward { self.sides[column].1 } else { self.sides[column].0 };
        let far = |column: usize| if is_backward { self.sides[column].0 } else { self.sides[column].1 };
        let mut path = format!("M{}", point(from_x + ahead * from_half, from_y));
        let (mut x, mut y) = (far(self.column[edge.from]), from_y);
        path.push_str(&format!("H{}", pixels(x)));
        let end = (self.column[edge.to], to_y);
        for &(column, height) in self.passes[number].iter().chain([&end]) {
            let middle = (x + near(column)) / 2.0;
            let bend = [point(middle, y), point(middle, height), point(near(column), height)];
            path.push_str(&format!("C{}", bend.join(" ")));
            (x, y) = (far(column), height);
            let until = if column == end.0 { to_x - ahead * (to_half + HEAD - 1.0) } else { x };
            path.push_str(&format!("H{}", pixels(until)));
        }
        path
    }

    /// The head of the arrow at the end of an edge.
    fn head(&self, number: usize) -> String {
        let edge = &self.diagram.edges[number];
        let ahead = if edge.flow == Flow::Value { 1.0 } else { -1.0 };
        let (x, y) = self.boxes[edge.to];
        let x = x - ahead * self.sizes[edge.to].0 / 2.0;
        let corner = |x: f64, y: f64| format!("{} {}", pixels(x), pixels(y));
        let back = x - ahead * HEAD;
        format!("M{}L{}L{}Z", corner(x, y), corner(back, y - 3.5), corner(back, y + 3.5))
    }
}

pub(super) fn svg(diagram: &Diagram) -> String {
    let places = places(diagram);
    let keys = keys(diagram);
    let legend: f64 = keys.iter().map(|(_, meaning)| style::width(meaning, SMALL) + 56.0).sum();
    let right = [style::width(&diagram.subtitle, SMALL), style::width(&diagram.title, TITLE), legend]
        .into_iter()
        .fold(places.groups.last().map_or(0.0, |group| group.1), |right, width| right.max(MARGIN + width));
    let is_grouped = diagram.groups.len() > 1;
    let bottom = places.bottom + if is_grouped { PADDING } else { 0.0 };
    let mut markup = Markup::default();
    let legend = if keys.is_empty() { 0.0 } else { 34.0 };
    style::open(&mut markup, (right + MARGIN, bottom + legend + MARGIN), &diagram.title, &diagram.subtitle);
    if is_grouped {
        for (group, (left, right)) in diagram.groups.iter().zip(&places.groups) {
            let [x, y, width, height] = [*left, places.top.0, right - left, bottom - places.top.0].map(pixels);
            let place = [("x", x.as_str()), ("y", &y), ("width", &width), ("height", &height), ("rx", "8")];
            markup.empty("rect", &[[("class", "group")].as_slice(), &place].concat()).literal("\n");
            let first = places.top.0 + 19.0;
            words(&mut markup, "name", (left + PADDING, first), "start", &group.name);
            for (at, line) in group.lines.iter().enumerate() {
                words(&mut markup, "small", (left + PADDING, first + LINE * (at + 1) as f64), "start", line);
            }
        }
    }
    for number in 0..diagram.edges.len() {
        line(&mut markup, diagram.edges[number].flow, &places.path(number), &places.head(number));
    }
    for ((node, &place), &size) in diagram.nodes.iter().zip(&places.boxes).zip(&places.sizes) {
        draw(&mut markup, node, place, size);
    }
    let mut x = MARGIN;
    for (key, meaning) in &keys {
        let y = bottom + 34.0;
        match key {
            Key::Line(flow) => {
                line(&mut markup, *flow, &format!("M{} {}H{}", pixels(x), pixels(y), pixels(x + 24.0)), "")
            }
            Key::Box(look, is_unused) => {
                let (class, [x, y]) = (class(*look, *is_unused), [x + 2.0, y - 6.0].map(pixels));
                let place = [("x", x.as_str()), ("y", &y), ("width", "20"), ("height", "12"), ("rx", "3")];
                markup.empty("rect", &[[("class", class.as_str())].as_slice(), &place].concat());
            }
        }
        words(&mut markup, "small", (x + 32.0, y + 4.0), "start", meaning);
        x += style::width(meaning, SMALL) + 56.0;
    }
    markup.close("svg").literal("\n").text().to_owned()
}

/// Something that the legend explains.
enum Key {
    /// A box; whether it is one that no plan computes.
    Box(Look, bool),
    /// A line.
    Line(Flow),
}

/// What occurs and needs a word, and its meaning.
fn keys(diagram: &Diagram) -> Vec<(Key, &'static str)> {
    debug_assert!(diagram.arrangement == Arrangement::Boxes, "units have a legend of their own");
    if !diagram.nodes.iter().any(|node| node.look.is_backward()) {
        return Vec::new();
    }
    let keys = [
        (Key::Box(Look::Parameter, false), "learned"),
        (Key::Box(Look::Operation, false), "forward"),
        (Key::Box(Look::Gradient, false), "backward"),
        (Key::Box(Look::ParameterGradient, false), "gradient of what is learned"),
        (Key::Box(Look::Gradient, true), "left out by the plan"),
        (Key::Line(Flow::Kept), "kept for the backward pass"),
    ];
    let occurs = |key: &Key| match key {
        Key::Box(_, true) => diagram.nodes.iter().any(|node| node.is_unused),
        Key::Box(look, false) => diagram.nodes.iter().any(|node| node.look == *look),
        Key::Line(flow) => diagram.edges.iter().any(|edge| edge.flow == *flow),
    };
    keys.into_iter().filter(|(key, _)| occurs(key)).collect()
}

/// The classes of a box.
fn class(look: Look, is_unused: bool) -> String {
    let look = match look {
        Look::Input => "input",
        Look::Parameter => "parameter",
        Look::Unit(_) | Look::Operation => "forward",
        Look::Result => "forward result",
        Look::Gradient => "backward",
        Look::ParameterGradient => "backward result",
    };
    format!("box {look}{}", if is_unused { " unused" } else { "" })
}

fn line(markup: &mut Markup, flow: Flow, path: &str, head: &str) {
    let class = match flow {
        Flow::Value | Flow::Weight(_) => "forward",
        Flow::Gradient => "backward",
        Flow::Kept => "kept",
    };
    markup.empty("path", &[("class", &format!("edge {class}")), ("d", path)]);
    if !head.is_empty() {
        markup.empty("path", &[("class", &format!("head {class}")), ("d", head)]);
    }
    markup.literal("\n");
}

fn draw(markup: &mut Markup, node: &Node, (x, y): (f64, f64), (across, down): (f64, f64)) {
    let [left, top, width, height] = [x - across / 2.0, y - down / 2.0, across, down].map(pixels);
    let class = class(node.look, node.is_unused);
    let place = [("x", left.as_str()), ("y", &top), ("width", &width), ("height", &height), ("rx", "5")];
    markup.open("g", &[]).element("title", &[], &node.about);
    markup.empty("rect", &[[("class", class.as_str())].as_slice(), &place].concat());
    for (at, line) in node.lines.iter().enumerate() {
        let class = if at == 0 { "name" } else { "small" };
        let baseline = y - down / 2.0 + ABOVE + LINE * at as f64 + 11.5;
        words(markup, class, (x, baseline), "middle", line);
    }
    markup.close("g").literal("\n");
}
