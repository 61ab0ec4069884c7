use zbus::{Array, Structure};

use super::*;

fn array(items: Vec<Variant<'static>>) -> Variant<'static> {
    let signature = items[0].value_signature().clone();
    let mut array = Array::new(&signature);
    for item in items {
        array.append(item).unwrap();
    }
    Variant::Array(array)
}

fn structure(fields: Vec<Variant<'static>>) -> Variant<'static> {
    let mut builder = Structure::builder();
    for field in fields {
        builder.push_value(field);
    }
    Variant::Structure(builder.build().unwrap())
}

fn text(text: &'static str) -> Variant<'static> {
    Variant::from(text)
}

fn list(values: &[&str]) -> Option<Value> {
    Some(Value::List(
        values.iter().map(|value| (*value).to_owned()).collect(),
    ))
}

#[test]
fn conditions_that_failed_are_written_as_in_their_file() {
    let condition = |result: i32| {
        structure(vec![
            text("ConditionPathExists"),
            Variant::from(false),
            Variant::from(true),
            text("/etc/ssh/sshd_not_to_be_run"),
            Variant::from(result),
        ])
    };
    let all = array(vec![condition(1), condition(0), condition(-1)]);
    assert_eq!(
        read(Kind::Conditions, &all),
        list(&["ConditionPathExists=!/etc/ssh/sshd_not_to_be_run"])
    );
}

#[test]
fn prefixes_and_lists_of_what_is_allowed_are_written_as_in_their_file() {
    let prefix = |bytes: &[u8], length: u32| {
        structure(vec![
            Variant::from(2_i32),
            array(bytes.iter().map(|byte| Variant::from(*byte)).collect()),
            Variant::from(length),
        ])
    };
    let prefixes = array(vec![
        prefix(&[192, 0, 2, 0], 24),
        prefix(
            &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            32,
        ),
        prefix(&[1, 2, 3], 8),
    ]);
    assert_eq!(
        read(Kind::Prefixes, &prefixes),
        list(&["192.0.2.0/24", "2001:db8::/32"])
    );
    let families = |allowed: bool| {
        structure(vec![
            Variant::from(allowed),
            array(vec![text("AF_INET"), text("AF_UNIX")]),
        ])
    };
    assert_eq!(
        read(Kind::AllowList, &families(true)),
        Some(Value::Text("AF_INET AF_UNIX".to_owned()))
    );
    assert_eq!(
        read(Kind::AllowList, &families(false)),
        Some(Value::Text("~AF_INET AF_UNIX".to_owned()))
    );
}

#[test]
fn properties_of_another_shape_than_expected_are_nothing() {
    let odd = structure(vec![Variant::from(1_u8)]);
    for kind in [
        Kind::Words,
        Kind::Commands,
        Kind::Conditions,
        Kind::Listen,
        Kind::Files,
        Kind::Prefixes,
    ] {
        for value in [
            &odd,
            &array(vec![structure(vec![Variant::from(1_u8)])]),
            &text("x"),
        ] {
            let empty = match read(kind, value) {
                Some(Value::List(list)) => list.is_empty() || kind == Kind::Files,
                Some(Value::Commands(commands)) => commands.is_empty(),
                other => other.is_none(),
            };
            assert!(empty, "{kind:?} {value:?}");
        }
    }
    assert_eq!(read(Kind::AllowList, &text("x")), None);
    assert_eq!(read(Kind::Scalar, &odd), None);
}
