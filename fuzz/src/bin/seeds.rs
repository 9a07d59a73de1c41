//! Writes the files that a target begins with: `seeds TARGET FOLDER`.

use std::path::Path;

fn main() {
    let mut words = std::env::args().skip(1);
    let (Some(target), Some(folder)) = (words.next(), words.next()) else {
        panic!("seeds TARGET FOLDER");
    };
    let arrays = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/arrays");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    for (number, bytes) in clione_fuzz::beginnings(&target, &arrays).iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("seed-{number}")), bytes).expect("a seed can be written");
    }
}
