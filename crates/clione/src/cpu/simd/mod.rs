//! Many numbers in one instruction: which instructions this processor has, and how code is compiled for each of them.
//!
//! Two ways lead to them. A plain loop becomes a [`Vectorised`] task and leaves the rest to the compiler. A kernel that
//! must hold its numbers in registers is written once over [`Vector`] and compiled once per instruction set.

#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use scalar::Scalar;

use super::executor::Steps;
use crate::base::real::Real;

/// A set of vector instructions that this processor has. There is no way to name one that it lacks, so running code
/// that was compiled for a set is always allowed.
///
/// ```
/// use clione::cpu::simd::InstructionSet;
/// let best = InstructionSet::detect();
/// assert!(InstructionSet::available().contains(&best));
/// assert_eq!(InstructionSet::named(best.name()), Some(best));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(Kind);

/// The instruction sets that this architecture can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A computation written as plain loops, for [`InstructionSet::run`] to compile once per instruction set.
pub trait Vectorised {
    /// What it returns.
    type Output;

    /// Does it. Mark the implementation `#[inline(always)]`, and everything that it calls in its loops too: only what
    /// is inlined is compiled for the instruction set.
    fn run(self) -> Self::Output;
}

impl InstructionSet {
    /// What every processor can do; the slowest.
    pub const PORTABLE: InstructionSet = InstructionSet(Kind::Portable);

    /// The best set of this processor.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx512() {
                return InstructionSet(Kind::Avx512);
            }
            if x86::has_avx2() {
                return InstructionSet(Kind::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if neon::has_neon() {
            return InstructionSet(Kind::Neon);
        }
        InstructionSet::PORTABLE
    }

    /// Every set that this processor has, the best last.
    pub fn available() -> Vec<Self> {
        let mut sets = vec![InstructionSet::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx2() {
                sets.push(InstructionSet(Kind::Avx2));
            }
            if x86::has_avx512() {
                sets.push(InstructionSet(Kind::Avx512));
            }
        }
        #[cfg(target_arch = "aarch64")]
        if neon::has_neon() {
            sets.push(InstructionSet(Kind::Neon));
        }
        sets
    }

    /// The name of the set.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "neon",
        }
    }

    /// The set of this name, if this processor has it.
    pub fn named(name: &str) -> Option<Self> {
        InstructionSet::available().into_iter().find(|set| set.name() == name)
    }

    /// Runs a task in a copy of its code that is compiled for this instruction set.
    ///
    /// ```
    /// use clione::cpu::simd::{InstructionSet, Vectorised};
    /// struct Double<'a>(&'a mut [f32]);
    /// impl Vectorised for Double<'_> {
    ///     type Output = ();
    ///     #[inline(always)]
    ///     fn run(self) {
    ///         self.0.iter_mut().for_each(|x| *x *= 2.0);
    ///     }
    /// }
    /// let mut numbers = [1.0, 2.0, 3.0];
    /// InstructionSet::detect().run(Double(&mut numbers));
    /// assert_eq!(numbers, [2.0, 4.0, 6.0]);
    /// ```
    #[inline(always)]
    pub fn run<W: Vectorised>(self, task: W) -> W::Output {
        match self.0 {
            Kind::Portable => task.run(),
            // SAFETY: an `InstructionSet` of this kind is made only where the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { x86::run_avx2(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { x86::run_avx512(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => unsafe { neon::run_neon(task) },
        }
    }

    /// Runs a task that is written over [`Vector`] with the vectors of this instruction set.
    #[inline(always)]
    pub(crate) fn run_with_vector<T: Element, W: VectorTask<T>>(self, task: W) -> W::Output {
        // SAFETY, all arms: an `InstructionSet` of a kind is made only where the processor has the instructions.
        match self.0 {
            // SAFETY: see above.
            Kind::Portable => unsafe { task.run::<T::Portable>() },
            // SAFETY: see above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { x86::run_avx2(WithVector::<T, T::Avx2, W>::new(task)) },
            // SAFETY: see above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { x86::run_avx512(WithVector::<T, T::Avx512, W>::new(task)) },
            // SAFETY: see above.
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => unsafe { neon::run_neon(WithVector::<T, T::Neon, W>::new(task)) },
        }
    }
}

