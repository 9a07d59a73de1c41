//! The product against the plainest loop there is, bit by bit.

use super::*;
use crate::base::real::Real;
use crate::cpu::simd::InstructionSet;
use crate::cpu::threads::Threads;
use std::sync::Mutex;

/// What every product must equal: for each output, k in order, one rounding per step.
fn reference<T: Real>(product: &Product, left: &[T], right: &[T], output: &mut [T]) {
    let &Product { rows, inner, columns, left_transposed, right_transposed } = product;
    for row in 0..rows {
        for column in 0..columns {
            let sum = &mut output[row * columns + column];
            *sum = T::ZERO;
            for k in 0..inner {
                let a = left[if left_transposed { k * rows + row } else { row * inner + k }];
                let b = right[if right_transposed { column * inner + k } else { k * columns + column }];
                *sum = a.mul_add(b, *sum);
            }
        }
    }
}

/// Numbers between -1 and 1 from a linear congruential generator (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }

    fn take<T: Real>(&mut self, count: usize) -> Vec<T> {
        (0..count).map(|_| T::of(self.below(1 << 24) as f64 / f64::from(1 << 23) - 1.0)).collect()
    }
}

/// Doubles every output and writes down which ones it saw.
struct Doubled {
    columns: usize,
    runs: Mutex<Vec<(usize, usize)>>,
}

impl<T: Real> Epilogue<T> for Doubled {
    fn finish(&self, _: usize, first: usize, values: &mut [T]) {
        let column = first % self.columns;
        assert!(
            column + values.len() <= self.columns || (column == 0 && values.len().is_multiple_of(self.columns)),
            "a run is whole rows or a part of one"
        );
        values.iter_mut().for_each(|value| *value = *value + *value);
        self.runs.lock().unwrap().push((first, values.len()));
    }
}

fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

/// Computes a product with and without an epilogue on `cpu`, and compares it with `expected`.
fn check<T: Element>(cpu: &Cpu, shape: &Product, left: &[T], right: &[T], before: &[T], expected: &[T]) {
    let place = format!("{} on {} threads: {shape:?} in {}", cpu.instruction_set.name(), cpu.threads.count(), T::NAME);
    let mut scratch = vec![T::of(f64::NAN); shape.scratch_needed::<T>(cpu)];
    let mut output = before.to_vec();
    product(cpu, shape, left, right.into(), &mut output, &mut scratch, None);
    assert_eq!(bits(&output), bits(expected), "{place}");

    if shape.packed_needed() > 0 {
        let mut packed = vec![T::of(f64::NAN); shape.packed_needed()];
        pack_right(cpu, shape, right, &mut packed);
        let mut output = before.to_vec();
        product(cpu, shape, left, Right::packed(right, &packed), &mut output, &mut scratch, None);
        assert_eq!(bits(&output), bits(expected), "{place}, packed before");
    }

    let epilogue = Doubled { columns: shape.columns.max(1), runs: Mutex::new(Vec::new()) };
    let mut output = before.to_vec();
    product(cpu, shape, left, right.into(), &mut output, &mut scratch, Some(&epilogue));
    let doubled: Vec<T> = expected.iter().map(|&value| value + value).collect();
    assert_eq!(bits(&output), bits(&doubled), "{place}, doubled");
    let mut runs = epilogue.runs.into_inner().unwrap();
    runs.sort_unstable();
    let mut end = 0;
    for (first, length) in runs {
        assert_eq!(first, end, "{place}: every output is finished once");
        end += length;
    }
    assert_eq!(end, output.len(), "{place}");
}

/// Every instruction set with these numbers of threads.
fn machines(threads: &[usize]) -> Vec<Cpu> {
    let cpu = |instruction_set, count| Cpu { instruction_set, threads: Threads::new(count) };
    let every_count = |set| threads.iter().map(move |&count| cpu(set, count));
    InstructionSet::available().into_iter().flat_map(every_count).collect()
}

fn check_shape<T: Element>(cpus: &[Cpu], sizes: [usize; 3], numbers: &mut Numbers) {
    check_variants::<T>(cpus, sizes, &[0, 1, 2, 3], numbers);
}

