//! Every entry of every table reaches the command line by itself.

mod support;

use clione::prelude::*;
use support::Folder;

#[test]
fn every_activation_optimizer_schedule_and_initializer_trains_by_its_name() {
    let folder = Folder::new();
    let rows: String =
        (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, if i % 7 > i % 5 { "more" } else { "less" })).collect();
    folder.write("table.csv", &rows);
    let names = |flag: &'static str, names: Vec<String>| names.into_iter().map(move |name| (flag, name));
    let choices = names("--activation", Activation::all().iter().map(|choice| choice.name().to_owned()).collect())
        .chain(names("--optimizer", Optimizer::all().iter().map(|choice| choice.name().to_owned()).collect()))
        .chain(names("--schedule", Schedule::all().iter().map(|choice| choice.name().to_owned()).collect()))
        .chain(names("--initializer", Initializer::all().iter().map(|choice| choice.name()).collect()));
    for (flag, name) in choices {
        let line = format!("train table.csv --target 3 --epochs 2 --force -o model.clione {flag} {name}");
        let trained = folder.run(&line);
        assert_eq!(trained.code, 0, "{line}: {}", trained.stderr);
        let shown = folder.run("show model.clione");
        assert!(shown.stdout.contains(&name), "{name} is not in: {}", shown.stdout);
    }
}
