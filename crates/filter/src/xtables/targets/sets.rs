//! `SET`: changes an ipset (`net/netfilter/xt_set.c`).

use crate::model::{Assignment, Expression, Range, SetUpdate, Statement, Target};

use super::super::matches::ipset_keys;
use super::super::options::{Context, Module, Reading, Use, option};

pub(super) const MODULES: &[Module] = &[Module::new(
    "SET",
    &[
        option("add-set", 2),
        option("del-set", 2),
        option("map-set", 2),
        option("timeout", 1),
        option("exist", 0),
        option("map-mark", 0),
        option("map-prio", 0),
        option("map-queue", 0),
    ],
    set,
)];

fn set(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let mut statements = Vec::new();
    for (name, delete) in [("add-set", false), ("del-set", true)] {
        let Some(given) = used.get(name) else {
            continue;
        };
        for (set, key) in ipset_keys(given.value, given.second, context)? {
            statements.push(Statement::UpdateSet(SetUpdate {
                set,
                key,
                delete,
                attached: Box::new([]),
            }));
        }
    }
    if used.has("map-set") && used.has("map-mark") {
        statements.push(Statement::Assign(Assignment {
            target: Target::Mark,
            value: Expression::Unpredictable {
                range: Range::new(0, u32::MAX.into()),
                reason: "depends on the mark that an ipset has for the packet".into(),
            },
            keep_mask: 0,
        }));
    }
    if statements.is_empty() {
        statements.push(Statement::Remark("SET".into()));
    }
    Ok(statements)
}
