//! What a person does with a model that was read: everything that can be asked of it must be answered.

use clione::cpu::Cpu;
use clione::data::dataset::{Matrix, Values};
use clione::data::treatment::Unknown;
use clione::export::{Language, Options, source};
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::report::diagram::{Format, Names, computation, network};
use clione::report::formula::{FormulaPage, html, latex, text};
use clione::see::explain::row::Row;
use clione::see::explain::symbols::Symbols;
use clione::see::explain::walk::Walk;
use clione::see::formula::notes::notes;
use clione::see::formula::{Rows, formulas};
use clione::train::apply::{Prediction, predict};
use clione::train::trainer::training_plan;
use std::sync::Arc;

/// Uses a model in every way; fails where it is none that can be used.
pub fn use_model(model: &SavedModel, table: &Table) {
    let again = model.to_bytes().expect("a model that was read can be written");
    SavedModel::from_bytes("again", &again).expect("and read again");
    let recipe = model.recipe().expect("its recipe can be read");
    summary(model.weights.network()).expect("its layers fit");
    let rows = rows_of(model, table);
    for prediction in predict(model, &rows, &Arc::new(Cpu::new(1))) {
        if let Prediction::Class { class, probabilities } = prediction {
            let sum: f64 = probabilities.iter().sum();
            let is_share = |p: &f64| (-1e-6..=1.0 + 1e-6).contains(p);
            assert!(
                class < model.source.classes().len() && (sum - 1.0).abs() < 1e-4 && probabilities.iter().all(is_share)
            );
        }
    }
    let drawn = model.weights.network();
    let losses = [model.loss];
    let found = formulas(drawn, &losses, Rows::Alike).expect("it has formulas");
    let page = FormulaPage { title: "m", formulas: &found, loss: "loss", notes: &notes(&recipe.fit) };
    let written = [text(&page, 80, &|heading| heading.to_owned()), latex(&page), html(&page)];
    assert!(written.iter().all(|text| !text.is_empty()));
    let built = drawn.build(1).expect("its layers fit");
    let width = built.graph.shape(built.outputs[0]).columns();
    Plan::new(&built.graph, &Request { outputs: built.outputs, gradients: Vec::new() });
    training_plan(drawn, &losses, false, 3).expect("it can be trained");
    let names = Names::of(&model.source, width);
    let wide = model.weights.in_64_bits();
    network(drawn, wide.parameters(), &names, Format::Svg).expect("it can be drawn").text(Format::Svg);
    let steps = computation(drawn, &losses, 2, false, &names).expect("its steps can be drawn");
    Format::all().iter().for_each(|&format| drop(steps.text(format)));
    let first: Vec<f64> = (0..rows.columns()).map(|column| rows.at(0, column)).collect();
    let row = Row::new(&wide, &losses, &first, None).expect("a row goes through it");
    Walk::of(&row, &Symbols::new(&row)).expect("and its way can be told");
    for language in Language::all() {
        // What a language cannot say is refused with a sentence.
        if let Err(error) = source(model, language, &Options::default()) {
            assert!(!error.headline().is_empty());
        }
    }
}

/// Rows for a model: those of the table that it takes, or one of numbers.
fn rows_of(model: &SavedModel, table: &Table) -> Matrix {
    if let Source::Table(preprocessing) = &model.source {
        preprocessing.notes();
        let _ = preprocessing.rows_to_measure(table);
        let rows = preprocessing.complete_rows(table).unwrap_or_default();
        for unknown in [Unknown::Refuse, Unknown::Other] {
            if let Ok(transformed) = preprocessing.transform(table, &rows, unknown)
                && !rows.is_empty()
            {
                return transformed.inputs;
            }
        }
    }
    let width = model.source.example().elements();
    Matrix::new(1, width, Values::F64(vec![0.25; width]))
}
