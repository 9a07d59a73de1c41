//! Files to begin with: small tables in every dialect, arrays, images and labels, before anything is wrong with them.

use crate::dice::Dice;
use crate::support::{crc32, gzip, idx};
use std::fmt::Write;

/// A file, and how many bytes it counts: those that it unpacks to where it is packed.
pub struct Seed {
    pub bytes: Vec<u8>,
    pub counts: usize,
}

impl From<Vec<u8>> for Seed {
    fn from(bytes: Vec<u8>) -> Seed {
        Seed { counts: bytes.len(), bytes }
    }
}

/// A table in some dialect and format.
pub fn table(dice: &mut Dice) -> Seed {
    match dice.below(20) {
        0 => json_lines(dice, dice_rows).into_bytes().into(),
        1 => npy(dice).into(),
        2 => npz(dice).into(),
        3 => bomb(dice),
        4..=5 => {
            let text = delimited(dice);
            let bytes = gzip(&text[..text.len().min(usize::from(u16::MAX))]);
            Seed { counts: text.len().max(bytes.len()), bytes }
        }
        6 => wide(dice).into_bytes().into(),
        7 => (0..dice.below(400)).map(|_| dice.byte()).collect::<Vec<u8>>().into(),
        _ => delimited(dice).into(),
    }
}

fn dice_rows(dice: &mut Dice) -> usize {
    *dice.pick(&[0, 1, 2, 3, 5, 12, 12, 30, 30, 30, 60])
}

/// The cell of a column of some kind.
fn cell(kind: usize, row: usize, dice: &mut Dice) -> String {
    match kind {
        0 => (18 + row * 7 % 60).to_string(),
        1 => format!("{:.2}", row as f64 * 0.37 - 3.0),
        2 => ["f", "m", "x"][row % 3].to_owned(),
        3 => ["yes", "no"][row * 5 % 3 % 2].to_owned(),
        4 => ["", "NA", "3", "?", "4"][row % 5].to_owned(),
        5 => format!("2024-{:02}-{:02}", 1 + row % 12, 1 + row % 28),
        6 => format!("person {row}, \"the {row}th\""),
        7 => format!("{}e{}", dice.below(100), dice.below(700) as i32 - 350),
        8 => "5".to_owned(),
        9 => (9_007_199_254_740_990 + row as u64).to_string(),
        10 => format!("two\nlines {}", row % 2),
        _ => ["1,5", "2,25", "$3", "5 %", "inf"][row % 5].to_owned(),
    }
}

/// A table of delimited text as some program may have written it.
fn delimited(dice: &mut Dice) -> Vec<u8> {
    let (columns, rows) = (if dice.once_in(20) { 1 } else { 2 + dice.below(5) }, dice_rows(dice));
    let mut kinds: Vec<usize> = (0..columns).map(|_| dice.below(12)).collect();
    if !dice.once_in(3) {
        // Most tables should get as far as being trained on.
        kinds.iter_mut().for_each(|kind| *kind %= 4);
    }
    let delimiter = *dice.pick(&[",", ",", ",", ";", "\t", "|"]);
    let end = *dice.pick(&["\n", "\n", "\n", "\r\n", "\r"]);
    let (is_quoted, has_header) = (dice.once_in(4), !dice.once_in(5));
    let mut text = String::new();
    if has_header {
        let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
        let _ = write!(text, "{}{end}", names.join(delimiter));
    }
    for row in 0..rows {
        let cells: Vec<String> = kinds
            .iter()
            .map(|&kind| {
                let cell = cell(kind, row, dice);
                let must_quote = cell.contains(['"', '\n']) || cell.contains(delimiter);
                if must_quote || is_quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
            })
            .collect();
        let _ = write!(text, "{}{end}", cells.join(delimiter));
    }
    match dice.below(24) {
        0 => format!("\u{feff}{text}").into_bytes(),
        1 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        2 => text.replace('f', "\u{e9}").chars().map(|letter| letter as u8).collect(),
        3 => text.trim_end().as_bytes().to_vec(),
        4 => text.replace('2', "2,5").into_bytes(),
        _ => text.into_bytes(),
    }
}

