//! Matches that count (`net/netfilter/xt_limit.c`, `xt_hashlimit.c`, `xt_connlimit.c`, `xt_recent.c`, `xt_quota.c`,
//! `xt_connbytes.c`, `xt_statistic.c`).

use crate::model::{Condition, Rate, RateKind, Statement};

use super::super::options::{
    Context, Given, Module, OptionKind, Reading, Use, alias, holds, option,
};
use super::super::values::number;

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "limit",
        &[option("limit", 1), option("limit-burst", 1)],
        limit,
    ),
    Module::new("hashlimit", HASHLIMIT, hashlimit),
    Module::new(
        "connlimit",
        &[
            option("connlimit-above", 1),
            option("connlimit-upto", 1),
            option("connlimit-mask", 1),
            option("connlimit-saddr", 0),
            option("connlimit-daddr", 0),
        ],
        connlimit,
    ),
    Module::new("recent", RECENT, recent),
    Module::new("quota", &[option("quota", 1)], |used, _| {
        let given = used.get("quota").ok_or("quota without --quota")?;
        counted(RateKind::Quota, number(given.value)?, given.negated)
    }),
    Module::loose("quota2", |_, _| counted(RateKind::Quota, 0, false)),
    Module::new(
        "connbytes",
        &[
            option("connbytes", 1),
            option("connbytes-dir", 1),
            option("connbytes-mode", 1),
        ],
        connbytes,
    ),
    Module::new(
        "statistic",
        &[
            option("mode", 1),
            option("probability", 1),
            option("every", 1),
            option("packet", 1),
        ],
        |used, _| {
            let every = used
                .get("every")
                .map_or(Ok(0), |given| number(given.value))?;
            counted(RateKind::Statistic, every, false)
        },
    ),
];

const HASHLIMIT: &[OptionKind] = &[
    option("hashlimit-upto", 1),
    alias("hashlimit", "hashlimit-upto", 1),
    option("hashlimit-above", 1),
    option("hashlimit-burst", 1),
    option("hashlimit-mode", 1),
    option("hashlimit-srcmask", 1),
    option("hashlimit-dstmask", 1),
    option("hashlimit-name", 1),
    option("hashlimit-htable-size", 1),
    option("hashlimit-htable-max", 1),
    option("hashlimit-htable-expire", 1),
    option("hashlimit-htable-gcinterval", 1),
    option("hashlimit-rate-match", 0),
    option("hashlimit-rate-interval", 1),
];

const RECENT: &[OptionKind] = &[
    option("set", 0),
    option("rcheck", 0),
    option("update", 0),
    option("remove", 0),
    option("seconds", 1),
    option("reap", 0),
    option("hitcount", 1),
    option("rttl", 0),
    option("name", 1),
    option("rsource", 0),
    option("rdest", 0),
    option("mask", 1),
];

fn counted(kind: RateKind, amount: u64, when_exceeded: bool) -> Reading {
    holds(Condition::Rate(Rate {
        kind,
        amount,
        seconds: 0,
        burst: 0,
        when_exceeded,
        list: None,
    }))
}

/// `10/minute` as a number in so many seconds; `512kb/s` in bytes.
fn rate(text: &str) -> Result<(u64, u64), String> {
    let unclear = || format!("the rate \"{text}\" is not understood");
    let (amount, unit) = text.split_once('/').unwrap_or((text, "second"));
    let seconds = match unit.as_bytes().first().map(u8::to_ascii_lowercase) {
        Some(b's') | None => 1,
        Some(b'm') => 60,
        Some(b'h') => 3600,
        Some(b'd') => 86400,
        Some(_) => return Err(unclear()),
    };
    let digits = amount.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let times = match &amount[digits.len()..] {
        "" | "b" => 1,
        "kb" => 1 << 10,
        "mb" => 1 << 20,
        _ => return Err(unclear()),
    };
    let amount = digits.parse::<u64>().map_err(|_| unclear())?;
    Ok((amount.saturating_mul(times), seconds))
}

fn burst(given: Option<&Given<'_>>) -> Result<u64, String> {
    // Both modules have 5 when nothing is said; hashlimit by bytes prints a unit.
    given.map_or(Ok(5), |given| rate(given.value).map(|(amount, _)| amount))
}

fn limit(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let (amount, seconds) = used
        .get("limit")
        .map_or(Ok((3, 3600)), |given| rate(given.value))?;
    holds(Condition::Rate(Rate {
        kind: RateKind::Limit,
        amount,
        seconds,
        burst: burst(used.get("limit-burst"))?,
        when_exceeded: used.negates("limit"),
        list: None,
    }))
}

fn hashlimit(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let (given, above) = match (used.get("hashlimit-upto"), used.get("hashlimit-above")) {
        (Some(given), _) => (given, false),
        (None, Some(given)) => (given, true),
        (None, None) => return Err("hashlimit without a rate".to_owned()),
    };
    let (amount, seconds) = rate(given.value)?;
    holds(Condition::Rate(Rate {
        kind: RateKind::Hashlimit,
        amount,
        seconds,
        burst: burst(used.get("hashlimit-burst"))?,
        when_exceeded: above != given.negated,
        list: None,
    }))
}

fn connlimit(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let (given, above) = match (used.get("connlimit-upto"), used.get("connlimit-above")) {
        (Some(given), _) => (given, false),
        (None, Some(given)) => (given, true),
        (None, None) => return Err("connlimit without a number".to_owned()),
    };
    counted(
        RateKind::Connlimit,
        number(given.value)?,
        above != given.negated,
    )
}

fn connbytes(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("connbytes").ok_or("connbytes without a range")?;
    let from = given.value.split(':').next().unwrap_or_default();
    counted(RateKind::Connbytes, number(from)?, !given.negated)
}

/// `--set` always holds; the others hold when the list has the address often enough. A list of destinations, of
/// networks, or with the number of hops is not one of plain sources, so it has no name here.
fn recent(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let name = used.get("name").map_or("DEFAULT", |given| given.value);
    if let Some(given) = used.get("set") {
        return Ok(vec![
            Statement::Remark(format!("recent --set --name {name}").into()),
            Statement::Condition(Condition::Constant(!given.negated)),
        ]);
    }
    let given = ["rcheck", "update", "remove"]
        .iter()
        .find_map(|action| used.get(action))
        .ok_or("recent without --rcheck, --update, --set or --remove")?;
    let value = |name, otherwise| {
        used.get(name)
            .map_or(Ok(otherwise), |given| number(given.value))
    };
    let whole_address = used.get("mask").is_none_or(|given| {
        ["255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].contains(&given.value)
    });
    let plain = whole_address && !used.has("rdest") && !used.has("rttl");
    holds(Condition::Rate(Rate {
        kind: RateKind::Recent,
        amount: value("hitcount", 0)?.max(1),
        seconds: value("seconds", 0)?,
        burst: 0,
        when_exceeded: !given.negated,
        list: plain.then(|| name.into()),
    }))
}
