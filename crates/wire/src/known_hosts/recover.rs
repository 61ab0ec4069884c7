use fearless_simd::{Level, Simd, SimdBase, SimdInto, dispatch};

use super::hashed::{
    BLOCK, Block, DIGEST, KeyedHmac, SINGLE_BLOCK, State, big_endian, bytes_state,
};
use super::lanes::{LANES, Lanes, compress};
use super::{DEFAULT_PORT, Entry, HashedName, Hosts, lookup_name};

/// How many ports are tried between two questions whether to go on; a fraction of a millisecond.
const PORTS_PER_QUESTION: usize = 2048;
/// Decimal digits of the highest port.
const MAX_DIGITS: usize = 5;
/// 32-bit words of a block.
const WORDS: usize = BLOCK / 4;
/// 32-bit words of a state.
const STATE_WORDS: usize = DIGEST / 4;
/// What SHA-1 puts behind the message.
const END_OF_MESSAGE: u8 = 0x80;

/// A port found behind a hashed name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecoveredPort {
    /// Index of the entry's file.
    pub file: usize,
    /// Line, from 1.
    pub line: u32,
    /// Which of the names it is, as it was given.
    pub name: String,
    /// The port, never 22.
    pub port: u16,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// The ports, in the order in which they were found.
    pub found: Vec<RecoveredPort>,
    /// Every name was tried with every port on every entry that could hold it.
    pub complete: bool,
}

/// Finds out which hashed entries are `[name]:port` of one of the names, by trying ports: `priority_ports` on all
/// entries first, then all others. About 130,000 hash computations an entry and name.
///
/// `go_on` is asked before the first try and again every fraction of a millisecond; when it says no, what was found so far
/// is returned. Entries that hold a name without a port are passed over.
pub fn recover_ports<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    names: &[&str],
    priority_ports: &[u16],
    go_on: &mut dyn FnMut() -> bool,
) -> Recovery {
    let plain: Vec<String> = names
        .iter()
        .map(|name| lookup_name(name, DEFAULT_PORT))
        .collect();
    let mut open: Vec<Sought<'a>> = entries
        .into_iter()
        .filter_map(Sought::new)
        .filter(|sought| !plain.iter().any(|name| sought.is(name.as_bytes())))
        .collect();
    let mut recovery = Recovery::default();
    for ports in in_order(priority_ports) {
        for (name, plain) in names.iter().zip(&plain) {
            if open.is_empty() {
                recovery.complete = true;
                return recovery;
            }
            let guesses = Guesses::new(plain, &ports);
            let mut still_open = Vec::with_capacity(open.len());
            for sought in open {
                match search(&sought, &guesses, go_on) {
                    Search::Interrupted => return recovery,
                    Search::Found(port) => recovery.found.push(RecoveredPort {
                        file: sought.entry.file,
                        line: sought.entry.line,
                        name: (*name).to_owned(),
                        port,
                    }),
                    Search::NotFound => still_open.push(sought),
                }
            }
            open = still_open;
        }
    }
    recovery.complete = true;
    recovery
}

/// The ports of each round, without 22, which is never written in brackets.
fn in_order(priority_ports: &[u16]) -> [Vec<u16>; 2] {
    let mut left = vec![true; 1 << 16];
    left[0] = false;
    left[usize::from(DEFAULT_PORT)] = false;
    let first = priority_ports
        .iter()
        .copied()
        .filter(|&port| std::mem::take(&mut left[usize::from(port)]))
        .collect();
    let others = (1..=u16::MAX)
        .filter(|&port| left[usize::from(port)])
        .collect();
    [first, others]
}

/// A hashed entry whose name is not known yet.
struct Sought<'a> {
    entry: &'a Entry,
    hmac: KeyedHmac,
    digest: State,
}

impl<'a> Sought<'a> {
    fn new(entry: &'a Entry) -> Option<Self> {
        let Hosts::Hashed(HashedName { salt, hash }) = &entry.hosts else {
            return None;
        };
        Some(Self {
            entry,
            hmac: KeyedHmac::new(salt),
            digest: bytes_state(hash),
        })
    }

