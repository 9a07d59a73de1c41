//! Model files that are none, or no longer what they were: never a panic, never a silently wrong model.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use clione::prelude::SavedModel;
use clione::train::file::Weights;
use support::{Folder, idx, people, people_and_model, random_bytes};

/// The bytes of a small model.
fn model() -> Vec<u8> {
    people_and_model().read("people.clione")
}

/// A model file whose description has other words in place of some of its own.
fn described_otherwise(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(old), "{old} in {header}");
    let mut header = header.trim_end().replacen(old, new, 1);
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat()
}

/// Fails unless the library refuses these bytes as no model that can be used.
fn refused_in_process(bytes: &[u8], what: &str) {
    match SavedModel::from_bytes("m.clione", bytes) {
        Ok(_) => panic!("{what}: taken for a model"),
        Err(error) => {
            assert_eq!(error.exit_code(), 4, "{what}: {error}");
            assert!(error.headline().starts_with("m.clione: "), "{what}: {error}");
        }
    }
}

#[test]
fn files_that_are_no_models_are_named() {
    // 83
    let folder = people_and_model().and("empty", "").and("short", "abc").and("weights.pt", "PK\x03\x04....");
    folder.write("weights.pkl", b"\x80\x04\x95....");
    folder.write("images", idx(&[1, 2, 2], &[0; 4]));
    for (file, found) in [
        ("empty", "error: empty: is empty (0 bytes), not a model\n"),
        ("short", "error: short: is cut off: 3 bytes"),
        ("people.csv", "error: people.csv: is not a model\n  it begins \"age,visits"),
        ("weights.pt", "is a zip archive, perhaps of PyTorch (.pt) or Keras (.keras), not a model of clione"),
        ("weights.pkl", "is a Python pickle, which is never executed"),
        ("images", "is an IDX file of images, not a model of clione"),
    ] {
        for line in
            [format!("show {file}"), format!("predict {file} people.csv"), format!("evaluate {file} people.csv")]
        {
            folder.refuses(&line, 4, &[found]);
        }
    }
}

#[test]
fn a_model_cut_off_anywhere_is_refused() {
    // 83
    let bytes = model();
    for at in 0..300 {
        let length = bytes.len() * at / 300;
        refused_in_process(&bytes[..length], &format!("{length} bytes"));
    }
    refused_in_process(&[&bytes[..], b"x"].concat(), "a byte too many");
    let folder = Folder::new();
    for length in [1, 7, 8, 9, 500, bytes.len() / 2, bytes.len() - 1] {
        folder.write("cut.clione", &bytes[..length]);
        folder.refuses(
            "show cut.clione",
            4,
            &["error: cut.clione: is ", "cut off", "try: take a fresh copy of the model"],
        );
    }
}

#[test]
fn a_model_with_a_flipped_bit_is_refused() {
    // 83
    let bytes = model();
    let as_it_was = SavedModel::from_bytes("m.clione", &bytes).unwrap().to_bytes().unwrap();
    for at in 0..600 {
        let place = bytes.len() * at / 600;
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (at % 8);
        // A blank that became another blank is the same model.
        if SavedModel::from_bytes("m.clione", &flipped).is_ok_and(|model| model.to_bytes().unwrap() == as_it_was) {
            continue;
        }
        refused_in_process(&flipped, &format!("bit {} of byte {place}", at % 8));
    }
    let folder = Folder::with("people.csv", people());
    for place in [0, 9, 200, bytes.len() / 2, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[place] ^= 4;
        folder.write("flipped.clione", &flipped);
        folder.refuses("predict flipped.clione people.csv", 4, &["error: flipped.clione: is "]);
    }
    let last = folder.run("show flipped.clione");
    last.says(&[
        "is damaged: its checksum does not match its contents\n",
        "a bit was flipped, or the file was edited by hand\n",
    ]);
}

