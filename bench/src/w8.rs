//! W8: matrix products in f32 and f64, against the crates `gemm` and `matrixmultiply`.
//!
//! `clione-bench w8 [--threads 1,2] [--only NAME]` measures every implementation in turn, in processes of their own, and
//! prints a table and one JSON line per figure. A figure is the median over [`ROUNDS`] processes of the median time in
//! each. The peak is that of multiply-adds on registers, measured in the same processes.

use crate::data::uniform;
use crate::measure::{check, is_check};
use clione::base::aligned::Aligned;
use clione::cpu::Cpu;
use clione::cpu::kernels::matmul::{Epilogue, product};
use clione::cpu::simd::{Element, InstructionSet, Vectorised};
use clione::plan::step::Product;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often each implementation gets its turn.
const ROUNDS: usize = 5;

/// How long one figure is measured in one process.
const TIME: Duration = Duration::from_millis(60);

/// The implementations.
const LIBRARIES: [&str; 3] = ["clione", "gemm", "matrixmultiply"];

/// What is measured.
struct Case {
    name: &'static str,
    product: Product,
    number: Number,
    epilogue: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Number {
    F32,
    F64,
}

/// The shapes of W8, rows x columns x inner, and small and thin ones of training and prediction.
fn cases() -> Vec<Case> {
    let plain = |rows, columns, inner| Product { rows, inner, columns, ..Product::default() };
    let case = |name, product| Case { name, product, number: Number::F32, epilogue: false };
    vec![
        case("64x64x64", plain(64, 64, 64)),
        case("128x128x128", plain(128, 128, 128)),
        case("256x256x256", plain(256, 256, 256)),
        case("512x512x512", plain(512, 512, 512)),
        case("1024x1024x1024", plain(1024, 1024, 1024)),
        case("2048x2048x2048", plain(2048, 2048, 2048)),
        case("128x512x784", plain(128, 512, 784)),
        Case { epilogue: true, ..case("128x512x784 bias relu", plain(128, 512, 784)) },
        case("784x512x128 transposed left", Product { left_transposed: true, ..plain(784, 512, 128) }),
        case("128x512x512 transposed right", Product { right_transposed: true, ..plain(128, 512, 512) }),
        case("128x10x512", plain(128, 10, 512)),
        case("512x10x128 transposed left", Product { left_transposed: true, ..plain(512, 10, 128) }),
        case("128x512x10 transposed right", Product { right_transposed: true, ..plain(128, 512, 10) }),
        case("64x128x9216", plain(64, 128, 9216)),
        case("1x512x784", plain(1, 512, 784)),
        case("4x512x784", plain(4, 512, 784)),
        case("32x32x8", plain(32, 32, 8)),
        case("32x16x32", plain(32, 16, 32)),
        case("32x1x16", plain(32, 1, 16)),
        case("16x1x32 transposed left", Product { left_transposed: true, ..plain(16, 1, 32) }),
        case("32x32x16 transposed right", Product { right_transposed: true, ..plain(32, 32, 16) }),
        case("4x4x3", plain(4, 4, 3)),
        Case { number: Number::F64, ..case("4x4x3 f64", plain(4, 4, 3)) },
        Case { number: Number::F64, ..case("4x1x4 f64", plain(4, 1, 4)) },
        Case { number: Number::F64, ..case("512x512x512 f64", plain(512, 512, 512)) },
    ]
}

/// Runs the workload with the arguments after its name.
pub fn run(arguments: &[String]) {
    if is_check(arguments) {
        return cases().iter().filter(|case| case.number == Number::F32 && !case.epilogue).for_each(check_case);
    }
    let value = |flag: &str| arguments.iter().position(|a| a == flag).and_then(|at| arguments.get(at + 1));
    let only = value("--only").map_or("", String::as_str);
    let threads = value("--threads").map_or("1,2", String::as_str);
    match value("--library") {
        Some(library) => measure(library, threads.parse().expect("--threads takes one number here"), only),
        None => threads.split(',').for_each(|threads| compare(threads, only)),
    }
}

/// Prints some numbers of a product, which the peers have too.
fn check_case(case: &Case) {
    let cpu = Cpu::new(1);
    let Product { rows, inner, columns, .. } = case.product;
    let (left, right) = factors::<f32>(&case.product);
    let mut output = vec![0.0; rows * columns];
    let mut scratch = vec![0.0; case.product.scratch_needed::<f32>(&cpu)];
    let (left, right) = (left.as_slice(), right.as_slice());
    product(&cpu, &case.product, left, right.into(), &mut output, &mut scratch, None);
    assert_eq!((left.len(), right.len()), (rows * inner, inner * columns));
    let some: Vec<f64> = (0..8).map(|part| f64::from(output[part * (output.len() - 1) / 7])).collect();
    check("W8", case.name, &some);
}

/// The operands as they lie, a transposed one the other way round.
fn factors<T: Element>(product: &Product) -> (Vec<T>, Vec<T>) {
    let numbers = |count: usize, sequence| (0..count).map(|at| T::of(2.0 * uniform(at, sequence) - 1.0)).collect();
    (numbers(product.rows * product.inner, 7), numbers(product.inner * product.columns, 8))
}

/// Gives every implementation its turn in a process of its own, [`ROUNDS`] times, and prints the medians.
fn compare(threads: &str, only: &str) {
    let program = std::env::current_exe().expect("this program has a path");
    let mut times: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for library in LIBRARIES {
            let mut command = Command::new(&program);
            command.args(["w8", "--library", library, "--threads", threads, "--only", only]);
            // `matrixmultiply` takes its number of threads from here.
            command.env("MATMUL_NUM_THREADS", threads);
            let output = command.output().expect("this program starts");
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                let Some((name, time)) = line.split_once('\t') else { continue };
                let time = time.parse().expect("a time is a number");
                times.entry((name.to_string(), library.to_string())).or_default().push(time);
            }
        }
    }
    let mut median_of = |name: &str, library: &str| {
        let times = times.get_mut(&(name.to_string(), library.to_string()))?;
        Some(median(times))
    };
    let peaks = [median_of("peak f32", "clione"), median_of("peak f64", "clione")].map(Option::unwrap_or_default);
    println!(
        "\n{threads} thread(s), {}: peak {:.0} GFLOP/s in f32, {:.0} in f64",
        InstructionSet::detect().name(),
        peaks[0],
        peaks[1]
    );
    println!(
        "{:24} {:>12} {:>9} {:>9}  then GFLOP/s of {} and of {}",
        "rows x columns x inner", "clione", "GFLOP/s", "of peak", LIBRARIES[1], LIBRARIES[2]
    );
    let mut lines = Vec::new();
    for case in cases().iter().filter(|case| case.name.contains(only)) {
        let Product { rows, inner, columns, .. } = case.product;
        let operations = 2.0 * (rows * inner * columns) as f64;
        let peak = peaks[usize::from(case.number == Number::F64)];
        let mut row = String::new();
        for library in LIBRARIES {
            let Some(nanoseconds) = median_of(case.name, library) else { continue };
            let rate = operations / nanoseconds;
            row += &match library {
                "clione" => format!("{:>9.3} µs {rate:>9.1} {:>8.0}%", nanoseconds / 1e3, 100.0 * rate / peak),
                _ => format!("{rate:>9.1}"),
            };
            lines.push((case.name, library, rate, "GFLOP/s"));
            // Where the call costs more than the arithmetic, the time says more.
            if operations < 100_000.0 {
                lines.push((case.name, library, nanoseconds, "ns"));
            }
        }
        println!("{:24} {row}", case.name);
    }
    for (case, library, figure, unit) in lines {
        println!(
            "{{\"workload\": \"W8\", \"case\": \"{case}\", \"peer\": \"{library}\", \"variant\": \"\", \"threads\": {threads}, \
             \"figure\": {figure}, \"unit\": \"{unit}\", \"samples\": [{figure}]}}"
        );
    }
}