/// A computation written over the vectors of an instruction set.
pub(crate) trait VectorTask<T> {
    /// What it returns.
    type Output;

    /// Does it with vectors of type `V`; the implementation is `#[inline(always)]`.
    ///
    /// # Safety
    /// The processor has the instructions of `V`.
    unsafe fn run<V: Vector<Element = T>>(self) -> Self::Output;
}

/// A task over vectors together with its vectors: a task like any other.
struct WithVector<T, V, W> {
    task: W,
    vector: std::marker::PhantomData<(T, V)>,
}

impl<T, V, W> WithVector<T, V, W> {
    /// # Safety
    /// The result may be run only where the processor has the instructions of `V`.
    #[inline(always)]
    unsafe fn new(task: W) -> Self {
        WithVector { task, vector: std::marker::PhantomData }
    }
}

impl<T, V: Vector<Element = T>, W: VectorTask<T>> Vectorised for WithVector<T, V, W> {
    type Output = W::Output;

    #[inline(always)]
    fn run(self) -> W::Output {
        // SAFETY: whoever made `self` promised that it runs only where the processor has the instructions of `V`.
        unsafe { self.task.run::<V>() }
    }
}

/// A number that the kernels compute with, `f32` or `f64`: a real number that knows its vectors.
pub trait Element: Real + sealed::Sealed + Steps {
    /// Its vector in plain Rust.
    type Portable: Vector<Element = Self>;
    /// Its vector of 256 bits.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Element = Self>;
    /// Its vector of 512 bits.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Element = Self>;
    /// Its vector on Arm.
    #[cfg(target_arch = "aarch64")]
    type Neon: Vector<Element = Self>;
}

mod sealed {
    /// Nobody else implements [`Element`](super::Element) or [`Vector`](super::Vector).
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

impl Element for f32 {
    type Portable = portable::Lanes<f32, 4>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float32x4_t;
}

impl Element for f64 {
    type Portable = portable::Lanes<f64, 2>;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
    #[cfg(target_arch = "aarch64")]
    type Neon = std::arch::aarch64::float64x2_t;
}

/// The bytes of a cache line.
pub const CACHE_LINE: usize = 64;

/// Prefetches the cache line of an address that will soon be read. Any address will do, also one behind the end of memory.
/// Does nothing where Rust has no such instruction.
#[inline(always)]
pub fn prefetch<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it never fails.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Prefetches all cache lines of a slice.
#[inline(always)]
pub fn prefetch_all<T>(numbers: &[T]) {
    let start = numbers.as_ptr().cast::<u8>();
    for line in (0..size_of_val(numbers)).step_by(CACHE_LINE) {
        prefetch(start.wrapping_add(line));
    }
}

/// The most lanes that any vector has.
pub const MAX_LANES: usize = 16;

/// A register of numbers that one instruction works on together.
///
/// Every method is `#[inline(always)]`, so that its instruction lands in the kernel that was compiled for the set.
///
/// # Safety
/// Every method needs a processor that has the instructions of the vector.
pub trait Vector: Copy + sealed::Sealed {
    /// One number.
    type Element: Real;
    /// How many numbers it holds.
    const LANES: usize;
    /// How many rows the register tile of a matrix product has: rows times vectors sums, the vectors of one row of the
    /// right matrix and one number of the left must fit into the registers.
    const TILE_ROWS: usize;
    /// How many vectors wide that tile is.
    const TILE_VECTORS: usize;

    /// The same number in every lane.
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn splat(value: Self::Element) -> Self;

    /// The `LANES` numbers at `from`.
    ///
    /// # Safety
    /// The processor has the instructions, and `LANES` numbers can be read at `from`.
    unsafe fn load(from: *const Self::Element) -> Self;

    /// The `count` numbers at `from`, and zeros in the other lanes; touches nothing else.
    ///
    /// # Safety
    /// The processor has the instructions, `count <= LANES`, and `count` numbers can be read at `from`.
    unsafe fn load_partial(from: *const Self::Element, count: usize) -> Self;

    /// self · a + b in every lane, rounded once.
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn mul_add(self, a: Self, b: Self) -> Self;

    /// Writes all lanes to `to`.
    ///
    /// # Safety
    /// The processor has the instructions, and `LANES` numbers can be written at `to`.
    unsafe fn store(self, to: *mut Self::Element);

