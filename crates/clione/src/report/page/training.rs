//! How the loss fell, epoch by epoch.

use super::Page;
use super::figure::{count, figure, measured, plain, short};
use super::frame::picture;
use super::sheet::{Cell, Sheet, heads};
use crate::report::chart::Series;
use crate::report::chart::plot::{Plot, Span};
use crate::report::markup::Markup;
use crate::train::history::Epoch;
use crate::train::metric::Metric;

/// The most epochs that have a row in the table.
const MOST_EPOCHS: usize = 100;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    let Some(history) = page.history.filter(|history| !history.epochs.is_empty()) else { return };
    let series = |name: &str, value: fn(&Epoch) -> Option<f64>| Series {
        name: name.to_owned(),
        points: history.epochs.iter().filter_map(|epoch| Some((epoch.number as f64, value(epoch)?))).collect(),
    };
    let mut lines = vec![series("training", |epoch| Some(epoch.loss))];
    if history.epochs.iter().any(|epoch| epoch.validation_loss.is_some()) {
        lines.push(series("validation", |epoch| epoch.validation_loss));
    }
    let legend: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    let legend: Vec<&str> = legend.iter().map(String::as_str).collect();
    let marks = history.best_epoch.map(|best| (best as f64, format!("best: epoch {best}")));
    let plot = Plot {
        x_label: "epoch".to_owned(),
        y_label: "loss".to_owned(),
        y: Span::WithZero,
        lines,
        marks: marks.into_iter().collect(),
        is_touchable: true,
        ..Plot::default()
    };
    let last = &history.epochs[history.epochs.len() - 1];
    let words = format!(
        "After {} epochs the training loss is {}{}.",
        last.number,
        short(last.loss),
        match last.validation_loss {
            Some(loss) => format!(", the validation loss {}", short(loss)),
            None => String::new(),
        }
    );
    markup.literal("<div class=\"pictures\">");
    picture(markup, "Loss", &legend, &plot.inline(&format!("Loss of each epoch. {words}")), &words);
    metric(page, &history.epochs, series("validation", |epoch| epoch.validation_metric), markup);
    let rates = Plot {
        x_label: "epoch".to_owned(),
        y_label: "learning rate".to_owned(),
        y: Span::WithZero,
        lines: vec![series("learning rate", |epoch| Some(epoch.learning_rate))],
        is_touchable: true,
        ..Plot::default()
    };
    let words = format!("At the end it is {}.", plain(last.learning_rate));
    picture(markup, "Learning rate", &[], &rates.inline(&format!("Learning rate of each epoch. {words}")), &words);
    markup.literal("</div>\n<p>");
    if let Some(best) = history.best_epoch {
        markup.literal("The model has the numbers of epoch ").append(&count("best_epoch", best));
        markup.literal(", where the validation loss was lowest. ");
    }
    if let Some(stopped) = history.stopped {
        markup.words(&format!("Training stopped before the planned number of epochs: {}. ", stopped.reason()));
    }
    markup.literal("Each training loss is the mean over the batches of its epoch, before their updates.</p>\n");
    epochs(&history.epochs, markup);
}

/// The metric that stands for all, on the validation rows after each epoch.
fn metric(page: &Page<'_>, epochs: &[Epoch], line: Series, markup: &mut Markup) {
    let Some(last) = epochs.last().and_then(|epoch| epoch.validation_metric) else { return };
    let metric = Metric::main_for(page.assessment.evaluation.is_for());
    let name = metric.name().replace('_', " ");
    let better = |a: &f64, b: &f64| if metric.higher_is_better() { a.total_cmp(b) } else { b.total_cmp(a) };
    let values = epochs.iter().filter_map(|epoch| epoch.validation_metric);
    let best = values.max_by(better).unwrap_or(last);
    let plot = Plot {
        x_label: "epoch".to_owned(),
        y_label: name.clone(),
        y: Span::WithZero,
        lines: vec![line],
        is_touchable: true,
        ..Plot::default()
    };
    let words = format!("On the validation rows: {} at the end, {} at best.", short(last), short(best));
    let title = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    picture(markup, &title, &[], &plot.inline(&format!("{title} of each epoch. {words}")), &words);
}

fn epochs(epochs: &[Epoch], markup: &mut Markup) {
    markup.literal("<details><summary>Every epoch in numbers</summary>");
    let mut sheet = Sheet::new(
        "Losses and learning rates",
        heads(&["epoch"], &["training loss", "validation loss", "validation metric", "learning rate"]),
    );
    let each = epochs.len().div_ceil(MOST_EPOCHS);
    // The last epoch is always there.
    let shown = (0..epochs.len()).filter(|at| (epochs.len() - 1 - at).is_multiple_of(each));
    for at in shown {
        let epoch = &epochs[at];
        let key = |part: &str| format!("epochs.{at}.{part}");
        sheet.row(
            Cell::number(count(&key("epoch"), epoch.number)),
            vec![
                Cell::number(measured(&key("loss"), epoch.loss)),
                Cell::perhaps(&key("validation_loss"), epoch.validation_loss, short),
                Cell::perhaps(&key("validation_metric"), epoch.validation_metric, short),
                Cell::number(figure(&key("learning_rate"), epoch.learning_rate, &plain(epoch.learning_rate))),
            ],
        );
    }
    sheet.write(markup);
    if each > 1 {
        markup.element("p", &[("class", "small")], &format!("One of {each} epochs is shown."));
    }
    markup.literal("</details>\n");
}
