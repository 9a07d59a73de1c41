//! Philox4x32-10: a counter and a key in, four random numbers out, and nothing to remember.
//!
//! Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const KEY_STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;

/// Four random numbers of 32 bits for each counter and key.
#[inline(always)]
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let [first, second] =
            [(MULTIPLIERS[0], counter[0]), (MULTIPLIERS[1], counter[2])].map(|(m, c)| u64::from(m) * u64::from(c));
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key[0],
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key[1],
            first as u32,
        ];
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counter
}

/// How many counters [`philox_of_many`] takes.
pub const MANY: usize = 64;

/// The same for many counters side by side, so that the compiler makes vectors of them: `[word][counter]`.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "one place of four arrays at once")]
pub fn philox_of_many(counters: [[u32; MANY]; 4], mut key: [u32; 2]) -> [[u32; MANY]; 4] {
    // Numbers of 32 bits in lanes of 64, where their products fit without being moved.
    const LOW: u64 = 0xffff_ffff;
    let mut counters = counters.map(|words| words.map(u64::from));
    for _ in 0..ROUNDS {
        for at in 0..MANY {
            let first = u64::from(MULTIPLIERS[0]) * (counters[0][at] & LOW);
            let second = u64::from(MULTIPLIERS[1]) * (counters[2][at] & LOW);
            counters[0][at] = (second >> 32) ^ counters[1][at] ^ u64::from(key[0]);
            counters[2][at] = (first >> 32) ^ counters[3][at] ^ u64::from(key[1]);
            (counters[1][at], counters[3][at]) = (second & LOW, first & LOW);
        }
        key = [key[0].wrapping_add(KEY_STEPS[0]), key[1].wrapping_add(KEY_STEPS[1])];
    }
    counters.map(|words| words.map(|word| word as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_counters_side_by_side_give_what_each_gives_alone() {
        let counters: [[u32; MANY]; 4] =
            std::array::from_fn(|word| std::array::from_fn(|at| (at * 0x0123_4567 + word * 0x89ab_cdef) as u32));
        let key = [0xa409_3822, 0x299f_31d0];
        let many = philox_of_many(counters, key);
        for at in 0..MANY {
            assert_eq!(many.map(|words| words[at]), philox(counters.map(|words| words[at]), key));
        }
    }

    #[test]
    fn philox_gives_the_known_answers_of_random123() {
        let answers = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, answer) in answers {
            assert_eq!(philox(counter, key), answer);
        }
    }
}
