//! Comparisons that nft may have joined.
//!
//! nft loads neighbouring fields of one header with one instruction where it can, and compares them at once. For `!=` that is another
//! question: `tcp sport != 5 tcp dport != 22` then holds unless *both* are equal, and is still printed as two comparisons
//! (measured with 1.0.6: `payload_can_merge`, `payload.c`, asks for the same operator only).

use crate::model::{Condition, Expression, Field, Statement};
use crate::restore::UNTOLD_JOINED;

/// Leaves such neighbours open where it matters whether they were joined.
pub(super) fn doubt_joined_comparisons(statements: Vec<Statement>) -> Vec<Statement> {
    let unequal = |statement: &Statement| matches!(statement, Statement::Condition(condition) if is_unequal(condition));
    if !statements.windows(2).any(|pair| pair.iter().all(unequal)) {
        return statements;
    }
    let mut all = Vec::with_capacity(statements.len());
    let mut run: Vec<Condition> = Vec::new();
    for statement in statements {
        match statement {
            Statement::Condition(condition) if is_unequal(&condition) => run.push(condition),
            other => {
                all.extend(doubted(std::mem::take(&mut run)));
                all.push(other);
            }
        }
    }
    all.extend(doubted(run));
    all
}

/// All of them holding, or none, means the same either way.
fn doubted(run: Vec<Condition>) -> Option<Statement> {
    let condition = match <[Condition; 1]>::try_from(run) {
        Ok([only]) => only,
        Err(run) if run.is_empty() => return None,
        Err(run) => {
            let undecided = Condition::Undecidable {
                reason: UNTOLD_JOINED.into(),
            };
            let all = Condition::All(run.clone().into());
            let some = Condition::Any(run.into());
            Condition::Any(Box::new([all, Condition::All(Box::new([some, undecided]))]))
        }
    };
    Some(Statement::Condition(condition))
}

fn is_unequal(condition: &Condition) -> bool {
    let Condition::In {
        value: Expression::Field(field),
        ranges,
        negated: true,
    } = condition
    else {
        return false;
    };
    let one_value = matches!(ranges.as_slice(), [only] if only.low == only.high);
    one_value && is_of_a_header(*field)
}

const fn is_of_a_header(field: Field) -> bool {
    matches!(
        field,
        Field::Ip4Source
            | Field::Ip4Destination
            | Field::Ip4Protocol
            | Field::Ip4TimeToLive
            | Field::Ip4Length
            | Field::Ip4Id
            | Field::Ip4Checksum
            | Field::Ip6Source
            | Field::Ip6Destination
            | Field::Ip6NextHeader
            | Field::Ip6HopLimit
            | Field::Ip6Length
            | Field::TcpSourcePort
            | Field::TcpDestinationPort
            | Field::TcpSequence
            | Field::TcpAcknowledgement
            | Field::TcpFlags
            | Field::TcpWindow
            | Field::TcpChecksum
            | Field::TcpUrgentPointer
            | Field::TransportSourcePort
            | Field::TransportDestinationPort
            | Field::UdpSourcePort
            | Field::UdpDestinationPort
            | Field::EtherSource
            | Field::EtherDestination
            | Field::EtherHeaderType
    )
}
