//! Finds the tests among the expressions of a rule in the kernel.

use super::{Comparison, Step};
use crate::model::{Condition, Expression, Field, Ranges};

/// `NFT_META_*` (`linux/netfilter/nf_tables.h`).
const META_PROTOCOL: u32 = 1;
const META_IIFTYPE: u32 = 8;
const META_NFPROTO: u32 = 15;
const META_L4PROTO: u32 = 16;
/// `NFT_PAYLOAD_LL_HEADER`.
const LINK_LAYER: u32 = 0;
/// Where a frame of Ethernet has its type.
const ETHER_TYPE: std::ops::Range<u32> = 12..14;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Meta(u32),
    Payload { base: u32, offset: u32, length: u32 },
    Computed,
}

impl Origin {
    /// Tells of which network protocol a packet is.
    fn tells_family(self) -> bool {
        match self {
            Self::Meta(key) => matches!(key, META_PROTOCOL | META_NFPROTO),
            Self::Payload {
                base,
                offset,
                length,
            } => {
                base == LINK_LAYER
                    && offset < ETHER_TYPE.end
                    && offset.saturating_add(length) > ETHER_TYPE.start
            }
            Self::Computed => false,
        }
    }

    fn field(self) -> Option<(Field, usize)> {
        match self {
            Self::Meta(META_PROTOCOL) => Some((Field::EtherType, 2)),
            Self::Meta(META_NFPROTO) => Some((Field::NetworkProtocol, 1)),
            Self::Meta(META_IIFTYPE) => Some((Field::InputInterfaceType, 2)),
            Self::Meta(META_L4PROTO) => Some((Field::TransportProtocol, 1)),
            Self::Payload {
                base: LINK_LAYER,
                offset: 12,
                length: 2,
            } => Some((Field::EtherHeaderType, 2)),
            _ => None,
        }
    }
}

/// One comparison.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) origin: Origin,
    /// Number of the expression that loaded it.
    load: usize,
    /// The bytes are in the order of the network.
    is_ordered: bool,
    operation: Comparison,
    data: Box<[u8]>,
    acts_before: usize,
    /// Comparisons with the same number have nothing but loads between them.
    run: usize,
}

impl Compared {
    /// What it is compared with.
    pub(super) fn value(&self) -> Option<u128> {
        let mut bytes = [0; 16];
        let start = bytes.len().checked_sub(self.data.len())?;
        bytes.get_mut(start..)?.copy_from_slice(&self.data);
        if !self.is_ordered && cfg!(target_endian = "little") {
            bytes.get_mut(start..)?.reverse();
        }
        Some(u128::from_be_bytes(bytes))
    }

    /// Highest number of so many bytes.
    pub(super) fn highest(&self) -> u128 {
        let bits = 128 - 8 * u32::try_from(self.data.len().min(16)).unwrap_or(16);
        u128::MAX.checked_shr(bits).unwrap_or_default()
    }
}

/// A field being one value, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) field: Field,
    pub(super) value: u128,
    pub(super) negated: bool,
    pub(super) acts_before: usize,
}

impl Test {
    pub(super) fn condition(&self) -> Condition {
        Condition::In {
            value: Expression::Field(self.field),
            ranges: Ranges::exactly(self.value),
            negated: self.negated,
        }
    }
}

/// Two neighbouring comparisons that nft prints as one.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) first: Compared,
    pub(super) second: Compared,
    /// Less than one and greater than the other, printed as being outside of a range.
    pub(super) is_outside: bool,
}

