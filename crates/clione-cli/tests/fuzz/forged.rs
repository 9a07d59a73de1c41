//! Models whose description was changed by somebody who also knows how the checksum is made.

use crate::dice::Dice;
use serde_json::Value;

/// What stands in place of a value.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
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

/// Texts that leave what they are written into.
const TEXTS: &[&str] =
    &["*/ int x; /*", "\"\"\"\nimport os", "\n", "\\", "<script>", "\u{1b}[31m", "\u{202e}", "class"];

/// A model or a checkpoint taken apart: what its description says can be changed, and then it is put together again.
pub struct Opened {
    header: Value,
    key: String,
    pub description: Value,
    data: Vec<u8>,
}

impl Opened {
    /// The parts of a file; None where it is not as such a file is.
    pub fn of(bytes: &[u8]) -> Option<Opened> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (header, data) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let header: Value = serde_json::from_slice(header).ok()?;
        let key = header["__metadata__"].as_object()?.keys().next()?.clone();
        let mut description: Value = serde_json::from_str(header["__metadata__"][&key].as_str()?).ok()?;
        description.as_object_mut()?.remove("checksum")?;
        Some(Opened { header, key, description, data: data.to_vec() })
    }

    /// A file with this description and a checksum that fits it; None where a description is no object.
    pub fn with(&self, description: &Value) -> Option<Vec<u8>> {
        let checksum = format!("{:016x}", checksum(&description.to_string(), &self.header, &self.data)?);
        let (mut header, mut description) = (self.header.clone(), description.clone());
        description.as_object_mut()?.insert("checksum".to_owned(), checksum.into());
        header["__metadata__"][&self.key] = description.to_string().into();
        let header = header.to_string();
        Some([&(header.len() as u64).to_le_bytes(), header.as_bytes(), &self.data].concat())
    }
}

/// The bytes of a model or a checkpoint with up to three values changed; None where they are not as such a file is.
pub fn forged(bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let opened = Opened::of(bytes)?;
    let mut description = opened.description.clone();
    for _ in 0..=dice.below(3) {
        change(&mut description, dice);
    }
    opened.with(&description)
}

/// A change of one value of a description.
#[derive(Debug)]
pub struct Change {
    /// A JSON pointer.
    place: String,
    how: How,
}

#[derive(Debug)]
enum How {
    Becomes(Value),
    TakenOut,
    LastTwice,
    TurnedAround,
}

/// Every change of one value of a description that is tried: each replaced by all of [`VALUES`], by numbers near it and by
/// texts that leave what they are written into; taken out, its last part put there twice, turned around; and the same for each
/// setting of its recipe.
pub fn every_change(description: &Value) -> Vec<Change> {
    let mut places = Vec::new();
    find_places(description, String::new(), &mut places);
    let mut all = Vec::new();
    for place in &places {
        let found = description.pointer(place).expect("the place was found there");
        let mut ways: Vec<How> = instead_of(found).into_iter().map(How::Becomes).collect();
        ways.push(How::TakenOut);
        if found.as_array().is_some_and(|values| !values.is_empty()) {
            ways.extend([How::LastTwice, How::TurnedAround]);
        }
        all.extend(ways.into_iter().map(|how| Change { place: place.clone(), how }));
    }
    all
}

impl Change {
    /// The description with this change; None where there is no such place, or nothing changes.
    pub fn of(&self, description: &Value) -> Option<Value> {
        let mut changed = description.clone();
        let (parent, last) = self.place.rsplit_once('/')?;
        match &self.how {
            How::Becomes(value) => *changed.pointer_mut(&self.place)? = value.clone(),
            How::TakenOut => match changed.pointer_mut(parent)? {
                Value::Object(entries) => drop(entries.remove(&last.replace("~1", "/").replace("~0", "~"))),
                Value::Array(values) => {
                    let at = last.parse().ok().filter(|&at| at < values.len())?;
                    values.remove(at);
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            },
            How::LastTwice => {
                let values = changed.pointer_mut(&self.place)?.as_array_mut()?;
                values.extend(values.last().cloned());
            }
            How::TurnedAround => changed.pointer_mut(&self.place)?.as_array_mut()?.reverse(),
        }
        (changed != *description).then_some(changed)
    }
}

/// The places of all values below this one, as JSON pointers.
fn find_places(value: &Value, place: String, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Value| {
        let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(place.clone());
        find_places(value, place, found);
    };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is tried in place of a value.
fn instead_of(found: &Value) -> Vec<Value> {
    let mut values: Vec<Value> = VALUES.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    match found {
        Value::Number(number) => {
            values.extend(
                number
                    .as_u64()
                    .into_iter()
                    .flat_map(|n| [n.saturating_add(1), n.saturating_mul(2), n / 2])
                    .map(Value::from),
            );
            values.extend(number.as_f64().into_iter().flat_map(|n| [-n, n + 0.5, n * 1e-300]).map(Value::from));
        }
        Value::String(text) => {
            values.extend(TEXTS.iter().flat_map(|evil| [(*evil).to_owned(), format!("{text}{evil}")]).map(Value::from));
            values.extend(changed_recipes(text).map(Value::from));
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
    }
    values
}

/// A recipe, where the text is one, with each of its settings taken out or given another value.
fn changed_recipes(text: &str) -> impl Iterator<Item = String> {
    const IN_RECIPES: &[&str] = &["0", "-1", "1e308", "nan", "99999999999", "true", "\"x\"", "[0]"];
    let lines: Vec<&str> = text.lines().collect();
    let settings = (0..lines.len()).filter(|&at| lines[at].contains(" = "));
    let with = |at: usize, line: String| {
        let lines = lines.iter().enumerate().map(|(number, old)| if number == at { line.as_str() } else { old });
        lines.collect::<Vec<_>>().join("\n")
    };
    let changed = settings.flat_map(|at| {
        let name = lines[at].split(" = ").next().unwrap_or_default();
        let others = IN_RECIPES.iter().map(move |value| format!("{name} = {value}"));
        others.chain([String::new()]).map(|line| with(at, line)).collect::<Vec<_>>()
    });
    changed.collect::<Vec<_>>().into_iter()
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
