//! Faults are planted one at a time: the doctor names each, and a model trained as it advises is better on fresh rows.

mod support;

use clione::base::rng::{Purpose, Rng, Stream};
use std::fmt::Write;
use support::{Folder, idx};

/// A fault, and how it is to be found.
struct Plant {
    /// The conditions of which the doctor must name one first or second.
    named: &'static [&'static str],
    /// The rows to learn from.
    table: String,
    /// Rows of the same kind as they come later.
    fresh: String,
    /// What is typed.
    flags: &'static str,
    /// The doctor must see a run.
    run: bool,
}

fn stream(seed: u64) -> Stream {
    Rng::new(seed).stream(Purpose::Synthesize, 0, 0)
}

/// One row: two numbers between -2 and 2, a third that tells nothing, and whether the first two lie in a ring.
struct Point {
    a: f64,
    b: f64,
    c: f64,
    inside: bool,
    chance: f64,
}

/// Points, a share of them with the wrong class.
fn points(seed: u64, rows: u64, wrong: f64) -> Vec<Point> {
    let stream = stream(seed);
    let at = |row: u64, number: u64| stream.uniform_at(row * 8 + number);
    (0..rows)
        .map(|row| {
            let (a, b, c) = (4.0 * at(row, 0) - 2.0, 4.0 * at(row, 1) - 2.0, 4.0 * at(row, 2) - 2.0);
            let inside = (a * a + b * b < 2.5) != (at(row, 3) < wrong);
            Point { a, b, c, inside, chance: at(row, 4) }
        })
        .collect()
}

fn class(point: &Point) -> &'static str {
    if point.inside { "in" } else { "out" }
}

/// A table of points with a header, a line for each.
fn table(header: &str, points: &[Point], line: impl Fn(usize, &Point) -> String) -> String {
    let mut text = format!("{header}\n");
    for (row, point) in points.iter().enumerate() {
        let _ = writeln!(text, "{}", line(row, point));
    }
    text
}

const PLAIN: &str = "a,b,c,where";

fn plain(points: &[Point]) -> String {
    table(PLAIN, points, |_, point| format!("{:.3},{:.3},{:.3},{}", point.a, point.b, point.c, class(point)))
}

/// A wave over two numbers, with a little noise.
fn wave(seed: u64, rows: u64) -> String {
    table("a,b,c,height", &points(seed, rows, 0.0), |_, Point { a, b, c, chance, .. }| {
        format!("{a:.3},{b:.3},{c:.3},{:.4}", a * b + 0.5 * b * b + 0.2 * chance)
    })
}

/// A fault in the settings, on plain rows.
fn setting(named: &'static [&'static str], flags: &'static str) -> Plant {
    let (table, fresh) = (plain(&points(1, 240, 0.03)), plain(&points(2, 400, 0.03)));
    Plant { named, table, fresh, flags, run: false }
}

/// A fault that shows on the way.
fn on_the_way(named: &'static [&'static str], flags: &'static str) -> Plant {
    Plant { run: true, ..setting(named, flags) }
}

/// A fault in the table: the same lines for the rows to learn from and the fresh ones.
fn in_table(named: &'static [&'static str], header: &str, line: impl Fn(usize, &Point) -> String) -> Plant {
    let (known, fresh) = (points(1, 240, 0.03), points(2, 400, 0.03));
    let (table, fresh) = (table(header, &known, &line), table(header, &fresh, &line));
    Plant { named, table, fresh, flags: "--epochs 60 --learning-rate 0.01", run: false }
}