/// Few rows of many columns.
fn wide(dice: &mut Dice) -> String {
    let columns = 1 << dice.below(12);
    let line = |text: &str| vec![text; columns].join(",") + "\n";
    let names: Vec<String> = (0..columns).map(|at| format!("n{at}")).collect();
    names.join(",") + "\n" + &[line("1"), line("2"), line("0")].concat().repeat(1 + dice.below(3))
}

/// Objects, one on each line or in a list.
fn json_lines(dice: &mut Dice, rows: fn(&mut Dice) -> usize) -> String {
    let rows = rows(dice);
    let lines: Vec<String> = (0..rows)
        .map(|row| format!("{{\"a\": {row}, \"b\": \"{}\", \"c\": {{\"d\": null}}}}", ["x", "\\u00e9"][row % 2]))
        .collect();
    if dice.once_in(3) { format!("[{}]", lines.join(",")) } else { lines.join("\n") }
}

/// An array as NumPy writes it.
fn npy(dice: &mut Dice) -> Vec<u8> {
    let (rows, columns) = (dice_rows(dice), 1 + dice.below(4));
    let (kind, size) =
        *dice.pick(&[("<f8", 8), ("<f4", 4), (">f8", 8), ("|u1", 1), ("<i8", 8), ("|b1", 1), ("|O", 8), ("<U3", 12)]);
    let order = dice.pick(&["False", "False", "True"]);
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({rows}, {columns}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    for at in 0..rows * columns {
        file.extend(&(at as f64 * 0.5).to_le_bytes().repeat(2)[..size]);
    }
    file
}

/// Two arrays in a zip file that packs nothing.
fn npz(dice: &mut Dice) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for name in ["x.npy", "y.npy"] {
        let array = npy(dice);
        let sizes = (array.len() as u32).to_le_bytes().repeat(2);
        let packed = gzip(&array);
        let crc = &packed[packed.len() - 8..packed.len() - 4];
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], crc, &sizes, &[name.len() as u8, 0, 0, 0]].concat();
        let offset = (file.len() as u32).to_le_bytes();
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &offset, name.as_bytes()].concat());
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &array].concat());
    }
    let (start, length) = (file.len() as u32, directory.len() as u32);
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    file.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// A gzip file of one byte again and again, a hundred times as large when it is unpacked.
fn bomb(dice: &mut Dice) -> Seed {
    let most = 1 << dice.below(16);
    let (repeats, byte) = (dice.below(most), *dice.pick(b"1,\n\" a"));
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |code: u32, length: u32| bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    // The last block, with the fixed codes of RFC 1951: a byte below 144, then copies of 258 bytes from one place before.
    push(0b110, 3);
    push(0x30 + u32::from(byte), 8);
    for _ in 0..repeats {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7);
    let packed = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit)));
    let counts = 1 + 258 * repeats;
    // Only small ones have the right sum at the end, which takes long for the others.
    let sum = if repeats < 100 { crc32(&vec![byte; counts]) } else { 0 };
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    bytes.extend(packed);
    bytes.extend([sum.to_le_bytes(), (counts as u32).to_le_bytes()].concat());
    Seed { counts, bytes }
}

/// Images and their labels.
pub fn images(dice: &mut Dice) -> (Vec<u8>, Vec<u8>) {
    let (count, height, width) = (dice_rows(dice), 1 + dice.below(6), 1 + dice.below(6));
    let classes = 1 + dice.below(4);
    let pixels: Vec<u8> = (0..count * height * width).map(|_| dice.byte()).collect();
    let labels: Vec<u8> = (0..count).map(|at| (at % classes) as u8).collect();
    let (images, labels) = (idx(&[count as u32, height as u32, width as u32], &pixels), idx(&[count as u32], &labels));
    if dice.once_in(6) { (gzip(&images), gzip(&labels)) } else { (images, labels) }
}
