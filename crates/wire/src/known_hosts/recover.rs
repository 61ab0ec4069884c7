use sha1::block_api::compress;

use super::hashed::{
    BLOCK, Block, DIGEST, KeyedHmac, SINGLE_BLOCK, State, bytes_state, state_bytes,
};
use super::{DEFAULT_PORT, Entry, HashedName, Hosts, lookup_name};

/// How many ports are tried between two questions whether to go on; a fraction of a millisecond.
const PORTS_PER_QUESTION: usize = 2048;
/// Decimal digits of the highest port.
const MAX_DIGITS: usize = 5;
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
    let mut first = vec![false; 1 << 16];
    let mut priority = Vec::new();
    for &port in priority_ports {
        if port != 0 && port != DEFAULT_PORT && !first[usize::from(port)] {
            first[usize::from(port)] = true;
            priority.push(port);
        }
    }
    let others: Vec<u16> = (1..=u16::MAX)
        .filter(|&port| port != DEFAULT_PORT && !first[usize::from(port)])
        .collect();
    let mut recovery = Recovery::default();
    for ports in [&priority, &others] {
        for (name, plain) in names.iter().zip(&plain) {
            let mut guess = Guess::new(plain);
            let mut still_open = Vec::with_capacity(open.len());
            for sought in open {
                match search(&sought, &mut guess, ports, go_on) {
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

fn search(
    sought: &Sought<'_>,
    guess: &mut Guess,
    ports: &[u16],
    go_on: &mut dyn FnMut() -> bool,
) -> Search {
    for some in ports.chunks(PORTS_PER_QUESTION) {
        if !go_on() {
            return Search::Interrupted;
        }
        if let Some(&port) = some.iter().find(|&&port| guess.fits(port, sought)) {
            return Search::Found(port);
        }
    }
    Search::NotFound
}

/// The message `[name]:port` for one port after another.
enum Guess {
    /// It fits one block whatever the port: both blocks are padded once, and each try writes only what differs.
    OneBlock {
        inner: Block,
        digits_at: usize,
        outer: Block,
    },
    /// The name is too long for that.
    Longer { beginning: Vec<u8> },
}

impl Guess {
    fn new(plain: &str) -> Self {
        let beginning = format!("[{plain}]:").into_bytes();
        if beginning.len() + MAX_DIGITS > SINGLE_BLOCK {
            return Self::Longer { beginning };
        }
        let mut inner = [0; BLOCK];
        inner[..beginning.len()].copy_from_slice(&beginning);
        let mut outer = [0; BLOCK];
        outer[DIGEST] = END_OF_MESSAGE;
        put_length(&mut outer, DIGEST);
        Self::OneBlock {
            inner,
            digits_at: beginning.len(),
            outer,
        }
    }

    fn fits(&mut self, port: u16, sought: &Sought<'_>) -> bool {
        match self {
            Self::OneBlock {
                inner,
                digits_at,
                outer,
            } => {
                let mut tail = [0; MAX_DIGITS + 1];
                let digits = put_decimal(&mut tail, port);
                tail[digits] = END_OF_MESSAGE;
                inner[*digits_at..*digits_at + tail.len()].copy_from_slice(&tail);
                put_length(inner, *digits_at + digits);
                let mut state = sought.hmac.inner;
                compress(&mut state, std::slice::from_ref(inner));
                outer[..DIGEST].copy_from_slice(&state_bytes(&state));
                let mut state = sought.hmac.outer;
                compress(&mut state, std::slice::from_ref(outer));
                state == sought.digest
            }
            Self::Longer { beginning } => {
                let mut message = beginning.clone();
                message.extend_from_slice(port.to_string().as_bytes());
                sought.is(&message)
            }
        }
    }
}

/// Writes the decimal digits of `number` and returns how many there are.
fn put_decimal(out: &mut [u8; MAX_DIGITS + 1], number: u16) -> usize {
    let count = match number {
        0..10 => 1,
        10..100 => 2,
        100..1000 => 3,
        1000..10_000 => 4,
        _ => 5,
    };
    let mut rest = number;
    for digit in out[..count].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    count
}

/// Ends a padded block with the length in bits of a message that has one block, the key's, before it.
fn put_length(block: &mut Block, message: usize) {
    let bits = ((BLOCK + message) * 8) as u64;
    block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
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
