//! Recipes as a person meets them: printed, read, repeated to the same bytes, and refused with the place of what is wrong.

mod support;

use clione::train::recipe::settings::Setting;
use std::fs;
use support::{Folder, houses, people};

#[test]
fn the_recipe_in_a_model_repeats_the_run_to_the_same_bytes() {
    let folder = Folder::with("houses.csv", houses());
    folder.run("train houses.csv -o a.clione --epochs 3 --optimizer sgd --optimizer-settings momentum=0.9,nesterov=true --patience 2 --layers 7 --seed 12 --l2 0.01").succeeds_saying(&[]);
    folder.write("a.toml", folder.run("show a.clione --recipe").succeeds_saying(&[]).stdout);
    folder.run("train --recipe a.toml -o b.clione").succeeds_saying(&[]);
    assert_eq!(folder.read("a.clione"), folder.read("b.clione"));
}

#[test]
fn a_model_does_not_depend_on_how_a_path_was_typed() {
    let folder = Folder::with("people.csv", people()).and("later.csv", people());
    fs::create_dir(folder.path("sub")).unwrap();
    let train = |folder: &Folder, table: &str, later: &str| {
        let flags = ["--epochs", "2", "--validation", later, "-o", "m.clione", "--force"];
        folder.run_words(&[&["train", table], &flags[..]].concat()).succeeds_saying(&[]);
        folder.read("m.clione")
    };
    let plain = train(&folder, "people.csv", "later.csv");
    let absolute = |name: &str| folder.path(name).display().to_string();
    for (table, later) in [
        ("./people.csv".to_owned(), "sub/../later.csv".to_owned()),
        (absolute("people.csv"), "later.csv".to_owned()),
        (absolute("people.csv"), absolute("sub/../later.csv")),
    ] {
        assert!(train(&folder, &table, &later) == plain, "{table} {later}");
    }
    let elsewhere = Folder::new();
    assert!(train(&elsewhere, &absolute("people.csv"), &absolute("later.csv")) == plain);
    assert!(folder.run("show m.clione --recipe").stdout.contains("\nfile = \"people.csv\"\n"));
}

#[test]
fn files_that_are_not_here_are_looked_for_beside_the_recipe() {
    let folder = Folder::with("people.csv", people());
    folder.run("train people.csv --epochs 2 -o m.clione").succeeds_saying(&[]);
    folder.write("r.toml", folder.run("show m.clione --recipe").stdout);
    let elsewhere = Folder::new();
    let recipe = folder.path("r.toml").display().to_string();
    elsewhere.run_words(&["train", "--recipe", &recipe, "-o", "m.clione"]).succeeds_saying(&[]);
    assert_eq!(elsewhere.read("m.clione"), folder.read("m.clione"));
    fs::remove_file(folder.path("people.csv")).unwrap();
    elsewhere.refuses(&format!("train --recipe {recipe}"), 5, &["error: people.csv: no such file"]);
}

#[test]
fn a_printed_recipe_is_whole_and_prints_itself() {
    let folder = Folder::with("people.csv", people());
    let printed = folder.run("train people.csv --epochs 3 --print-recipe").succeeds_saying(&[]).stdout;
    folder.write("r.toml", &printed);
    assert_eq!(folder.run("train --recipe r.toml --print-recipe").stdout, printed);
    assert!(printed.contains("\n[training]\n") && printed.contains("\nepochs = 3\n"), "{printed}");
}

#[test]
fn a_flag_wins_over_the_recipe() {
    let folder =
        Folder::with("people.csv", people()).and("r.toml", "[training]\nepochs = 2\nseed = 5\nshuffle = false\n");
    let answer = folder.run("train people.csv --recipe r.toml --epochs 3 --json").succeeds_saying(&[]).json();
    assert_eq!((answer["epochs"].as_array().unwrap().len(), answer["seed"].as_u64()), (3, Some(5)));
    let printed = folder.run("train people.csv --recipe r.toml --shuffle --no-header --print-recipe").stdout;
    assert!(printed.contains("shuffle = true") && printed.contains("header = false"), "{printed}");
}

#[test]
fn every_setting_of_a_recipe_is_a_flag_and_the_other_way_round() {
    let help = Folder::new().run("train --help").stdout;
    let flags: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--")).collect();
    for setting in Setting::all().iter().filter(|setting| setting.name != "file") {
        let flag = format!("--{}", setting.flag());
        assert!(flags.iter().any(|found| found.split(['[', '=']).next() == Some(&flag)), "{flag} in\n{help}");
    }
}

#[test]
fn what_is_wrong_in_a_recipe_is_named_with_its_place() {
    // 79
    for (recipe, texts) in [
        (
            "[training]\nepoch = 2\n",
            &["error: r.toml:2:1: no setting \"training.epoch\"", "did you mean training.epochs?"][..],
        ),
        ("[training]\nepochs = 2\nepochs = 3\n", &["error: r.toml:3:1: no TOML: duplicate key"]),
        ("[trainin]\n", &["error: r.toml:1:2: no section \"trainin\"", "did you mean [training]?"]),
        (
            "[network]\nactivation = \"rleu\"\n",
            &[
                "error: r.toml:2:1: network.activation = rleu: expected one of linear",
                "did you mean relu?",
                "--activation relu",
            ],
        ),
        ("[network]\nlayers = [8, 0]\n", &["error: r.toml:2:1: network.layers = 8,0: layer 2 needs at least 1 unit"]),
        (
            "[training]\nclip_norm = 1\nclip_value = 1\n",
            &["training.clip_value cannot be used with r.toml:2:1: training.clip_norm"],
        ),
        ("epochs: 3\n", &["error: r.toml:1:9: no TOML: "]),
        ("\u{0}\u{1}", &["error: r.toml:1:3: no TOML: "]),
    ] {
        Folder::with("people.csv", people()).and("r.toml", recipe).refuses(
            "train people.csv --recipe r.toml",
            2,
            texts,
        );
    }
    let folder = Folder::with("people.csv", people()).and("r.toml", b"\xff\xfe");
    folder.refuses("train people.csv --recipe r.toml", 2, &["error: r.toml: is no recipe: byte 0 is not UTF-8 text"]);
    folder.refuses("train people.csv --recipe s.toml", 5, &["error: s.toml: no such file", "did you mean r.toml?"]);
}

#[test]
fn a_recipe_without_a_file_asks_for_one() {
    let folder = Folder::with("r.toml", "[training]\nepochs = 2\n");
    folder.refuses("train --recipe r.toml", 2, &["error: the recipe names no file"]);
}