    /// Writes the first `count` lanes to `to`; touches nothing else.
    ///
    /// # Safety
    /// The processor has the instructions, `count <= LANES`, and `count` numbers can be written at `to`.
    unsafe fn store_partial(self, to: *mut Self::Element, count: usize);

    /// The lanes of both in turn: (a0 b0 a1 b1 ..., the same of the upper halves).
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn interleave(self, other: Self) -> (Self, Self);

    /// Runs a task in a copy of its code that is compiled for the instruction set of this vector.
    ///
    /// # Safety
    /// The processor has the instructions.
    unsafe fn run<W: Vectorised>(task: W) -> W::Output;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum<'a>(&'a [f64]);

    impl Vectorised for Sum<'_> {
        type Output = f64;

        #[inline(always)]
        fn run(self) -> f64 {
            self.0.iter().sum()
        }
    }

    #[test]
    fn a_plain_loop_gives_the_same_on_every_instruction_set() {
        let numbers: Vec<f64> = (0..100).map(|i| 1.0 / (1.0 + i as f64)).collect();
        let alone = Sum(&numbers).run();
        for set in InstructionSet::available() {
            assert_eq!(set.run(Sum(&numbers)).to_bits(), alone.to_bits(), "{}", set.name());
        }
    }

    #[test]
    fn a_set_that_is_not_there_has_no_name() {
        assert_eq!(InstructionSet::named("abacus"), None);
        assert_eq!(InstructionSet::available().last(), Some(&InstructionSet::detect()));
    }

    /// Loads, computes and stores every number of lanes, next to numbers that must stay as they are.
    struct EveryCount;

    impl<T: Element> VectorTask<T> for EveryCount {
        type Output = ();

        #[inline(always)]
        unsafe fn run<V: Vector<Element = T>>(self) {
            assert!(V::LANES <= MAX_LANES);
            let numbers: Vec<T> = (0..V::LANES).map(|i| T::of(i as f64 + 0.5)).collect();
            for count in 0..=V::LANES {
                let source = numbers[..count].to_vec();
                let mut target = vec![T::of(-1.0); V::LANES];
                // SAFETY: `source` holds `count` numbers and `target` a whole vector; the caller has the instructions.
                unsafe {
                    let loaded = V::load_partial(source.as_ptr(), count);
                    let result = loaded.mul_add(V::splat(T::of(2.0)), V::splat(T::ONE));
                    result.store_partial(target.as_mut_ptr(), count);
                    for (lane, &value) in target.iter().enumerate() {
                        let expected = if lane < count { numbers[lane] * T::of(2.0) + T::ONE } else { T::of(-1.0) };
                        assert_eq!(value, expected, "lane {lane} of {count}");
                    }
                    loaded.store(target.as_mut_ptr());
                }
                assert!(target[count..].iter().all(|&value| value == T::ZERO), "the other lanes are zero");
            }
        }
    }

    #[test]
    fn partial_loads_and_stores_touch_the_first_lanes_only() {
        for set in InstructionSet::available() {
            set.run_with_vector::<f32, _>(EveryCount);
            set.run_with_vector::<f64, _>(EveryCount);
        }
    }

    struct Interleaved;

    impl<T: Element> VectorTask<T> for Interleaved {
        type Output = ();

        #[inline(always)]
        unsafe fn run<V: Vector<Element = T>>(self) {
            let numbers: Vec<T> = (0..2 * V::LANES).map(|i| T::of(i as f64)).collect();
            let mut mixed = vec![T::ZERO; 2 * V::LANES];
            // SAFETY: both slices hold two whole vectors; the caller has the instructions.
            unsafe {
                let (low, high) = V::load(numbers.as_ptr()).interleave(V::load(numbers.as_ptr().add(V::LANES)));
                low.store(mixed.as_mut_ptr());
                high.store(mixed.as_mut_ptr().add(V::LANES));
            }
            for (place, &value) in mixed.iter().enumerate() {
                assert_eq!(value, numbers[place / 2 + (place % 2) * V::LANES]);
            }
        }
    }

    #[test]
    fn interleaving_takes_the_lanes_of_both_in_turn() {
        for set in InstructionSet::available() {
            set.run_with_vector::<f32, _>(Interleaved);
            set.run_with_vector::<f64, _>(Interleaved);
        }
    }
}
