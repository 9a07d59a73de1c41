//! The container of models and checkpoints: named numbers in safetensors, and one JSON text with a checksum over all of it.

use super::checkpoint::CHECKPOINT_VERSION;
use super::{FORMAT_VERSION, json};
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::real::Real;
use crate::data::file;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::HashMap;

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

/// The tensors and the text of a file; `source` is what errors call it.
///
/// Fails when the bytes are no such file, of a newer format, or damaged.
pub(super) fn read<'a>(kind: &Kind, source: &str, bytes: &'a [u8]) -> Result<(SafeTensors<'a>, String)> {
    let wrong = |what: String| Error::model(format!("{source}: {what}"));
    if bytes.is_empty() {
        return Err(wrong(format!("is empty (0 bytes), not a {}", kind.name)));
    }
    // The length that comes first may look like the mark of another format: 640 is a pickle's.
    let has_header = bytes.get(8) == Some(&b'{');
    if let Some((found, remedy)) = foreign(kind, bytes).filter(|_| !has_header) {
        return Err(wrong(format!("is {found}, not a {} of clione", kind.name)).remedy(remedy));
    }
    check_length(kind, source, bytes)?;
    check_tensors(kind, source, bytes)?;
    let damaged = |error| wrong(format!("is damaged or cut off: {error}")).remedy(kind.fresh);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let metadata = header.metadata().as_ref();
    let text_of = |kind: &Kind| metadata.and_then(|metadata| metadata.get(kind.key));
    let text = text_of(kind).ok_or_else(|| {
        if let Some(other) = [&MODEL, &CHECKPOINT].into_iter().find(|other| text_of(other).is_some()) {
            return wrong(format!("is a {}, not a {}", other.name, kind.name)).remedy(kind.origin);
        }
        wrong(format!("is a safetensors file, but not a {} of clione", kind.name))
            .note(format!("its metadata has no entry `{}` with network and preprocessing", kind.key))
            .remedy(kind.origin)
    })?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let named = |error: Error| error.of_kind(ErrorKind::Model).in_file(source);
    json::check_version(text, kind.version).map_err(named)?;
    // Nothing is believed, let alone allocated, before the checksum.
    let (text, expected_checksum) = json::unseal(text).map_err(named)?;
    if expected_checksum != checksum_of(&file, &text) {
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

/// Fails when the bytes do not begin as such a file does, with the length of a JSON text and that text, or end within it.
fn check_length(kind: &Kind, source: &str, bytes: &[u8]) -> Result<()> {
    let cut_off = |header: String| {
        Error::model(format!("{source}: is cut off: {} bytes, but {header}", bytes.len())).remedy(kind.fresh)
    };
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Err(cut_off(format!("a {} begins with 8 that say how long its header is", kind.name)));
    };
    if rest.first().is_some_and(|&first| first != b'{') {
        let start: String = String::from_utf8_lossy(bytes).chars().take(20).collect();
        return Err(Error::model(format!("{source}: is not a {}", kind.name))
            .note(format!("it begins {start:?}"))
            .remedy(kind.origin));
    }
    let length = u64::from_le_bytes(*length);
    if length > rest.len() as u64 { Err(cut_off(format!("its header alone has {length}"))) } else { Ok(()) }
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
    fn a_header_of_any_length_is_told_apart_from_other_formats() {
        for extra in 0..2000 {
            let text = serde_json::json!({ "format_version": 1, "text": "x".repeat(extra) }).to_string();
            let bytes = write(&MODEL, Vec::new(), &text).expect("it can be written");
            let (_, found) = read(&MODEL, "m", &bytes).expect("it can be read");
            assert_eq!(found, text);
        }
    }
}
