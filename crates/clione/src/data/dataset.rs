//! Rows of numbers to learn from: what goes in beside what should come out.

use crate::base::error::{Error, Result};
use crate::base::real::Real;
use crate::data::findings::{counted, grouped};
use std::sync::Arc;

/// Numbers in rows and columns, kept as small as they came.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Values,
}

/// The numbers of a [`Matrix`], row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers as they are.
    F64(Vec<f64>),
    /// number = byte · scale: images, in an eighth of the memory.
    U8 {
        /// One byte for each number.
        bytes: Vec<u8>,
        /// What a byte is multiplied by: 1/255 brings a grey value to 0 … 1.
        scale: f64,
    },
}

impl Matrix {
    /// A matrix of `rows` times `columns` numbers; panics if there are more or fewer values.
    ///
    /// ```
    /// use clione::data::dataset::{Matrix, Values};
    /// let matrix = Matrix::new(2, 3, Values::F64(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    /// let mut batch = [0.0f32; 3];
    /// matrix.gather(&[1], &mut batch);
    /// assert_eq!(batch, [4.0, 5.0, 6.0]);
    /// ```
    pub fn new(rows: usize, columns: usize, values: Values) -> Self {
        let count = match &values {
            Values::F64(numbers) => numbers.len(),
            Values::U8 { bytes, .. } => bytes.len(),
        };
        assert_eq!(Some(count), rows.checked_mul(columns), "{count} values do not make {rows} x {columns}");
        Matrix { rows, columns, values }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The numbers as they are stored, row by row.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// One number; panics outside the matrix.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        assert!(row < self.rows && column < self.columns, "({row}, {column}) in {} x {}", self.rows, self.columns);
        let index = row * self.columns + column;
        match &self.values {
            Values::F64(numbers) => numbers[index],
            Values::U8 { bytes, scale } => f64::from(bytes[index]) * scale,
        }
    }

    /// Some of the rows, in the order given, kept as small as they are here.
    fn part(&self, rows: &[u32]) -> Matrix {
        fn part<V: Copy>(values: &[V], columns: usize, rows: &[u32]) -> Vec<V> {
            rows.iter()
                .flat_map(|&row| &values[row as usize * columns..(row as usize + 1) * columns])
                .copied()
                .collect()
        }
        let values = match &self.values {
            Values::F64(numbers) => Values::F64(part(numbers, self.columns, rows)),
            Values::U8 { bytes, scale } => Values::U8 { bytes: part(bytes, self.columns, rows), scale: *scale },
        };
        Matrix { rows: rows.len(), columns: self.columns, values }
    }

    /// `out[i] = self[rows[i]]`: copies rows, in the order given, into a slice of `rows.len()` times [`Self::columns`].
    ///
    /// Panics if the slice has another length or a row is not there.
    #[inline(always)]
    pub fn gather<T: Real>(&self, rows: &[u32], out: &mut [T]) {
        match &self.values {
            Values::F64(numbers) => copy_rows(numbers, self.columns, rows, out, T::of),
            Values::U8 { bytes, scale } => {
                copy_rows(bytes, self.columns, rows, out, |byte| T::of(f64::from(byte) * scale));
            }
        }
    }
}

// Inlined, so that whoever copies many rows can have it compiled for the instructions of the processor.
#[inline(always)]
fn copy_rows<V: Copy, T>(values: &[V], columns: usize, rows: &[u32], out: &mut [T], convert: impl Fn(V) -> T) {
    assert_eq!(out.len(), rows.len() * columns, "{} rows of {columns} numbers", rows.len());
    if columns == 0 {
        return;
    }
    for (&row, out) in rows.iter().zip(out.chunks_exact_mut(columns)) {
        let start = row as usize * columns;
        for (out, &value) in out.iter_mut().zip(&values[start..start + columns]) {
            *out = convert(value);
        }
    }
}

/// What should come out, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Which class a row belongs to.
    Classes {
        /// For each row the place of its class in `names`.
        numbers: Vec<u32>,
        /// What the classes are called.
        names: Vec<String>,
    },
    /// One or more real numbers for each row.
    Values(Matrix),
}

