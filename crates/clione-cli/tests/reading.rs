//! A table is read the same way everywhere: as people write it, and for a model as the one that it was trained on.

mod support;

use std::fmt::Write;
use support::{Answer, Folder};

/// Rows of a table under a header; `row` gives the cells of the row with a number.
fn table(header: &str, rows: usize, row: impl Fn(usize) -> String) -> String {
    let mut text = format!("{header}\n");
    (0..rows).for_each(|number| writeln!(text, "{}", row(number)).expect("a text takes all"));
    text
}

/// Trains quickly on `t.csv` with these flags; the model is `m.clione`.
fn train(folder: &Folder, flags: &[&str]) -> Answer {
    let start = ["train", "t.csv", "--epochs", "3", "--layers", "4", "-o", "m.clione", "--force"];
    folder.run_words(&[&start[..], flags].concat())
}

/// What the training with these flags is refused with.
fn refused(text: &str, flags: &[&str], says: &[&str]) {
    let answer = train(&Folder::with("t.csv", text), flags);
    assert!((2..=3).contains(&answer.code), "{}\n{}", answer.code, answer.stderr);
    answer.says(says);
}

fn columns(folder: &Folder, flags: &[&str]) -> serde_json::Value {
    folder.run_words(&[&["inspect", "t.csv", "--json"][..], flags].concat()).json()["columns"].clone()
}

#[test]
fn a_table_is_read_for_a_model_as_the_one_it_was_trained_on() {
    let row =
        |row: usize| format!("{}.{:03};{};{}", 1 + row % 8, row * 37 % 1000, ["Nord", "Süd"][row % 2], row % 9 * 100);
    let text = table("umsatz;filiale;gewinn", 60, row);
    let folder = Folder::with("t.csv", &text);
    train(&folder, &["--decimal", ",", "--thousands", "."]).succeeds_saying(&[]);
    let plain = table("umsatz;filiale;gewinn", 60, |number| row(number).replacen('.', "", 1));
    folder.write("plain.csv", plain);
    for command in ["predict m.clione", "evaluate m.clione", "explain m.clione"] {
        let own = folder.run(&format!("{command} t.csv")).succeeds_saying(&[]);
        assert_eq!(
            own.stdout.replace("t.csv", ""),
            folder.run(&format!("{command} plain.csv")).stdout.replace("plain.csv", "")
        );
    }
    folder.run("check m.clione t.csv").succeeds_saying(&[]);
    let shown = folder.run("inspect t.csv").succeeds_saying(&[]).stdout;
    assert!(shown.contains("points that part thousands") && shown.contains("--thousands '.'"), "{shown}");
    let other = folder.run("predict m.clione t.csv --thousands off").says(&["cannot read \"1.000\""]);
    assert_eq!(other.code, 3);
    let warning = "warning: --thousands what is found in the table: the model was trained on a table read with .";
    other.says(&[warning]);
}

#[test]
fn the_comma_is_judged_by_the_delimiter_and_by_all_cells() {
    let semicolons = table("a;y", 40, |row| format!("{},{:03};{}", 1 + row % 9, row * 21, row));
    refused(&semicolons, &[], &["have a decimal comma", "try: clione train t.csv", "--decimal ','"]);
    let zeros = table("a,y", 40, |row| format!("\"{},{:03}\",{}", row % 3, row * 21, row));
    refused(&zeros, &[], &["--decimal ','", "--category 'a' reads the column as words"]);
    let thousands = table("a,y", 40, |row| format!("\"{},{:03}\",{}", 1 + row % 3, row * 21, row));
    refused(&thousands, &[], &["--thousands ','", "--decimal ',' if the comma stands before decimals"]);
    let mixed = table("a,y", 40, |row| format!("{},{row}", ["\"9,15\"", "\"1,234,567\""][row % 2]));
    refused(&mixed, &[], &["write all in one way", "--category 'a'"]);
}

