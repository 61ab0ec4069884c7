//! SHA-1 of eight blocks side by side, in whatever vectors the processor has.
//!
//! Trying ports is all this is for, and there it is faster than one block at a time even where the processor has
//! instructions for SHA-1, and several times faster where it has not. The `sha1` crate is its oracle.

use fearless_simd::{Simd, SimdBase, u32x8};

/// How many blocks are hashed side by side.
pub(crate) const LANES: usize = 8;

/// One word of every block or state.
pub(crate) type Lanes<S> = u32x8<S>;

/// The compression function (RFC 3174, section 6.1, method 2).
#[inline(always)]
pub(crate) fn compress<S: Simd>(
    simd: S,
    state: [Lanes<S>; 5],
    mut words: [Lanes<S>; 16],
) -> [Lanes<S>; 5] {
    let [mut a, mut b, mut c, mut d, mut e] = state;
    for t in 0..80_usize {
        if t >= 16 {
            words[t & 15] = rotate_left::<S, 1, 31>(
                words[(t + 13) & 15] ^ words[(t + 8) & 15] ^ words[(t + 2) & 15] ^ words[t & 15],
            );
        }
        let (mixed, constant) = match t {
            0..20 => (d ^ (b & (c ^ d)), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (d & (b | c)), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let next =
            rotate_left::<S, 5, 27>(a) + mixed + e + Lanes::splat(simd, constant) + words[t & 15];
        e = d;
        d = c;
        c = rotate_left::<S, 30, 2>(b);
        b = a;
        a = next;
    }
    let [was_a, was_b, was_c, was_d, was_e] = state;
    [was_a + a, was_b + b, was_c + c, was_d + d, was_e + e]
}

/// `RIGHT` is 32 less `LEFT`.
#[inline(always)]
fn rotate_left<S: Simd, const LEFT: u32, const RIGHT: u32>(word: Lanes<S>) -> Lanes<S> {
    (word << LEFT) | (word >> RIGHT)
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, SimdInto, dispatch};

    use super::*;

    #[inline(always)]
    fn one_by_one<S: Simd>(simd: S, state: &[[u32; LANES]; 5], words: &[[u32; LANES]; 16]) {
        let hashed = compress(
            simd,
            state.map(|word| word.simd_into(simd)),
            words.map(|word| word.simd_into(simd)),
        );
        for lane in 0..LANES {
            let mut expected = state.map(|word| word[lane]);
            let mut block = [0; 64];
            for (bytes, word) in block.chunks_exact_mut(4).zip(words) {
                bytes.copy_from_slice(&word[lane].to_be_bytes());
            }
            sha1::block_api::compress(&mut expected, &[block]);
            assert_eq!(hashed.map(|word| word.as_slice()[lane]), expected);
        }
    }

    #[test]
    fn every_lane_is_sha1_on_every_kind_of_vector() {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed
        };
        for _ in 0..200 {
            let state: [[u32; LANES]; 5] = std::array::from_fn(|_| std::array::from_fn(|_| next()));
            let words: [[u32; LANES]; 16] =
                std::array::from_fn(|_| std::array::from_fn(|_| next()));
            for level in [Level::new(), Level::baseline()] {
                dispatch!(level, simd => one_by_one(simd, &state, &words));
            }
        }
    }
}