impl Targets {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Classes { numbers, .. } => numbers.len(),
            Targets::Values(matrix) => matrix.rows(),
        }
    }

    /// How many numbers [`Self::gather`] gives for a row: 1 for two classes, k for k classes, else the columns.
    pub fn width(&self) -> usize {
        match self {
            Targets::Classes { names, .. } if names.len() == 2 => 1,
            Targets::Classes { names, .. } => names.len(),
            Targets::Values(matrix) => matrix.columns(),
        }
    }

    /// The class numbers, where the targets are classes.
    pub fn class_numbers(&self) -> Option<&[u32]> {
        match self {
            Targets::Classes { numbers, .. } => Some(numbers),
            Targets::Values(_) => None,
        }
    }

    /// What the classes are called; empty where the targets are numbers.
    pub fn class_names(&self) -> &[String] {
        match self {
            Targets::Classes { names, .. } => names,
            Targets::Values(_) => &[],
        }
    }

    /// The targets of some rows, in the order given.
    fn part(&self, rows: &[u32]) -> Targets {
        match self {
            Targets::Classes { numbers, names } => Targets::Classes {
                numbers: rows.iter().map(|&row| numbers[row as usize]).collect(),
                names: names.clone(),
            },
            Targets::Values(matrix) => Targets::Values(matrix.part(rows)),
        }
    }

    /// Copies the targets of `rows` into a slice of `rows.len()` times [`Self::width`]: real numbers as they are, two
    /// classes as one column of 0 and 1, more classes as a 1 in the column of the class among zeros.
    ///
    /// ```
    /// use clione::data::dataset::Targets;
    /// let names = ["ant", "bee", "wasp"].map(String::from).to_vec();
    /// let targets = Targets::Classes { numbers: vec![2, 0], names };
    /// let mut batch = [0.0f64; 6];
    /// targets.gather(&[0, 1], &mut batch);
    /// assert_eq!(batch, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    pub fn gather<T: Real>(&self, rows: &[u32], out: &mut [T]) {
        match self {
            Targets::Values(matrix) => matrix.gather(rows, out),
            Targets::Classes { numbers, names } if names.len() == 2 => {
                copy_rows(numbers, 1, rows, out, |class| T::of(f64::from(class)));
            }
            Targets::Classes { numbers, names } => {
                assert_eq!(out.len(), rows.len() * names.len(), "{} rows of {} classes", rows.len(), names.len());
                out.fill(T::ZERO);
                for (&row, out) in rows.iter().zip(out.chunks_exact_mut(names.len().max(1))) {
                    out[numbers[row as usize] as usize] = T::ONE;
                }
            }
        }
    }

    /// z = (y − mean) / scale for real targets: a network starts with outputs near 0 and learns faster to give numbers
    /// near 0; classes stay as they are.
    ///
    /// ```
    /// use clione::data::dataset::Dataset;
    /// let data = Dataset::from_rows(&[[0.0], [0.0]], &[[10.0], [14.0]]);
    /// let mut batch = [0.0f32; 2];
    /// data.targets().standardised(12.0, 2.0).gather(&[0, 1], &mut batch);
    /// assert_eq!(batch, [-1.0, 1.0]);
    /// ```
    pub fn standardised(&self, mean: f64, scale: f64) -> Targets {
        match self {
            Targets::Classes { .. } => self.clone(),
            Targets::Values(matrix) => {
                let rows: Vec<u32> = (0..matrix.rows() as u32).collect();
                let mut numbers = vec![0.0; matrix.rows() * matrix.columns()];
                matrix.gather(&rows, &mut numbers);
                numbers.iter_mut().for_each(|number| *number = (*number - mean) / scale);
                Targets::Values(Matrix::new(matrix.rows(), matrix.columns(), Values::F64(numbers)))
            }
        }
    }
}

/// Inputs and the targets that belong to them, row for row.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Shared with data sets that have other targets for the same rows.
    inputs: Arc<Matrix>,
    targets: Targets,
}

