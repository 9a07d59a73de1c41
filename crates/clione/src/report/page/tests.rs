//! Pages as a browser takes them: whole, harmless, described, and never too large.

use super::*;
use crate::base::rng::Rng;
use crate::data::inspect::Question;
use crate::data::prepare::prepare;
use crate::data::table::ReadOptions;
use crate::train::assessment::{Look, assess};
use crate::train::fit::{Fit, Next};
use crate::train::importance::Shuffling;
use crate::train::recipe::Recipe;

/// The page of a short run on a table whose last column is predicted.
fn page(text: &str, epochs: usize) -> String {
    let table = Table::from_bytes("folder/x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
    let fit = Fit { epochs, learning_rate: 0.01, ..Fit::default() };
    let recipe = Recipe { layers: vec![40], fit, ..Recipe::default() };
    let prepared = prepare(&table, &recipe.choices, 0.2, &Rng::new(0)).unwrap();
    let source = Source::Table(prepared.preprocessing);
    let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue).unwrap();
    let look = Look { importance: Some(Shuffling { repeats: 1, ..Shuffling::default() }), ..Look::default() };
    let assessment = assess(&run.saved, &prepared.validation, &look, &recipe.fit.cpu()).unwrap();
    let lines: Vec<usize> = prepared.rows.validation.iter().map(|&row| table.line(row as usize)).collect();
    let inspection = Inspection::of(&table, &Question::from(&recipe.choices)).unwrap();
    let page = Page {
        source: "folder/x.csv",
        measured_on: MeasuredOn::HeldBack,
        rows: MeasuredRows { what: "line", numbers: &lines, table: Some(&table) },
        history: Some(&run.history),
        inspection: Some(&inspection),
        warnings: &table.warnings,
        repeat: &["clione train --recipe recipe.toml".to_owned()],
        seed: Some(7),
        ..Page::new(&run.saved, &assessment, "1.2.3")
    };
    page.html()
}

fn flowers() -> String {
    let row = |i: usize| format!("{},{},{}\n", i * 7 % 20, i % 5, ["low", "high"][usize::from(i * 7 % 20 < 8)]);
    format!("length,width,size\n{}", (0..60).map(row).collect::<String>())
}

/// What stands between `<` and `>`, one after another.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).map(|piece| piece.split_once('>').expect("a tag ends").0)
}

#[test]
fn every_tag_is_closed_in_its_turn() {
    let html = page(&flowers(), 3);
    let mut open = Vec::new();
    for tag in tags(&html) {
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "before <{tag}>"),
            None if ["meta", "link", "!doctype"].contains(&name) || tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn words_of_the_data_do_not_become_markup() {
    let names =
        ["<script>alert(1)</script>", "\"a\"\"b' onload=x\"", "</title></style><img src=x>", "</table><b>"].join(",");
    let row = |i: usize| format!("{i}.5,<i>{},{},{}\n", i % 3, i % 7, ["<script>x</script>", "</svg>&"][i % 2]);
    let html = page(&format!("{names}\n{}", (0..60).map(row).collect::<String>()), 2);
    let known = ["style", "script", "img", "i", "b"]
        .map(|name| tags(&html).filter(|tag| tag.split(' ').next() == Some(name)).count());
    // The program's own: one style, the bars of four columns at most, and the name of the target.
    assert_eq!((known[0], known[1], known[2], known[4]), (1, 0, 0, 1), "{known:?}");
    assert!(known[3] <= 4 && !html.contains("<i>"), "{known:?}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(tags(&html).all(|tag| !tag.contains(" onload")));
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let html = page(&flowers(), 2);
    assert!(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'"));
    for word in ["http:", "https:", " src=", "@import", "url(", "<script", "<iframe", "<base"] {
        assert!(!html.contains(word), "{word}");
    }
    assert!(tags(&html).all(|tag| !tag.starts_with("link") || tag.contains("href=\"data:")));
}

#[test]
fn pictures_are_described_and_heads_of_tables_say_what_they_head() {
    let html = page(&flowers(), 2);
    for tag in tags(&html) {
        let name = tag.split(' ').next().unwrap();
        assert!(name != "svg" || tag.contains("aria-label=") || tag.contains("aria-hidden="), "<{tag}>");
        assert!(name != "th" || tag.contains("scope="), "<{tag}>");
    }
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn a_page_about_a_large_table_is_cut_and_says_so() {
    let classes = 40;
    let names: Vec<String> = (0..150).map(|column| format!("column{column}")).collect();
    let row = |i: usize| {
        let cells: Vec<String> = (0..149).map(|column| format!("{}.25", i * (column + 3) % 89)).collect();
        format!("{},{}{}\n", cells.join(","), "class".repeat(100), i % classes)
    };
    let html = page(&format!("{},class\n{}", names[1..].join(","), (0..400).map(row).collect::<String>()), 130);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    for words in ["40 classes are too many", "90 more columns are not shown", "One of 2 epochs is shown"] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn the_same_run_gives_the_same_page_and_numbers_have_pictures_of_their_own() {
    let row = |i: usize| format!("{},{},{}.5\n", i % 9, i * 5 % 13, 100 * (i % 9) + i * 5 % 13);
    let text = format!("a,b,price\n{}", (0..80).map(row).collect::<String>());
    let html = page(&text, 4);
    assert_eq!(html, page(&text, 4));
    for words in ["Predicting <b>price</b> from x.csv", "Residuals", "data-key=\"metrics.rmse\"", "Off by "] {
        assert!(html.contains(words), "{words}");
    }
}
