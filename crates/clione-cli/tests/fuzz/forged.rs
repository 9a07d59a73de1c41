//! Models whose description was changed by somebody who also knows how the checksum is made.

use crate::dice::Dice;
use serde_json::Value;

/// What stands in place of a value.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "0.5",
    "1",
    "2",
    "3.0",
    "1e15",
    "4294967296",
    "18446744073709551615",
    "1e308",
    "\"\"",
    "\"dense\"",
    "\"linear\"",
    "\"yes\"",
    "\"age\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[[]]",
    "[0,0]",
    "[1e300,1e-300]",
];

/// The bytes of a model or a checkpoint with up to three values changed; None where they are not as such a file is.
pub fn forged(bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let mut header: Value = serde_json::from_slice(header).ok()?;
    let key = header["__metadata__"].as_object()?.keys().next()?.clone();
    let mut description: Value = serde_json::from_str(header["__metadata__"][&key].as_str()?).ok()?;
    description.as_object_mut()?.remove("checksum")?;
    for _ in 0..=dice.below(3) {
        change(&mut description, dice);
    }
    let checksum = format!("{:016x}", checksum(&description.to_string(), &header, data)?);
    description.as_object_mut()?.insert("checksum".to_owned(), checksum.into());
    header["__metadata__"][&key] = description.to_string().into();
    let header = header.to_string();
    Some([&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat())
}

/// Changes one value somewhere below this one.
fn change(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let key = dice.pick(&entries.keys().cloned().collect::<Vec<_>>()).clone();
            match dice.below(16) {
                0 => drop(entries.remove(&key)),
                1 => drop(entries.insert(key, any_value(dice))),
                _ => change(&mut entries[&key], dice),
            }
        }
        Value::Array(values) if !values.is_empty() => {
            let at = dice.below(values.len());
            match dice.below(12) {
                0 => drop(values.remove(at)),
                1 => values.push(values[at].clone()),
                2 => values.reverse(),
                _ => change(&mut values[at], dice),
            }
        }
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            *value = any_value(dice);
        }
    }
}

fn any_value(dice: &mut Dice) -> Value {
    let text: &str = dice.pick::<&str>(VALUES);
    serde_json::from_str(text).expect("the values are JSON")
}

/// The checksum as the file has it: FNV-1a over the description, and over name, type, shape and bytes of each tensor.
fn checksum(description: &str, header: &Value, data: &[u8]) -> Option<u64> {
    let mut sum = fnv(0xcbf2_9ce4_8422_2325, description.as_bytes());
    for (name, tensor) in header.as_object()?.iter().filter(|(name, _)| *name != "__metadata__") {
        let sizes: Option<Vec<u64>> = tensor["shape"].as_array()?.iter().map(Value::as_u64).collect();
        let offset = |at: usize| usize::try_from(tensor["data_offsets"][at].as_u64()?).ok();
        sum = fnv(sum, format!("{name} {} {:?}", tensor["dtype"].as_str()?, sizes?).as_bytes());
        sum = fnv(sum, data.get(offset(0)?..offset(1)?)?);
    }
    Some(sum)
}

fn fnv(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::people_and_model;

    #[test]
    fn the_checksum_is_the_one_that_the_command_writes() {
        let bytes = people_and_model().read("people.clione");
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let mut description: Value = serde_json::from_str(header["__metadata__"]["clione"].as_str().unwrap()).unwrap();
        let written = description.as_object_mut().unwrap().remove("checksum").unwrap();
        let made = checksum(&description.to_string(), &header, &bytes[8 + length..]).unwrap();
        assert_eq!(written, format!("{made:016x}"));
    }
}