impl Dataset {
    /// Inputs and targets of equally many rows.
    ///
    /// ```
    /// use clione::data::dataset::{Dataset, Matrix, Targets, Values};
    /// let inputs = Matrix::new(2, 1, Values::F64(vec![0.5, 1.5]));
    /// let targets = Targets::Classes { numbers: vec![0, 1], names: vec!["no".into(), "yes".into()] };
    /// assert_eq!(Dataset::new(inputs, targets)?.rows(), 2);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn new(inputs: Matrix, targets: Targets) -> Result<Self> {
        check_rows(&inputs, &targets)?;
        Ok(Dataset { inputs: Arc::new(inputs), targets })
    }

    /// The same rows with other targets; the inputs are not copied. Fails unless there are as many.
    pub fn with_targets(&self, targets: Targets) -> Result<Self> {
        check_rows(&self.inputs, &targets)?;
        Ok(Dataset { inputs: Arc::clone(&self.inputs), targets })
    }

    /// A data set from arrays; panics if there are not as many targets as inputs.
    ///
    /// ```
    /// use clione::data::dataset::Dataset;
    /// let inputs = [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]];
    /// let data = Dataset::from_rows(&inputs, &[[0.0], [1.0], [1.0], [0.0]]);
    /// assert_eq!((data.rows(), data.inputs().columns(), data.targets().width()), (4, 3, 1));
    /// ```
    pub fn from_rows<const N: usize, const M: usize>(inputs: &[[f64; N]], targets: &[[f64; M]]) -> Self {
        assert_eq!(inputs.len(), targets.len(), "each row needs one target");
        let matrix = |rows: usize, columns, numbers: &[f64]| Matrix::new(rows, columns, Values::F64(numbers.to_vec()));
        Dataset {
            inputs: Arc::new(matrix(inputs.len(), N, inputs.as_flattened())),
            targets: Targets::Values(matrix(targets.len(), M, targets.as_flattened())),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.inputs.rows()
    }

    /// What goes in.
    pub fn inputs(&self) -> &Matrix {
        &self.inputs
    }

    /// What should come out.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Some of the rows, in the order given.
    ///
    /// ```
    /// use clione::data::dataset::Dataset;
    /// let data = Dataset::from_rows(&[[1.0], [2.0], [3.0]], &[[10.0], [20.0], [30.0]]);
    /// assert_eq!(data.part(&[2, 0]), Dataset::from_rows(&[[3.0], [1.0]], &[[30.0], [10.0]]));
    /// ```
    pub fn part(&self, rows: &[u32]) -> Dataset {
        Dataset { inputs: Arc::new(self.inputs.part(rows)), targets: self.targets.part(rows) }
    }

    /// Copies the rows of one minibatch: inputs into one slice, targets into another.
    pub fn gather<T: Real>(&self, rows: &[u32], inputs: &mut [T], targets: &mut [T]) {
        self.inputs.gather(rows, inputs);
        self.targets.gather(rows, targets);
    }
}

/// Fails unless each row of inputs has a target.
fn check_rows(inputs: &Matrix, targets: &Targets) -> Result<()> {
    if inputs.rows() == targets.rows() {
        return Ok(());
    }
    Err(Error::data(format!(
        "{} of inputs, {} targets: each row needs one target",
        counted(inputs.rows(), "row"),
        grouped(targets.rows())
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_asked_for_and_may_repeat() {
        let data = Dataset::from_rows(&[[1.0, 2.0], [3.0, 4.0]], &[[10.0], [20.0]]);
        let (mut inputs, mut targets) = ([0.0f32; 6], [0.0f32; 3]);
        data.gather(&[1, 0, 1], &mut inputs, &mut targets);
        assert_eq!(inputs, [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(targets, [20.0, 10.0, 20.0]);
    }

    #[test]
    fn each_of_several_classes_has_its_own_place_in_a_row() {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let targets = Targets::Classes { numbers: vec![2, 0, 1], names };
        let mut batch = [9.0f32; 9];
        targets.gather(&[0, 2, 1], &mut batch);
        assert_eq!(batch, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn bytes_are_scaled_as_they_are_copied() {
        let images = Matrix::new(2, 2, Values::U8 { bytes: vec![0, 255, 51, 102], scale: 1.0 / 255.0 });
        let mut batch = [9.0f64; 4];
        images.gather(&[1, 0], &mut batch);
        assert_eq!(batch, [0.2, 0.4, 0.0, 1.0]);
        assert_eq!(images.at(1, 0), 0.2);
    }

    #[test]
    fn two_classes_are_one_column() {
        let targets = Targets::Classes { numbers: vec![1, 0, 1], names: vec!["no".into(), "yes".into()] };
        let mut batch = [9.0f32; 3];
        targets.gather(&[0, 1, 2], &mut batch);
        assert_eq!((targets.width(), batch), (1, [1.0, 0.0, 1.0]));
    }

    #[test]
    fn standardised_targets_have_the_mean_taken_off() {
        let data = Dataset::from_rows(&[[0.0], [0.0]], &[[10.0], [14.0]]);
        let Targets::Values(matrix) = data.targets().standardised(12.0, 2.0) else { panic!("real targets") };
        assert_eq!(matrix.values(), &Values::F64(vec![-1.0, 1.0]));
    }

    #[test]
    fn inputs_without_targets_are_refused() {
        let inputs = Matrix::new(2, 1, Values::F64(vec![1.0, 2.0]));
        let targets = Targets::Classes { numbers: vec![0], names: vec!["a".into()] };
        let error = Dataset::new(inputs, targets).unwrap_err();
        assert_eq!(error.headline(), "2 rows of inputs, 1 targets: each row needs one target");
    }
}
