//! `clione explain`: what it prints can be repeated on a calculator, and what is asked wrongly is told.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::{Folder, houses, idx, people, random_bytes};

/// A folder with a table of four rows, repeated, and a model of it with two sigmoid units and a sigmoid.
fn exclusive_or() -> Folder {
    let rows = "0,0,1,0\n0,1,1,1\n1,0,1,1\n1,1,1,0\n".repeat(5);
    let folder = Folder::with("xor.csv", format!("x1,x2,x3,y\n{rows}"));
    let options = "--layers 2 --activation sigmoid --loss sum_of_squares --optimizer sgd --learning-rate 0.5";
    folder.run(&format!("train xor.csv {options} --epochs 20 -o xor.clione")).succeeds_saying(&[]);
    folder
}

/// A folder with a table of people and a model of the usual size.
fn wide() -> Folder {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 2 -o people.clione").succeeds_saying(&[]);
    folder
}

/// A pocket calculator: numbers, + - · / ² √ and parentheses.
struct Calculator<'a> {
    rest: &'a str,
}

impl Calculator<'_> {
    fn value_of(text: &str) -> f64 {
        let mut calculator = Calculator { rest: text.trim() };
        let value = calculator.sum();
        assert_eq!(calculator.rest, "", "all of {text:?} is read");
        value
    }

    fn takes(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let rest = rest.strip_prefix(sign);
        rest.map(|rest| self.rest = rest).is_some()
    }

    fn sum(&mut self) -> f64 {
        let mut value = self.product();
        loop {
            if self.takes("+") {
                value += self.product();
            } else if self.takes("-") {
                value -= self.product();
            } else {
                return value;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut value = self.square();
        loop {
            if self.takes("·") {
                value *= self.square();
            } else if self.takes("/") {
                value /= self.square();
            } else {
                return value;
            }
        }
    }

    fn square(&mut self) -> f64 {
        let value = self.number();
        if self.takes("²") { value * value } else { value }
    }

    fn number(&mut self) -> f64 {
        if self.takes("√") {
            return self.number().sqrt();
        }
        if self.takes("-") {
            return -self.number();
        }
        if self.takes("(") {
            let value = self.sum();
            assert!(self.takes(")"), "{}", self.rest);
            return value;
        }
        let text = self.rest.trim_start();
        let is_exponent = |at: usize| text[..at].ends_with('e');
        let end = text
            .char_indices()
            .find(|&(at, c)| !(c.is_ascii_digit() || c == '.' || c == 'e' || (c == '-' && is_exponent(at))));
        let (number, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
        self.rest = rest;
        number.parse().unwrap_or_else(|_| panic!("a number in {text:?}"))
    }
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 2e-9 * expected.abs() + 1e-15, "{what}: {found} is not {expected}");
}

/// The lines of a part of the page, from its title to the next empty line.
fn part<'a>(page: &'a str, title: &str) -> Vec<&'a str> {
    let lines = page.lines().skip_while(|line| !line.starts_with(title)).skip(1);
    let part: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    assert!(!part.is_empty(), "{title} in\n{page}");
    part
}

/// The number at the end of a line.
fn last_number(line: &str) -> f64 {
    let (_, value) = line.rsplit_once(" = ").unwrap_or_else(|| panic!("an equation: {line:?}"));
    value.trim().parse().unwrap_or_else(|_| panic!("a number: {line:?}"))
}

/// Repeats every `= numbers = value` below a formula; gives the values of all equations.
fn repeat(lines: &[&str]) -> Vec<f64> {
    let is_numbers = |line: &&&str| line.trim_start().starts_with("= ");
    let mut values = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let pieces: Vec<&str> = line.split(" = ").map(str::trim).collect();
        let value = |piece: &str| piece.split_whitespace().next().unwrap().parse::<f64>().unwrap();
        if is_numbers(&line) {
            assert_close(Calculator::value_of(pieces[1]), value(pieces[2]), line);
            values.push(value(pieces[2]));
        } else if lines.get(at + 1).filter(is_numbers).is_none() {
            values.push(value(pieces[2]));
        }
    }
    values
}

