//! The whole source file: heading, constants, functions, and the way from a row to the network's inputs.

use super::frozen::{self, Frozen};
use super::functions::Functions;
use super::inputs;
use super::names::{Names, identifier};
use super::network::Loops;
use super::row::{Columns, Field};
use super::text::{Text, kind, literal};
use super::{DOUBLE, Syntax, formula};
use crate::base::error::{Error, Result};
use crate::data::infer::Kind;
use crate::export::Options;
use crate::train::file::{SavedModel, Source as Inputs, Weights};
use crate::train::recipe::Precision;

/// Names of variables beside those that are called after columns.
const OWN: &[&str] = &["at", "i", "input", "row", "z"];

/// Everything that a source says.
pub(super) struct Writer<'a> {
    pub model: &'a SavedModel,
    pub options: &'a Options,
    pub language: Syntax,
    pub precision: Precision,
    /// What types and functions are called after.
    pub name: String,
    pub functions: Functions,
    pub columns: Columns,
    pub loops: Loops,
    pub frozen: Vec<Frozen>,
}

/// The source of a model.
pub(super) fn write(model: &SavedModel, language: Syntax, options: &Options) -> Result<String> {
    let functions = Functions::of(language);
    let mut names = Names::default();
    OWN.iter().copied().chain(functions.names()).for_each(|name| names.take(name));
    let loops = Loops::of(model.weights.network())?;
    let (columns, frozen) = match &model.source {
        Inputs::Table(preprocessing) => {
            let columns = Columns::of(preprocessing, &mut names)?;
            let frozen = frozen::rows(model, preprocessing, &columns, options)?;
            (columns, frozen)
        }
        Inputs::Images { .. } => (Columns::default(), frozen::images(model, loops.arrays[0].1)),
    };
    let precision = model.weights.precision();
    let name = identifier(&options.name);
    let writer = Writer { model, options, language, precision, name, functions, columns, loops, frozen };
    writer.check()?;
    writer.write()
}