    fn is(&self, message: &[u8]) -> bool {
        bytes_state(&self.hmac.digest(message)) == self.digest
    }
}

enum Search {
    Found(u16),
    NotFound,
    Interrupted,
}

fn search(sought: &Sought<'_>, guesses: &Guesses, go_on: &mut dyn FnMut() -> bool) -> Search {
    let level = Level::new();
    match guesses {
        Guesses::OneBlock { beginning, groups } => {
            for some in groups.chunks(PORTS_PER_QUESTION / LANES) {
                if !go_on() {
                    return Search::Interrupted;
                }
                if let Some(port) =
                    dispatch!(level, simd => first_fit(simd, sought, beginning, some))
                {
                    return Search::Found(port);
                }
            }
        }
        Guesses::Longer { beginning, ports } => {
            for some in ports.chunks(PORTS_PER_QUESTION) {
                if !go_on() {
                    return Search::Interrupted;
                }
                let fits = |port: &&u16| sought.is(format!("{beginning}{port}").as_bytes());
                if let Some(&port) = some.iter().find(fits) {
                    return Search::Found(port);
                }
            }
        }
    }
    Search::NotFound
}

/// The messages `[name]:port`. They are the same for every entry, so they are written once.
enum Guesses {
    /// Each fits one block.
    OneBlock {
        /// The words of the block with `[name]:` and zeros.
        beginning: [u32; WORDS],
        /// What differs from port to port.
        groups: Vec<Group>,
    },
    /// The name is too long for that.
    Longer {
        /// `[name]:`.
        beginning: String,
        ports: Vec<u16>,
    },
}

/// As many ports as are tried at once.
struct Group {
    ports: [u16; LANES],
    /// Index of the first word that holds digits.
    at: usize,
    /// The digits and the end of the message, to be added to three words.
    tail: [[u32; LANES]; 3],
    /// The length in bits, for the last word.
    bits: [u32; LANES],
}

impl Guesses {
    fn new(plain: &str, ports: &[u16]) -> Self {
        let beginning = format!("[{plain}]:");
        if beginning.len() + MAX_DIGITS > SINGLE_BLOCK {
            return Self::Longer {
                beginning,
                ports: ports.to_vec(),
            };
        }
        let mut block = [0; BLOCK];
        block[..beginning.len()].copy_from_slice(beginning.as_bytes());
        Self::OneBlock {
            beginning: block_words(&block),
            groups: ports
                .chunks(LANES)
                .map(|ports| Group::new(beginning.len(), ports))
                .collect(),
        }
    }
}

impl Group {
    /// `ports` are 1 to [`LANES`]; the last one fills the lanes that are left.
    fn new(digits_at: usize, ports: &[u16]) -> Self {
        let mut group = Self {
            ports: [0; LANES],
            at: digits_at / 4,
            tail: [[0; LANES]; 3],
            bits: [0; LANES],
        };
        for lane in 0..LANES {
            let port = ports[lane.min(ports.len() - 1)];
            let mut tail = [0; 12];
            let start = digits_at % 4;
            let digits = put_decimal(&mut tail[start..], port);
            tail[start + digits] = END_OF_MESSAGE;
            for (word, bytes) in group.tail.iter_mut().zip(tail.chunks_exact(4)) {
                word[lane] = big_endian(bytes);
            }
            group.ports[lane] = port;
            group.bits[lane] = bits_behind_key(digits_at + digits);
        }
        group
    }
}

