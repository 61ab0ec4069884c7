//! Conditions of `pam_succeed_if(8)`.

use super::access::any;
use super::refusal::Login;
use super::stack::Rule;

/// Arguments that are no condition.
const FLAGS: [&str; 6] = [
    "debug",
    "use_uid",
    "quiet",
    "quiet_fail",
    "quiet_success",
    "audit",
];

/// Why a rule fails for an account; absent where it does not, or that cannot be told.
pub(super) fn refuses(rule: &Rule, login: &Login<'_>) -> Option<String> {
    let words: Vec<&str> = rule
        .arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !FLAGS.contains(word))
        .collect();
    // `use_uid` asks of who runs sshd, which is root.
    if rule.arguments.iter().any(|word| word == "use_uid") {
        return None;
    }
    words.chunks_exact(3).find_map(|condition| {
        let [left, operator, right] = condition else {
            return None;
        };
        (holds(login, left, operator, right) == Some(false)).then(|| {
            format!(
                "{left} {operator} {right} does not hold for {}",
                login.name()
            )
        })
    })
}

fn holds(login: &Login<'_>, left: &str, operator: &str, right: &str) -> Option<bool> {
    match (left, operator) {
        ("user", "ingroup") => in_any(login, right),
        ("user", "notingroup") => in_any(login, right).map(|is_in| !is_in),
        (_, "innetgr" | "notinnetgr") => None,
        _ => compare(&text(login, left)?, operator, right),
    }
}

fn text(login: &Login<'_>, left: &str) -> Option<String> {
    let entry = &login.entry;
    match left {
        "user" => Some(login.name().to_owned()),
        "uid" => Some(entry.uid.to_string()),
        "gid" => Some(entry.gid.to_string()),
        "shell" => Some(String::from_utf8_lossy(&entry.shell).into_owned()),
        "home" | "dir" => Some(entry.home.to_string_lossy().into_owned()),
        "service" => Some(login.service.to_owned()),
        "tty" => Some("ssh".to_owned()),
        // sshd gives a name where UseDNS is on, so that only a number is sure to differ from it.
        _ => None,
    }
}

fn in_any(login: &Login<'_>, groups: &str) -> Option<bool> {
    any(groups.split(':').map(|group| login.is_in(group)))
}

fn compare(left: &str, operator: &str, right: &str) -> Option<bool> {
    let numbers = || Some((left.parse::<i64>().ok()?, right.parse::<i64>().ok()?));
    let number =
        |holds: fn(&i64, &i64) -> bool| numbers().map(|(left, right)| holds(&left, &right));
    match operator {
        "eq" => number(i64::eq),
        "ne" => number(i64::ne),
        "lt" | "<" => number(i64::lt),
        "le" | "<=" => number(i64::le),
        "gt" | ">" => number(i64::gt),
        "ge" | ">=" => number(i64::ge),
        "=" | "is" => Some(left == right),
        "!=" | "isnot" => Some(left != right),
        "in" => Some(right.split(':').any(|one| one == left)),
        "notin" => Some(!right.split(':').any(|one| one == left)),
        _ => None,
    }
}