impl Writer<'_> {
    pub(super) fn classes(&self) -> &[String] {
        self.model.source.classes()
    }

    /// How many numbers an answer has.
    pub(super) fn answer_width(&self) -> usize {
        self.classes().len().max(1)
    }

    /// Fails unless the network gives what classes or a number are made of, and all of its numbers are finite.
    pub(super) fn check(&self) -> Result<()> {
        let expected = match self.classes().len() {
            0 | 2 => 1,
            classes => classes,
        };
        let found = self.loops.arrays[self.loops.output.0].1;
        if found != expected {
            return Err(Error::usage(format!(
                "the network gives {found} numbers, but {expected} are needed for what is predicted"
            )));
        }
        let not_finite = match &self.model.weights {
            Weights::F32(model) => model.first_not_finite(),
            Weights::F64(model) => model.first_not_finite(),
        };
        match not_finite {
            None => Ok(()),
            Some(spec) => Err(Error::usage(format!(
                "parameter `{}` has numbers that are not finite: no source can hold them",
                spec.name
            ))),
        }
    }

    /// The name of a type or function that others call: in C it begins with that of the model.
    pub(super) fn public(&self, name: &str) -> String {
        match self.language {
            Syntax::C => format!("{}_{name}", self.name),
            Syntax::Rust => name.to_owned(),
        }
    }

    pub(super) fn text(&self) -> Text {
        Text::new(self.language)
    }

    pub(super) fn kind(&self) -> &'static str {
        kind(self.language, self.precision)
    }

    pub(super) fn write(&self) -> Result<String> {
        let (mut types, mut constants, mut code, mut test) = (self.text(), self.text(), self.text(), self.text());
        self.write_types(&mut types);
        self.write_constants(&mut constants);
        self.write_prepare(&mut code)?;
        self.write_network(&mut code);
        self.write_predict(&mut code);
        self.write_test(&mut test);
        let body = [constants.written(), code.written(), test.written()].concat();
        let mut all = self.text();
        self.write_heading(&mut all);
        all.block(types.written());
        if self.language == Syntax::C {
            self.write_guards(&mut all, &body);
        }
        all.block(constants.written());
        let (numbers, functions): (Vec<&str>, Vec<&str>) =
            self.functions.needed_by(&body).into_iter().partition(|piece| piece.lines().count() == 1);
        numbers.iter().for_each(|number| all.block(number));
        for function in functions {
            all.line("");
            all.block(function);
        }
        all.line("");
        all.block(code.written());
        all.block(test.written());
        if self.language == Syntax::C {
            self.write_main(&mut all);
            all.line("#endif");
        }
        Ok(all.into_string())
    }

    /// Names of classes, words of columns, weights.
    pub(super) fn write_constants(&self, text: &mut Text) {
        let word_kind = match self.language {
            Syntax::C => "char *const",
            Syntax::Rust => "&str",
        };
        let words = |words: &[String]| words.iter().map(|word| self.language.word(word)).collect::<Vec<_>>();
        if !self.classes().is_empty() {
            text.table(word_kind, "CLASS_NAMES", &words(self.classes()), None);
            text.line("");
        }
        if let Inputs::Table(preprocessing) = &self.model.source {
            for input in &preprocessing.inputs {
                let name = inputs::table_name(self.columns.find(&input.name));
                if matches!(input.kind, Kind::Category | Kind::Boolean) && !input.categories.is_empty() {
                    if self.columns.derived(&input.name).is_some() {
                        // What is not finite is refused before it could be looked for.
                        let finite = |text: &String| text.parse().ok().filter(|number: &f64| number.is_finite());
                        let number = |text| finite(text).unwrap_or(f64::MAX);
                        let numbers = input.categories.iter().map(|text| self.language.double(number(text)));
                        text.table(kind(self.language, DOUBLE), &name, &numbers.collect::<Vec<_>>(), None);
                    } else {
                        text.table(word_kind, &name, &words(&input.categories), None);
                    }
                    text.line("");
                }
            }
        }
        for learned in &self.loops.parameters {
            let range = learned.offset..learned.offset + learned.rows * learned.columns;
            let numbers: Vec<String> = match &self.model.weights {
                Weights::F32(model) => model.parameters()[range].iter().map(|&x| self.literal(x.into())).collect(),
                Weights::F64(model) => model.parameters()[range].iter().map(|&x| self.literal(x)).collect(),
            };
            let columns = learned.is_matrix.then_some(learned.columns);
            text.table(self.kind(), &learned.name, &numbers, columns);
            text.line("");
        }
    }

    pub(super) fn literal(&self, number: f64) -> String {
        literal(self.language, self.precision, number)
    }

    /// The function that makes the network's inputs.
    pub(super) fn write_prepare(&self, text: &mut Text) -> Result<()> {
        let count = self.loops.arrays[0].1;
        let kind = self.kind();
        let (zero, one) = (self.language.double(0.0), self.language.double(255.0));
        match &self.model.source {
            Inputs::Images { .. } => {
                text.documentation("The network's inputs for an image: its bytes scaled to 0 to 1.");
                text.either(
                    format!("static const char *prepare(const uint8_t *pixels, {kind} *input) {{"),
                    format!("fn prepare(pixels: &[u8; {count}]) -> Result<[{kind}; {count}], &'static str> {{"),
                );
                if self.language == Syntax::Rust {
                    text.line(format!("let mut input = [{zero}; {count}];"));
                }
                text.count("i", &count.to_string());
                text.either(
                    format!("input[i] = ({kind})(pixels[i] * (1.0 / {one}));"),
                    format!("input[i] = (f64::from(pixels[i]) * (1.0 / {one})) as {kind};"),
                );
                text.line("}");
            }
            Inputs::Table(preprocessing) => {
                text.documentation("The network's inputs for a row, or why there are none.");
                text.either(
                    format!("static const char *prepare(const {} *row, {kind} *input) {{", self.public("row")),
                    format!(
                        "fn prepare(row: &Row{}) -> Result<[{kind}; {count}], &'static str> {{",
                        self.lifetime("'_")
                    ),
                );
                text.zeros(DOUBLE, "z", count);
                let derived = &self.columns.derived;
                let is_read = |field: &&Field| {
                    let mut mentions = derived.iter().flat_map(|derived| derived.formula.mentions());
                    mentions.any(|mention| mention.name == field.column)
                };
                for field in self.columns.fields.iter().filter(is_read) {
                    formula::write_check(text, field, &self.column_value(&field.column));
                }
                for derived in derived {
                    formula::write(text, derived, &|mention| self.column_value(&mention.name));
                }
                let mut first = 0;
                for input in &preprocessing.inputs {
                    let (name, field) = (&input.name, self.columns.find(&input.name));
                    let (value, derived) = (self.column_value(name), self.columns.derived(name));
                    let source = inputs::Source { field, value, derived };
                    inputs::write(text, input, &source, first, self.options.unknown)?;
                    first += input.width();
                }
                text.line("");
                if self.language == Syntax::Rust {
                    text.zeros(self.precision, "input", count);
                }
                text.count("i", &count.to_string());
                let farthest = self.language.double(inputs::FARTHEST);
                text.condition(&match self.language {
                    Syntax::C => format!("!(z[i] >= -{farthest} && z[i] <= {farthest})"),
                    Syntax::Rust => format!("!(-{farthest}..={farthest}).contains(&z[i])"),
                });
                text.refuse("a number is too far from those in training for a network to say anything");
                text.line("}");
                let is_double = self.precision == DOUBLE;
                text.either(
                    if is_double { "input[i] = z[i];".to_owned() } else { format!("input[i] = ({kind})z[i];") },
                    if is_double { "input[i] = z[i];".to_owned() } else { format!("input[i] = z[i] as {kind};") },
                );
                text.line("}");
            }
        }
        text.either("return NULL;", "Ok(input)");
        text.line("}");
        text.line("");
        Ok(())
    }

    /// What holds a column: a field of the row, or a variable.
    pub(super) fn column_value(&self, column: &str) -> String {
        let name = &self.columns.find(column).name;
        match (self.columns.derived(column).is_some(), self.language) {
            (true, _) => name.clone(),
            (false, Syntax::C) => format!("row->{name}"),
            (false, Syntax::Rust) => format!("row.{name}"),
        }
    }
}