/// Measures one implementation and prints a name and a time (or a peak) per line.
fn measure(library: &str, threads: usize, only: &str) {
    let cpu = Cpu::new(threads);
    if library == "clione" {
        println!("peak f32\t{}", peak::<f32>(&cpu));
        println!("peak f64\t{}", peak::<f64>(&cpu));
    }
    for case in cases().iter().filter(|case| case.name.contains(only)) {
        let nanoseconds = match case.number {
            Number::F32 => time_case::<f32>(library, case, &cpu),
            Number::F64 => time_case::<f64>(library, case, &cpu),
        };
        println!("{}\t{nanoseconds}", case.name);
    }
}

/// A number that all implementations can multiply.
trait Peers: Element {
    fn matrixmultiply(sizes: [usize; 3], left: Strided<Self>, right: Strided<Self>, output: &mut [Self]);
}

/// A matrix with the steps from row to row and from column to column.
type Strided<'a, T> = (&'a [T], isize, isize);

macro_rules! peers {
    ($number:ty, $function:ident) => {
        impl Peers for $number {
            fn matrixmultiply(sizes: [usize; 3], left: Strided<Self>, right: Strided<Self>, output: &mut [Self]) {
                let ([m, k, n], (a, rsa, csa), (b, rsb, csb)) = (sizes, left, right);
                // SAFETY: the slices have the sizes of the matrices.
                unsafe {
                    let (a, b, c) = (a.as_ptr(), b.as_ptr(), output.as_mut_ptr());
                    matrixmultiply::$function(m, k, n, 1.0, a, rsa, csa, b, rsb, csb, 0.0, c, n as isize, 1);
                }
            }
        }
    };
}
peers!(f32, sgemm);
peers!(f64, dgemm);

/// Adds a bias and leaves the positive part, as a dense layer does.
struct BiasRelu<'a, T> {
    set: InstructionSet,
    bias: &'a [T],
}

