//! Bad input is a numbered catalogue: a comment in a test names the number of the row that it is about, and none is left out.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;

/// The rows of each kind of input that the command takes.
const CATALOGUE: [(&str, RangeInclusive<u32>); 6] = [
    ("tables", 1..=45),
    ("paths", 46..=52),
    ("IDX images", 64..=67),
    ("IDX labels", 69..=69),
    ("settings and training", 71..=82),
    ("model files", 83..=90),
];

/// The number that a line names when it is a comment such as `// 71` or `// 83: a bit flip`.
fn row_named(line: &str) -> Option<u32> {
    line.trim().strip_prefix("// ")?.split(':').next()?.parse().ok()
}

#[test]
fn every_row_of_the_catalogue_is_tested() {
    let mut named = BTreeSet::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")).expect("the folder of this file") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source file");
            named.extend(source.lines().filter_map(row_named));
        }
    }
    for (kind, rows) in CATALOGUE {
        let untested: Vec<u32> = rows.filter(|row| !named.contains(row)).collect();
        assert_eq!(untested, [0; 0], "{kind}: no test names these rows");
    }
}
