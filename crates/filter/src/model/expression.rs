//! What a rule computes before it compares.

use super::{Field, Range, SetReference};

/// A value computed from the packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expression {
    /// A constant.
    Constant(u128),
    /// A field as it is.
    Field(Field),
    /// `value & mask`, `| mask`, `^ mask`, or shifted.
    Bits {
        /// What is changed.
        value: Box<Expression>,
        /// How.
        operation: BitOperation,
        /// The other side: a mask, or a number of bits.
        operand: u128,
        /// Width of the value in bits: what is shifted beyond is lost.
        width: u32,
    },
    /// The data that a map holds for a key; absent when it holds none.
    Map {
        /// The key, one expression for each of the map's components.
        key: Box<[Expression]>,
        /// The map.
        map: SetReference,
        /// Which component of the data, where it is a concatenation.
        component: u8,
    },
    /// A question to the routing table.
    Fib(FibQuestion),
    /// A number out of this range that nothing here tells (`numgen`, `jhash`, `symhash`).
    Unpredictable {
        /// Where it lies.
        range: Range,
        /// Why it cannot be told, in a few words.
        reason: Box<str>,
    },
    /// Not understood: it may have any value, or none.
    NotUnderstood {
        /// Why, in a few words.
        reason: Box<str>,
    },
}

/// How two numbers are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BitOperation {
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// `fib saddr|daddr [. mark] [. iif|oif] oif|oifname|type` (`nft(8)`, "FIB EXPRESSIONS").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FibQuestion {
    /// About the source address; otherwise the destination.
    pub of_source: bool,
    /// The mark takes part in the lookup.
    pub with_mark: bool,
    /// Bound to the interface the packet came in by.
    pub with_input_interface: bool,
    /// Bound to the interface the packet leaves by.
    pub with_output_interface: bool,
    /// What is asked.
    pub result: FibResult,
}

/// What a routing lookup is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FibResult {
    /// The interface, as a name; empty (0) when there is no route.
    Interface,
    /// Whether there is a route: 1 or 0 (`fib … oif exists|missing`).
    Exists,
    /// The type of the address: [`super::address_type`].
    AddressType,
}