fn faults_of_tables() -> Vec<Plant> {
    let sorted = |line: &dyn Fn(usize, &Point) -> String, header: &str| {
        let mut known = points(1, 240, 0.03);
        known.sort_by_key(|point| point.inside);
        table(header, &known, line)
    };
    let with_number = |row: usize, number: usize, point: &Point| {
        let _ = row;
        format!("{number},{:.3},{:.3},{}", point.a, point.b, class(point))
    };
    let fresh = points(2, 400, 0.03);
    vec![
        Plant {
            flags: "--epochs 60 --learning-rate 0.01 --scaling unscaled",
            ..in_table(&["unscaled-inputs"], PLAIN, |_, point| {
                format!("{:.1},{:.3},{:.3},{}", 3000.0 + 1000.0 * point.a, point.b, point.c, class(point))
            })
        },
        in_table(&["zeros-as-missing"], "pressure,b,c,where", |_, point| {
            let pressure = if point.chance < 0.04 { 0.0 } else { 450.0 + 10.0 * point.a };
            format!("{pressure:.1},{:.3},{:.3},{}", point.b, point.c, class(point))
        }),
        in_table(&["words-among-numbers"], "income,b,c,where", |_, point| {
            let income = 1500.0 + 700.0 * point.a;
            let (thousands, rest) = ((income / 1000.0) as usize, income as usize % 1000);
            let income = if thousands > 0 { format!("\"{thousands},{rest:03}\"") } else { rest.to_string() };
            format!("{income},{:.3},{:.3},{}", point.b, point.c, class(point))
        }),
        in_table(&["missing"], PLAIN, |_, point| {
            let a = if point.chance < 0.05 { String::new() } else { format!("{:.3}", point.a) };
            format!("{a},{:.3},{:.3},{}", point.b, point.c, class(point))
        }),
        Plant {
            named: &["leak"],
            table: table("a,b,label,where", &points(1, 240, 0.03), |_, point| {
                format!(
                    "{:.3},{:.3},{},{}",
                    point.a,
                    point.b,
                    if point.inside { "yes" } else { "nothing" },
                    class(point)
                )
            }),
            fresh: table("a,b,label,where", &fresh, |row, point| {
                format!("{:.3},{:.3},{},{}", point.a, point.b, ["nothing", "yes"][row % 2], class(point))
            }),
            flags: "--epochs 60 --learning-rate 0.01",
            run: false,
        },
        Plant {
            named: &["counter"],
            table: sorted(&|row, point| with_number(row, row, point), "row,a,b,where"),
            fresh: table("row,a,b,where", &fresh, |row, point| with_number(row, row, point)),
            flags: "--epochs 60 --learning-rate 0.01",
            run: false,
        },
        Plant {
            named: &["ids"],
            table: sorted(&|row, point| with_number(row, 5000 + 7 * row + row % 3, point), "customer,a,b,where"),
            fresh: table("customer,a,b,where", &fresh, |row, point| with_number(row, 5000 + 4 * row + row % 3, point)),
            flags: "--epochs 60 --learning-rate 0.01",
            run: false,
        },
    ]
}

fn faults_of_settings() -> Vec<Plant> {
    let mut sorted = points(1, 240, 0.03);
    sorted.sort_by_key(|point| point.inside);
    vec![
        Plant {
            table: plain(&sorted),
            ..setting(&["sorted-rows"], "--shuffle=false --epochs 60 --learning-rate 0.01")
        },
        setting(&["weightless-class"], "--class-weights in=0 --epochs 60 --learning-rate 0.01"),
        setting(
            &["strong-penalty"],
            "--optimizer adamw --optimizer-settings weight_decay=50 --epochs 60 --learning-rate 0.01",
        ),
        setting(&["strict-stopping"], "--patience 5 --min-delta 5 --epochs 60 --learning-rate 0.01"),
        setting(&["wrong-loss"], "--loss mse --epochs 40 --learning-rate 0.003"),
        setting(&["rate-beyond-range"], "--learning-rate 2 --epochs 60"),
        setting(
            &["rate-beyond-range"],
            "--optimizer sgd --optimizer-settings momentum=0.999 --learning-rate 0.05 --epochs 60",
        ),
        setting(&["rate-below-range"], "--learning-rate 0.000001 --epochs 60"),
        setting(&["batch-too-large"], "--batch-size 100000 --epochs 60"),
        setting(&["few-steps"], "--epochs 3 --learning-rate 0.003"),
        setting(&["no-bend"], "--activation linear --epochs 60 --learning-rate 0.01"),
        setting(&["bottleneck"], "--layers 1 --epochs 60 --learning-rate 0.01"),
        Plant {
            table: plain(&points(5, 45, 0.2)),
            ..setting(&["huge-network"], "--layers 128,128 --epochs 200 --learning-rate 0.01")
        },
        setting(&["long-warm-up"], "--warm-up 100000 --epochs 60 --learning-rate 0.01"),
        setting(&["fast-decay"], "--schedule step --epochs 400"),
        setting(&["strong-penalty"], "--l2 1 --epochs 60 --learning-rate 0.01"),
        setting(&["strong-penalty"], "--l1 0.1 --epochs 60 --learning-rate 0.01"),
        setting(&["strong-dropout"], "--dropout 0.9 --epochs 60 --learning-rate 0.01"),
        setting(&["tight-clip"], "--optimizer sgd --learning-rate 0.1 --clip-norm 0.0001 --epochs 100"),
        setting(&["large-validation"], "--validation 0.9 --epochs 200 --learning-rate 0.01"),
        setting(&["symmetric-start"], "--initializer zeros --epochs 60 --learning-rate 0.01"),
        setting(&["symmetric-start"], "--initializer constant(0.5) --epochs 60 --learning-rate 0.01"),
        setting(
            &["blown-up-start", "exploding-gradients"],
            "--initializer numpy_uniform --layers 64,64,64 --epochs 30",
        ),
        setting(&["saturated-start"], "--initializer numpy_uniform --layers 64,64 --activation tanh --epochs 30"),
        setting(
            &["vanishing-gradients"],
            "--layers 8,8,8,8,8,8,8,8 --activation sigmoid --epochs 60 --learning-rate 0.01",
        ),
    ]
}

