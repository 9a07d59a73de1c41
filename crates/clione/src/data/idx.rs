//! IDX files, the format of MNIST: images and labels as bytes behind a short header.
//!
//! The header is `00 00`, the type of the values (`08`: bytes), the number of dimensions, and the size of each
//! dimension in four bytes, the highest first (<http://yann.lecun.com/exdb/mnist/>). Files may be gzipped.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::error::{Error, Result};
use crate::data::dataset::{Dataset, Matrix, Targets, Values};
use crate::data::file;
use crate::data::findings::{Findings, counted, list};

/// The most bytes that are read, after unpacking: forty times MNIST.
const LARGEST: u64 = 2 << 30;

/// Grey images of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// One row for each image: its bytes from top left to bottom right, scaled by 1/255 to 0 … 1.
    pub pixels: Matrix,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Pixels from left to right.
    pub width: usize,
}

/// Reads images (dimensions: count, height, width).
///
/// ```
/// let error = clione::data::idx::read_images("no/such/images").unwrap_err();
/// assert_eq!(error.exit_code(), 5);
/// ```
pub fn read_images(path: impl AsRef<Path>) -> Result<Images> {
    images(file::read(path, LARGEST)?)
}

/// Reads labels (one dimension: count).
///
/// ```
/// let error = clione::data::idx::read_labels("no/such/labels").unwrap_err();
/// assert_eq!(error.exit_code(), 5);
/// ```
pub fn read_labels(path: impl AsRef<Path>) -> Result<Vec<u32>> {
    labels(file::read(path, LARGEST)?)
}

/// Images with their labels; the classes are `classes` (those of the training data), or the labels that occur.
///
/// ```
/// use clione::data::dataset::{Matrix, Values};
/// use clione::data::idx::{Images, labelled};
/// let pixels = Matrix::new(2, 4, Values::U8 { bytes: vec![0; 8], scale: 1.0 / 255.0 });
/// let data = labelled(Images { pixels, height: 2, width: 2 }, &[7, 1], None)?;
/// assert_eq!(data.targets().class_numbers(), Some(&[1, 0][..]));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn labelled(images: Images, labels: &[u32], classes: Option<&[String]>) -> Result<Dataset> {
    if images.pixels.rows() != labels.len() {
        let (images, labels) = (counted(images.pixels.rows(), "image"), counted(labels.len(), "label"));
        return Err(Error::data(format!("{images}, {labels}: each image needs one label")));
    }
    let names: Vec<String> = match classes {
        Some(classes) => classes.to_vec(),
        None => labels.iter().collect::<BTreeSet<_>>().into_iter().map(u32::to_string).collect(),
    };
    let (mut numbers, mut unknown) = (Vec::with_capacity(labels.len()), Findings::default());
    let mut places = [None; 256];
    for (place, name) in (0..).zip(&names) {
        if let Ok(label) = name.parse::<u8>() {
            places[usize::from(label)] = Some(place);
        }
    }
    for (index, &label) in labels.iter().enumerate() {
        match places.get(label as usize).copied().flatten() {
            Some(place) => numbers.push(place),
            None => unknown.add(|| {
                let known = list(names.iter().map(String::as_str));
                format!("label {} is {label}, which is no class of the training data; known: {known}", index + 1)
            }),
        }
    }
    if unknown.count() > 0 {
        return Err(unknown.into_error());
    }
    Dataset::new(images.pixels, Targets::Classes { numbers, names })
}

fn images(contents: file::Contents) -> Result<Images> {
    let (source, sizes, bytes) = values(contents)?;
    match sizes[..] {
        [_, height, width] if height == 0 || width == 0 => {
            Err(Error::data(format!("{source}: images of {height}x{width} pixels: nothing to see")))
        }
        [count, height, width] => {
            let pixels = Matrix::new(count, height * width, Values::U8 { bytes, scale: 1.0 / 255.0 });
            Ok(Images { pixels, height, width })
        }
        [_] => {
            Err(Error::data(format!("{source}: 1 dimension, expected 3 (count, height, width): this is a label file"))
                .note("are images and labels swapped?"))
        }
        _ => Err(Error::data(format!("{source}: {} dimensions, expected 3 (count, height, width)", sizes.len()))),
    }
}