#[test]
fn codes_are_words_and_never_lose_a_digit() {
    let folder = Folder::with(
        "t.csv",
        table("sku,seat,y", 60, |row| format!("A{:04},{}{},{row}", row % 7, row % 9, ["A", "K", "V"][row % 3])),
    );
    train(&folder, &[]).succeeds_saying(&["from 2 columns"]);
    assert_eq!(columns(&folder, &[])[0]["kind"], "category");
    assert_eq!(columns(&folder, &[])[1]["kind"], "category");
    let zips =
        |row: usize| format!("{},{},{}", ["02138", "10001", "01", "1"][row % 4], row, ["no", "yes"][row / 2 % 2]);
    let folder = Folder::with("t.csv", table("zip,size,sold", 60, zips));
    let note = "column \"zip\": \"02138\" (t.csv:2:1) begins with a zero, which a number loses: read as words";
    train(&folder, &[]).succeeds_saying(&[note, "--number 'zip' reads numbers"]);
    assert_eq!(columns(&folder, &[])[0]["distinct"], 4);
    let unseen = folder.and("later.csv", "zip,size\n1,3\n02138,4\n");
    assert_eq!(unseen.run("predict m.clione later.csv").succeeds_saying(&[]).stdout.lines().count(), 3);
    train(&unseen, &["--number", "zip"]).succeeds_saying(&[]);
    assert_eq!(columns(&unseen, &["--number", "zip"])[0]["distinct"], 3);
    let ids = table("tweet,y", 60, |row| format!("15822181956259389{:02},{}", row % 5, ["no", "yes"][row % 2]));
    let folder = Folder::with("t.csv", ids);
    train(&folder, &[]).succeeds_saying(&["has more digits than a number keeps: read as words"]);
    let shown = folder.run("inspect t.csv").succeeds_saying(&[]).stdout;
    assert!(shown.contains("whole numbers that look like codes") && !shown.contains("count the rows"), "{shown}");
}

#[test]
fn words_for_missing_values_are_told_and_quoted_ones_are_words() {
    let row = |row: usize| format!("{},{},{}", ["NA", "FR", "BW"][row % 3], row, ["no", "yes"][row % 2]);
    let folder = Folder::with("t.csv", table("country,gdp,rich", 60, row));
    assert_eq!(columns(&folder, &[])[0]["missing"], 20);
    assert_eq!(columns(&folder, &["--missing-values", ""])[0]["missing"], 0);
    train(&folder, &["--missing-values", ""]).succeeds_saying(&[]);
    folder.run("predict m.clione t.csv").succeeds_saying(&[]);
    folder.write("t.csv", table("country,gdp,rich", 60, row).replace("NA,1", "\"NA\",1"));
    assert_eq!(columns(&folder, &[])[0]["missing"], 17);
    let words = |row: usize| format!("{},{row},{}", ["unknown", ".", "7", "8", "9"][row % 5], row % 2);
    let folder = Folder::with("t.csv", table("a,b,y", 60, words));
    train(&folder, &[]).says(&["--missing-values .,unknown"]);
    let told = ["--missing-values", ".,unknown"];
    assert_eq!(columns(&folder, &told)[0]["missing"], 24);
    train(&folder, &[&told[..], &["--missing", "median"]].concat()).succeeds_saying(&[]);
    folder.write("later.csv", "a,b\nunknown,3\nNA,4\n");
    folder.run("predict m.clione later.csv").succeeds_saying(&[]);
}

#[test]
fn lines_before_the_header_comments_and_quotes_are_told() {
    let rows = table("id;price", 40, |row| format!("{};{}.5", row % 7, row));
    let folder = Folder::with("t.csv", format!("Extract of 2025-01-06 | all plants\n{rows}"));
    train(&folder, &[]).says(&["is it a title?", "--skip-rows 1"]);
    train(&folder, &["--skip-rows", "1"]).succeeds_saying(&[]);
    folder.run("evaluate m.clione t.csv").succeeds_saying(&[]);
    let folder = Folder::with(
        "t.csv",
        format!("# made by a \"machine\n# more\n{}# end\n", rows.replace("3;3.5", "3;3.5 # odd")),
    );
    train(&folder, &[]).says(&["--comment '#'"]);
    train(&folder, &["--comment", "#"]).succeeds_saying(&[]);
    folder.run("predict m.clione t.csv").succeeds_saying(&[]);
    let escaped = table("name,x,y", 40, |row| format!("\"a\\\"{}\",{row},{row}.5", row % 3));
    let folder = Folder::with("t.csv", escaped);
    train(&folder, &[]).says(&["--escape '\\'"]);
    train(&folder, &["--escape", "\\"]).succeeds_saying(&[]);
    assert_eq!(columns(&folder, &["--escape", "\\"])[0]["frequent"][0]["value"], "a\"0");
    let single = table("name,x,y", 40, |row| format!("'a,{}',{row},{row}.5", row % 3));
    let folder = Folder::with("t.csv", single);
    train(&folder, &["--quote", "'"]).succeeds_saying(&[]);
    folder.run("predict m.clione t.csv").succeeds_saying(&[]);
    for flags in ["--quote x", "--comment , --delimiter ,", "--escape ab", "--skip-rows -1"] {
        assert_eq!(folder.run(&format!("inspect t.csv {flags}")).code, 2, "{flags}");
    }
    for lines in [42, usize::MAX] {
        let told = format!("t.csv: --skip-rows {lines}: the file has 41 lines");
        folder.refuses(&format!("inspect t.csv --skip-rows {lines}"), 3, &[&told]);
    }
}

