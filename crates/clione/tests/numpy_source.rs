//! Models as NumPy source: the article's network word for word, and what every source has.

use clione::data::treatment::{Missing, Treat, by_column};
use clione::export::{Language, Options, source};
use clione::optim::clip::Clip;
use clione::optim::optimizer::Sees;
use clione::prelude::*;
use clione::train::article::Article;
use clione::train::class_weights::ClassWeights;
use clione::train::file::Weights;
use clione::train::stopping::EarlyStopping;

/// Sizes, words and gaps, with a class and a number to predict.
const MIXED: &str = "size,kind,flag,grade,price,label\n1.5,a,yes,low,10,up\n3,b,no,high,20,down\n2,a,yes,low,35,up\n,b,no,middle,5,down\n\
                     4.25,c,no,high,8,flat\n6,a,yes,middle,13,up\n7,b,no,low,21,flat\n0.5,c,yes,high,34,down\n";

fn trained(recipe: &Recipe, text: &str) -> SavedModel {
    let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).expect("a table");
    let prepared =
        prepare(&table, &recipe.choices, recipe.validation.share(), &Rng::new(recipe.fit.seed)).expect("rows");
    let held_back = Some(&prepared.validation).filter(|rows| rows.rows() > 0);
    let source = Source::Table(prepared.preprocessing);
    recipe.train(source, &prepared.training, held_back, &mut |_| Next::Continue).expect("training goes well").saved
}

fn python(saved: &SavedModel) -> String {
    source(saved, Language::Numpy, &Options::default()).expect("a source")
}

#[test]
fn the_article_comes_out_as_its_own_class() {
    let options = Options { name: "article".to_owned(), ..Options::default() };
    let saved = Article { seed: 42, ..Article::default() }.saved("article.csv").expect("it trains");
    let text = source(&saved, Language::Numpy, &options).expect("a source");
    let frozen = include_str!("../../../testdata/export/article.py");
    assert!(text == frozen, "testdata/export/article.py should be\n{text}");
}

#[test]
fn every_choice_of_a_network_and_of_its_training_is_written_in_lines_of_a_readable_length() {
    let classes = |loss| [Loss::BinaryCrossEntropy, Loss::CategoricalCrossEntropy].contains(&loss);
    let mut fits = Vec::new();
    for &optimizer in Optimizer::all() {
        fits.push(Fit { optimizer, ..Fit::default() });
    }
    for &schedule in Schedule::all() {
        fits.push(Fit {
            schedule,
            warm_up: 3,
            batch_size: 2,
            l1: 0.1,
            l2: 0.1,
            clip: Clip::Norm(1.0),
            ..Fit::default()
        });
    }
    for &loss in Loss::all().iter().filter(|&&loss| !classes(loss)) {
        fits.push(Fit {
            loss: Some(loss),
            stopping: Some(EarlyStopping::default()),
            clip: Clip::Value(1.0),
            ..Fit::default()
        });
    }
    let class_weights = ClassWeights::Balanced;
    fits.push(Fit { loss: Some(Loss::CategoricalCrossEntropy), class_weights, shuffle: false, ..Fit::default() });
    for (number, fit) in fits.into_iter().enumerate() {
        let activation = Activation::all()[number % Activation::all().len()];
        let initializer = Initializer::all()[number % Initializer::all().len()];
        let target = if fit.loss.is_some_and(classes) { "label" } else { "price" };
        let choices = Choices {
            target: target.to_owned(),
            missing: [Missing::Median, Missing::Indicator, Missing::Drop][number % 3],
            treat: by_column("grade=ordinal(low<middle<high)", Treat::named).expect("a treatment"),
            rare: number % 4,
            ..Choices::default()
        };
        let dropout = if fit.optimizer.sees() == Sees::All { 0.0 } else { 0.25 };
        let fit = Fit { epochs: 2, ..fit };
        let recipe = Recipe { choices, fit, layers: vec![3, 2], activation, initializer, dropout, ..Recipe::default() };
        let saved = trained(&recipe, MIXED);
        let text = python(&saved);
        assert_eq!(text, python(&saved));
        for line in text.lines() {
            assert!(line.chars().count() <= 100 && line == line.trim_end(), "{line}");
        }
        for name in ["weights1", "bias1", "weights2", "bias2", "weights3", "bias3"] {
            assert!(text.contains(&format!("        self.{name} = ")), "{name} has no first value in\n{text}");
            assert!(text.contains(&format!("        d_{name} = ")), "{name} has no gradient in\n{text}");
        }
        assert!(text.contains("        return [d_weights1, d_bias1, d_weights2, d_bias2, d_weights3, d_bias3]\n"));
    }
}

#[test]
fn each_line_back_stands_below_the_line_that_it_undoes() {
    let text = include_str!("../../../testdata/export/article.py");
    let (_, backprop) = text.split_once("    def backprop(self, y):").expect("there is one");
    let lines: Vec<&str> = backprop.lines().map(str::trim).skip(2).take(10).collect();
    assert_eq!(
        lines,
        [
            "# forward: loss = np.sum((output - y) ** 2)",
            "d_output = 2 * (self.output - y)",
            "# forward: output = sigmoid(layer1 @ weights2)",
            "d_z2 = d_output * sigmoid_derivative(self.output)",
            "d_weights2 = self.layer1.T @ d_z2",
            "d_layer1 = d_z2 @ self.weights2.T",
            "# forward: layer1 = sigmoid(x @ weights1)",
            "d_z1 = d_layer1 * sigmoid_derivative(self.layer1)",
            "d_weights1 = self.x.T @ d_z1",
            "return [d_weights1, d_weights2]",
        ]
    );
}

