//! Models that were never trained, and rows to ask them about: every activation, treatment and kind of answer.

use clione::base::real::Real;
use clione::base::rng::{Purpose, Rng, Stream};
use clione::cpu::Cpu;
use clione::cpu::simd::Element;
use clione::data::dataset::{Matrix, Values};
use clione::data::date::{self, DayOrder};
use clione::data::infer::Task;
use clione::data::preprocess::Preprocessing;
use clione::data::treatment::{Fill, Missing, Treat, Treatment, Unknown};
use clione::export::{Language, Options, source};
use clione::prelude::*;
use clione::train::apply::{Prediction, predict};
use clione::train::evaluate::Baseline;
use clione::train::file::{Facts, Weights};
use clione::train::metric::Decision;
use std::sync::Arc;

/// Random numbers that follow from a seed.
pub struct Dice {
    stream: Stream,
    thrown: u64,
}

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice { stream: Rng::new(seed).stream(Purpose::Synthesize, 0, 0), thrown: 0 }
    }

    fn uniform(&mut self) -> f64 {
        self.thrown += 1;
        self.stream.uniform_at(self.thrown)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    fn pick<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    /// A number of any size, as often small as large.
    fn any_size(&mut self) -> f64 {
        (self.uniform() - 0.5) * Real::exp((self.uniform() - 0.5) * 130.0)
    }
}

/// What a column holds, as the sources take it.
#[derive(Clone, Copy, PartialEq)]
pub enum Holds {
    Number,
    Word,
    Moment,
}

/// The columns of the tables.
pub const COLUMNS: &[(&str, Holds)] = &[
    ("size", Holds::Number),
    ("span", Holds::Number),
    ("remote", Holds::Number),
    ("amount", Holds::Number),
    ("plain", Holds::Number),
    ("count", Holds::Number),
    ("colour", Holds::Word),
    ("grade", Holds::Word),
    ("sold", Holds::Word),
    ("when", Holds::Moment),
];

/// A row of cells; strange ones are such as no training row has.
fn cells(dice: &mut Dice, is_strange: bool, may_be_missing: bool) -> Vec<String> {
    let mut cell = |column: &(&str, Holds)| {
        if may_be_missing && dice.below(8) == 0 {
            return dice.pick(&["", "NA", "?"]).to_owned();
        }
        let is_strange = is_strange && dice.below(12) == 0;
        match (column.0, column.1) {
            (_, Holds::Number) if is_strange => match dice.below(6) {
                0 => "inf".to_owned(),
                1 => "0".to_owned(),
                2 => (dice.any_size() * 1e20).to_string(),
                _ => dice.any_size().to_string(),
            },
            (_, Holds::Word) if is_strange => dice.pick(&["pink", "YES", "High", "red "]).trim().to_owned(),
            ("amount", _) => format!("{:.3}", Real::exp(dice.uniform() * 12.0)),
            ("count", _) => dice.below(5).to_string(),
            (_, Holds::Number) => format!("{:.4}", 20.0 * dice.uniform() - 7.0),
            ("colour", _) => dice.pick(&["red", "green", "blue", "blue", "a \"b\\"]).to_owned(),
            ("grade", _) => dice.pick(&["low", "mid", "high"]).to_owned(),
            (_, Holds::Word) => dice.pick(&["no", "yes"]).to_owned(),
            (_, Holds::Moment) => {
                let (year, month, day) = (1930 + dice.below(110), 1 + dice.below(12), 1 + dice.below(28));
                let (hour, minute) = (dice.below(24), dice.below(60));
                format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{:.3}", 59.99 * dice.uniform())
            }
        }
    };
    COLUMNS.iter().map(&mut cell).collect()
}