#[test]
fn the_factors_that_are_printed_multiply_to_the_derivative_on_a_calculator() {
    let folder = exclusive_or();
    let page =
        folder.run_words(&["explain", "xor.clione", "xor.csv", "--row", "3", "--weight", "hidden1.weights[0,1]"]);
    let page = page.succeeds_saying(&[]).stdout;
    let lines = part(&page, "The chain rule  w → z1[1] → a1[1] → z2 → ŷ → L");
    let fractions: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.starts_with("dL") || word.contains("/d"))
        .collect();
    assert_eq!(fractions, ["dL/dŷ", "dŷ/dz2", "dz2/da1[1]", "da1[1]/dz1[1]", "dz1[1]/dw", "dL/dw"], "{page}");
    let mut values = repeat(&lines);
    let result = values.pop().unwrap();
    assert_eq!(values.len(), 5, "{page}");
    assert_close(values.iter().product(), result, &page);
    let three = part(&page, "Three ways");
    let numbers: Vec<f64> =
        three.iter().map(|line| line.split_whitespace().find_map(|word| word.parse().ok()).unwrap()).collect();
    assert!(numbers.iter().all(|&number| (number - result).abs() < 1e-8 * result.abs()), "{page}");
    assert!(page.contains("= x[0]") && page.contains("the input x1"), "{page}");
}

#[test]
fn several_paths_are_written_out_and_added_up() {
    let folder = exclusive_or();
    let page = folder.run("explain xor.clione xor.csv --row 2 --input x2").succeeds_saying(&[]).stdout;
    assert!(page.contains("2 paths lead from x[1] to the loss"), "{page}");
    let products: Vec<f64> = ["Path 1 of 2", "Path 2 of 2"]
        .iter()
        .map(|title| {
            let mut values = repeat(&part(&page, title));
            let product = values.pop().unwrap();
            assert_close(values.iter().product(), product, title);
            product
        })
        .collect();
    let sum: Vec<f64> = part(&page, "Their sum").iter().map(|line| last_number(line)).collect();
    assert_eq!(sum[..2], products[..]);
    assert_close(sum[0] + sum[1], sum[2], &page);
}

#[test]
fn every_sum_of_the_journey_can_be_repeated() {
    let folder = exclusive_or();
    let page =
        folder.run("explain xor.clione xor.csv --row 3").succeeds_saying(&["one derivative, worked out:"]).stdout;
    let sums: Vec<&str> =
        page.lines().filter(|line| line.trim_start().starts_with('z') && line.matches(" = ").count() == 2).collect();
    assert_eq!(sums.len(), 3, "{page}");
    for line in sums {
        let pieces: Vec<&str> = line.split(" = ").collect();
        let value = Calculator::value_of(pieces[1]);
        assert!((value - last_number(line)).abs() < 1e-5 * value.abs().max(1.0), "{line}");
    }
    for text in ["row 3 of xor.csv (line 4)", "target y = 1", "a1 = σ(z1)", "L = Σ (ŷ - y)²", "hidden1.weights"] {
        assert!(page.contains(text), "{text} in\n{page}");
    }
}

#[test]
fn the_step_of_every_optimizer_is_that_of_its_formulas() {
    let folder = Folder::with("people.csv", people());
    let choices = [
        "sgd --optimizer-settings momentum=0.9",
        "rmsprop --l2 0.01",
        "adam --clip-norm 0.01",
        "adamw --l1 0.01 --warm-up 5",
    ];
    for choice in choices {
        let line = format!(
            "train people.csv --layers 3 --activation tanh --optimizer {choice} --epochs 1 --force -o m.clione"
        );
        folder.run(&line).succeeds_saying(&[]);
        let words = ["explain", "m.clione", "people.csv", "--weight", "hidden1.weights[0,2]", "--step"];
        let page = folder.run_words(&words).succeeds_saying(&[]).stdout;
        let lines = part(&page, "The first step of");
        assert!(!repeat(&lines).is_empty(), "{page}");
        assert!(page.contains("in the optimizer: the same"), "{choice}\n{page}");
    }
}