#[test]
fn a_network_that_is_no_stack_is_written_with_the_names_of_its_layers() {
    let recipe = Recipe { fit: Fit { epochs: 1, ..Fit::default() }, ..Recipe::default() };
    let saved = trained(&recipe, "a,b,y\n1,2,3.5\n2,1,4.5\n3,5,8.5\n5,4,9.5\n7,1,8.25\n");
    let mut network = Network::with_inputs(&[("x", [2].into())]);
    let x = network.input(0);
    let wide = network.apply("wide", Dense::new(2).activation(Activation::Gelu), &[x]);
    let sum = network.apply("sum", Add, &[x, wide]);
    let again = network.apply_again("wide", &[sum]).expect("it is there");
    let both = network.apply("both", Concat, &[sum, again]);
    let last = network.apply("last", Dense::new(1), &[both]);
    network.outputs(&[last]);
    let weights = Weights::F64(Model::new(network, 3).expect("layers fit"));
    let text = python(&SavedModel { weights, ..saved });
    for line in [
        "self.wide_z = x @ self.wide_weights + self.wide_bias",
        "wide = gelu(self.wide_z)",
        "self.sum = x + wide",
        "self.both = np.concatenate([self.sum, wide_], axis=-1)",
        "self.output = self.both @ self.last_weights + self.last_bias",
        "d_sum = ",
        "d_wide_ = d_both[..., 2:4]",
        "d_wide_weights = self.sum.T @ d_wide_z_ + self.x.T @ d_wide_z",
    ] {
        assert!(text.contains(&format!("\n        {line}")), "{line} is not in\n{text}");
    }
}

#[test]
fn a_training_that_cannot_be_written_is_left_out_with_its_reason() {
    let optimizer = Optimizer::named("lbfgs").expect("an optimizer");
    let recipe = Recipe { fit: Fit { optimizer, epochs: 2, ..Fit::default() }, ..Recipe::default() };
    let text = python(&trained(&recipe, "a,b,y\n1,2,3.5\n2,1,4.5\n3,5,8.5\n5,4,9.5\n7,1,8.25\n"));
    assert!(text.contains("\nThe training itself is not among these lines: the line search of its optimizer"));
    assert!(text.contains("def backprop(") && !text.contains("def train(") && !text.contains("--train"));
}

#[test]
fn dates_and_columns_of_formulas_are_written_in_their_own_lines() {
    let text = "when,a,b,kind,y\n5.1.2024 7:30,1,2,p,3.5\n7.2.2024 8:10,2,1,q,4.5\n23.3.2024 9:00,3,5,p,8.5\n\
                1.5.2024 9:15,5,4,q,9.5\n3.6.2024 7:45,7,1,p,8.25\n";
    let derive = [
        "area = a * b",
        "ratio = ln(area / b) ^ 2",
        "late = hour(when) > 8 and kind = 'p'",
        "more = 1 + (a > 3 or b > 3)",
        "unused = 1 / a",
    ];
    let choices = Choices {
        derive: derive.map(str::to_owned).to_vec(),
        treat: by_column("unused=ignore", Treat::named).expect("a treatment"),
        ..Choices::default()
    };
    let fit = Fit { epochs: 1, ..Fit::default() };
    let source = python(&trained(&Recipe { choices, fit: fit.clone(), ..Recipe::default() }, text));
    for line in [
        "NEEDED = [\"when\", \"a\", \"b\", \"kind\"]",
        "        area = None if None in (a, b) else a * b",
        "        row[\"area\"] = written(area, \"area\")",
        "        ratio = None if None in (area, b) else np.log(area / b) ** 2",
        "        when = moment(row, \"when\", \"dmy\")",
        "        answer1 = None if when is None else truth(date_part(when, \"hour\") > 8)",
        "        answer2 = None if kind is None else truth(kind == \"p\")",
        "        late = conjunction(answer1, answer2)",
        "        answer5 = disjunction(answer3, answer4)",
        "        more = None if answer5 is None else 1 + answer5",
        "    row = derived(row)",
        "        *dated(",
        "def truth(condition):",
        "import re",
    ] {
        assert!(source.contains(&format!("\n{line}")), "{line} is not in\n{source}");
    }
    assert!(source.lines().all(|line| line.chars().count() <= 100), "a line is too long in\n{source}");
    assert!(!source.contains("unused") && !source.contains("def distance(") && !source.contains("def one_hot_with"));
    let plain = python(&trained(&Recipe { fit, ..Recipe::default() }, "a,y\n1,3\n2,4\n3,7\n4,5\n5,8\n"));
    assert!(!plain.contains("derived") && !plain.contains("moment") && !plain.contains("import re"));
}

#[test]
fn many_numbers_are_packed_and_very_many_stay_in_the_file_of_the_model() {
    let text = "a,b,y\n1,2,3.5\n2,1,4.5\n3,5,8.5\n5,4,9.5\n7,1,8.25\n";
    let of_layers = |layers: &[usize]| {
        let recipe = Recipe { layers: layers.to_vec(), fit: Fit { epochs: 1, ..Fit::default() }, ..Recipe::default() };
        python(&trained(&recipe, text))
    };
    let (few, some, many) = (of_layers(&[3]), of_layers(&[40]), of_layers(&[200, 200]));
    assert!(few.contains("network.weights1[:] = [") && !few.contains("TRAINED"));
    assert!(some.contains("TRAINED = \"\"\"\n"));
    assert!(
        many.contains("are read from model.clione")
            && many.contains("header[name][\"data_offsets\"]")
            && !many.contains("TRAINED")
    );
}
