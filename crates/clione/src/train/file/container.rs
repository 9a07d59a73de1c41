//! The container of models and checkpoints: named numbers in safetensors, and one JSON text with a checksum over all of it.

use super::checkpoint::CHECKPOINT_VERSION;
use super::recording_file::is_recording;
use super::{FORMAT_VERSION, json};
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::real::Real;
use crate::data::file::{self, Contents};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// A kind of file.
pub(super) struct Kind {
    /// The metadata key that everything but the tensors stands under.
    pub key: &'static str,
    /// What errors call it.
    pub name: &'static str,
    /// The version that this program writes, and the newest that it reads.
    pub version: u64,
    /// What to give instead of a file of another kind.
    pub origin: &'static str,
    /// What helps against damage.
    pub fresh: &'static str,
}

/// A trained model.
pub(super) const MODEL: Kind = Kind {
    key: "clione",
    name: "model",
    version: FORMAT_VERSION,
    origin: "give a file that `clione train -o` has written",
    fresh: "take a fresh copy of the model, or train it again",
};

/// Where a training run was when it was left.
pub(super) const CHECKPOINT: Kind = Kind {
    key: "clione_checkpoint",
    name: "checkpoint",
    version: CHECKPOINT_VERSION,
    origin: "give a file that an interrupted `clione train` has left",
    fresh: "begin the run anew, without --resume",
};

/// Numbers under a name, as the file has them.
pub(super) struct Tensor {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Tensor {
    pub(super) fn new<T: Real>(name: &str, shape: &[usize], numbers: &[T]) -> Self {
        let mut bytes = Vec::with_capacity(size_of_val(numbers));
        match dtype::<T>() {
            Dtype::F32 => numbers.iter().for_each(|n| bytes.extend((n.to_f64() as f32).to_le_bytes())),
            _ => numbers.iter().for_each(|n| bytes.extend(n.to_f64().to_le_bytes())),
        }
        Tensor { name: name.to_owned(), shape: shape.to_vec(), dtype: dtype::<T>(), bytes }
    }
}

/// How the file calls a type of numbers.
pub(super) fn dtype<T: Real>() -> Dtype {
    if T::NAME == f32::NAME { Dtype::F32 } else { Dtype::F64 }
}

/// The numbers of a tensor, whose type has been checked.
pub(super) fn numbers<T: Real>(bytes: &[u8]) -> impl Iterator<Item = T> {
    bytes.chunks_exact(size_of::<T>()).map(|bytes| match bytes {
        [a, b, c, d] => T::of(f64::from(f32::from_le_bytes([*a, *b, *c, *d]))),
        _ => T::of(f64::from_le_bytes(bytes.try_into().expect("numbers have four bytes or eight"))),
    })
}

/// The bytes of a file: the same for the same tensors and text.
pub(super) fn write(kind: &Kind, tensors: Vec<Tensor>, text: &str) -> Result<Vec<u8>> {
    let views = tensors
        .iter()
        .map(|tensor| {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
            Ok((tensor.name.as_str(), view.map_err(|error| cannot_write(kind, &error))?))
        })
        .collect::<Result<Vec<_>>>()?;
    let text = json::seal(text, checksum(text, views.iter().map(|(name, view)| (*name, view))));
    let metadata = HashMap::from([(kind.key.to_owned(), text)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| cannot_write(kind, &error))
}

/// The bytes of a file of at most `largest`, which may still be damaged; what is no such file is refused by its first bytes.
pub(super) fn read_file(kind: &Kind, path: &Path, largest: u64) -> Result<Contents> {
    file::read_looking(path, largest, &|source, start| look(kind, source, start))
}

/// Fails when these first bytes are not those of such a file; how many more must be seen to be sure.
fn look(kind: &Kind, source: &str, start: &[u8]) -> Result<Option<usize>> {
    let wrong = |what: String| Error::model(format!("{source}: {what}"));
    if start.is_empty() {
        return Err(wrong(format!("is empty (0 bytes), not a {}", kind.name)));
    }
    // The length that comes first may look like the mark of another format: 640 is a pickle's.
    let has_header = start.get(8) == Some(&b'{');
    if let Some((found, remedy)) = foreign(kind, start).filter(|_| !has_header) {
        return Err(wrong(format!("is {found}, not a {} of clione", kind.name)).remedy(remedy));
    }
    check_start(kind, source, start)?;
    let Some((length, rest)) = start.split_first_chunk() else { return Ok(Some(LENGTH + 1)) };
    let length = u64::from_le_bytes(*length);
    match usize::try_from(length).ok().filter(|&length| length <= LONGEST_HEADER) {
        Some(length) if length > rest.len() => Ok(Some(LENGTH + length)),
        Some(_) => {
            check_tensors(kind, source, start)?;
            match SafeTensors::read_metadata(start) {
                Ok(_) | Err(SafeTensorError::MetadataIncompleteBuffer) => {}
                Err(error) => return Err(wrong(format!("is damaged or cut off: {error}")).remedy(kind.fresh)),
            }
            text(kind, source, start).map(|_| None)
        }
        None => Err(wrong(format!("is not a {}: its header would have {length} bytes", kind.name)).remedy(kind.origin)),
    }
}

/// The bytes that say how long the header is, and the most that it may have.
const LENGTH: usize = size_of::<u64>();
const LONGEST_HEADER: usize = 100_000_000;

/// The text of a file whose header is there, whatever is there of the tensors behind it.
fn text(kind: &Kind, source: &str, bytes: &[u8]) -> Result<String> {
    let wrong = |what: String| Error::model(format!("{source}: {what}"));
    let header = bytes.get(LENGTH..).map(|rest| serde_json::Deserializer::from_slice(rest).into_iter::<Value>().next());
    let metadata = match header {
        Some(Some(Ok(mut header))) => header["__metadata__"].take(),
        Some(Some(Err(error))) => return Err(wrong(format!("is damaged or cut off: {error}")).remedy(kind.fresh)),
        Some(None) | None => return Err(cut_off(kind, source, bytes)),
    };
    let text_of = |kind: &Kind| metadata[kind.key].as_str();
    text_of(kind).map(str::to_owned).ok_or_else(|| {
        if let Some(other) = [&MODEL, &CHECKPOINT].into_iter().find(|other| text_of(other).is_some()) {
            return wrong(format!("is a {}, not a {}", other.name, kind.name)).remedy(kind.origin);
        }
        wrong(format!("is a safetensors file, but not a {} of clione", kind.name))
            .note(format!("its metadata has no entry `{}` with network and preprocessing", kind.key))
            .remedy(kind.origin)
    })
}

/// The tensors and the text of a file; `source` is what errors call it.
///
/// Fails when the bytes are no such file, of a newer format, or damaged.
pub(super) fn read<'a>(kind: &Kind, source: &str, bytes: &'a [u8]) -> Result<(SafeTensors<'a>, String)> {
    if look(kind, source, bytes)?.is_some() {
        return Err(cut_off(kind, source, bytes));
    }
    let wrong = |what: String| Error::model(format!("{source}: {what}"));
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| wrong(format!("is damaged or cut off: {error}")).remedy(kind.fresh))?;
    let text = text(kind, source, bytes)?;
    let named = |error: Error| error.of_kind(ErrorKind::Model).in_file(source);
    json::check_version(&text, kind.version).map_err(named)?;
    // Nothing is believed, let alone allocated, before the checksum.
    let (text, expected_checksum) = json::unseal(&text).map_err(named)?;
    // A fuzzer cannot make checksums, and what stands behind them is what it is to reach.
    if expected_checksum != checksum_of(&file, &text) && cfg!(not(fuzzing)) {
        return Err(wrong("is damaged: its checksum does not match its contents".to_owned())
            .note("a bit was flipped, or the file was edited by hand")
            .remedy(kind.fresh));
    }
    Ok((file, text))
}

