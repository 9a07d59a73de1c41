//! The network with the numbers of the row in it: a column for each layer, a circle for each unit, a line for each weight.

use super::layers::weights;
use super::{Cards, Explanation, colour, gradients, largest, strength};
use crate::data::findings::counted;
use crate::report::diagram::Names;
use crate::report::markup::Markup;
use crate::report::page::figure::short;
use crate::report::text::digits;
use crate::see::explain::symbols::LOSS;
use crate::see::explain::walk::{LearnedNumbers, Stage};

/// The most units of a layer that are drawn: of more, those with the largest gradients.
const MOST_UNITS: usize = 12;

/// About the most lines of the picture: many layers have fewer units each.
const MOST_LINES: usize = 500;

/// The most layers that are drawn.
const MOST_LAYERS: usize = 12;

/// Distances, in pixels.
const ACROSS: f64 = 138.0;
const DOWN: f64 = 54.0;
const RADIUS: f64 = 21.0;
const TOP: f64 = 58.0;
const LABEL: f64 = 108.0;

/// How far the picture may shrink on a narrow screen before it is moved instead.
const LEAST: f64 = 0.75;

/// How many letters of a name there is room for.
const LETTERS: usize = 14;

/// Above so many lines between two layers each is thinner.
const MANY_LINES: usize = 40;

/// A layer in the picture.
struct Column<'a> {
    title: String,
    below: String,
    /// What the stage works out; none for the inputs.
    stage: Option<&'a Stage>,
    /// All of its units.
    units: Vec<Circle>,
    /// The places of those that are drawn.
    shown: Vec<usize>,
}

/// A unit in the picture.
struct Circle {
    /// What it gives is called so.
    name: String,
    /// What stands beside it.
    label: String,
    value: f64,
    /// The names that light it up: what it gives, and what it sums up.
    on: String,
    about: String,
}

pub(super) fn write(page: &Explanation<'_>, cards: &Cards, markup: &mut Markup) {
    let columns = columns(page);
    let most = columns.iter().map(|column| column.shown.len()).max().unwrap_or(1);
    let has_loss = page.walk.loss.is_some();
    let last = columns.len() - 1;
    let width = LABEL + RADIUS + ACROSS * last as f64 + if has_loss { ACROSS + LABEL } else { LABEL } + RADIUS;
    let height = TOP + DOWN * most as f64 + 34.0;
    let place = |column: usize, at: usize| {
        let count = columns[column].shown.len();
        let first = TOP + DOWN / 2.0 + DOWN * (most - count) as f64 / 2.0;
        (LABEL + RADIUS + ACROSS * column as f64, first + DOWN * at as f64)
    };
    let view = format!("0 0 {width} {height}");
    let (size, least) = (width.to_string(), format!("min-width:{:.0}px", LEAST * width));
    let label = "The network: inputs to the left, the loss to the right, in each circle what it gives";
    markup.literal("<div class=\"scroll picture\">");
    markup.open(
        "svg",
        &[
            ("class", "drawn"),
            ("viewBox", &view),
            ("width", &size),
            ("style", &least),
            ("role", "group"),
            ("aria-label", label),
        ],
    );
    for at in 1..columns.len() {
        edges(page, cards, &columns, at, &place, markup);
    }
    if let Some(loss) = page.walk.loss {
        let (x, y) = (place(last, 0).0 + ACROSS, TOP + DOWN * most as f64 / 2.0);
        for (at, _) in columns[last].shown.iter().enumerate() {
            let from = place(last, at);
            let path = curve((from.0 + RADIUS, from.1), (x - RADIUS, y));
            markup.empty("path", &[("class", "flow"), ("d", &path)]);
        }
        text(markup, "head", (x, 18.0), "loss");
        text(markup, "under", (x, 34.0), &shortened(&page.model.loss.name().replace('_', " "), 26));
        let on = [("class", "unit loss"), ("data-name", LOSS)];
        markup.open("g", &on);
        disc(markup, (x, y), "");
        text(markup, "number", (x, y + 4.0), &number(loss));
        markup.literal("</g>");
    }
    for (number, column) in columns.iter().enumerate() {
        let x = place(number, 0).0;
        text(markup, "head", (x, 18.0), &shortened(&column.title, 18));
        text(markup, "under", (x, 34.0), &shortened(&column.below, 22));
        let largest = column.units.iter().map(|unit| unit.value.abs()).fold(0.0, f64::max);
        for (at, &unit) in column.shown.iter().enumerate() {
            circle(cards, &column.units[unit], place(number, at), (number == 0, largest), markup);
            bias(page, cards, column, unit, place(number, at), markup);
        }
        let rest = column.units.len() - column.shown.len();
        if rest > 0 {
            text(markup, "under", (x, height - 12.0), &format!("+ {}", counted(rest, "more unit")));
        }
    }
    markup.literal("</svg></div>\n");
    markup.literal(
        "<p class=\"small legend-line\"><i class=\"dash p\"></i> positive <i class=\"dash m\"></i> negative; the wider a line, \
         the larger the weight.</p>\n",
    );
}

