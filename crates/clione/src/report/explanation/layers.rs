//! Layer by layer: the sums and activations of units, and the gradients that come back to them.

use super::{Cards, Explanation, colour, largest, strength};
use crate::data::findings::{counted, grouped};
use crate::report::markup::Markup;
use crate::report::page::figure::{figure, short};
use crate::report::page::sheet::{Cell, Sheet, heads};
use crate::see::explain::walk::{Stage, Unit};

/// How many units of all layers have a row and a card, and how many of one layer.
const MOST_UNITS: usize = 100;
const MOST_OF_LAYER: usize = 32;

/// The layers that compute something, and the places of their units that are shown: all, or those with the largest gradients.
pub(super) fn shown<'a>(page: &Explanation<'a>) -> Vec<(&'a Stage, Vec<usize>)> {
    let stages: Vec<&Stage> = page.walk.stages.iter().filter(|stage| !stage.units.is_empty()).collect();
    let most = (MOST_UNITS / stages.len().max(1)).clamp(1, MOST_OF_LAYER);
    let stages = stages.into_iter().take(MOST_UNITS);
    stages.map(|stage| (stage, largest(&weights(page, stage), most))).collect()
}

/// How much each unit matters: its gradient, or what it gives where there is none; most of all what was asked for.
pub(super) fn weights(page: &Explanation<'_>, stage: &Stage) -> Vec<f64> {
    let asked = page.asked_for();
    let weight = |unit: &Unit| match asked.contains(unit.name.as_str()) {
        true => f64::INFINITY,
        false => unit.sum.as_ref().and_then(|sum| sum.gradient).or(unit.gradient).unwrap_or(unit.value),
    };
    stage.units.iter().map(weight).collect()
}

pub(super) fn write(page: &Explanation<'_>, cards: &Cards, shown: &[(&Stage, Vec<usize>)], markup: &mut Markup) {
    for (number, (stage, places)) in shown.iter().enumerate() {
        markup.open("h3", &[]).words(&stage.layer);
        markup.element("span", &[("class", "small")], &format!("  {}", stage.description)).literal("</h3>\n");
        for formula in &stage.formulas {
            markup.element("p", &[("class", "formula")], formula);
        }
        let place = page.walk.stages.iter().position(|other| std::ptr::eq(other, *stage)).unwrap_or(number);
        table(stage, places, place, cards).write(markup);
        let rest = stage.units.len() - places.len();
        if rest > 0 {
            let words = format!("{} with smaller gradients are not shown.", counted(rest, "more unit"));
            markup.element("p", &[("class", "small")], &words);
        }
    }
    let applied = page.walk.stages.iter().filter(|stage| !stage.units.is_empty()).count();
    if applied > shown.len() {
        let words = format!("{} more layers are not shown.", grouped(applied - shown.len()));
        markup.element("p", &[("class", "small")], &words);
    }
}

fn table(stage: &Stage, places: &[usize], number: usize, cards: &Cards) -> Sheet {
    let has_sums = stage.units.iter().any(|unit| unit.sum.is_some());
    let has_own_sums = has_sums && stage.function.is_some();
    let has_gradients = stage.units.iter().any(|unit| unit.gradient.is_some());
    // Where a loss is derived together with its activation, only the sum has a gradient.
    let of_sum = |unit: &Unit| unit.sum.as_ref().and_then(|sum| sum.gradient);
    let has_sum_gradients = has_own_sums && stage.units.iter().any(|unit| of_sum(unit).is_some());
    let mut numbers = Vec::new();
    numbers.extend(has_own_sums.then_some("sum z"));
    numbers.push(if has_own_sums { "activation a" } else { "value" });
    numbers.extend(has_gradients.then_some("dL/da"));
    numbers.extend(has_sum_gradients.then_some("dL/dz"));
    let mut sheet = Sheet::new(&format!("Units of {}", stage.layer), heads(&["unit"], &numbers));
    let most = |of: &dyn Fn(&Unit) -> f64| stage.units.iter().map(|unit| of(unit).abs()).fold(0.0, f64::max);
    let (values, gradients) = (most(&|unit| unit.value), most(&|unit| unit.gradient.unwrap_or(0.0)));
    for &at in places {
        let unit = &stage.units[at];
        let mut name = Markup::default();
        cards.link(&mut name, &unit.name, &unit.name);
        let key = |what: &str| format!("layers.{number}.units.{at}.{what}");
        let cell = |what: &str, value: f64| Cell::number(figure(&key(what), value, &short(value)));
        let tinted = |what: &str, value: f64, largest: f64| {
            let mut content = Markup::default();
            bar(&mut content, value, largest);
            content.append(&figure(&key(what), value, &short(value)));
            Cell::number(content)
        };
        let mut cells = Vec::new();
        let sum = unit.sum.as_ref().filter(|_| has_own_sums);
        cells.extend(sum.map(|sum| cell("sum.value", sum.value)));
        cells.push(tinted("value", unit.value, values));
        cells.extend(unit.gradient.map(|gradient| tinted("gradient", gradient, gradients)));
        cells.extend(of_sum(unit).filter(|_| has_sum_gradients).map(|gradient| cell("sum.gradient", gradient)));
        sheet.row(Cell::markup(name), cells);
    }
    sheet
}

/// A short bar as long as a number, coloured by its sign.
fn bar(markup: &mut Markup, value: f64, largest: f64) {
    let share = strength(value, largest);
    let style = format!("width:{:.2}rem", 2.5 * share * share);
    markup.open("i", &[("class", &format!("dash {}", colour(value))), ("style", &style)]).close("i");
}