fn faults_on_the_way() -> Vec<Plant> {
    let (known, later) = (wave(3, 240), wave(4, 400));
    vec![
        Plant {
            table: known.clone(),
            fresh: later.clone(),
            ..on_the_way(
                &["diverged"],
                "--optimizer sgd --learning-rate 0.5 --layers 32,32,32 --initializer he_normal --epochs 60",
            )
        },
        Plant {
            table: known.clone(),
            fresh: later.clone(),
            ..on_the_way(
                &["rate-too-high", "constant-predictions"],
                "--optimizer sgd --learning-rate 0.5 --layers 32,32,32 --epochs 60",
            )
        },
        Plant {
            table: known,
            fresh: later,
            ..on_the_way(
                &["rate-too-high"],
                "--optimizer rmsprop --learning-rate 0.05 --layers 32,32 --schedule constant --epochs 60",
            )
        },
        on_the_way(&["rate-too-low"], "--learning-rate 0.00003 --epochs 60"),
        on_the_way(&["rate-too-low"], "--optimizer sgd --learning-rate 0.0005 --epochs 60"),
        on_the_way(&["still-falling"], "--learning-rate 0.001 --epochs 30"),
        on_the_way(
            &["noisy-loss"],
            "--batch-size 1 --optimizer sgd --learning-rate 0.3 --schedule constant --epochs 30",
        ),
        Plant {
            table: plain(&points(6, 400, 0.2)),
            ..on_the_way(&["overfitting"], "--layers 32,32 --epochs 300 --learning-rate 0.01 --keep-last")
        },
    ]
}

/// The words of a line as a shell cuts them.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is a word").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Each flag with its value.
fn groups(flags: &[String]) -> impl Iterator<Item = &[String]> {
    flags.chunk_by(|_, word| !word.starts_with("--"))
}

/// The flags with those of an advice in place of what they were.
fn followed(flags: &[String], advice: &str) -> Vec<String> {
    let advice = words(advice);
    assert!(advice[0].starts_with("--"), "{advice:?}");
    // A switch has its value behind an equal sign.
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    let kept = groups(flags).filter(|flag| !advice.iter().any(|word| name(word) == name(&flag[0])));
    [kept.flatten().cloned().collect(), advice.clone()].concat()
}

/// How bad a model trained with these flags is on fresh rows; without end where there is none.
fn loss_on_fresh_rows(folder: &Folder, flags: &[String]) -> f64 {
    let fixed = ["train", "table.csv", "--force", "-o", "model.clione", "--threads", "1"];
    let arguments: Vec<&str> = fixed.into_iter().chain(flags.iter().map(String::as_str)).collect();
    if folder.run_words(&arguments).code != 0 {
        return f64::INFINITY;
    }
    // How a table is read belongs to the table, not to the model.
    let reading = groups(flags).filter(|flag| flag[0] == "--thousands").flatten().map(String::as_str);
    let fixed = ["evaluate", "model.clione", "fresh.csv", "--json", "--threads", "1"];
    let evaluated = folder.run_words(&fixed.into_iter().chain(reading).collect::<Vec<_>>());
    if evaluated.code != 0 {
        return f64::INFINITY;
    }
    let metrics = &evaluated.json()["metrics"];
    let loss = ["log_loss", "rmse"].iter().find_map(|name| metrics[*name].as_f64());
    loss.expect("a metric for classes or for numbers")
}