impl<T: Element> Epilogue<T> for BiasRelu<'_, T> {
    fn finish(&self, _: usize, first: usize, values: &mut [T]) {
        let mut column = first % self.bias.len();
        let mut values = values;
        while !values.is_empty() {
            let length = values.len().min(self.bias.len() - column);
            let (row, rest) = values.split_at_mut(length);
            self.set.run(AddBias { values: row, bias: &self.bias[column..column + length] });
            (values, column) = (rest, 0);
        }
    }
}

struct AddBias<'a, T> {
    values: &'a mut [T],
    bias: &'a [T],
}

impl<T: Element> Vectorised for AddBias<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (value, &bias) in self.values.iter_mut().zip(self.bias) {
            let sum = *value + bias;
            *value = sum.if_positive(sum, T::ZERO);
        }
    }
}

/// The median time of one product in nanoseconds.
fn time_case<T: Peers>(library: &str, case: &Case, cpu: &Cpu) -> f64 {
    let shape = case.product;
    let Product { rows, inner, columns, left_transposed, right_transposed, .. } = shape;
    let (left, right) = factors::<T>(&shape);
    let (left, right) = (Aligned::from(&*left), Aligned::from(&*right));
    let bias = vec![T::of(0.1); columns];
    let mut output = Aligned::zeros(rows * columns);
    let (a_steps, b_steps) = (
        if left_transposed { (1, rows as isize) } else { (inner as isize, 1) },
        if right_transposed { (1, inner as isize) } else { (columns as isize, 1) },
    );
    let (a, b) = ((&*left, a_steps.0, a_steps.1), (&*right, b_steps.0, b_steps.1));
    let output = &mut *output;
    let epilogue = BiasRelu { set: cpu.instruction_set, bias: &bias };
    let finish = |output: &mut [T]| {
        if case.epilogue {
            epilogue.finish(0, 0, output);
        }
    };
    match library {
        "clione" => {
            let mut scratch = vec![T::ZERO; shape.scratch_needed::<T>(cpu)];
            let fused: Option<&dyn Epilogue<T>> = if case.epilogue { Some(&epilogue) } else { None };
            time(|| product(cpu, black_box(&shape), a.0, b.0.into(), output, &mut scratch, fused))
        }
        "gemm" => {
            let threads = cpu.threads.count();
            let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
            time(|| {
                // SAFETY: the slices have the sizes of the matrices.
                unsafe {
                    gemm::gemm(
                        rows,
                        columns,
                        inner,
                        output.as_mut_ptr(),
                        1,
                        columns as isize,
                        false,
                        a.0.as_ptr(),
                        a.2,
                        a.1,
                        b.0.as_ptr(),
                        b.2,
                        b.1,
                        T::ZERO,
                        T::ONE,
                        false,
                        false,
                        false,
                        parallelism,
                    );
                }
                finish(output);
            })
        }
        _ => time(|| {
            T::matrixmultiply([rows, inner, columns], a, b, output);
            finish(output);
        }),
    }
}

/// The median nanoseconds of one call, over batches of about 50 µs or one call.
fn time(mut call: impl FnMut()) -> f64 {
    call();
    let once = Instant::now();
    call();
    let calls = (50e-6 / once.elapsed().as_secs_f64().max(1e-9)).clamp(1.0, 1e4) as usize;
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || start.elapsed() < TIME {
        let batch = Instant::now();
        (0..calls).for_each(|_| call());
        times.push(batch.elapsed().as_secs_f64() * 1e9 / calls as f64);
    }
    median(&mut times)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Multiply-adds on registers alone, in billions of operations (two each) per second over all threads: the best of as
/// many independent chains as the registers of the larger and of the smaller instruction sets hold.
fn peak<T: Element>(cpu: &Cpu) -> f64 {
    peak_of::<T, 80>(cpu).max(peak_of::<T, 40>(cpu)).max(peak_of::<T, 160>(cpu))
}

fn peak_of<T: Element, const CHAINS: usize>(cpu: &Cpu) -> f64 {
    const STEPS: usize = 20_000;
    let threads = cpu.threads.count();
    let nanoseconds = time(|| {
        cpu.threads.run(threads, &|_| {
            let task = MultiplyAdds::<T, CHAINS> { steps: STEPS, factor: black_box(T::of(0.5)) };
            black_box(cpu.instruction_set.run(task));
        });
    });
    (2 * STEPS * CHAINS * threads) as f64 / nanoseconds
}

struct MultiplyAdds<T, const CHAINS: usize> {
    steps: usize,
    factor: T,
}

impl<T: Element, const CHAINS: usize> Vectorised for MultiplyAdds<T, CHAINS> {
    type Output = T;

    #[inline(always)]
    fn run(self) -> T {
        let mut chains = [T::ONE; CHAINS];
        for _ in 0..self.steps {
            for chain in &mut chains {
                *chain = chain.mul_add(self.factor, self.factor);
            }
        }
        chains.into_iter().fold(T::ZERO, |sum, chain| sum + chain)
    }
}