fn labels(contents: file::Contents) -> Result<Vec<u32>> {
    let (source, sizes, bytes) = values(contents)?;
    match sizes[..] {
        [_] => Ok(bytes.into_iter().map(u32::from).collect()),
        [_, _, _] => Err(Error::data(format!("{source}: 3 dimensions, expected 1 (count): this is an image file"))
            .note("are images and labels swapped?")),
        _ => Err(Error::data(format!("{source}: {} dimensions, expected 1 (count)", sizes.len()))),
    }
}

/// The sizes of the dimensions and the bytes behind the header.
fn values(contents: file::Contents) -> Result<(String, Vec<usize>, Vec<u8>)> {
    let file::Contents { source, mut bytes, .. } = contents;
    let dimensions = check_magic(&source, &bytes)?;
    let header = 4 + 4 * dimensions;
    let Some(sizes) = bytes.get(4..header) else {
        return Err(Error::data(format!(
            "{source}: {}, but a header of {dimensions} dimensions has {header}",
            counted(bytes.len(), "byte")
        )));
    };
    let sizes: Vec<usize> =
        sizes.chunks_exact(4).map(|size| u32::from_be_bytes([size[0], size[1], size[2], size[3]]) as usize).collect();
    let declared = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    let held = bytes.len() - header;
    if declared != Some(held) {
        let shape: Vec<String> = sizes.iter().map(usize::to_string).collect();
        let declared = declared.map_or("more bytes than can be counted".to_string(), |count| counted(count, "byte"));
        let held = counted(held, "byte");
        return Err(Error::data(format!("{source}: declares {} = {declared}, holds {held}", shape.join(" x "))));
    }
    bytes.drain(..header);
    Ok((source, sizes, bytes))
}

/// The number of dimensions, if the first four bytes are those of an IDX file of bytes.
fn check_magic(source: &str, bytes: &[u8]) -> Result<usize> {
    let shown: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let wrong = |why: String| {
        Error::data(format!("{source}: first bytes {}: {why}", shown.join(" ")))
            .note("an IDX file of images begins 00 00 08 03, one of labels 00 00 08 01")
    };
    match bytes {
        [] => Err(Error::data(format!("{source}: is empty (0 bytes)"))),
        [0, 0, 0x08, dimensions @ 1..=4, ..] => Ok(usize::from(*dimensions)),
        [0, 0, 0x08, dimensions, ..] => Err(wrong(format!("{dimensions} dimensions, expected 1 to 4"))),
        [0, 0, kind, 1..=4, ..] => Err(match KINDS.iter().find(|(code, _)| code == kind) {
            Some((_, name)) => wrong(format!("holds {name}, only unsigned bytes are read")),
            None => wrong(format!("unknown type of values 0x{kind:02x}")),
        }),
        [1..=4, 0x08, 0, 0, ..] => Err(wrong("the bytes of each number are in reverse order".to_string())),
        _ => Err(match file::foreign_format(bytes) {
            Some((format, _)) => wrong(format!("is {format}")),
            None => wrong("no IDX file".to_string()),
        }),
    }
}