/// Plants a fault, asks the doctor, follows its advice; what is not as it should be in words.
fn treat(plant: &Plant) -> Result<String, String> {
    let folder = Folder::with("table.csv", &plant.table).and("fresh.csv", &plant.fresh);
    let mut flags = words(plant.flags);
    // The faults are those of a plain network: decay by itself would hide some of them.
    for (flag, value) in [("--optimizer", "adam"), ("--layers", "32,16")] {
        if !flags.iter().any(|known| known == flag) {
            flags.extend([flag.to_owned(), value.to_owned()]);
        }
    }
    let mut asked = vec!["doctor", "table.csv", "--json", "--threads", "1"];
    asked.extend(flags.iter().map(String::as_str));
    asked.extend(plant.run.then_some("--run"));
    let answer = folder.run_words(&asked);
    if answer.code != 0 {
        return Err(format!("{}: {}", plant.named[0], answer.stderr));
    }
    let findings = answer.json()["findings"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = findings.iter().filter_map(|finding| finding["name"].as_str()).collect();
    let place = names.iter().take(2).position(|name| plant.named.contains(name));
    let Some(place) = place else {
        return Err(format!("{} with {}: named {names:?}", plant.named[0], plant.flags));
    };
    let advice = findings[place]["advice"][0].as_str().unwrap_or_default();
    let before = loss_on_fresh_rows(&folder, &flags);
    let after = loss_on_fresh_rows(&folder, &followed(&flags, advice));
    let line = format!("{:<20} {before:>8.4} -> {after:.4} with {advice} (place {})", names[place], place + 1);
    if after < before { Ok(line) } else { Err(line) }
}

#[test]
fn every_planted_fault_is_named_and_the_first_advice_makes_fresh_rows_better() {
    let plants: Vec<Plant> =
        faults_of_tables().into_iter().chain(faults_of_settings()).chain(faults_on_the_way()).collect();
    assert!(plants.len() >= 25);
    let mut failures = Vec::new();
    for plant in &plants {
        match treat(plant) {
            Ok(line) => println!("{line}"),
            Err(failure) => failures.push(failure),
        }
    }
    assert!(failures.is_empty(), "{} of {} faults:\n{}", failures.len(), plants.len(), failures.join("\n"));
}

#[test]
fn settings_that_spoil_a_run_are_its_first_cause_and_filled_columns_are_not_to_be_filled_again() {
    let mut sorted = points(1, 240, 0.03);
    sorted.sort_by_key(|point| point.inside);
    let folder = Folder::with("table.csv", plain(&sorted));
    for (flags, condition, advice) in [
        ("--shuffle=false", "sorted-rows", "--shuffle=true"),
        ("--optimizer-settings weight_decay=50", "strong-penalty", "--optimizer-settings weight_decay=0.01"),
        ("--patience 5 --min-delta 5", "strict-stopping", "--min-delta 0"),
        ("--class-weights in=0", "weightless-class", "--class-weights equal"),
    ] {
        let found = folder.run(&format!("doctor table.csv --json {flags}")).json()["findings"][0].clone();
        assert_eq!((found["name"].as_str(), found["advice"][0].as_str()), (Some(condition), Some(advice)), "{flags}");
    }
    let half_empty = table("a,b,c,where", &points(1, 240, 0.03), |row, point| {
        let a = if row % 3 == 0 { format!("{:.3}", point.a) } else { String::new() };
        format!("{a},{:.3},{:.3},{}", point.b, point.c, class(point))
    });
    folder.write("half.csv", half_empty);
    let found = folder.run("doctor half.csv --json --missing median").json()["findings"][0].clone();
    assert_eq!((found["name"].as_str(), found["advice"].to_string().as_str()), (Some("missing"), "[\"--ignore a\"]"));
}

#[test]
fn images_are_looked_at_too() {
    let pixels: Vec<u8> = (0..40 * 16).map(|at| if at / 16 % 2 == 0 { 200 } else { (at * 7 % 50) as u8 }).collect();
    let labels: Vec<u8> = (0..40).map(|at| at % 2).collect();
    let folder = Folder::with("x", idx(&[40, 4, 4], &pixels)).and("y", idx(&[40], &labels));
    let answer = folder.run("doctor --images x --labels y --epochs 2 --json").succeeds_saying(&["32 images"]);
    let findings = answer.json()["findings"].clone();
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["name"] == "few-steps"), "{findings}");
}

