//! One run of the command: which files it finds, and what is typed.

use crate::dice::Dice;
use crate::forged::forged;
use crate::mutation::mutate;
use crate::seeds::{self, Seed};
use crate::support::{Folder, people, random_bytes};
use std::collections::BTreeSet;

/// What a person types, in a folder with these files.
pub struct Case {
    pub files: Vec<(String, Vec<u8>)>,
    pub words: Vec<String>,
    /// How many bytes its files have, counting those that are packed as they are unpacked.
    pub counts: usize,
}

impl Case {
    fn new(line: &str) -> Case {
        Case { files: Vec::new(), words: line.split_whitespace().map(str::to_owned).collect(), counts: 0 }
    }

    fn with(mut self, name: &str, seed: impl Into<Seed>) -> Case {
        let seed = seed.into();
        self.counts += seed.counts;
        self.files.push((name.to_owned(), seed.bytes));
        self
    }

    fn and_flags(mut self, flags: Vec<String>) -> Case {
        self.words.extend(flags);
        self
    }
}

/// Files that the command itself has written, and what it says it can do.
pub struct Known {
    table: Vec<u8>,
    model: Vec<u8>,
    image_model: Vec<u8>,
    images: Vec<u8>,
    labels: Vec<u8>,
    recipe: Vec<u8>,
    checkpoint: Option<Vec<u8>>,
    verbs: Vec<Verb>,
}

/// A verb of the command.
struct Verb {
    name: String,
    /// Each flag, and whether a value follows it.
    flags: Vec<(String, bool)>,
    /// Every word of its help: the names of choices are among them.
    words: Vec<String>,
}

/// What a flag is followed by, besides the words of the help.
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "2",
    "3",
    "-1",
    "0.5",
    "1.5",
    "-0",
    "1e-320",
    "1e400",
    "NaN",
    "inf",
    "1,2",
    "2,2,2",
    "1,,2",
    ",",
    ";",
    "\t",
    "'",
    "é",
    "\u{1f600}",
    "table.csv",
    "missing.csv",
    ".",
    "/",
    "/dev/null",
    "age",
    "visits",
    "bought",
    "sex",
    "c0",
    "age,visits",
    "a=1",
    "=",
    "momentum=2",
    "every=0",
    "accuracy>=0.5",
    "2^3",
    "--",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999",
];

/// Flags that decide how long a run takes and where it writes: a case sets them itself, or not at all.
const SET_BY_CASES: &[&str] =
    &["--epochs", "--threads", "--output", "--force", "--help", "--version", "--color", "--checkpoint-every"];

/// Lengths of hidden layers: a large network takes memory that no file accounts for.
const LAYERS: &[&str] = &["0", "1", "2", "3,2", "-1", "", "x", "1,,2", "99999999999999999999", "4611686018427387904"];

const TRAIN: &str = "train --epochs 1 --threads 1";

impl Known {
    /// Lets the command write its files. Fails when it cannot do that.
    pub fn new() -> Known {
        let pixels = random_bytes(1, 320);
        let labels: Vec<u8> = (0..20).map(|row| row % 3).collect();
        let folder = Folder::with("people.csv", people())
            .and("images", crate::support::idx(&[20, 4, 4], &pixels))
            .and("labels", crate::support::idx(&[20], &labels));
        folder.run("train people.csv --epochs 2 --layers 2 -o m.clione").succeeds_saying(&[]);
        folder.run("train --images images --labels labels --epochs 1 --layers 2 -o i.clione").succeeds_saying(&[]);
        // A run whose model has no room leaves its checkpoint.
        folder.run("train people.csv --epochs 2 --layers 2 -o /dev/full --checkpoint c --checkpoint-every 1epochs");
        let recipe = folder.run("show m.clione --recipe").succeeds_saying(&[]).stdout.into_bytes();
        let help = folder.run("--help").stdout;
        let verbs =
            ["train", "predict", "evaluate", "show", "inspect", "doctor", "explain", "export", "runs", "compare"];
        Known {
            table: people().into_bytes(),
            model: folder.read("m.clione"),
            image_model: folder.read("i.clione"),
            images: folder.read("images"),
            labels: folder.read("labels"),
            recipe,
            checkpoint: folder.path("c").exists().then(|| folder.read("c")),
            verbs: verbs
                .into_iter()
                .filter(|verb| help.lines().any(|line| line.split_whitespace().next() == Some(verb)))
                .map(|verb| Verb::of(verb, &folder.run(&format!("{verb} --help")).stdout))
                .collect(),
        }
    }