#[test]
fn runs_of_blanks_part_the_cells_of_aligned_tables() {
    let rows: String = (0..40).map(|row| format!("{:>6}{:>9.1}   {:<8}\n", row % 7, row as f64 * 1.5, row)).collect();
    let folder = Folder::with("t.csv", &rows);
    train(&folder, &[]).succeeds_saying(&["runs of blanks part the cells", "2 columns"]);
    folder.run("predict m.clione t.csv").succeeds_saying(&[]);
    assert_eq!(columns(&folder, &["--delimiter", " "]).as_array().expect("columns").len(), 3);
}

#[test]
fn numbers_with_signs_are_read_where_that_is_said_and_as_in_training_later() {
    let row = |row: usize| format!("{}%,\"${},{:03}.50\",{} kg,{row}", row % 9, 1 + row % 5, row, 1000 + row);
    let folder = Folder::with("t.csv", table("rate,price,weight,y", 60, row));
    train(&folder, &[]).says(&["a percent sign", "--number 'rate'", "--category 'rate' reads"]);
    train(&folder, &["--number", "rate,price,weight"]).succeeds_saying(&["3 inputs from 3 columns"]);
    folder.write("one.csv", "rate,price,weight\n3%,$1200,1003\n3,\"$1,200\",1003 kg\n");
    let lines = folder.run("predict m.clione one.csv").succeeds_saying(&[]).stdout;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[1], lines[2]);
    folder.write("grams.csv", "rate,price,weight\n3%,$1200,1003 g\n");
    assert_eq!(folder.run("predict m.clione grams.csv").says(&["cannot read \"1003 g\""]).code, 3);
    let mixed = table("w,y", 40, |row| format!("{row} {},{row}", ["kg", "g"][row % 2]));
    refused(&mixed, &["--number", "w"], &["one column needs one unit", "--category 'w'"]);
    refused(&mixed, &["--number", "weight"], &["no column \"weight\""]);
}

#[test]
fn words_that_mean_others_are_told_once_and_hold_for_the_model() {
    let row = |row: usize| format!("{row},{}", ["yes.", "no", "yes", "no."][row % 4]);
    let folder = Folder::with("t.csv", table("x,answer", 60, row));
    train(&folder, &["--map", "answer: yes.=yes, no.=no"]).succeeds_saying(&["2 different words"]);
    folder.run("evaluate m.clione t.csv").succeeds_saying(&[]);
    folder.write("later.csv", "x\n3\n");
    folder.run("predict m.clione later.csv").succeeds_saying(&[]);
    folder.write("r.toml", "[reading]\nmap = [\"answer: yes.=yes, no.=no\"]\nmissing_values = [\"\"]\nskip_rows = 0\n");
    let answer = folder.run("train t.csv --recipe r.toml --epochs 2 -o n.clione");
    answer.succeeds_saying(&["2 different words"]);
    refused(&table("x,answer", 60, row), &["--map", "answer"], &["expected COLUMN: OLD=NEW"]);
}