/// Rows as a table with a header, and a target in the last column.
pub fn table(rows: &[Vec<String>]) -> Table {
    // A missing value in quotes would be a word.
    let quoted = |cell: &String| match cell.as_str() {
        "NA" | "?" => cell.clone(),
        cell => format!("\"{}\"", cell.replace('"', "\"\"")),
    };
    let mut text = COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + ",target\n";
    for row in rows {
        text += &(row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n");
    }
    let options = ReadOptions { delimiter: Some(b','), header: Some(true), ..ReadOptions::default() };
    Table::from_bytes("rows.csv", text.into_bytes(), &options).unwrap()
}

/// A model, and rows to ask about.
pub struct Case {
    pub name: String,
    pub model: SavedModel,
    unknown: Unknown,
    /// For each row the columns as the sources take them, and what clione says.
    pub rows: Vec<(String, String)>,
    /// The columns that the sources take.
    pub fields: Vec<(&'static str, Holds)>,
}

/// Preprocessing that was fitted on some rows.
pub fn fitted(choices: &Choices, targets: &dyn Fn(usize) -> String, may_be_missing: bool, seed: u64) -> Preprocessing {
    let mut dice = Dice::new(seed);
    let row = |row: usize| {
        let mut cells = cells(&mut dice, false, may_be_missing);
        cells.push(targets(row));
        cells
    };
    let rows: Vec<Vec<String>> = (0..80).map(row).collect();
    prepare(&table(&rows), choices, 0.2, &Rng::new(seed)).unwrap().preprocessing
}

/// A model that was never trained; its numbers are larger than those that training begins with.
pub fn untrained<T: Element>(network: Network, seed: u64, spread: f64) -> Model<T> {
    let mut model = Model::<T>::new(network, seed).unwrap();
    let mut dice = Dice::new(seed + 1000);
    for number in model.parameters_mut() {
        *number = T::of(spread * (number.to_f64() + 0.4 * dice.uniform() - 0.2));
    }
    model
}

pub fn saved(weights: Weights, source: Source) -> SavedModel {
    SavedModel {
        decision: Decision::MostProbable,
        weights,
        source,
        loss: Loss::MeanSquaredError,
        baseline: Baseline::Mean(0.0),
        linear: None,
        recipe: String::new(),
        facts: Facts { training_rows: 0, validation_rows: 0, epochs: 0, best_epoch: None, metrics: Vec::new() },
    }
}

fn hexadecimal(prediction: &Prediction) -> String {
    let numbers = match prediction {
        Prediction::Class { probabilities, .. } => probabilities.clone(),
        Prediction::Number(number) => vec![*number],
    };
    // Which NaN comes out is a machine's own affair.
    let bits = |x: &f64| if x.is_nan() { "nan".to_owned() } else { format!("{:016x}", x.to_bits()) };
    numbers.iter().map(bits).collect::<Vec<_>>().join(" ")
}

impl Case {
    /// A case about rows of a table.
    fn of_table(
        name: &str,
        model: SavedModel,
        unknown: Unknown,
        fields: Vec<(&'static str, Holds)>,
        rows: &[Vec<String>],
    ) -> Case {
        let Source::Table(preprocessing) = &model.source else { panic!("a table") };
        let (mut inputs, mut understood) = (Vec::new(), Vec::new());
        for (place, row) in rows.iter().enumerate() {
            let mut row = row.clone();
            row.push("0".to_owned());
            let table = table(&[row]);
            let is_complete = preprocessing.complete_rows(&table).is_ok_and(|rows| rows == [0]);
            if let (true, Ok(transformed)) = (is_complete, preprocessing.transform(&table, &[0], unknown)) {
                inputs.extend((0..transformed.inputs.columns()).map(|column| transformed.inputs.at(0, column)));
                understood.push(place);
            }
        }
        let width = preprocessing.input_width();
        let matrix = Matrix::new(understood.len(), width, Values::F64(inputs));
        let predictions = predict(&model, &matrix, &Arc::new(Cpu::new(1)));
        let mut expected = vec!["none".to_owned(); rows.len()];
        for (place, prediction) in understood.iter().zip(&predictions) {
            expected[*place] = hexadecimal(prediction);
        }
        let given = |row: &Vec<String>| {
            let cell = |(name, holds): &(&str, Holds)| {
                let cell = &row[COLUMNS.iter().position(|(known, _)| known == name).unwrap()];
                match holds {
                    Holds::Word => cell.clone(),
                    Holds::Number => format!("{:x}", cell.parse().unwrap_or(f64::NAN).to_bits()),
                    Holds::Moment => {
                        format!("{:x}", date::read(cell, DayOrder::YearFirst).unwrap_or(f64::NAN).to_bits())
                    }
                }
            };
            fields.iter().map(cell).collect::<Vec<_>>().join("\t")
        };
        let rows = rows.iter().map(given).zip(expected).collect();
        Case { name: name.to_owned(), model, unknown, rows, fields }
    }

    /// The number of classes; 0 for a number.
    pub fn classes(&self) -> usize {
        self.model.source.classes().len()
    }

    /// Its source.
    pub fn source(&self, language: Language) -> String {
        let options = Options { name: self.name.clone(), unknown: self.unknown };
        source(&self.model, language, &options).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// One number in, one function of it out: exp, ln, tanh and all others at numbers of any size.
fn cases_of_functions() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, &activation) in Activation::all().iter().enumerate() {
        for is_double in [false, true] {
            let choices = Choices {
                target: "target".to_owned(),
                only: vec!["plain".to_owned()],
                task: Some(Task::Regression),
                scaling: Treatment::Unscaled,
                log_target: activation == Activation::Softplus,
                ..Choices::default()
            };
            let target = |row: usize| {
                let sign = if row.is_multiple_of(2) { 1.0 } else { -1.0 };
                if activation == Activation::Softplus { (2.5 + sign).to_string() } else { sign.to_string() }
            };
            let preprocessing = fitted(&choices, &target, false, 1);
            let network = Network::new([1]).add(Dense::new(1)).add(activation);
            let weights = if is_double {
                Weights::F64(Model::with_parameters(network, vec![1.0, 0.0]).unwrap())
            } else {
                Weights::F32(Model::with_parameters(network, vec![1.0, 0.0]).unwrap())
            };
            let mut dice = Dice::new(number as u64);
            let row = |place: usize| {
                let mut cells = cells(&mut dice, false, false);
                cells[4] = match place % 3 {
                    0 => dice.any_size().to_string(),
                    1 => (40.0 * dice.uniform() - 20.0).to_string(),
                    _ => (300.0 * dice.uniform() - 150.0).to_string(),
                };
                cells
            };
            let rows: Vec<Vec<String>> = (0..500).map(row).collect();
            let name = format!("{}_{}", activation.name(), if is_double { "double" } else { "single" });
            let model = saved(weights, Source::Table(preprocessing));
            cases.push(Case::of_table(&name, model, Unknown::Refuse, vec![("plain", Holds::Number)], &rows));
        }
    }
    cases
}

/// Every treatment of columns, each way with missing values, networks of several shapes.
fn cases_of_tables() -> Vec<Case> {
    let mut cases = Vec::new();
    let treat = |treatments: &[(&str, Treatment)]| -> Vec<(String, Treat)> {
        treatments.iter().map(|&(name, treatment)| (name.to_owned(), Treat::As(treatment))).collect()
    };
    for (number, &missing) in Missing::all().iter().enumerate() {
        for classes in [0, 2, 3] {
            let seed = (10 * number + classes) as u64;
            let order = ["low", "mid", "high"].map(str::to_owned).to_vec();
            let mut treatments = treat(&[
                ("span", Treatment::MinMax),
                ("remote", Treatment::Robust),
                ("amount", Treatment::Log),
                ("plain", Treatment::Unscaled),
            ]);
            treatments.push(("grade".to_owned(), Treat::Order(order)));
            let choices = Choices {
                target: "target".to_owned(),
                task: (classes == 0).then_some(Task::Regression),
                missing,
                zero_is_missing: if missing == Missing::Refuse { Vec::new() } else { vec!["count".to_owned()] },
                treat: treatments,
                fill: if number == 1 {
                    vec![("size".to_owned(), Fill::Constant("4.5".to_owned()))]
                } else {
                    Vec::new()
                },
                rare: if number == 2 { 17 } else { 0 },
                log_target: classes == 0 && number.is_multiple_of(2),
                ..Choices::default()
            };
            let target = |row: usize| match classes {
                0 => (1 + row * row % 97).to_string(),
                _ => ["one", "two", "three"][row % classes].to_owned(),
            };
            let preprocessing = fitted(&choices, &target, missing != Missing::Refuse, seed);
            let width = preprocessing.input_width();
            let activations = Activation::all();
            let (first, second) = (activations[1 + number], activations[1 + (number + classes) % 8]);
            let mut network = Network::with_inputs(&[("input", [width].into())]);
            let input = network.input(0);
            let hidden = network.apply("hidden", Dense::new(19).activation(first), &[input]);
            let again = network.apply("more", Dense::new(19).activation(second), &[hidden]);
            let added = network.apply("skip", Add, &[hidden, again]);
            let joined = network.apply("both", Concat, &[added, input]);
            let left_out = network.apply("rest", Dropout::new(0.2), &[joined]);
            match classes {
                0 => {
                    network.apply("output", Dense::new(1).without_bias(), &[left_out]);
                }
                2 => {
                    network.apply("output", Dense::new(1).activation(Activation::Sigmoid), &[left_out]);
                }
                _ => {
                    let logits = network.apply("output", Dense::new(classes), &[left_out]);
                    network.apply("softmax", Softmax, &[logits]);
                }
            }
            let weights = match number % 2 {
                0 => Weights::F32(untrained(network, seed, 1.5)),
                _ => Weights::F64(untrained(network, seed, 1.5)),
            };
            let unknown = if number.is_multiple_of(2) { Unknown::Refuse } else { Unknown::Other };
            let mut dice = Dice::new(seed + 7);
            let count = if number == 2 && classes == 3 { 10_000 } else { 150 };
            let rows: Vec<Vec<String>> = (0..count).map(|row| cells(&mut dice, true, row % 2 == 0)).collect();
            let name = format!("{}_{classes}", missing.name());
            let model = saved(weights, Source::Table(preprocessing));
            cases.push(Case::of_table(&name, model, unknown, COLUMNS.to_vec(), &rows));
        }
    }
    cases
}

/// Columns that formulas work out.
fn case_of_formulas() -> Case {
    let derive = [
        "trip = distance(size, span, 40.7, -74)",
        "wave = sin(size) * cos(span) - floor(remote) / 3",
        "bend = abs(size) ^ 1.7 + size ^ 3 - sqrt(abs(plain)) ^ -2",
        "grown = exp(span / 9) + ln(1 + abs(remote))",
        "least = min(size, span, 3) - max(remote, 2, trip)",
        "age = days(when) / 365.25",
        "late = hour(when) > 12",
        "is_red = colour = 'red'",
        "other_red = not (colour != 'red') or size > 3 and is_red = 0",
    ];
    let choices = Choices {
        target: "target".to_owned(),
        task: Some(Task::Regression),
        derive: derive.map(str::to_owned).to_vec(),
        ignore: ["colour", "amount", "count", "grade", "sold", "when"].map(str::to_owned).to_vec(),
        missing: Missing::Indicator,
        ..Choices::default()
    };
    let preprocessing = fitted(&choices, &|row| (row % 7).to_string(), false, 5);
    let network = Network::new([preprocessing.input_width()]).add(Dense::new(9).activation(Activation::Tanh));
    let weights = Weights::F64(untrained(network.add(Dense::new(1)), 3, 1.0));
    let mut dice = Dice::new(77);
    let rows: Vec<Vec<String>> = (0..400).map(|_| cells(&mut dice, true, false)).collect();
    let fields = COLUMNS
        .iter()
        .copied()
        .filter(|(name, _)| ["size", "span", "remote", "plain", "when", "colour"].contains(name));
    let model = saved(weights, Source::Table(preprocessing));
    Case::of_table("formulas", model, Unknown::Refuse, fields.collect(), &rows)
}

/// Images of 7 x 5 pixels in twenty classes: more than there are lanes in a sum.
fn case_of_images() -> Case {
    let classes: Vec<String> = (0..20).map(|class| format!("class {class}")).collect();
    let network = Network::new([7, 5]).add(Flatten).add(Dense::new(20)).add(Softmax);
    let source = Source::Images { height: 7, width: 5, classes };
    let model = saved(Weights::F32(untrained(network, 9, 3.0)), source);
    let mut dice = Dice::new(4);
    let bytes: Vec<u8> = (0..60 * 35).map(|_| dice.below(256) as u8).collect();
    let matrix = Matrix::new(60, 35, Values::U8 { bytes: bytes.clone(), scale: 1.0 / 255.0 });
    let predictions = predict(&model, &matrix, &Arc::new(Cpu::new(1)));
    let given = bytes.chunks(35).map(|image| image.iter().map(|byte| format!("{byte:x}\t")).collect::<String>());
    let rows = given.zip(predictions.iter().map(hexadecimal)).collect();
    Case { name: "images".to_owned(), model, unknown: Unknown::Refuse, rows, fields: Vec::new() }
}

pub fn all_cases() -> Vec<Case> {
    let mut cases = cases_of_functions();
    cases.extend(cases_of_tables());
    cases.push(case_of_formulas());
    cases.push(case_of_images());
    cases
}
