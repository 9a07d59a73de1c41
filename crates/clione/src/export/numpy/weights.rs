//! Learned numbers in a Python source: as they are where they are few, packed where they are some, else in the model's own file.

use super::expression::number;
use super::names::names_in_file;
use super::writer::Writer;
use crate::base::real::Real;
use crate::nn::model::Model;

/// So many numbers can be looked at.
const FEW: usize = 64;

/// So many make a source of some hundred kilobytes, which an editor still opens.
const SOME: usize = 20_000;

/// The signs on a line of packed numbers.
const LINE: usize = 96;

/// Where the learned numbers stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Literal,
    Packed,
    File,
}

fn form<T: Real>(model: &Model<T>) -> Form {
    match model.parameters().len() {
        // Numbers that are not finite have no literals.
        0..=FEW if model.first_not_finite().is_none() => Form::Literal,
        0..=SOME => Form::Packed,
        _ => Form::File,
    }
}

/// Whether the source needs the file of the model beside it.
pub(super) fn needs_file<T: Real>(model: &Model<T>) -> bool {
    form(model) == Form::File
}

/// The function that gives the trained network.
pub(super) fn write_trained<T: Real>(model: &Model<T>, names: &[&str], out: &mut Writer) {
    out.line(0, "def trained():");
    let size = size_of::<T>();
    match form(model) {
        Form::Literal => {
            out.docstring(1, "The network as its training left it.");
            out.line(1, "network = NeuralNetwork()");
            for (spec, name) in model.specs().iter().zip(names) {
                out.line(1, &format!("network.{name}[:] = ["));
                let rows = model.parameters()[spec.range()].chunks(spec.shape.columns());
                rows.for_each(|row| out.list(2, "[", &literals(row), "],"));
                out.line(1, "]");
            }
        }
        Form::Packed => {
            out.docstring(1, "The network as its training left it: the numbers at the end of this file.");
            out.line(1, "network = NeuralNetwork()");
            out.line(1, &format!("numbers = np.frombuffer(base64.b64decode(TRAINED), \"<f{size}\")"));
            out.line(1, "for w in network.parameters():");
            out.line(2, "w[:], numbers = numbers[:w.size].reshape(w.shape), numbers[w.size:]");
        }
        Form::File => {
            out.docstring(1, "The network as its training left it: from the model's file, which is safetensors.");
            out.line(1, "network = NeuralNetwork()");
            out.line(1, "with open(MODEL_FILE, \"rb\") as file:");
            out.line(2, "header = json.loads(file.read(int.from_bytes(file.read(8), \"little\")))");
            out.line(2, "data = file.read()");
            out.list(1, "names = [", &names_in_file(model.specs()), "]");
            out.line(1, "for name, w in zip(names, network.parameters()):");
            out.line(2, "start, end = header[name][\"data_offsets\"]");
            out.line(2, &format!("w[:] = np.frombuffer(data[start:end], \"<f{size}\").reshape(w.shape)"));
        }
    }
    out.line(1, "return network");
}

/// What [`write_trained`] reads, where that is long.
pub(super) fn write_numbers<T: Real>(model: &Model<T>, out: &mut Writer) {
    if form(model) != Form::Packed {
        return;
    }
    let bytes: Vec<u8> = model.parameters().iter().flat_map(|&number| little_endian(number)).collect();
    let text = base64(&bytes);
    out.line(0, "TRAINED = \"\"\"");
    // Every sign is of ASCII.
    text.as_bytes().chunks(LINE).for_each(|line| out.line(0, &String::from_utf8_lossy(line)));
    out.line(0, "\"\"\"");
}

fn literals<T: Real>(numbers: &[T]) -> Vec<String> {
    numbers
        .iter()
        .map(|value| if T::NAME == f32::NAME { narrow(value.to_f64() as f32) } else { number(value.to_f64()) })
        .collect()
}

/// The fewest digits that name a number of 32 bits.
fn narrow(value: f32) -> String {
    format!("{value:?}")
}

fn little_endian<T: Real>(value: T) -> Vec<u8> {
    match T::NAME == f32::NAME {
        true => (value.to_f64() as f32).to_le_bytes().to_vec(),
        false => value.to_f64().to_le_bytes().to_vec(),
    }
}

/// Three bytes as four signs (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= three.len() { char::from(sign) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_are_those_of_the_standard() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
    }
}