/// Types of values that IDX has besides unsigned bytes.
const KINDS: &[(u8, &str)] =
    &[(0x09, "signed bytes"), (0x0b, "16-bit integers"), (0x0c, "32-bit integers"), (0x0d, "f32"), (0x0e, "f64")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::file::tests::gzip;

    fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut file = vec![0, 0, 8, sizes.len() as u8];
        sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
        [file, bytes.to_vec()].concat()
    }

    fn contents(bytes: Vec<u8>) -> file::Contents {
        file::unpack("x.idx", bytes, LARGEST).unwrap()
    }

    #[test]
    fn images_and_labels_are_read_gzipped_or_not() {
        let file = idx(&[2, 2, 1], &[0, 255, 51, 102]);
        let read = images(contents(file.clone())).unwrap();
        assert_eq!((read.height, read.width, read.pixels.at(0, 1)), (2, 1, 1.0));
        assert_eq!(images(contents(gzip(&file))).unwrap(), read);
        let data = labelled(read, &labels(contents(idx(&[2], &[7, 3]))).unwrap(), None).unwrap();
        assert_eq!(data.targets(), &Targets::Classes { numbers: vec![1, 0], names: vec!["3".into(), "7".into()] });
    }

    #[test]
    fn wrong_first_bytes_are_named() {
        let headline = |bytes: &[u8]| images(contents(bytes.to_vec())).unwrap_err().headline().to_string();
        assert_eq!(headline(b"PAR1...."), "x.idx: first bytes 50 41 52 31: is a Parquet file");
        assert_eq!(
            headline(&[0, 0, 0x0d, 3]),
            "x.idx: first bytes 00 00 0d 03: holds f32, only unsigned bytes are read"
        );
        assert_eq!(
            headline(&[3, 8, 0, 0]),
            "x.idx: first bytes 03 08 00 00: the bytes of each number are in reverse order"
        );
        assert_eq!(headline(&[0, 0, 0x77, 1]), "x.idx: first bytes 00 00 77 01: unknown type of values 0x77");
        assert_eq!(headline(&[]), "x.idx: is empty (0 bytes)");
        assert_eq!(headline(&gzip(&gzip(b"x"))[..]).split(": ").last(), Some("is a gzip file inside a gzip file"));
    }

    #[test]
    fn more_or_fewer_bytes_than_declared_are_refused() {
        let error = images(contents(idx(&[3, 2, 2], &[0; 11]))).unwrap_err();
        assert_eq!(error.headline(), "x.idx: declares 3 x 2 x 2 = 12 bytes, holds 11 bytes");
        let error = labels(contents(idx(&[3], &[0; 4]))).unwrap_err();
        assert_eq!(error.headline(), "x.idx: declares 3 = 3 bytes, holds 4 bytes");
        let error = images(contents(idx(&[u32::MAX; 4], &[0; 4]))).unwrap_err();
        assert!(error.headline().contains("more bytes than can be counted"), "{error}");
        let error = images(contents(vec![0, 0, 8, 3, 0])).unwrap_err();
        assert_eq!(error.headline(), "x.idx: 5 bytes, but a header of 3 dimensions has 16");
    }

    #[test]
    fn swapped_files_are_noticed() {
        let error = images(contents(idx(&[2], &[0, 1]))).unwrap_err();
        assert!(error.headline().ends_with("this is a label file"));
        let error = labels(contents(idx(&[1, 1, 2], &[0, 1]))).unwrap_err();
        assert!(error.headline().ends_with("this is an image file"));
    }

    #[test]
    fn labels_must_be_as_many_as_images_and_known() {
        let read = |labels: &[u32]| {
            let classes = ["0", "1"].map(String::from);
            labelled(images(contents(idx(&[2, 1, 1], &[0, 1]))).unwrap(), labels, Some(&classes))
        };
        assert_eq!(read(&[0]).unwrap_err().headline(), "2 images, 1 label: each image needs one label");
        assert_eq!(
            read(&[0, 2]).unwrap_err().headline(),
            "label 2 is 2, which is no class of the training data; known: 0, 1"
        );
        assert_eq!(read(&[1, 1]).unwrap().targets().width(), 1);
    }

    #[test]
    fn mnist_is_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mnist");
        if !folder.is_dir() {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        }
        let images = read_images(folder.join("t10k-images-idx3-ubyte.gz")).unwrap();
        let labels = read_labels(folder.join("t10k-labels-idx1-ubyte.gz")).unwrap();
        assert_eq!((images.pixels.rows(), images.height, images.width), (10_000, 28, 28));
        let data = labelled(images, &labels, None).unwrap();
        assert_eq!(&data.targets().class_numbers().unwrap()[..5], [7, 2, 1, 0, 4]);
    }
}