/// The checksum that stands in a file.
pub(super) fn checksum_in(kind: &Kind, source: &str, bytes: &[u8]) -> Result<String> {
    let (file, text) = read(kind, source, bytes)?;
    Ok(checksum_of(&file, &text))
}

fn checksum_of(file: &SafeTensors<'_>, text: &str) -> String {
    let found = checksum(text, file.tensors().iter().map(|(name, view)| (name.as_str(), view)));
    format!("{found:016x}")
}

/// FNV-1a over the description and over name, type, shape and bytes of each tensor in the order of their names: it guards
/// against accidents, not intent.
fn checksum<'a>(description: &str, tensors: impl Iterator<Item = (&'a str, &'a TensorView<'a>)>) -> u64 {
    let mut tensors: Vec<_> = tensors.collect();
    tensors.sort_unstable_by_key(|&(name, _)| name);
    tensors.into_iter().fold(fnv(FNV_START, description.as_bytes()), |hash, (name, tensor)| {
        let head = format!("{name} {} {:?}", tensor.dtype(), tensor.shape());
        fnv(fnv(hash, head.as_bytes()), tensor.data())
    })
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn cannot_write(kind: &Kind, error: &safetensors::SafeTensorError) -> Error {
    Error::model(format!("the {} cannot be written as safetensors: {error}", kind.name))
}

/// Fails when the bytes do not begin as such a file does, with the length of a JSON text and that text.
fn check_start(kind: &Kind, source: &str, bytes: &[u8]) -> Result<()> {
    if bytes.get(LENGTH).is_none_or(|&first| first == b'{') {
        return Ok(());
    }
    let error = Error::model(format!("{source}: is not a {}", kind.name));
    if is_recording(bytes) {
        return Err(Error::model(format!("{source}: is a recording, not a {}", kind.name)).remedy("clione replay FILE"));
    }
    let start: String = String::from_utf8_lossy(bytes).chars().take(20).collect();
    let is_text = start.chars().all(|c| c == '\n' || c == '\r' || c == '\t' || !(c.is_control() || c == '\u{fffd}'));
    let error = error.note(format!("it begins {start:?}"));
    let error = if is_text { error.note("a table comes after the model: clione predict MODEL TABLE") } else { error };
    Err(error.remedy(kind.origin))
}

/// The bytes end within the header.
fn cut_off(kind: &Kind, source: &str, bytes: &[u8]) -> Error {
    let missing = match bytes.first_chunk() {
        None => format!("a {} begins with 8 that say how long its header is", kind.name),
        Some(length) => format!("its header alone has {}", u64::from_le_bytes(*length)),
    };
    Error::model(format!("{source}: is cut off: {} bytes, but {missing}", bytes.len())).remedy(kind.fresh)
}

/// Fails where the header says of a tensor what cannot be, and names it.
fn check_tensors(kind: &Kind, source: &str, bytes: &[u8]) -> Result<()> {
    let header = bytes.get(8..).map(|rest| serde_json::Deserializer::from_slice(rest).into_iter::<Value>().next());
    // What is no JSON, or no object, is told by the reader of the whole header.
    let Some(Some(Ok(Value::Object(tensors)))) = header else { return Ok(()) };
    for (name, tensor) in tensors.iter().filter(|(name, _)| *name != "__metadata__") {
        let wrong = |what: String| {
            Err(Error::model(format!("{source}: is damaged: tensor `{name}` {what}")).remedy(kind.fresh))
        };
        let Ok(dtype) = serde_json::from_value::<Dtype>(tensor["dtype"].clone()) else {
            return wrong(format!("has the unknown type {}", tensor["dtype"]));
        };
        let Ok(sizes) = serde_json::from_value::<Vec<u64>>(tensor["shape"].clone()) else {
            return wrong(format!("has the shape {}", tensor["shape"]));
        };
        let Ok([from, to]) = serde_json::from_value::<[u64; 2]>(tensor["data_offsets"].clone()) else {
            return wrong(format!("lies at {}", tensor["data_offsets"]));
        };
        let bits = sizes.iter().try_fold(dtype.bitsize() as u64, |bits, &size| bits.checked_mul(size));
        if to.checked_sub(from).and_then(|bytes| bytes.checked_mul(8)) != bits || bits.is_none() {
            return wrong(format!("is {dtype} {sizes:?}, which does not fit the bytes from {from} to {to}"));
        }
    }
    Ok(())
}

/// Files that people take for a model: what they are and what to do.
fn foreign(kind: &Kind, bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const TO_SAFETENSORS: &str = "train it with clione: a model needs its preprocessing and network too";
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(("a zip archive, perhaps of PyTorch (.pt) or Keras (.keras)", TO_SAFETENSORS));
    }
    if bytes.starts_with(b"\x80\x02") || bytes.starts_with(b"\x80\x03") || bytes.starts_with(b"\x80\x04") {
        return Some(("a Python pickle, which is never executed", TO_SAFETENSORS));
    }
    file::foreign_format(bytes).map(|(what, _)| (what, kind.origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_larger_than_what_is_looked_at_first_is_read_and_a_foreign_one_is_not() {
        let folder = std::env::temp_dir().join(format!("clione-container-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join("m");
        let tensor = || vec![Tensor::new("numbers", &[30_000], &vec![0.5_f32; 30_000])];
        for length in [10, 20_000] {
            let text = serde_json::json!({ "format_version": 1, "text": "x".repeat(length) }).to_string();
            std::fs::write(&path, write(&MODEL, tensor(), &text).expect("written")).expect("the disk is not full");
            let contents = read_file(&MODEL, &path, u64::MAX).expect("it is a model");
            assert_eq!(read(&MODEL, "m", &contents.bytes).expect("a whole one").1, text);
            let error = read_file(&CHECKPOINT, &path, u64::MAX).expect_err("no checkpoint");
            assert!(error.headline().ends_with("is a model, not a checkpoint"), "{error}");
        }
        for (bytes, expected) in [
            (b"a,b\n1,2\n3,4\n".to_vec(), "clione predict MODEL TABLE"),
            (b"clione recording 1\nmoment  ".to_vec(), "is a recording, not a model"),
            ([&200_000_000u64.to_le_bytes()[..], b"{}"].concat(), "its header would have 200000000 bytes"),
            (vec![0; 5000], "is not a model"),
        ] {
            std::fs::write(&path, bytes).expect("the disk is not full");
            let error = read_file(&MODEL, &path, u64::MAX).expect_err("no model").to_string();
            assert!(error.contains(expected), "{error}");
        }
        std::fs::remove_dir_all(&folder).expect("the folder is ours");
    }

    #[test]
    fn a_header_of_any_length_is_told_apart_from_other_formats() {
        for extra in 0..2000 {
            let text = serde_json::json!({ "format_version": 1, "text": "x".repeat(extra) }).to_string();
            let bytes = write(&MODEL, Vec::new(), &text).expect("it can be written");
            let (_, found) = read(&MODEL, "m", &bytes).expect("it can be read");
            assert_eq!(found, text);
        }
    }
}