fn columns<'a>(page: &Explanation<'a>) -> Vec<Column<'a>> {
    let count = page.walk.stages.iter().filter(|stage| !stage.units.is_empty()).count().clamp(1, MOST_LAYERS);
    let most = (MOST_LINES / count).isqrt().min(MOST_UNITS);
    let input = page.row.inputs[0];
    let (values, slopes) = (page.numbers(), page.row.gradient(input));
    let units = values.iter().enumerate().map(|(index, &value)| {
        let name = page.symbols.symbol(input).map_or_else(String::new, |symbol| symbol.element(index));
        let label = page.names.get(index).unwrap_or(&name);
        Circle { label: shortened(label, LETTERS), value, on: name.clone(), about: label.clone(), name }
    });
    let units = units.collect();
    let asked = page.asked_for();
    let is_asked = |index: usize| page.symbols.symbol(input).is_some_and(|x| asked.contains(x.element(index).as_str()));
    let matters = |index: usize| match slopes {
        _ if is_asked(index) => f64::INFINITY,
        Some(slopes) => slopes[index] * values[index],
        None => values[index],
    };
    let matters: Vec<f64> = (0..values.len()).map(matters).collect();
    let inputs =
        Column { title: "inputs".to_owned(), below: String::new(), stage: None, units, shown: largest(&matters, most) };
    let outputs: Vec<&str> =
        page.walk.errors.iter().flat_map(|error| &error.pairs).map(|pair| pair.name.as_str()).collect();
    let names = Names::of(&page.model.source, outputs.len()).outputs;
    let stages = page.walk.stages.iter().filter(|stage| !stage.units.is_empty()).take(MOST_LAYERS);
    let stages = stages.map(|stage| {
        let units = stage.units.iter().enumerate().map(|(at, unit)| {
            let is_output = outputs.contains(&unit.name.as_str());
            let class = names.get(at).filter(|_| is_output && names.len() == stage.units.len());
            let sum = unit.sum.as_ref().map_or("", |sum| &sum.name);
            Circle {
                name: unit.name.clone(),
                label: class.map_or_else(String::new, |class| shortened(class, LETTERS)),
                value: unit.value,
                on: format!("{} {sum}", unit.name),
                about: class.map_or_else(|| unit.name.clone(), |class| format!("{}, {class}", unit.name)),
            }
        });
        Column {
            title: stage.layer.clone(),
            below: stage.function.map_or_else(|| "sum".to_owned(), str::to_owned),
            stage: Some(stage),
            units: units.collect(),
            shown: largest(&weights(page, stage), most),
        }
    });
    std::iter::once(inputs).chain(stages).collect()
}

/// The weights of a layer, and where the numbers that they multiply stand in the picture.
struct Weights<'a> {
    parameter: &'a LearnedNumbers,
    from: usize,
}

