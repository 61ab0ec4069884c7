//! Matches that ask routing and IPsec (`net/netfilter/xt_rpfilter.c`, `xt_realm.c`, `xt_policy.c`).

use crate::model::{Condition, Field};

use super::super::conditions::{all, equals, masked, undecidable};
use super::super::options::{Context, Module, Reading, Use, holds, option};
use super::super::values::value_and_mask;

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "rpfilter",
        &[
            option("loose", 0),
            option("validmark", 0),
            option("accept-local", 0),
            option("invert", 0),
        ],
        |used, _| {
            holds(Condition::ReversePath {
                loose: used.has("loose"),
                with_mark: used.has("validmark"),
                accept_local: used.has("accept-local"),
                inverted: used.has("invert"),
            })
        },
    ),
    Module::new("realm", &[option("realm", 1)], realm),
    Module::new(
        "policy",
        &[
            option("dir", 1),
            option("pol", 1),
            option("strict", 0),
            option("next", 0),
            option("reqid", 1),
            option("spi", 1),
            option("proto", 1),
            option("mode", 1),
            option("tunnel-src", 1),
            option("tunnel-dst", 1),
        ],
        policy,
    ),
];

fn realm(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("realm").ok_or("realm without --realm")?;
    match value_and_mask(given.value) {
        Ok((value, mask)) => holds(masked(Field::RoutingRealm, mask, value, 32, given.negated)),
        Err(_) => holds(undecidable(format!(
            "depends on the number of the realm \"{}\"",
            given.value
        ))),
    }
}

/// A packet that did not come through IPsec has no policy: `none` holds and everything else fails.
fn policy(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let direction = used.get("dir").ok_or("policy without --dir")?;
    let none = match used.get("pol") {
        Some(given) if given.value == "none" => true,
        Some(given) if given.value == "ipsec" => false,
        _ => return Err("policy without --pol none or ipsec".to_owned()),
    };
    if direction.value != "in" {
        return holds(undecidable("depends on the IPsec policies"));
    }
    holds(if none {
        equals(Field::SecurityPath, 0, false)
    } else {
        all([
            equals(Field::SecurityPath, 1, false),
            undecidable("depends on the IPsec policies"),
        ])
    })
}