    /// A case, the same for the same choices.
    pub fn case(&self, dice: &mut Dice) -> Case {
        match dice.below(20) {
            0..=7 => self.train_on_any_table(dice),
            8..=11 => self.use_model_on_any_table(dice),
            12..=13 => self.use_any_model(dice),
            14..=15 => self.train_by_any_recipe(dice),
            16..=17 => self.any_images(dice),
            18 => self.any_checkpoint(dice),
            _ => self.any_flags(dice),
        }
    }

    fn train_on_any_table(&self, dice: &mut Dice) -> Case {
        let case = Case::new(TRAIN).with("table.csv", self.any_table(dice)).and_flags(vec!["table.csv".to_owned()]);
        let case = if dice.once_in(2) { case.and_flags(vec!["-o".to_owned(), "out.clione".to_owned()]) } else { case };
        let case = if dice.once_in(8) { case } else { case.and_flags(vec!["--layers".to_owned(), "2".to_owned()]) };
        case.and_flags(self.flags_of("train", dice, 3))
    }

    fn use_model_on_any_table(&self, dice: &mut Dice) -> Case {
        let verb = *dice.pick(&["predict", "evaluate"]);
        let table = if dice.once_in(4) { self.any_table(dice) } else { mutated(&self.table, &self.model, dice).into() };
        let case = Case::new(&format!("{verb} m.clione table.csv --threads 1"));
        case.with("m.clione", self.model.clone()).with("table.csv", table).and_flags(self.flags_of(verb, dice, 3))
    }

    fn use_any_model(&self, dice: &mut Dice) -> Case {
        let (model, other) =
            if dice.once_in(2) { (&self.model, &self.image_model) } else { (&self.image_model, &self.model) };
        let line = match dice.below(3) {
            0 => "predict m.clione table.csv --threads 1".to_owned(),
            1 => "predict m.clione --images images --threads 1".to_owned(),
            _ => format!("{} m.clione", dice.pick(&["show", "inspect", "explain"])),
        };
        let case = Case::new(&line).with("m.clione", broken(model, other, dice));
        case.with("table.csv", self.table.clone()).with("images", self.images.clone())
    }

    fn train_by_any_recipe(&self, dice: &mut Dice) -> Case {
        let recipe = mutated(&self.recipe, &self.table, dice);
        let verb = if dice.once_in(2) { TRAIN } else { "train --print-recipe --epochs 1" };
        let case = Case::new(&format!("{verb} --layers 2 people.csv --recipe r.toml"));
        case.with("people.csv", self.table.clone()).with("r.toml", recipe).and_flags(self.flags_of("train", dice, 4))
    }

    fn any_images(&self, dice: &mut Dice) -> Case {
        let (mut images, mut labels) =
            if dice.once_in(2) { seeds::images(dice) } else { (self.images.clone(), self.labels.clone()) };
        if dice.once_in(2) {
            mutate(&mut labels, &self.images, dice);
        }
        if !dice.once_in(3) {
            mutate(&mut images, &self.labels, dice);
        }
        let line = match dice.below(3) {
            0 => "predict m.clione --images images --threads 1".to_owned(),
            1 => "evaluate m.clione --images images --labels labels --threads 1".to_owned(),
            _ => format!("{TRAIN} --images images --labels labels --layers 2"),
        };
        Case::new(&line).with("m.clione", self.image_model.clone()).with("images", images).with("labels", labels)
    }

