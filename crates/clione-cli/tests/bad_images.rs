//! IDX files that are not what they say: the built command names what they are.

mod support;

use support::{Folder, gzip, idx, random_bytes};

/// Twenty images of 4x4 pixels with labels of three classes.
fn images() -> Folder {
    let labels: Vec<u8> = (0..20).map(|row| row % 3).collect();
    Folder::with("images", idx(&[20, 4, 4], &random_bytes(1, 320))).and("labels", idx(&[20], &labels))
}

const TRAIN: &str = "train --images images --labels labels";

#[test]
fn images_are_trained_on_gzipped_or_not() {
    let folder = images();
    let plain = folder.run(&format!("{TRAIN} --epochs 1 --json")).succeeds_saying(&["16 images of 4x4"]).json();
    folder.write("images", gzip(&folder.read("images")));
    let packed = folder.run(&format!("{TRAIN} --epochs 1 --json")).succeeds_saying(&["16 images of 4x4"]).json();
    assert_eq!(plain["epochs"], packed["epochs"]);
    assert_eq!(plain["inputs"], 16);
}

#[test]
fn first_bytes_that_are_not_those_of_idx_are_named() {
    // 64
    let folder = images();
    for (bytes, found) in [
        (&b"\x89PNG\r\n\x1a\n"[..], "first bytes 89 50 4e 47: is a PNG image"),
        (b"\x03\x08\0\0\0\0\0\x01", "first bytes 03 08 00 00: the bytes of each number are in reverse order"),
        (b"\0\0\x0d\x03\0\0\0\x01", "first bytes 00 00 0d 03: holds f32, only unsigned bytes are read"),
        (b"\0\0\x77\x03\0\0\0\x01", "first bytes 00 00 77 03: unknown type of values 0x77"),
        (b"\0\0\x08\x09\0\0\0\x01", "first bytes 00 00 08 09: 9 dimensions, expected 1 to 4"),
        (b"age,visits\n1,2\n", "first bytes 61 67 65 2c: no IDX file"),
        (&gzip(&gzip(b"x")), "first bytes 1f 8b 08 00: is a gzip file inside a gzip file"),
    ] {
        folder.write("images", bytes);
        folder.refuses(
            TRAIN,
            3,
            &[&format!("error: images: {found}\n"), "begins 00 00 08 03, one of labels 00 00 08 01"],
        );
    }
    folder.write("images", "");
    folder.refuses(TRAIN, 3, &["error: images: is empty (0 bytes)\n"]);
}

#[test]
fn there_are_as_many_labels_as_images() {
    // 65
    let folder = images().and("labels", idx(&[19], &[0; 19]));
    folder.refuses(TRAIN, 3, &["error: labels: 20 images, 19 labels: each image needs one label\n"]);
}

#[test]
fn swapped_images_and_labels_are_noticed() {
    // 66
    let folder = images();
    folder.refuses(
        "train --images labels --labels images",
        3,
        &[
            "error: labels: 1 dimension, expected 3 (count, height, width): this is a label file\n",
            "are images and labels swapped?\n",
        ],
    );
    folder.refuses(
        "train --images images --labels images",
        3,
        &["error: images: 3 dimensions, expected 1 (count): this is an image file\n"],
    );
}

#[test]
fn a_file_holds_what_it_declares() {
    // 67
    let folder = images();
    for (bytes, held) in [(313, "313 bytes"), (322, "322 bytes")] {
        folder.write("images", idx(&[20, 4, 4], &random_bytes(1, bytes)));
        folder.refuses(TRAIN, 3, &[&format!("error: images: declares 20 x 4 x 4 = 320 bytes, holds {held}\n")]);
    }
    folder.write("images", idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 9]));
    folder.refuses(TRAIN, 3, &["declares 4294967295 x 4294967295 x 4294967295"]);
    folder.write("images", &idx(&[20, 4, 4], &[])[..9]);
    folder.refuses(TRAIN, 3, &["error: images: 9 bytes, but a header of 3 dimensions has 16\n"]);
}

#[test]
fn images_with_nothing_to_learn_are_refused() {
    // 77
    let folder = images().and("labels", idx(&[20], &[7; 20]));
    folder.refuses(TRAIN, 3, &["error: labels: every label is 7: nothing to learn\n"]);
    folder.write("images", idx(&[0, 4, 4], &[]));
    folder.write("labels", idx(&[0], &[]));
    folder.refuses(TRAIN, 3, &["error: images: 0 rows"]);
}

#[test]
fn labels_may_be_any_bytes_and_nothing_else() {
    // 69
    let labels: Vec<u8> = (0..20).map(|row| [7, 30, 255][row % 3]).collect();
    let folder = images().and("labels", idx(&[20], &labels));
    folder.run(&format!("{TRAIN} --epochs 1 -o digits.clione")).succeeds_saying(&["3 classes"]);
    let predicted = folder.run("predict digits.clione --images images").succeeds_saying(&[]).stdout;
    let header = predicted.lines().next().unwrap();
    assert!(["7", "30", "255"].iter().all(|class| header.contains(class)), "{header}");
    for (kind, name) in [(0x0d, "f32"), (0x09, "signed bytes"), (0x0c, "32-bit integers")] {
        let header = [0, 0, kind, 1, 0, 0, 0, 20];
        folder.write("labels", [&header[..], &[0; 80]].concat());
        folder.refuses(
            TRAIN,
            3,
            &[&format!("error: labels: first bytes 00 00 {kind:02x} 01: holds {name}, only unsigned bytes are read")],
        );
    }
}

#[test]
fn a_label_that_was_not_in_training_is_no_image_to_measure_on() {
    let folder = images().and("later", idx(&[20], &[3; 20]));
    folder
        .run(&format!("{TRAIN} --epochs 1 -o digits.clione"))
        .succeeds_saying(&["predict digits.clione --images FILE"]);
    folder.refuses(
        "evaluate digits.clione --images images --labels later",
        3,
        &["error: later: label 1 is 3, which is no class of the training data; known: 0, 1, 2\n", "and 10 more\n"],
    );
}

#[test]
fn bytes_of_any_kind_end_in_an_answer() {
    let folder = images();
    let (images, labels) = (folder.read("images"), folder.read("labels"));
    for seed in 0..100 {
        let random = random_bytes(seed, 40);
        let mut broken = images.clone();
        // The header is where a flip tells something; the pixels may be any.
        broken[usize::from(random[0]) % 16] = random[1];
        folder.write("images", if seed % 2 == 0 { &broken } else { &random });
        folder.write("labels", if seed % 3 == 0 { &random } else { &labels });
        let code = folder.run(&format!("{TRAIN} --epochs 1 -q")).code;
        assert!([0, 3].contains(&code), "seed {seed}: {code}");
    }
}
