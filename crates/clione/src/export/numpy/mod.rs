//! A model as one Python file that needs NumPy alone: the network as a class, its training, its preprocessing, its numbers.
//!
//! The lines of the class are read off the graph that trains; what does not depend on the model stands under `python` and
//! goes in where it is used.

mod answers;
mod expression;
mod formula;
mod library;
mod names;
mod network;
mod reading;
mod rows;
mod training;
mod weights;
mod writer;

use super::Options;
use super::derived::{self, DerivedColumn};
use crate::base::error::Result;
use crate::base::real::Real;
use crate::data::preprocess::Preprocessing;
use crate::data::target::TargetTreatment;
use crate::nn::model::Model;
use crate::optim::optimizer::Sees;
use crate::train::file::{SavedModel, Source, Weights};
use crate::train::metric::Decision;
use crate::train::recipe::part::Part;
use crate::train::recipe::{Precision, Recipe};
use library::{ANSWERS, FUNCTIONS, RANDOM, ROWS, needed_by, uses};
use network::NetworkSource;
use rows::{drops, has_words, quoted_all};
use training::{ClassWeightsSource, TrainingSource, first_values};
use writer::{Writer, quoted};

/// The model as Python. Fails when it is made of layers that the source would not say.
pub(super) fn source(saved: &SavedModel, options: &Options) -> Result<String> {
    match &saved.weights {
        Weights::F32(model) => ModelSource::read(saved, model, options)?.write(),
        Weights::F64(model) => ModelSource::read(saved, model, options)?.write(),
    }
}

/// A model as it is written.
struct ModelSource<'a, T> {
    saved: &'a SavedModel,
    model: &'a Model<T>,
    options: &'a Options,
    recipe: Recipe,
    network: NetworkSource,
    /// The columns that are worked out.
    derived: Vec<DerivedColumn>,
    /// How rows are held back; none where all are learned from, or other files hold them.
    held_back: Option<f64>,
    /// Why the training is not written, where it is not.
    without_training: Option<&'static str>,
}

impl<'a, T: Real> ModelSource<'a, T> {
    fn read(saved: &'a SavedModel, model: &'a Model<T>, options: &'a Options) -> Result<Self> {
        let derived = match &saved.source {
            Source::Table(preprocessing) => derived::needed(preprocessing)?,
            Source::Images { .. } => Vec::new(),
        };
        let recipe = saved.recipe()?;
        let has_weights = ClassWeightsSource::of(&recipe.fit.class_weights, saved.source.classes()).is_some();
        let network = NetworkSource::read(model.network(), saved.loss, has_weights)?;
        let is_other_file = recipe.validation.file().is_some() || recipe.files.test_images.is_some();
        let held_back = Some(recipe.validation.share()).filter(|share| *share > 0.0 && !is_other_file);
        let is_watched = recipe.fit.is_watched();
        let without_training = if recipe.fit.optimizer.sees() == Sees::All {
            Some("the line search of its optimizer is not among them")
        } else if !recipe.choices.keep.is_empty() {
            Some("its rows were chosen by conditions that are not among them")
        } else if recipe.choices.drop_duplicates {
            Some("its rows are without their copies, which are not left out there")
        } else if recipe.choices.group.is_some() || recipe.choices.time.is_some() {
            Some("its rows were split by groups or by time")
        } else if is_other_file && is_watched {
            Some("it was watched by the rows of another file")
        } else {
            None
        };
        Ok(ModelSource { saved, model, options, recipe, network, derived, held_back, without_training })
    }