#[test]
fn cells_that_training_had_not_have_a_way() {
    let row = |row: usize| format!("{},{},{}", row % 6, ["Oslo", "Rome"][row % 2], row);
    let folder = Folder::with("t.csv", table("rooms,city,price", 60, row));
    train(&folder, &["--unknown", "other"]).succeeds_saying(&[]);
    folder.write("later.csv", "rooms,city\n3.0,Oslo\n,Bern\n2.5,\n");
    let refused = folder.run("predict m.clione later.csv").says(&["--missing median", "--missing drop"]);
    assert_eq!(refused.code, 3);
    let filled = folder.run("predict m.clione later.csv --missing median");
    let filled = filled.succeeds_saying(&["column \"city\": 1 value unknown"]).stdout;
    assert!(filled.lines().skip(1).all(|line| line.parse::<f64>().is_ok()) && filled.lines().count() == 4, "{filled}");
    let dropped =
        folder.run("predict m.clione later.csv --missing drop").succeeds_saying(&["no prediction for 2 rows"]);
    assert_eq!(dropped.stdout.lines().skip(2).collect::<Vec<_>>(), ["\"\"", "\"\""]);
    assert_eq!(folder.run("predict m.clione later.csv --missing drop --unknown refuse").code, 0);
    assert_eq!(folder.run("predict m.clione later.csv --missing mean").code, 2);
}

#[test]
fn inspect_asks_what_training_asks_and_rounds_nothing_that_is_whole() {
    let dates =
        table("day,sales", 40, |row| format!("{:02}/{:02}/2020,{}", 1 + row % 12, 1 + row % 11, 43_000 + row * 3));
    let folder = Folder::with("t.csv", &dates);
    let shown = folder.run("inspect t.csv").succeeds_saying(&[]).stdout;
    for text in [
        "dates that can be read in more than one way",
        "day or month first?",
        "--treat 'day=date(dmy)'",
        "--treat 'day=date(mdy)'",
        "43117",
    ] {
        assert!(shown.contains(text), "{text} in\n{shown}");
    }
    refused(&dates, &[], &["day or month first?"]);
    let days = table("day,y", 40, |row| format!("202304{:02},{row}.5", 1 + row % 28));
    let shown = Folder::with("t.csv", days).run("inspect t.csv").stdout;
    assert!(shown.contains("20230401 … ") && !shown.contains("e7"), "{shown}");
    for name in ["inf", "infinity", "true", "nan"] {
        let folder =
            Folder::with("t.csv", table(&format!("a,{name},y"), 30, |row| format!("{row},{row}.5,{}", row % 2)));
        assert_eq!(columns(&folder, &[])[1]["name"], name);
    }
}

#[test]
fn wide_letters_take_two_places_and_lines_fit() {
    let row = |row: usize| {
        format!("{},{},{}", ["大阪府大阪市北区梅田", "東京都", "🙂🙂"][row % 3], 123_456.75 + row as f64, row % 2)
    };
    let folder = Folder::with("t.csv", table("都市の名前と場所,価格,y", 60, row));
    let shown = folder.run("inspect t.csv --target y").succeeds_saying(&[]).stdout;
    let width = clione::base::width::width;
    assert!(shown.lines().all(|line| width(line) <= 80), "{shown}");
    let kinds: Vec<usize> = shown
        .lines()
        .filter_map(|line| line.find("category").or(line.find("number  ")).map(|at| width(&line[..at])))
        .collect();
    assert!(kinds.len() >= 2 && kinds.iter().all(|at| *at == kinds[0]), "{shown}");
}

#[test]
fn the_derivative_by_a_column_counts_every_way_through_formulas() {
    let row = |row: usize| format!("{},{},{}", row % 7, 2 + row * 5 % 11, row % 7 * (2 + row * 5 % 11));
    let folder = Folder::with("t.csv", table("w,h,price", 60, row));
    let words = ["--derive", "area = w * h", "--precision", "f64", "--activation", "tanh"];
    train(&folder, &words).succeeds_saying(&[]);
    let loss = |w: f64| {
        folder.write("one.csv", format!("w,h,price\n{w},5,12\n"));
        folder.run("explain m.clione one.csv --json").json()["loss"]["value"].as_f64().expect("a loss")
    };
    let (above, below) = (loss(3.001), loss(2.999));
    folder.write("one.csv", "w,h,price\n3,5,12\n");
    let explained = folder.run("explain m.clione one.csv --input w --json").json();
    let derivative = explained["column"]["derivative"].as_f64().expect("all ways together");
    let difference = (above - below) / 0.002;
    assert!((derivative - difference).abs() <= 1e-5 * difference.abs(), "{derivative} {difference}");
    assert_eq!(explained["column"]["ways"].as_array().expect("ways").len(), 2);
    let text = folder.run("explain m.clione one.csv --input w").succeeds_saying(&[]).stdout;
    assert!(text.contains("All ways from the column w to the loss") && text.contains("area"), "{text}");
}
