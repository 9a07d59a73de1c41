//! What goes in: each column as it stands in the file and as the network takes it, or the pixels of an image.

use super::{Cards, Explanation, colour, strength};
use crate::data::findings::counted;
use crate::report::markup::Markup;
use crate::report::page::figure::{figure, short};
use crate::report::page::sheet::{Cell, Sheet, heads};

/// How many inputs of a table are listed.
const MOST_INPUTS: usize = 200;

/// The largest image that is drawn.
const MOST_PIXELS: usize = 1600;

pub(super) fn write(page: &Explanation<'_>, cards: &Cards, markup: &mut Markup) {
    match page.names {
        [] => image(page, markup),
        _ => table(page, cards, markup),
    }
    for error in &page.walk.errors {
        let mut sheet = Sheet::new("What comes out, and what should", heads(&["output"], &["ŷ", "y"]));
        let classes = page.model.source.classes();
        for (at, pair) in error.pairs.iter().enumerate() {
            let name = classes.get(at).filter(|_| classes.len() == error.pairs.len());
            let name = name.map_or_else(|| pair.name.clone(), |class| format!("{} {class}", pair.name));
            let key = |what: &str| format!("loss.outputs.{at}.{what}");
            let cells = [("prediction", pair.prediction), ("target", pair.target)];
            let cells = cells.map(|(what, value)| Cell::number(figure(&key(what), value, &short(value))));
            sheet.row(Cell::words(&name), cells.to_vec());
        }
        sheet.write(markup);
    }
}

fn table(page: &Explanation<'_>, cards: &Cards, markup: &mut Markup) {
    let input = page.row.inputs[0];
    let gradients = page.row.gradient(input);
    let mut numbers = vec!["in the file", "goes in as"];
    numbers.extend(gradients.map(|_| "dL/dx"));
    let mut columns = heads(&["input", ""], &numbers);
    columns.push(Cell::words("how"));
    let mut sheet = Sheet::new("The inputs of this row", columns);
    let mut first = 0;
    for column in page.columns {
        for index in first..(first + column.width).min(MOST_INPUTS) {
            let is_first = index == first;
            let symbol = page.symbols.symbol(input).map_or_else(String::new, |symbol| symbol.element(index));
            let mut name = Markup::default();
            cards.link(&mut name, &symbol, &symbol);
            let raw = if is_first { column.text.as_deref().unwrap_or("(worked out)") } else { "" };
            let value = page.numbers()[index];
            let mut cells = vec![
                Cell::words(&page.names[index]),
                Cell::words(raw).styled("raw n"),
                Cell::number(figure(&format!("inputs.{index}.value"), value, &short(value))),
            ];
            let gradient = gradients.map(|gradients| figure("", gradients[index], &short(gradients[index])));
            cells.extend(gradient.map(Cell::number));
            cells.push(Cell::words(if is_first { &column.treatment } else { "" }).styled("small"));
            sheet.row(Cell::markup(name), cells);
        }
        first += column.width;
    }
    sheet.write(markup);
    if first > MOST_INPUTS {
        let words = format!("{} are not listed.", counted(first - MOST_INPUTS, "more input"));
        markup.element("p", &[("class", "small")], &words);
    }
}

/// The pixels, and beside them what each does to the loss.
fn image(page: &Explanation<'_>, markup: &mut Markup) {
    let (numbers, width) = (page.numbers(), page.shape.last().copied().unwrap_or(1));
    if numbers.len() > MOST_PIXELS {
        markup.element("p", &[], &format!("{}: too many to be drawn here.", counted(numbers.len(), "pixel")));
        return;
    }
    markup.literal("<div class=\"images\">");
    pixels(markup, "The image", numbers, width, |_| "ink");
    if let Some(gradients) = page.row.gradient(page.row.inputs[0]) {
        pixels(markup, "What each pixel does to the loss (blue: brighter is worse)", gradients, width, colour);
    }
    markup.literal("</div>\n");
}

fn pixels(markup: &mut Markup, caption: &str, numbers: &[f64], width: usize, class: fn(f64) -> &'static str) {
    let view = format!("0 0 {width} {}", numbers.len() / width.max(1));
    markup.literal("<figure>").element("figcaption", &[("class", "small")], caption);
    markup.open("svg", &[("class", "pixels"), ("viewBox", &view), ("role", "img"), ("aria-label", caption)]);
    let largest = numbers.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    for (at, &number) in numbers.iter().enumerate().filter(|(_, number)| **number != 0.0) {
        let (x, y) = ((at % width).to_string(), (at / width).to_string());
        let strength = if class(number) == "ink" { number.abs() / largest } else { strength(number, largest) };
        let opacity = format!("{strength:.2}");
        markup.empty("rect", &[("class", class(number)), ("x", &x), ("y", &y), ("fill-opacity", &opacity)]);
    }
    markup.literal("</svg></figure>\n");
}
