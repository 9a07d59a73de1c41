//! `clione show --diagram`: files that other programs can read, whatever the columns are called, and none is lost.

mod support;

use support::{Folder, people_and_model};

/// Fails unless a text is XML: every tag is closed by its like, attributes are quoted, and `&` begins a known name.
fn is_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some((words, tag)) = rest.split_once('<') {
        assert!(!words.contains('>') || open.last() == Some(&"style"), "{words}");
        assert!(open.is_empty() == words.trim().is_empty() || !open.is_empty(), "words outside of everything: {words}");
        let (tag, behind) = tag.split_once('>').expect("a tag ends");
        rest = behind;
        match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
            (Some(name), _) => assert_eq!(open.pop(), Some(name), "in\n{text}"),
            (None, Some(_)) => {}
            (None, None) => open.push(tag.split(' ').next().expect("a tag has a name")),
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    for piece in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|name| piece.starts_with(name)), "&{}", piece.chars().take(9).collect::<String>());
    }
}

fn text_of(folder: &Folder, name: &str) -> String {
    String::from_utf8(folder.read(name)).expect("a drawing is text")
}

#[test]
fn a_network_and_its_computation_are_drawn_in_every_format() {
    let folder = people_and_model();
    for what in ["network", "computation"] {
        for (ending, beginning) in [("svg", "<svg"), ("dot", "digraph"), ("mmd", "---\ntitle: ")] {
            let file = format!("{what}.{ending}");
            let answer = folder.run(&format!("show people.clione --diagram {file} --diagram-of {what}"));
            let answer = answer.succeeds_saying(&[&file, "predicts bought"]);
            assert_eq!(answer.stdout, "");
            let text = text_of(&folder, &file);
            assert!(text.starts_with(beginning), "{text}");
            for word in ["hidden1", "output", "bought"] {
                assert!(text.contains(word), "{word} in {file}");
            }
        }
        is_xml(&text_of(&folder, &format!("{what}.svg")));
    }
    let layers = folder.run("show people.clione --json").json()["layers"].as_array().expect("layers").clone();
    for layer in layers.iter().filter(|layer| layer["parameters"] != 0) {
        let count = layer["parameters"].as_u64().expect("a count").to_string();
        let written = text_of(&folder, "network.svg").replace(',', "");
        assert!(written.contains(&format!("{count} parameters")), "{count}");
    }
    for word in ["age", "visits", "bought = yes", "prefers-color-scheme:dark"] {
        assert!(text_of(&folder, "network.svg").contains(word), "{word}");
    }
}

#[test]
fn names_from_a_table_never_become_markup() {
    let mut table = "\"<a&b>\",\"q\"\"u'o`te\\\",\"]}; --> #quot; end\"\n".to_owned();
    (0..40).for_each(|row| table.push_str(&format!("{row},{},{}\n", row * 7 % 11, row % 5)));
    let folder = Folder::with("odd.csv", table);
    folder.run("train odd.csv --target -1 --epochs 1 --layers 3 -o odd.clione").succeeds_saying(&[]);
    for what in ["network", "computation"] {
        for ending in ["svg", "dot", "mmd"] {
            folder
                .run(&format!("show odd.clione --diagram odd-{what}.{ending} --diagram-of {what}"))
                .succeeds_saying(&[]);
        }
        is_xml(&text_of(&folder, &format!("odd-{what}.svg")));
    }
    assert!(text_of(&folder, "odd-network.svg").contains("&lt;a&amp;b&gt;"));
    assert!(text_of(&folder, "odd-network.dot").contains(r#"label="<a&amp;b>""#));
    assert!(text_of(&folder, "odd-network.mmd").contains("\"#60;a#38;b#62;\""));
}

#[test]
fn the_same_model_gives_the_same_drawing() {
    let folder = people_and_model();
    for name in ["once.svg", "twice.svg"] {
        folder.run(&format!("show people.clione --diagram-of computation --diagram {name}")).succeeds_saying(&[]);
    }
    assert!(folder.read("once.svg") == folder.read("twice.svg"));
}

#[test]
fn no_file_is_lost_and_no_format_is_guessed() {
    let folder = people_and_model().and("mine.svg", "mine");
    folder.refuses("show people.clione --diagram mine.svg", 5, &["mine.svg: exists already", "--force"]);
    folder.run("show people.clione --diagram mine.svg --force").succeeds_saying(&[]);
    is_xml(&text_of(&folder, "mine.svg"));
    for name in ["net.png", "net", "net.svg.gz"] {
        folder.refuses(&format!("show people.clione --diagram {name}"), 2, &[name, ".svg, .dot or .mmd"]);
    }
    folder.refuses("show people.clione --diagram absent/net.svg", 5, &["there is no folder absent"]);
    folder.refuses("show people.clione --diagram net.svg --json", 2, &["--json"]);
    folder.refuses("show people.clione --diagram-of computation", 2, &["--diagram <FILE>"]);
}