#[inline(always)]
fn first_fit<S: Simd>(
    simd: S,
    sought: &Sought<'_>,
    beginning: &[u32; WORDS],
    groups: &[Group],
) -> Option<u16> {
    let splat = |word: u32| Lanes::splat(simd, word);
    let [inner, outer, digest] =
        [sought.hmac.inner, sought.hmac.outer, sought.digest].map(|state| state.map(splat));
    let beginning = beginning.map(splat);
    for group in groups {
        let mut message = beginning;
        for (word, tail) in message[group.at..].iter_mut().zip(&group.tail) {
            let tail: Lanes<S> = (*tail).simd_into(simd);
            *word |= tail;
        }
        message[WORDS - 1] = group.bits.simd_into(simd);
        let mut hashed = [splat(0); WORDS];
        hashed[..STATE_WORDS].copy_from_slice(&compress(simd, inner, message));
        hashed[STATE_WORDS] = splat(u32::from(END_OF_MESSAGE) << 24);
        hashed[WORDS - 1] = splat(bits_behind_key(DIGEST));
        let result = compress(simd, outer, hashed);
        let mut differing = result[0] ^ digest[0];
        for (word, wanted) in result.iter().zip(&digest).skip(1) {
            differing |= *word ^ *wanted;
        }
        let lane = differing
            .as_slice()
            .iter()
            .position(|&difference| difference == 0);
        if let Some(lane) = lane {
            return Some(group.ports[lane]);
        }
    }
    None
}

/// Writes the decimal digits of `number` and returns how many there are.
fn put_decimal(out: &mut [u8], number: u16) -> usize {
    let count = match number {
        0..10 => 1,
        10..100 => 2,
        100..1000 => 3,
        1000..10_000 => 4,
        _ => MAX_DIGITS,
    };
    let mut rest = number;
    for digit in out[..count].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    count
}

/// The length in bits of a message behind the block of the key, as it ends the last block. Never more than one block.
fn bits_behind_key(message: usize) -> u32 {
    u32::try_from((BLOCK + message) * 8).unwrap_or(u32::MAX)
}

fn block_words(block: &Block) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = big_endian(bytes);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: u32, name: &str) -> Entry {
        let salt = std::array::from_fn(|index| (index as u8).wrapping_mul(7) ^ line as u8);
        Entry {
            file: 0,
            line,
            marker: None,
            hosts: Hosts::Hashed(HashedName::new(salt, name)),
            key_type: "ssh-ed25519".into(),
            key_blob: Vec::new(),
            comment: Vec::new(),
        }
    }

    #[test]
    fn every_port_of_a_short_and_of_a_long_name_is_found() {
        let long = "a-long-label.of-a-long-name.that-fits.no.single.block.example.net";
        for name in ["web1", long] {
            let ports = [1, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 65_535, 2222];
            let entries: Vec<Entry> = (1..)
                .zip(ports)
                .map(|(line, port)| entry(line, &lookup_name(name, port)))
                .collect();
            let upper = name.to_uppercase();
            let recovery = recover_ports(&entries, &[&upper], &ports, &mut || true);
            assert!(recovery.complete);
            let found: Vec<u16> = recovery.found.iter().map(|found| found.port).collect();
            assert_eq!(found, ports);
            assert_eq!(recovery.found[3].line, 4);
            assert_eq!(recovery.found[3].name, upper);
        }
    }

    #[test]
    fn customary_ports_of_all_entries_come_before_the_rest() {
        let entries = [
            entry(1, "[web1]:40000"),
            entry(2, "web1"),
            entry(3, "[other]:2222"),
            entry(4, "[web2]:2222"),
        ];
        let recovery = recover_ports(&entries, &["web1", "web2"], &[22, 2222], &mut || true);
        let found: Vec<_> = recovery
            .found
            .iter()
            .map(|found| (found.line, found.name.as_str(), found.port))
            .collect();
        assert_eq!(found, [(4, "web2", 2222), (1, "web1", 40_000)]);
        assert!(recovery.complete);
    }

    #[test]
    fn it_stops_when_told_and_keeps_what_it_found() {
        let entries = [entry(1, "[web1]:2222"), entry(2, "[other]:2222")];
        let mut questions = 0;
        let recovery = recover_ports(&entries, &["web1"], &[2222], &mut || {
            questions += 1;
            questions < 5
        });
        assert_eq!(recovery.found.len(), 1);
        assert!(!recovery.complete);
        assert_eq!(questions, 5);
    }
}