impl Pair {
    /// The lower end of what is printed is above the upper one.
    pub(super) fn is_reversed(&self) -> bool {
        self.first.value() > self.second.value()
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Reading {
    compared: Vec<Compared>,
    /// Every test of the network protocol is a plain comparison.
    pub(super) families_are_plain: bool,
    /// How many expressions have an effect.
    pub(super) acts: usize,
}

/// What was loaded last.
struct Held {
    origin: Origin,
    /// Where it is; anywhere, when it is not known.
    register: Option<u32>,
    load: usize,
    is_ordered: bool,
    is_compared: bool,
}

impl Reading {
    pub(super) fn of(steps: &[Step]) -> Self {
        let mut reading = Self {
            families_are_plain: true,
            ..Self::default()
        };
        let mut held: Option<Held> = None;
        let mut run = 0;
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Compare {
                    register,
                    operation,
                    data,
                } => {
                    let is_here =
                        |held: &&mut Held| held.register.is_none_or(|own| own == *register);
                    match held.as_mut().filter(is_here) {
                        Some(held) => {
                            held.is_compared = true;
                            reading.compare(held, *operation, data, run);
                        }
                        // Of something loaded long before, or of nothing.
                        None => reading.families_are_plain = false,
                    }
                }
                Step::Reorder { register } => {
                    let is_here = |held: &Held| held.register.is_none_or(|own| own == *register);
                    let origin = match held.take() {
                        Some(held) if is_here(&held) => held.origin,
                        other => {
                            reading.leave(other);
                            Origin::Computed
                        }
                    };
                    reading.families_are_plain &= !origin.tells_family();
                    held = Some(Held {
                        origin,
                        register: Some(*register),
                        load: number,
                        is_ordered: true,
                        is_compared: true,
                    });
                }
                Step::Meta { .. } | Step::Payload { .. } | Step::Compute => {
                    reading.leave(held.take());
                    held = Some(loaded(step, number));
                }
                Step::Pass | Step::Act => {
                    reading.leave(held.take());
                    run += 1;
                    reading.acts += usize::from(*step == Step::Act);
                }
            }
        }
        reading.leave(held);
        reading
    }

    fn compare(&mut self, held: &Held, operation: Comparison, data: &[u8], run: usize) {
        let is_plain = matches!(operation, Comparison::Equal | Comparison::NotEqual)
            && held
                .origin
                .field()
                .is_some_and(|(_, length)| length == data.len());
        self.families_are_plain &= is_plain || !held.origin.tells_family();
        self.compared.push(Compared {
            origin: held.origin,
            load: held.load,
            is_ordered: held.is_ordered,
            operation,
            data: data.into(),
            acts_before: self.acts,
            run,
        });
    }

    fn leave(&mut self, held: Option<Held>) {
        let is_odd = held.is_some_and(|held| held.origin.tells_family() && !held.is_compared);
        self.families_are_plain &= !is_odd;
    }

    /// The plain tests of what nft may leave out.
    pub(super) fn tests(&self) -> impl Iterator<Item = Test> + '_ {
        self.compared.iter().filter_map(|compared| {
            let (field, length) = compared.origin.field()?;
            let negated = match compared.operation {
                Comparison::Equal => false,
                Comparison::NotEqual => true,
                _ => return None,
            };
            // `meta protocol` is in the order of the network already (`nft_meta.c`, NFT_META_PROTOCOL).
            let is_ordered = compared.is_ordered || field == Field::EtherType;
            let value = Compared {
                is_ordered,
                ..compared.clone()
            }
            .value()?;
            (compared.data.len() == length).then_some(Test {
                field,
                value,
                negated,
                acts_before: compared.acts_before,
            })
        })
    }

    /// Whether these bytes are compared at once, and must not be all of `data`.
    pub(super) fn has_unequal(&self, place: Origin, data: &[u8]) -> bool {
        self.compared.iter().any(|compared| {
            compared.origin == place
                && compared.operation == Comparison::NotEqual
                && *compared.data == *data
        })
    }

    /// Neighbours that nft prints as one range and that are none.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let neighbours = self.compared.iter().zip(self.compared.iter().skip(1));
        neighbours
            .filter_map(|(first, second)| {
                let is_outside = match (first.operation, second.operation) {
                    (Comparison::GreaterOrEqual, Comparison::LessOrEqual) => false,
                    (Comparison::Less, Comparison::Greater) => true,
                    _ => return None,
                };
                let is_same = first.load == second.load
                    || first.origin == second.origin && first.origin != Origin::Computed;
                (first.run == second.run && (is_outside || !is_same)).then(|| Pair {
                    first: first.clone(),
                    second: second.clone(),
                    is_outside,
                })
            })
            .collect()
    }
}

fn loaded(step: &Step, number: usize) -> Held {
    let (origin, register) = match step {
        Step::Meta { key, register } => (Origin::Meta(*key), Some(*register)),
        Step::Payload {
            base,
            offset,
            length,
            register,
        } => (
            Origin::Payload {
                base: *base,
                offset: *offset,
                length: *length,
            },
            Some(*register),
        ),
        _ => (Origin::Computed, None),
    };
    Held {
        origin,
        register,
        load: number,
        is_ordered: matches!(origin, Origin::Payload { .. }),
        is_compared: false,
    }
}