#[test]
fn a_wide_network_is_told_by_its_largest_terms_and_the_rest_of_them() {
    let folder = wide();
    let walk = folder.run("explain people.clione people.csv --row 7 --json").succeeds_saying(&[]).json();
    let name = walk["parameters"][0]["largest"][0]["name"].as_str().unwrap().to_owned();
    let words = ["explain", "people.clione", "people.csv", "--row", "7", "--weight", &name, "--json"];
    let object = folder.run_words(&words).succeeds_saying(&[]).json();
    let derivative = &object["derivative"];
    assert_eq!(
        (derivative["agreement"]["backpropagation"]["is_broken"].as_bool(), object["schema"].as_u64()),
        (Some(false), Some(1))
    );
    assert_eq!(derivative["products"].as_array().unwrap().len(), 0);
    let sums = derivative["sums"].as_array().unwrap();
    assert_eq!(sums.len(), 6, "{derivative}"); // of z3, a2, z2, a1, z1 and w
    assert!(derivative["by_chain_rule"].as_f64().unwrap() != 0.0 && sums[3]["rest"]["count"].as_u64().unwrap() > 0);
    for sum in sums {
        let terms: f64 = sum["terms"].as_array().unwrap().iter().map(|term| term["value"].as_f64().unwrap()).sum();
        let whole = terms + sum["rest"]["sum"].as_f64().unwrap();
        assert!((whole - sum["value"].as_f64().unwrap()).abs() < 1e-15, "{sum}");
    }
    let page = folder.run_words(&words[..7]).succeeds_saying(&[]).stdout;
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let journey = folder.run("explain people.clione people.csv --row 7").succeeds_saying(&[]).stdout;
    assert!(journey.contains("59 more units") && journey.contains("more: "), "{journey}");
    assert!(journey.lines().skip(1).all(|line| line.chars().count() <= 80), "{journey}");
}

#[test]
fn a_row_without_a_target_is_followed_forward_only() {
    let folder = wide();
    let unlabelled: String = people().lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    folder.write("new.csv", unlabelled);
    let page = folder.run("explain people.clione new.csv --row 2").succeeds_saying(&[]).stdout;
    assert!(page.contains("new.csv has no target column \"bought\", so there is no loss"), "{page}");
    assert!(!page.contains("Backward"), "{page}");
    let texts = ["new.csv has no target column \"bought\": without a target there is no loss"];
    folder.refuses("explain people.clione new.csv --weight hidden1.weights[0,0]", 3, &texts);
}

#[test]
fn what_is_asked_wrongly_is_told_with_what_there_is() {
    let folder = exclusive_or();
    let refuses =
        |arguments: &str, texts: &[&str]| folder.refuses(&format!("explain xor.clione xor.csv {arguments}"), 2, texts);
    refuses("--weight hiden1.weights[0,0]", &["no parameter `hiden1.weights`", "did you mean `hidden1.weights`?"]);
    refuses(
        "--weight hidden1.weights[3,0]",
        &["`hidden1.weights` is 3x2: the first index goes from 0 to 2, but it is 3"],
    );
    refuses("--bias hidden1.bias[0,0,0]", &["`hidden1.bias` has 1 index (2), but 3 were given"]);
    refuses("--weight hidden1.weights[a]", &["expected whole numbers in brackets"]);
    refuses("--input x9", &["no input \"x9\"", "did you mean \"x1\"?"]);
    refuses("--row 21", &["xor.csv: has 20 rows, so there is no row 21", "--row 20"]);
    refuses("--row 0", &["--row 0: rows count from 1"]);
    refuses("--row -1", &["--row -1: rows count from 1"]);
    refuses("--line 1", &["no row begins in line 1"]);
    refuses("--step", &["--weight <PLACE>|--bias <PLACE>"]);
    refuses("--weight output.bias[0] --bias output.bias[0]", &["cannot be used with"]);
    folder.refuses("explain xor.clione --images a.idx", 2, &["was trained on a table, not on images"]);
    let by_line = folder.run("explain xor.clione xor.csv --line 4").succeeds_saying(&[]).stdout;
    assert_eq!(by_line, folder.run("explain xor.clione xor.csv --row 3").stdout);
}