#[test]
fn a_healthy_table_gets_no_finding_that_matters() {
    let folder = Folder::with("table.csv", plain(&points(1, 240, 0.03)));
    let answer = folder.run("doctor table.csv --run --epochs 100 --learning-rate 0.01 --patience 20");
    assert_eq!((answer.stdout.as_str(), answer.code), ("nothing looks wrong\n", 0), "{}", answer.stderr);
}

#[test]
fn what_keeps_training_from_beginning_is_a_finding_and_no_error() {
    let folder = Folder::with("table.csv", "a,y\n1.5,u\n?,v\n2.5,u\n3.5,v\n");
    let answer = folder.run("doctor table.csv");
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.starts_with("fault: missing values\n"), "{}", answer.stdout);
    folder.refuses("doctor table.csv --target z", 3, &["no column \"z\""]);
}

/// Numbers and a class that have nothing to do with each other.
fn noise(seed: u64, rows: u64, columns: u64) -> String {
    let stream = stream(seed);
    let header: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    let mut text = format!("{},coin\n", header.join(","));
    for row in 0..rows {
        let at = |number: u64| stream.uniform_at(row * 64 + number);
        let numbers: Vec<String> = (0..columns).map(|column| format!("{:.3}", at(column))).collect();
        let _ = writeln!(text, "{},{}", numbers.join(","), if at(columns) < 0.5 { "heads" } else { "tails" });
    }
    text
}

#[test]
fn where_there_is_nothing_to_learn_that_is_said_and_not_that_training_should_be_longer_or_faster() {
    for (seed, rows, columns) in
        [(11, 200, 20), (12, 200, 20), (13, 200, 5), (14, 400, 10), (15, 1000, 20), (16, 120, 8)]
    {
        let folder = Folder::with("table.csv", noise(seed, rows, columns));
        for flags in ["", "--keep-last"] {
            let answer = folder.run(&format!("doctor table.csv --run --json {flags}"));
            let findings = answer.json()["findings"].as_array().cloned().unwrap_or_default();
            let names: Vec<&str> = findings.iter().filter_map(|finding| finding["name"].as_str()).collect();
            let wrong = ["rate-too-low", "still-falling", "underfitting", "constant-predictions"];
            assert!(!names.iter().any(|name| wrong.contains(name)), "{seed} {flags}: {names:?}");
            let found = findings.iter().find(|finding| finding["name"] == "no-better-than-guessing");
            let advice = found.map_or_else(String::new, |finding| finding["advice"].to_string());
            assert!(advice.contains("the inputs tell nothing"), "{seed} {flags}: {findings:?}");
        }
    }
}

#[test]
fn no_flag_is_advised_two_values() {
    let (ring, coin) = (plain(&points(7, 160, 0.1)), noise(17, 160, 12));
    for table in [&ring, &coin] {
        let folder = Folder::with("table.csv", table);
        for flags in [
            "",
            "--keep-last --optimizer adam --learning-rate 0.01 --epochs 200",
            "--learning-rate 0.00002",
            "--optimizer sgd --learning-rate 0.02 --epochs 40",
            "--learning-rate 0.3 --layers 4",
            "--layers 200,200 --keep-last --epochs 30",
            "--optimizer sgd --learning-rate 3 --epochs 30",
        ] {
            let findings = folder.run(&format!("doctor table.csv --run --json {flags}")).json()["findings"].clone();
            let mut advised = Vec::new();
            for finding in findings.as_array().expect("findings") {
                let advice = finding["advice"].as_array().expect("advice").iter().filter_map(|line| line.as_str());
                let mut names: Vec<&str> = advice
                    .filter(|line| line.starts_with("--"))
                    .filter_map(|line| line.split([' ', '=']).next())
                    .collect();
                names.dedup();
                assert!(!names.iter().any(|name| advised.contains(&(*name).to_owned())), "{flags}: {findings}");
                advised.extend(names.into_iter().map(str::to_owned));
            }
        }
    }
}
