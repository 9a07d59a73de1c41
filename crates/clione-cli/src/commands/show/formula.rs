//! `clione show --formula`: the forward pass, the loss and each gradient of a model as formulas.

use crate::output::{Output, Style};
use clap::ValueEnum;
use clione::base::error::Result;
use clione::prelude::*;
use clione::report::formula::{FormulaPage, html, latex, text};
use clione::see::formula::notes::notes;
use clione::see::formula::{Rows, formulas};
use clione::train::class_weights::ClassWeights;
use std::path::Path;

/// How formulas are written.
#[derive(Clone, Copy, ValueEnum)]
pub enum Form {
    /// Lines for a terminal
    Text,
    /// A fragment for LaTeX, MathJax or KaTeX
    Latex,
    /// A page (HTML with MathML) for a browser
    Mathml,
}

/// The formulas of a model; `path` is what their page is called after. Fails when its recipe cannot be read.
pub fn write(model: &SavedModel, path: &Path, form: Form, output: &Output) -> Result<String> {
    let network = model.weights.network();
    let fit = model.recipe()?.fit;
    let rows = if fit.class_weights == ClassWeights::Equal { Rows::Alike } else { Rows::Weighted };
    let losses = vec![model.loss; network.output_positions().count()];
    let formulas = formulas(network, &losses, rows)?;
    let title = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let loss = format!("{}, {}", model.loss.name(), model.loss.reduction().name());
    let page = FormulaPage { title: &title, formulas: &formulas, loss: &loss, notes: &notes(&fit) };
    Ok(match form {
        Form::Text => text(&page, output.width(), &|heading| output.paint(Style::Bold, heading)),
        Form::Latex => latex(&page),
        Form::Mathml => html(&page),
    })
}
