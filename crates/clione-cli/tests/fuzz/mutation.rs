//! Mistakes in files: bits that flip, pieces that are lost, doubled, moved or mixed up, and sizes that are lies.

use crate::dice::Dice;

/// Pieces that readers break on.
const PIECES: &[&[u8]] = &[
    b",",
    b";",
    b"\t",
    b"|",
    b"\"",
    b"\"\"",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xe9",
    b"\xc3",
    b"\xf0\x9f\x90",
    b" ",
    b"-",
    b"?",
    b"NA",
    b"nan",
    b"inf",
    b"-Infinity",
    b"1e400",
    b"1e-400",
    b"-0",
    b"9007199254740993",
    b"99999999999999999999999999999999999999",
    b"12,500",
    b"3,14",
    b"$5",
    b"5 %",
    b"2024-02-30",
    b"2024-01-01T25:61",
    b"true",
    b"Nein",
    b"=1+1",
    b"'",
    b"\\",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":",
    b"null",
    b"#",
    b"//",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\x93NUMPY",
    b"<f8",
    b"|O",
    b"(1,)",
    b"'shape': (99999999999,)",
    b"\"shape\":[4294967295,4294967295]",
    b"\"data_offsets\":[0,4]",
    b"epochs = 2",
    b"[training]",
    b"[[a]]",
    b"a.b.c = 1",
    b"layers = []",
    b"\"\"\"",
    b"1_000",
    b"0x7f",
    b"1979-05-27",
];

/// Lengths that a header may claim.
const LIES: &[u64] = &[
    0,
    1,
    0x7f,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 40,
    i64::MAX as u64,
    u64::MAX,
];

/// Changes some bytes; `other` is what pieces may be taken from.
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        mutate_once(bytes, other, dice);
    }
}

fn mutate_once(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let length = bytes.len();
    // Headers are short and at the front, so half of the mistakes are made there.
    let reach = if dice.once_in(2) { length.min(64) } else { length };
    let place = dice.below(reach + 1);
    match dice.below(14) {
        0..=2 if place < length => bytes[place] ^= 1 << dice.below(8),
        3 if place < length => bytes[place] = dice.byte(),
        4 => bytes.truncate(place),
        5 if length > 0 => {
            let end = (place + dice.below(20)).min(length);
            bytes.drain(place.min(end)..end);
        }
        6 => {
            let random: Vec<u8> = (0..dice.below(8)).map(|_| dice.byte()).collect();
            bytes.splice(place..place, random);
        }
        7..=8 => {
            let piece = dice.pick(PIECES);
            bytes.splice(place..place, piece.iter().copied());
        }
        9 => {
            let from = dice.below(other.len() + 1);
            bytes.truncate(place);
            bytes.extend(&other[from..]);
        }
        10 => {
            let end = (place + dice.below(200)).min(length);
            let block = bytes[place..end].repeat(1 + dice.below(50));
            bytes.splice(place..place, block);
        }
        11 => {
            let block = [*dice.pick(b"9,;\"\n\0 xA[{\x80")].repeat(1 << dice.below(17));
            bytes.splice(place..place, block);
        }
        12 => overwrite_with_length(bytes, place, dice),
        _ => {
            let piece = dice.pick(PIECES).repeat(1 + dice.below(1000));
            bytes.splice(place..place, piece);
        }
    }
}

/// Another length where one may stand, in either order of bytes and in one of the usual widths.
fn overwrite_with_length(bytes: &mut [u8], place: usize, dice: &mut Dice) {
    let width = *dice.pick(&[1, 2, 4, 8]);
    let mut length = dice.pick(LIES).to_le_bytes()[..width].to_vec();
    if dice.once_in(2) {
        length.reverse();
    }
    let place = if dice.once_in(2) { place - place % width } else { place };
    for (byte, new) in bytes.iter_mut().skip(place).zip(length) {
        *byte = new;
    }
}
