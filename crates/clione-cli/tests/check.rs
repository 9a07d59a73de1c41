//! What `clione check` says of the gradients of models and recipes.

mod support;

use support::{Folder, houses, people, people_and_model};

#[test]
fn the_gradients_of_a_model_are_right_on_made_up_rows_and_on_those_of_a_table() {
    let folder = people_and_model();
    let text = folder.run("check people.clione").succeeds_saying(&[]).stdout;
    assert!(text.starts_with("16 rows that are made up, in f64; "), "{text}");
    assert!(text.contains("every gradient is the slope of the loss"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    let object = folder.run("check people.clione people.csv --rows 9 --json").succeeds_saying(&[]).json();
    assert_eq!((&object["is_right"], &object["rows"], &object["of_data"]), (&true.into(), &9.into(), &true.into()));
    let parameters = object["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 6);
    for parameter in parameters {
        assert_eq!(parameter["verdict"], "right", "{parameter}");
        assert!(parameter["error"].as_f64() <= parameter["allowed_error"].as_f64(), "{parameter}");
        let numbers: u64 = parameter["shape"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).product();
        let tried = parameter["compared"].as_u64().unwrap() + parameter["at_kinks"].as_u64().unwrap();
        assert_eq!(tried, numbers, "{parameter}");
    }
    assert!(object["look_at"].is_null());
}

#[test]
fn a_recipe_is_checked_before_training_on_its_own_data_or_on_others() {
    let recipe = "[data]\nfile = \"people.csv\"\n\n[network]\nlayers = [4]\nactivation = \"tanh\"\ndropout = 0.25\n";
    let folder = Folder::with("people.csv", people()).and("recipe.toml", recipe);
    let first = folder.run("check recipe.toml -q").succeeds_saying(&[]).stdout;
    assert_eq!(first, folder.run("check recipe.toml people.csv -q --threads 1").stdout);
    assert_ne!(first, folder.run("check recipe.toml -q --seed 1").stdout);
    assert_eq!(folder.names(), ["people.csv", "recipe.toml"]);

    folder.write("houses.csv", houses());
    folder.write("empty.toml", "[network]\nlayers = [4]\n");
    folder.run("check empty.toml houses.csv --numbers 5").succeeds_saying(&[]);
    folder.refuses("check empty.toml", 2, &["the recipe names no data", "clione check empty.toml FILE.csv"]);
}

#[test]
fn rows_without_a_target_are_left_out_of_a_check() {
    let folder = Folder::with("few.csv", "x,y\n1,2\n2,\n3,6\n4,8\n5,11\n").and("none.csv", "x,y\n1,\n2,\n");
    folder.run("train few.csv --target y --drop-missing-target --layers 3 --epochs 2 -o m.clione").succeeds_saying(&[]);
    let answer = folder.run("check m.clione few.csv").succeeds_saying(&["left out: 1 row without a target"]);
    assert!(answer.stdout.contains("4 rows of the data"), "{}", answer.stdout);
    folder.refuses("check m.clione none.csv", 3, &["no row has a target"]);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let folder = people_and_model();
    folder.refuses("check people.clione people.clione", 2, &["is the file that is read"]);
    folder.refuses("check people.clione --images a --labels b", 2, &["was trained on a table"]);
    folder.refuses("check people.csv", 4, &[]);
    folder.refuses("check people.clione --rows 0", 2, &["at least 1"]);
}