#[test]
fn an_image_is_shown_by_its_brightest_pixels_and_explained_by_one_of_them() {
    let folder = Folder::with("images", idx(&[40, 6, 5], &random_bytes(1, 1200)));
    folder.write("labels", idx(&[40], &(0..40).map(|at| at % 4).collect::<Vec<u8>>()));
    folder.run("train --images images --labels labels --layers 6 --epochs 2 -o m.clione").succeeds_saying(&[]);
    let page = folder.run("explain m.clione --images images --labels labels --row 5").succeeds_saying(&[]).stdout;
    assert!(page.starts_with("image 5 of images, through m.clione") && page.contains("brightest: x["), "{page}");
    let words = ["explain", "m.clione", "--images", "images", "--labels", "labels", "--input", "x[5,4]"];
    let page = folder.run_words(&words).succeeds_saying(&[]).stdout;
    assert!(page.starts_with("dL/dx[5,4], image 1 of images"), "{page}");
    let unlabelled = folder.run("explain m.clione --images images --row 40").succeeds_saying(&[]).stdout;
    assert!(unlabelled.contains("no labels of these images were given"), "{unlabelled}");
    let texts = ["images: has 40 images, so there is no image 41"];
    folder.refuses("explain m.clione --images images --row 41", 2, &texts);
}

#[test]
fn a_number_is_explained_in_the_units_of_its_target() {
    let folder = Folder::with("houses.csv", houses());
    folder.run("train houses.csv --layers 4 --epochs 2 -o m.clione").succeeds_saying(&[]);
    let answer = folder.run("explain m.clione houses.csv --row 9").succeeds_saying(&[]);
    let predicted = folder.run("predict m.clione houses.csv --digits full").stdout;
    let predicted = predicted.lines().nth(9).unwrap();
    assert!(answer.stdout.contains(&format!("{predicted} as f32")), "{predicted} in\n{}", answer.stdout);
    assert!(answer.stdout.contains("·ŷ for ŷ = "), "{}", answer.stdout);
    folder.run("train houses.csv --layers 4 --epochs 2 --log-target -o log.clione").succeeds_saying(&[]);
    let answer = folder.run("explain log.clione houses.csv --row 9").succeeds_saying(&[]);
    assert!(answer.stdout.contains("y = (ln ") && answer.stdout.contains("= e^("), "{}", answer.stdout);
}