    fn training(&self) -> TrainingSource<'_> {
        TrainingSource {
            fit: &self.recipe.fit,
            loss: self.saved.loss,
            is_full_batch: self.recipe.fit.batch_size >= self.saved.facts.training_rows,
            has_held_back: self.held_back.is_some(),
            class_weights: ClassWeightsSource::of(&self.recipe.fit.class_weights, self.saved.source.classes()),
        }
    }

    fn has_training(&self) -> bool {
        self.without_training.is_none()
    }

    /// All parts one below the other, with those functions of the libraries that they use.
    fn write(&self) -> Result<String> {
        let [constants, class, training, data, answers, end] = [
            self.constants(),
            self.class()?,
            self.training_functions(),
            self.data_functions(),
            self.answer_functions(),
            self.end()?,
        ];
        let own = [constants.as_str(), &class, &training, &data, &answers, &end].concat();
        let used = needed_by(&own);
        let body = [
            constants,
            under("The functions of its layers and of its loss.", &[&FUNCTIONS.excerpt(&used, &own)]),
            under("The network.", &[&class]),
            under("Its training.", &[&training]),
            under(
                "Random numbers, the same as in clione: each follows from what it is for.",
                &[&RANDOM.excerpt(&used, &own)],
            ),
            under("From what is read to numbers.", &[&data, &ROWS.excerpt(&used, &own)]),
            under("From numbers to answers.", &[&self.decided(ANSWERS.excerpt(&used, &own)), "\n\n", &answers]),
            end,
        ]
        .concat();
        Ok(format!("{}{}{body}", self.description(), imports(&body)))
    }

    /// The functions of answers with the rule by which the model says a class.
    fn decided(&self, answers: String) -> String {
        match self.saved.decision {
            Decision::MostProbable => answers,
            Decision::Threshold(at) => {
                answers.replace("np.argmax(numbers)", &format!("int(numbers[1] >= {})", expression::number(at)))
            }
        }
    }

    /// What the file is and what can be done with it.
    fn description(&self) -> String {
        let name = &self.options.name;
        let (what, rows, labels) = match &self.saved.source {
            Source::Table(preprocessing) => {
                (format!("the column \"{}\" of a table", preprocessing.target.name), "rows.csv", "")
            }
            Source::Images { height, width, .. } => {
                (format!("the classes of images of {height}x{width}"), "images.idx", " labels.idx")
            }
        };
        let mut out = Writer::default();
        out.docstring(0, &format!("A neural network for {what}, in NumPy and nothing else."));
        let first = out.text.trim_end().trim_end_matches("\"\"\"").trim_end();
        let mut text = format!(
            "{first}\n\nIts lines are those of the graph that clione trained: forward, and back by the chain rule.\n\n"
        );
        let mut commands = vec![
            (String::new(), "compares its answers with those of clione"),
            (format!(" {rows}"), "predicts each row"),
        ];
        if self.has_training() {
            let arguments =
                if labels.is_empty() { format!(" --train {rows}") } else { format!(" {rows} --train{labels}") };
            commands.push((arguments, "trains from the first weights as clione did"));
        }
        let longest = commands.iter().map(|(arguments, _)| arguments.len()).max().unwrap_or(0);
        for (arguments, what) in commands {
            text.push_str(&format!("    python {name}.py{arguments:longest$}  {what}\n"));
        }
        if let Some(reason) = self.without_training {
            text.push_str(&format!("\nThe training itself is not among these lines: {reason}.\n"));
        }
        if weights::needs_file(self.model) {
            text.push_str(&format!(
                "\nThe learned numbers are read from {name}.clione, which lies beside this file.\n"
            ));
        }
        text + "\"\"\"\n\n"
    }

    fn constants(&self) -> String {
        let mut out = Writer::default();
        let precision = match self.saved.weights.precision() {
            Precision::F32 => "np.float32",
            Precision::F64 => "np.float64",
        };
        out.line(0, &format!("PRECISION = {precision}"));
        out.line(0, &format!("SEED = {}", self.recipe.fit.seed));
        if self.has_training() {
            self.training().write_constants(&mut out);
        }
        out.list(0, "CLASSES = [", &quoted_all(self.saved.source.classes()), "]");
        out.text
    }

    fn class(&self) -> Result<String> {
        let mut out = Writer::default();
        let names: Vec<&str> = self.network.parameter_names().collect();
        out.line(0, "class NeuralNetwork:");
        out.line(1, "\"\"\"The network, its loss, and the slope of its loss along each of its parameters.");
        out.gap();
        let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
        for (spec, name) in self.network.parameters.iter().zip(&names) {
            let sizes: Vec<String> = spec.shape.sizes().iter().map(usize::to_string).collect();
            out.line(1, &format!("{name:longest$}  {:9}  {}", sizes.join(" x "), spec.name));
        }
        out.line(1, "\"\"\"");
        out.gap();
        out.line(1, "def __init__(self):");
        out.docstring(2, "The parameters as they are before the training: they follow from the seed.");
        let values: Vec<String> = (0..)
            .zip(&self.network.parameters)
            .map(|(position, spec)| first_values(spec, position))
            .collect::<Result<_>>()?;
        if values.iter().any(|value| value.contains("random_sample")) {
            out.line(2, "random = np.random.RandomState(SEED % 2**32)");
        }
        for (name, value) in names.iter().zip(&values) {
            out.line(2, &format!("self.{name} = {value}"));
        }
        if self.has_training() {
            self.training().write_memories(&mut out);
        }
        out.gap();
        out.line(1, "def parameters(self):");
        out.docstring(2, "All that is learned, in the order of backprop.");
        let own: Vec<String> = names.iter().map(|name| format!("self.{name}")).collect();
        out.list(2, "return [", &own, "]");
        out.gap();
        self.network.write_feedforward(&mut out);
        out.gap();
        self.network.write_loss(&mut out);
        out.gap();
        self.network.write_backprop(&mut out);
        if self.has_training() {
            out.gap();
            self.training().write_update(&mut out);
        }
        Ok(out.text)
    }

    fn training_functions(&self) -> String {
        let mut out = Writer::default();
        if self.has_training() {
            let training = self.training();
            training.write_learning_rate(&mut out);
            training.write_train(&self.network, &mut out);
        }
        out.text
    }

    fn data_functions(&self) -> String {
        let mut out = Writer::default();
        if let Source::Table(preprocessing) = &self.saved.source {
            rows::write_constants(preprocessing, &self.derived, self.recipe.reading.decimal, &mut out);
            reading::write(&self.recipe, preprocessing, !self.derived.is_empty(), &mut out);
            out.gap();
            out.gap();
            let (unknown, has_training) = (self.options.unknown, self.has_training());
            rows::write_functions(preprocessing, &self.derived, unknown, has_training, &mut out);
        }
        out.text
    }

    fn answer_functions(&self) -> String {
        let mut out = Writer::default();
        let names: Vec<&str> = self.network.parameter_names().collect();
        if weights::needs_file(self.model) {
            out.line(0, "MODEL_FILE = Path(__file__).with_suffix(\".clione\")");
            out.gap();
            out.gap();
        }
        weights::write_trained(self.model, &names, &mut out);
        out.gap();
        out.gap();
        self.write_answer(&mut out);
        out.gap();
        out.gap();
        let drops = self.write_predict_file(&mut out);
        if self.has_training() {
            out.gap();
            out.gap();
            self.write_train_on(drops, &mut out);
        }
        out.gap();
        out.gap();
        answers::write_check(&self.saved.source, &mut out);
        out.gap();
        out.gap();
        self.write_main(&mut out);
        out.text
    }

    /// The function from inputs to probabilities, or to numbers in the units of the target.
    fn write_answer(&self, out: &mut Writer) {
        let inputs = self.saved.source.example();
        let sizes: Vec<String> = inputs.sizes().iter().map(usize::to_string).collect();
        out.line(0, "def answer(x):");
        let classes = self.saved.source.classes().len();
        let what = if classes == 0 { "number that is predicted" } else { "probability of each class" };
        out.docstring(1, &format!("The {what} for each row of inputs."));
        out.line(1, &format!("x = np.array(x, PRECISION).reshape(len(x), {})", sizes.join(", ")));
        out.line(1, "output = trained().feedforward(x).astype(float)");
        let units = self.saved.source.units();
        let learned = format!("{} + {} * output", expression::number(units.mean), expression::number(units.scale));
        let is_plain = (units.mean, units.scale) == (0.0, 1.0);
        let learned = if is_plain { "output" } else { &learned };
        match (classes, units.treatment) {
            (2, _) => out.line(1, "return np.hstack([1 - output, output])"),
            (0, TargetTreatment::Log) => out.line(1, &format!("return np.exp({learned})")),
            (0, TargetTreatment::Log1p) => out.line(1, &format!("return np.exp({learned}) - 1")),
            _ => out.line(1, &format!("return {learned}")),
        }
    }

    /// The function that answers for a file; says whether rows can be incomplete.
    fn write_predict_file(&self, out: &mut Writer) -> bool {
        out.line(0, "def predict(path):");
        match &self.saved.source {
            Source::Table(preprocessing) => {
                let drops = preprocessing.inputs.iter().any(drops);
                out.docstring(1, "Writes what the network says about each row of a table.");
                out.line(1, &format!("rows = {}(path)", reader(preprocessing)));
                if drops {
                    out.line(1, "complete = [row for row in rows if is_complete(row)]");
                    out.line(1, "answers = iter(answer(encoded(complete)))");
                    out.line(1, "show(next(answers) if is_complete(row) else None for row in rows)");
                } else {
                    out.line(1, "show(answer(encoded(rows)))");
                }
                drops
            }
            Source::Images { .. } => {
                out.docstring(1, "Writes what the network says about each image of a file.");
                out.line(1, "show(answer(pixels(read_idx(path))))");
                false
            }
        }
    }

    /// The function that trains on a file.
    fn write_train_on(&self, drops: bool, out: &mut Writer) {
        let classes = self.saved.source.classes().len();
        match &self.saved.source {
            Source::Table(preprocessing) => {
                out.line(0, "def train_on(path):");
                out.docstring(1, "Trains on the rows of a table as clione did, and writes the losses of each epoch.");
                out.line(1, &format!("rows = {}(path)", reader(preprocessing)));
                if self.recipe.choices.drop_missing_target {
                    let target = quoted(&preprocessing.target.name);
                    out.line(1, &format!("rows = [row for row in rows if word(row, {target}) is not None]"));
                }
                if drops {
                    out.line(1, "rows = [row for row in rows if is_complete(row)]");
                }
                let has_words = preprocessing.inputs.iter().any(has_words);
                let unknown = if has_words { ", \"other\"" } else { "" };
                out.line(1, &format!("x = np.array(encoded(rows{unknown}), PRECISION)"));
                out.line(1, "y = np.array([target(row) for row in rows], PRECISION)");
            }
            Source::Images { .. } => {
                out.line(0, "def train_on(path, labels):");
                out.docstring(1, "Trains on images as clione did, and writes the losses of each epoch.");
                out.line(1, "x = pixels(read_idx(path))");
                out.line(1, "places = [CLASSES.index(str(label)) for label in read_idx(labels)]");
                match classes {
                    2 => out.line(1, "y = np.array(places, PRECISION).reshape(-1, 1)"),
                    _ => out.line(1, &format!("y = np.eye({classes}, dtype=PRECISION)[places]")),
                }
            }
        }
        let test = self.recipe.test.as_ref().map_or(0.0, Part::share);
        if test > 0.0 || self.held_back.is_some() {
            out.line(
                1,
                &format!(
                    "classes = {}",
                    match classes {
                        0 => "np.zeros(len(y), int)",
                        2 => "y[:, 0].astype(int)",
                        _ => "y.argmax(axis=1)",
                    }
                ),
            );
        }
        if test > 0.0 {
            out.line(1, &format!("others, _ = split(classes, {})", expression::number(test)));
            out.line(1, "x, y, classes = x[others], y[others], classes[others]");
        }
        let Some(share) = self.held_back else {
            out.line(1, "print(\"epoch,loss\")");
            out.line(1, "for losses in train(NeuralNetwork(), x, y):");
            return out.line(2, "print(*losses, sep=\",\")");
        };
        let is_of_rest = test > 0.0 && matches!(self.saved.source, Source::Table(_));
        let share = if is_of_rest { share / (1.0 - test) } else { share };
        out.line(1, &format!("learned, held = split(classes, {})", expression::number(share)));
        out.line(1, "print(\"epoch,loss,validation_loss\")");
        out.line(1, "for losses in train(NeuralNetwork(), x[learned], y[learned], (x[held], y[held])):");
        out.line(2, "print(*losses, sep=\",\")");
    }

    fn write_main(&self, out: &mut Writer) {
        let (file, train, labels) = match &self.saved.source {
            Source::Table(_) => ("a table (CSV)", "action=\"store_true\", help=\"train on it instead\"", ""),
            Source::Images { .. } => {
                ("images (IDX)", "metavar=\"LABELS\", help=\"train on them instead\"", ", arguments.train")
            }
        };
        out.line(0, "def main():");
        out.docstring(1, "Does what the command line asks for.");
        out.line(1, "style = argparse.RawDescriptionHelpFormatter");
        out.line(1, "parser = argparse.ArgumentParser(description=__doc__, formatter_class=style)");
        out.line(1, &format!("parser.add_argument(\"file\", nargs=\"?\", help=\"{file}\")"));
        if self.has_training() {
            out.line(1, &format!("parser.add_argument(\"--train\", {train})"));
        }
        out.line(1, "arguments = parser.parse_args()");
        out.line(1, "try:");
        out.line(2, "if arguments.file is None:");
        out.line(3, "check()");
        if self.has_training() {
            out.line(2, "elif arguments.train:");
            out.line(3, &format!("train_on(arguments.file{labels})"));
        }
        out.line(2, "else:");
        out.line(3, "predict(arguments.file)");
        out.line(1, "except (OSError, ValueError) as error:");
        out.line(2, "sys.exit(f\"error: {error}\")");
    }

    /// The rows of the self-test, the packed numbers, and the call.
    fn end(&self) -> Result<String> {
        let mut out = Writer::default();
        out.gap();
        out.gap();
        answers::write_rows(self.saved, &self.recipe, &self.derived, &mut out)?;
        weights::write_numbers(self.model, &mut out);
        out.gap();
        out.gap();
        out.line(0, "if __name__ == \"__main__\":");
        out.line(1, "main()");
        Ok(out.text)
    }
}

/// The function that reads tables like the one of the training.
fn reader(preprocessing: &Preprocessing) -> &'static str {
    if preprocessing.header { "read_table" } else { "read_columns" }
}

/// A heading and what stands below it; nothing where nothing does.
fn under(heading: &str, parts: &[&str]) -> String {
    let text = parts.concat();
    let text = text.trim_matches('\n');
    if text.is_empty() { String::new() } else { format!("\n\n# {heading}\n\n\n{text}\n") }
}

/// The modules that a source names.
fn imports(body: &str) -> String {
    let modules = ["argparse", "base64", "csv", "gzip", "json", "math", "re", "sys"];
    let mut text: String =
        modules.into_iter().filter(|module| uses(body, module)).map(|module| format!("import {module}\n")).collect();
    for (module, name) in [("pathlib", "Path"), ("statistics", "NormalDist")] {
        if uses(body, name) {
            text.push_str(&format!("from {module} import {name}\n"));
        }
    }
    text + "\nimport numpy as np\n\n"
}