#[test]
fn a_description_that_was_edited_is_refused() {
    // 83
    let bytes = model();
    for (old, new) in [
        (r#"\"units\":32.0"#, r#"\"units\":1e15"#),
        (r#"\"kind\":\"dense\""#, r#"\"kind\":\"dnese\""#),
        (r#"\"shift\":"#, r#"\"shift\":1"#),
        (r#"[\"no\",\"yes\"]"#, r#"[\"yes\",\"no\"]"#),
        (r#"\"age\""#, r#"\"aga\""#),
        ("hidden1.bias", "hidden9.bias"),
    ] {
        refused_in_process(&described_otherwise(&bytes, old, new), new);
    }
}

#[test]
fn a_newer_format_names_both_versions() {
    // 84
    let newer = described_otherwise(&model(), r#"\"format_version\":1"#, r#"\"format_version\":7"#);
    Folder::with("newer.clione", newer).refuses(
        "show newer.clione",
        4,
        &[
            "error: newer.clione: has format version 7, but this program (0.1.0) reads up to version 1\n",
            "  try: cargo install clione-cli",
        ],
    );
}

#[test]
fn images_of_another_size_are_refused() {
    // 85
    let labels: Vec<u8> = (0..20).map(|row| row % 2).collect();
    let folder = Folder::with("images", idx(&[20, 4, 4], &random_bytes(1, 320)))
        .and("labels", idx(&[20], &labels))
        .and("larger", idx(&[20, 6, 5], &random_bytes(1, 600)))
        .and("people.csv", people());
    folder.run("train --images images --labels labels --epochs 1 -o digits.clione").succeeds_saying(&[]);
    let text = "error: larger: the model expects 16 inputs (4x4), but these images have 30 (6x5)\n";
    folder.refuses("predict digits.clione --images larger", 4, &[text]);
    folder.refuses("evaluate digits.clione --images larger --labels labels", 4, &[text]);
    folder.refuses(
        "predict digits.clione people.csv",
        2,
        &[
            "error: digits.clione: was trained on images, not on a table\n",
            "  try: clione predict digits.clione --images FILE\n",
        ],
    );
    let text = "error: larger: images of 6x5, but those to learn from are 4x4\n";
    folder.refuses("train --images images --labels labels --test-images larger --test-labels labels", 3, &[text]);
}

#[test]
fn a_table_that_lacks_inputs_of_the_model_is_refused() {
    // 85
    let folder = people_and_model().and("later.csv", "age\n20\n");
    folder.refuses(
        "predict people.clione later.csv",
        3,
        &[
            "error: later.csv: no column \"visits\", which the model needs\n",
            "  later.csv: no column \"sex\", which the model needs\n",
            "columns: age\n",
        ],
    );
    folder.refuses(
        "predict people.clione --images later.csv",
        2,
        &[
            "error: people.clione: was trained on a table, not on images\n",
            "  try: clione predict people.clione FILE.csv\n",
        ],
    );
}

#[test]
fn weights_that_are_not_finite_are_refused() {
    // 86
    let mut saved = SavedModel::from_bytes("m.clione", &model()).unwrap();
    for number in [f32::NAN, f32::INFINITY] {
        let Weights::F32(network) = &mut saved.weights else { panic!("f32 is the default") };
        network.parameters_mut()[5] = number;
        let folder = Folder::with("people.csv", people()).and("nan.clione", saved.to_bytes().unwrap());
        folder.refuses(
            "predict nan.clione people.csv",
            4,
            &[
                "error: nan.clione: parameter `hidden1.weights` has numbers that are not finite\n",
                "its training diverged; --allow-nonfinite takes it all the same\n",
            ],
        );
        for verb in ["predict nan.clione people.csv", "show nan.clione"] {
            folder.run(&format!("{verb} --allow-nonfinite")).succeeds_saying(&[]);
        }
    }
}

#[test]
fn models_of_other_programs_are_named_and_never_executed() {
    let folder = people_and_model();
    for (name, bytes, found) in [
        // 87
        ("weights.pt", &b"PK\x03\x04\x14\0\0\0"[..], "is a zip archive, perhaps of PyTorch (.pt) or Keras (.keras)"),
        ("weights.pkl", b"\x80\x04\x95\x10\0\0\0", "is a Python pickle, which is never executed"),
        ("weights.h5", b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        // 88
        ("network.onnx", b"\x08\x07\x12\x07pytorch\x3a\x02\x0a\0", "is an ONNX network"),
        ("network.onnx", b"\x08\x0a\x3a\x05\x0a\x03abc\x42\x02\x10\x11", "is an ONNX network"),
    ] {
        folder.write(name, bytes);
        let text = format!("error: {name}: {found}");
        for verb in
            [format!("show {name}"), format!("predict {name} people.csv"), format!("evaluate {name} people.csv")]
        {
            folder.refuses(&verb, 4, &[&text, ", not a model of clione\n", "  try: "]);
        }
        let as_table = if bytes.starts_with(b"PK") { "is a zip file" } else { found };
        for verb in [format!("train {name}"), format!("predict people.clione {name}")] {
            folder.refuses(&verb, 3, &[&format!("error: {name}: {as_table}"), "  try: "]);
        }
    }
}

/// A safetensors file with this header.
fn safetensors(header: &str, bytes: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; bytes]].concat()
}

#[test]
fn a_safetensors_file_that_contradicts_itself_names_the_tensor() {
    // 89
    let tensor = |name: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let two = |a: String, b: String| format!("{{{a},{b}}}");
    for (header, bytes, text) in [
        (two(tensor("w", "[2]", 0, 8), tensor("v", "[2]", 4, 12)), 12, "tensor `v`"),
        (two(tensor("w", "[2]", 0, 8), tensor("v", "[2]", 12, 20)), 20, "tensor `v`"),
        (two(tensor("w", "[2]", 0, 8), tensor("w", "[2]", 8, 16)), 16, "tensor `w`"),
        (format!("{{{}}}", tensor("w", "[3]", 0, 8)), 8, "tensor `w` is F32 [3], which does not fit"),
        (
            format!("{{{}}}", tensor("w", "[4611686018427387904,4]", 0, 8)),
            8,
            "tensor `w` is F32 [4611686018427387904, 4]",
        ),
        (
            format!("{{{}}}", tensor("w", "[2]", 0, 8)).replace("F32", "F99"),
            8,
            "tensor `w` has the unknown type \"F99\"",
        ),
        (format!("{{{}}}", tensor("w", "[4]", 0, 16)), 8, "is "),
        (format!("{{{}}}", tensor("w", "[2]", 0, 8)), 8, "is a safetensors file, but not a model of clione\n"),
    ] {
        let folder = Folder::with("m.safetensors", safetensors(&header, bytes));
        folder.refuses("show m.safetensors", 4, &["error: m.safetensors: is ", text]);
    }
    let mut beyond = safetensors("{}", 0);
    beyond[..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    let text = "error: m.safetensors: is not a model: its header would have 1099511627776 bytes\n";
    Folder::with("m.safetensors", beyond).refuses("show m.safetensors", 4, &[text]);
}

#[test]
fn bytes_of_any_kind_end_in_an_answer() {
    // 83
    let bytes = model();
    let folder = Folder::new();
    for seed in 0..100 {
        let random = random_bytes(seed, 3 * seed as usize + 1);
        let mut broken = bytes.clone();
        for (at, &byte) in random.iter().enumerate() {
            broken[at * 37 % bytes.len()] = byte;
        }
        for file in [&random, &broken] {
            folder.write("m.clione", file);
            assert_eq!(folder.run("show m.clione").code, 4, "seed {seed}");
            refused_in_process(file, &format!("seed {seed}"));
        }
    }
}