/// Bits of a variant: left transposed, right transposed.
fn check_variants<T: Element>(cpus: &[Cpu], sizes: [usize; 3], variants: &[usize], numbers: &mut Numbers) {
    let [rows, inner, columns] = sizes;
    let (left, right) = (numbers.take::<T>(rows * inner), numbers.take::<T>(inner * columns));
    let before = numbers.take::<T>(rows * columns);
    for &variant in variants {
        let shape =
            Product { rows, inner, columns, left_transposed: variant & 1 > 0, right_transposed: variant & 2 > 0 };
        let mut expected = before.clone();
        reference(&shape, &left, &right, &mut expected);
        for cpu in cpus {
            check(cpu, &shape, &left, &right, &before, &expected);
        }
    }
}

#[test]
fn small_products_of_every_shape_have_the_bits_of_the_plain_loop() {
    let cpus = machines(&[1]);
    let mut numbers = Numbers(1);
    for rows in [1, 2, 5, 8, 9, 17] {
        for columns in [1, 3, 4, 8, 9, 16, 17, 33, 49, 65] {
            for inner in [0, 1, 7, 17, 33] {
                check_shape::<f32>(&cpus, [rows, inner, columns], &mut numbers);
                check_shape::<f64>(&cpus, [rows, inner, columns], &mut numbers);
            }
        }
    }
}

#[test]
fn random_shapes_have_the_bits_of_the_plain_loop() {
    let cpus = machines(&[1]);
    let mut numbers = Numbers(2);
    for _ in 0..60 {
        let sizes = [(); 3].map(|()| 1 + numbers.below(90));
        check_shape::<f32>(&cpus, sizes, &mut numbers);
        check_shape::<f64>(&cpus, sizes, &mut numbers);
    }
}

#[test]
fn blocks_and_threads_have_the_bits_of_the_plain_loop() {
    let cpus = machines(&[1, 2, 3, 8]);
    let mut numbers = Numbers(3);
    for sizes in [[67, 521, 131], [1, 1031, 2049], [2049, 1031, 1], [7, 1049, 257], [300, 3, 2503]] {
        check_variants::<f32>(&cpus, sizes, &[0, 3, 5, 6], &mut numbers);
    }
    check_variants::<f64>(&cpus, [67, 521, 131], &[4, 7], &mut numbers);
}

#[test]
fn a_product_without_terms_or_outputs_is_allowed() {
    let cpus = machines(&[1, 2]);
    let mut numbers = Numbers(4);
    for sizes in [[0, 3, 4], [3, 0, 4], [3, 4, 0], [0, 0, 0], [1, 0, 1], [1, 0, 40], [40, 0, 1]] {
        check_shape::<f32>(&cpus, sizes, &mut numbers);
    }
}

#[test]
fn what_is_not_a_number_or_infinite_reaches_its_outputs_only() {
    let shape = Product { rows: 19, inner: 23, columns: 37, ..Product::default() };
    let mut numbers = Numbers(5);
    let (mut left, mut right) = (numbers.take::<f32>(19 * 23), numbers.take::<f32>(23 * 37));
    left[4 * 23 + 5] = f32::NAN;
    right[7 * 37 + 36] = f32::INFINITY;
    for cpu in machines(&[1]) {
        let mut output = vec![0.0; 19 * 37];
        let mut scratch = vec![f32::NAN; shape.scratch_needed::<f32>(&cpu)];
        product(&cpu, &shape, &left, right.as_slice().into(), &mut output, &mut scratch, None);
        for (place, value) in output.iter().enumerate() {
            let (row, column) = (place / 37, place % 37);
            assert_eq!(value.is_nan(), row == 4, "row {row}, column {column}: {value}");
            assert_eq!(value.is_infinite(), row != 4 && column == 36, "row {row}, column {column}: {value}");
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_other_rows() {
    let (inner, columns) = (150, 70);
    let mut numbers = Numbers(6);
    let (left, right) = (numbers.take::<f32>(100 * inner), numbers.take::<f32>(inner * columns));
    let cpu = Cpu::new(1);
    let rows_of = |rows: usize| {
        let shape = Product { rows, inner, columns, ..Product::default() };
        let mut output = vec![0.0; rows * columns];
        let mut scratch = vec![0.0; shape.scratch_needed::<f32>(&cpu)];
        product(&cpu, &shape, &left[..rows * inner], right.as_slice().into(), &mut output, &mut scratch, None);
        output
    };
    let together = rows_of(100);
    for rows in [1, 2, 7, 33, 99] {
        assert_eq!(bits(&rows_of(rows)), bits(&together[..rows * columns]), "{rows} rows");
    }
}