    fn any_checkpoint(&self, dice: &mut Dice) -> Case {
        let Some(checkpoint) = &self.checkpoint else { return self.any_flags(dice) };
        let line = *dice.pick(&[
            "train --resume c -o out.clione --threads 1",
            "show c",
            "train people.csv --epochs 2 --layers 2 --resume -o out.clione --checkpoint c",
        ]);
        let case =
            Case::new(line).with("people.csv", self.table.clone()).with("c", broken(checkpoint, &self.model, dice));
        if dice.once_in(3) { case.with("c.previous", broken(checkpoint, &self.model, dice)) } else { case }
    }

    fn any_flags(&self, dice: &mut Dice) -> Case {
        let verb = dice.pick(&self.verbs);
        let line = match verb.name.as_str() {
            "train" => format!("{TRAIN} table.csv"),
            "predict" | "evaluate" => format!("{} m.clione table.csv --threads 1", verb.name),
            name => format!("{name} {}", dice.pick(&["m.clione", "table.csv", ""])),
        };
        let case = Case::new(&line).with("table.csv", self.table.clone()).with("m.clione", self.model.clone());
        case.and_flags(verb.any_flags(dice, 4))
    }

    fn any_table(&self, dice: &mut Dice) -> Seed {
        let mut seed = seeds::table(dice);
        if dice.once_in(2) {
            let before = seed.bytes.len();
            mutate(&mut seed.bytes, &self.table, dice);
            seed.counts = seed.bytes.len().max(seed.counts + seed.bytes.len().saturating_sub(before));
        }
        seed
    }

    /// No flags in most cases, so that the file is what matters.
    fn flags_of(&self, verb: &str, dice: &mut Dice, once_in: usize) -> Vec<String> {
        match self.verbs.iter().find(|known| known.name == verb) {
            Some(verb) if dice.once_in(once_in) => verb.any_flags(dice, 2),
            _ => Vec::new(),
        }
    }
}

/// A model or checkpoint with a mistake that its checksum tells, or one that it does not.
fn broken(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let forged = if dice.once_in(2) { forged(bytes, dice) } else { None };
    forged.unwrap_or_else(|| mutated(bytes, other, dice))
}

fn mutated(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    mutate(&mut bytes, other, dice);
    bytes
}

impl Verb {
    /// What the help of a verb tells.
    fn of(name: &str, help: &str) -> Verb {
        let mut flags = Vec::new();
        for line in help.lines().map(str::trim_start).filter(|line| line.starts_with('-')) {
            let mut words = line.split_whitespace().skip_while(|word| !word.starts_with("--"));
            let Some(flag) = words.next() else { continue };
            let name = flag.split(['[', '=']).next().unwrap_or(flag).trim_end_matches("...");
            if !SET_BY_CASES.contains(&name) {
                flags.push((name.to_owned(), words.next().is_some_and(|next| next.starts_with('<'))));
            }
        }
        let words: BTreeSet<&str> = help.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').collect();
        Verb { name: name.to_owned(), flags, words: words.into_iter().map(str::to_owned).collect() }
    }

    /// Up to `most` flags, at least one.
    fn any_flags(&self, dice: &mut Dice, most: usize) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..=dice.below(most) {
            let (flag, has_value) = dice.pick(&self.flags);
            let value = match flag.as_str() {
                "--layers" => (*dice.pick(LAYERS)).to_owned(),
                _ if dice.once_in(2) => dice.pick(&self.words).clone(),
                _ => (*dice.pick(VALUES)).to_owned(),
            };
            // A name in the help may stand without its value, or with one that it does not take.
            match (has_value ^ dice.once_in(20), dice.once_in(2)) {
                (false, _) => words.push(flag.clone()),
                (true, false) => words.extend([flag.clone(), value]),
                (true, true) => words.push(format!("{flag}={value}")),
            }
        }
        words
    }
}