/// The number that a page has under this key, in full.
fn number_on(page: &str, key: &str) -> f64 {
    let (_, rest) = page.split_once(&format!("data-key=\"{key}\" value=\"")).unwrap_or_else(|| panic!("{key}"));
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn the_page_has_the_numbers_of_the_object_and_is_not_written_over() {
    let folder = exclusive_or();
    let command = "explain xor.clione xor.csv --row 3 --weight hidden1.weights[2,1] --step";
    let answer = folder.run(&format!("{command} --html row.html")).succeeds_saying(&[]);
    assert_eq!(answer.stdout, "");
    let page = String::from_utf8(folder.read("row.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n") && page.len() < 1_000_000);
    let journey = folder.run("explain xor.clione xor.csv --row 3 --json").json();
    assert_eq!(number_on(&page, "loss.value"), journey["loss"]["value"].as_f64().unwrap());
    for unit in 0..2 {
        let told = &journey["layers"][0]["units"][unit];
        let key = |what: &str| format!("layers.0.units.{unit}.{what}");
        assert_eq!(number_on(&page, &key("value")), told["value"].as_f64().unwrap());
        assert_eq!(number_on(&page, &key("gradient")), told["gradient"].as_f64().unwrap());
        assert_eq!(number_on(&page, &key("sum.value")), told["sum"]["value"].as_f64().unwrap());
    }
    for largest in journey["parameters"].as_array().unwrap().iter().flat_map(|p| p["largest"].as_array().unwrap()) {
        let key = format!("gradients.{}", largest["name"].as_str().unwrap());
        assert_eq!(number_on(&page, &key), largest["gradient"].as_f64().unwrap());
    }
    let object = folder.run(&format!("{command} --json")).json();
    let (_, card) = page.split_once("class=\"card first\" id=\"hidden1.weights[2,1]\"").unwrap();
    for key in ["value", "by_chain_rule", "by_backpropagation", "by_difference"] {
        assert_eq!(number_on(card, key), object["derivative"][key].as_f64().unwrap(), "{key}");
    }
    assert_eq!(number_on(card, "update.after"), object["update"]["after"].as_f64().unwrap());

    folder.refuses(&format!("{command} --html row.html"), 5, &["row.html", "--force"]);
    assert_eq!(folder.read("row.html"), page.as_bytes());
    folder.run(&format!("{command} --html row.html --force")).succeeds_saying(&[]);
    assert_eq!(folder.read("row.html"), page.as_bytes(), "the same row gives the same page");
    folder.refuses("explain xor.clione xor.csv --html other.html --json", 2, &["cannot be used with"]);
    folder.refuses("explain xor.clione xor.csv --row 99 --html other.html", 2, &["there is no row 99"]);
    assert!(!folder.names().contains(&"other.html".to_owned()));
}

#[test]
fn names_of_columns_do_not_become_markup_on_the_page_and_nothing_is_asked_for() {
    let rows: String = (0..40).map(|at| format!("{},{},</p>{}\n", at % 7, at % 3, at % 2)).collect();
    let head = "<script>alert(1)</script>,\"</style><img src=http://127.0.0.1:9/x>\",<b>class</b>\n";
    let folder = Folder::with("h.csv", format!("{head}{rows}"));
    folder.run("train h.csv --target -1 --epochs 1 -o h.clione").succeeds_saying(&[]);
    folder.run("explain h.clione h.csv --row 2 --html h.html").succeeds_saying(&[]);
    let page = String::from_utf8(folder.read("h.html")).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)") && page.len() < 1_000_000);
    assert_eq!((page.matches("<script").count(), page.matches("<img").count()), (1, 0));
    assert_eq!(
        page.matches("http").count(),
        page.matches("=http://127.0.0.1:9/x&gt;").count() + page.matches("http-equiv").count()
    );
}

#[test]
fn a_page_without_a_target_and_one_of_an_image_are_written() {
    let folder = wide();
    let unlabelled: String = people().lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    folder.write("new.csv", unlabelled);
    folder.run("explain people.clione new.csv --row 2 --html new.html").succeeds_saying(&[]);
    let page = String::from_utf8(folder.read("new.html")).unwrap();
    assert!(page.contains("so there is no loss") && page.contains("class=\"card first\""));

    let folder = Folder::with("images", idx(&[40, 6, 5], &random_bytes(1, 1200)));
    folder.write("labels", idx(&[40], &(0..40).map(|at| at % 4).collect::<Vec<u8>>()));
    folder.run("train --images images --labels labels --layers 6 --epochs 2 -o m.clione").succeeds_saying(&[]);
    folder.run("explain m.clione --images images --labels labels --row 5 --html m.html").succeeds_saying(&[]);
    let page = String::from_utf8(folder.read("m.html")).unwrap();
    assert!(page.contains("What each pixel does to the loss") && page.contains("id=\"x[5,4]\""));
}