impl<'a> Weights<'a> {
    /// Those that lead to a column, where they come from a column that is drawn.
    fn of(page: &Explanation<'a>, columns: &[Column<'_>], to: usize) -> Option<Self> {
        let sum = columns[to].stage?.units.first()?.sum.as_ref()?;
        let term = sum.terms.first()?;
        let (name, _) = term.weight_name.rsplit_once('[')?;
        let parameter = page.walk.parameters.iter().find(|parameter| parameter.name == name)?;
        let from = columns[..to].iter().rposition(|column| column.units.iter().any(|unit| unit.name == term.from))?;
        let fits = parameter.values.len() == columns[from].units.len() * columns[to].units.len();
        fits.then_some(Weights { parameter, from })
    }
}

/// The lines that lead to a column.
fn edges(
    page: &Explanation<'_>,
    cards: &Cards,
    columns: &[Column<'_>],
    to: usize,
    place: &dyn Fn(usize, usize) -> (f64, f64),
    markup: &mut Markup,
) {
    let Some(Weights { parameter, from }) = Weights::of(page, columns, to) else {
        let is_same = columns[to].units.len() == columns[to - 1].units.len();
        for (at, unit) in columns[to].shown.iter().enumerate().filter(|_| is_same) {
            if let Some(before) = columns[to - 1].shown.iter().position(|other| other == unit) {
                let (start, end) = (place(to - 1, before), place(to, at));
                let path = curve((start.0 + RADIUS, start.1), (end.0 - RADIUS, end.1));
                markup.empty("path", &[("class", "flow"), ("d", &path)]);
            }
        }
        return;
    };
    let most = parameter.values.iter().fold(0.0, |most: f64, number| most.max(number.abs()));
    let is_crowded = columns[from].shown.len() * columns[to].shown.len() > MANY_LINES;
    let (widest, strongest) = if is_crowded { (1.6, 0.45) } else { (3.0, 0.75) };
    for (start, &input) in columns[from].shown.iter().enumerate() {
        for (end, &unit) in columns[to].shown.iter().enumerate() {
            let index = input * columns[to].units.len() + unit;
            let (value, name) = (parameter.values[index], gradients::name(page, &parameter.name, index));
            let (a, b) = (place(from, start), place(to, end));
            let path = curve((a.0 + RADIUS, a.1), (b.0 - RADIUS, b.1));
            let (source, target) = (&columns[from].units[input], &columns[to].units[unit]);
            let share = strength(value, most);
            let (thick, opacity) =
                (format!("{:.1}", 0.6 + widest * share * share), format!("{:.2}", 0.15 + strongest * share));
            let class = format!("line {}", colour(value));
            let seen =
                [("class", class.as_str()), ("d", &path), ("stroke-width", &thick), ("stroke-opacity", &opacity)];
            let about = format!("{name} = {}", short(value));
            let ends = [("class", "edge"), ("data-from", source.name.as_str()), ("data-to", target.name.as_str())];
            if cards.names.contains(&name) {
                markup.open("a", &[("href", &format!("#{name}")), ("aria-label", &name)]);
                markup.open("g", &[&ends[..], &[("data-name", &name)]].concat()).empty("path", &seen);
                markup.open("path", &[("class", "hit"), ("d", &path)]).element("title", &[], &about);
                markup.close("path").close("g").close("a");
            } else {
                markup.open("g", &ends).open("path", &seen).element("title", &[], &about).close("path").close("g");
            }
            markup.literal("\n");
        }
    }
}

fn circle(cards: &Cards, unit: &Circle, (x, y): (f64, f64), (is_input, largest): (bool, f64), markup: &mut Markup) {
    let is_linked = cards.names.contains(&unit.name);
    let about = format!("{} = {}", unit.about, short(unit.value));
    if is_linked {
        markup.open("a", &[("href", &format!("#{}", unit.name)), ("aria-label", &about)]);
    }
    markup.open("g", &[("class", "unit"), ("data-name", &unit.on)]).element("title", &[], &about);
    disc(markup, (x, y), "");
    let tint = format!("{:.2}", 0.5 * strength(unit.value, largest).powi(2));
    let [cx, cy, r] = [x, y, RADIUS].map(|number| number.to_string());
    let class = format!("tint {}", colour(unit.value));
    markup.empty("circle", &[("class", &class), ("cx", &cx), ("cy", &cy), ("r", &r), ("fill-opacity", &tint)]);
    text(markup, "number", (x, y + 4.0), &number(unit.value));
    markup.literal("</g>");
    if is_linked {
        markup.close("a");
    }
    let (away, class) = if is_input { (-RADIUS - 7.0, "label end") } else { (RADIUS + 7.0, "label") };
    if !unit.label.is_empty() {
        text(markup, class, (x + away, y + if is_input { 4.0 } else { -10.0 }), &unit.label);
    }
    markup.literal("\n");
}

/// A small square for the bias of a unit.
fn bias(
    page: &Explanation<'_>,
    cards: &Cards,
    column: &Column<'_>,
    unit: usize,
    (x, y): (f64, f64),
    markup: &mut Markup,
) {
    let sum = column.stage.and_then(|stage| stage.units[unit].sum.as_ref());
    let Some((sum, value)) = sum.and_then(|sum| sum.bias.map(|bias| (sum, bias))) else { return };
    let weights = sum.terms.first().and_then(|term| term.weight_name.rsplit_once('.'));
    let Some((layer, _)) = weights else { return };
    let is_it = |parameter: &&LearnedNumbers| {
        let of_layer = parameter.name.rsplit_once('.').is_some_and(|(of, _)| of == layer);
        of_layer && parameter.values.len() == column.units.len() && parameter.values[unit] == value
    };
    let Some(parameter) = page.walk.parameters.iter().find(is_it) else { return };
    let name = gradients::name(page, &parameter.name, unit);
    let is_linked = cards.names.contains(&name);
    if is_linked {
        markup.open("a", &[("href", &format!("#{name}")), ("aria-label", &name)]);
    }
    let [left, top] = [x - RADIUS - 4.0, y - RADIUS - 3.0].map(|number| number.to_string());
    let class = format!("bias {}", colour(value));
    markup.open("rect", &[("class", &class), ("data-name", &name), ("x", &left), ("y", &top)]);
    markup.element("title", &[], &format!("{name} = {}", short(value))).close("rect");
    if is_linked {
        markup.close("a");
    }
}

fn disc(markup: &mut Markup, (x, y): (f64, f64), class: &'static str) {
    let [cx, cy, r] = [x, y, RADIUS].map(|number| number.to_string());
    let class = format!("disc {class}");
    markup.empty("circle", &[("class", class.trim_end()), ("cx", &cx), ("cy", &cy), ("r", &r)]);
}

fn text(markup: &mut Markup, class: &str, (x, y): (f64, f64), words: &str) {
    let [x, y] = [x, y].map(|number| number.to_string());
    markup.element("text", &[("class", class), ("x", &x), ("y", &y)], words);
}

/// A line that leaves and arrives level.
fn curve((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    let bend = (x2 - x1) * 0.4;
    format!("M{x1:.0} {y1:.0}C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}", x1 + bend, x2 - bend)
}

/// A number in the few digits that a circle has room for.
fn number(number: f64) -> String {
    let text = match number.abs() {
        size if size >= 9999.5 || (size != 0.0 && size < 0.0005) => format!("{number:.0e}"),
        size if size >= 99.95 => format!("{number:.0}"),
        size if size >= 9.995 => format!("{number:.1}"),
        size if size >= 0.0995 => digits((number * 100.0).round() / 100.0, 3),
        _ => digits((number * 1000.0).round() / 1000.0, 3),
    };
    text.replace('-', "−")
}

/// The beginning of a long name.
fn shortened(name: &str, letters: usize) -> String {
    match name.char_indices().nth(letters) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}
