use proptest::prelude::*;

use super::*;

/// `pickle.dumps((0, [("Currently banned", 300), ("Banned IP list", [IPAddr("198.51.100.7"), …])]), 5)`, as fail2ban 1.0 sends it.
const OF_PYTHON: &[u8] = b"\x80\x05\x95\x7d\x00\x00\x00\x00\x00\x00\x00K\x00]\x94(\x8c\x10Currently banned\x94M\x2c\x01\x86\x94\
    \x8c\x0eBanned IP list\x94]\x94(\x8c\x08builtins\x94\x8c\x03str\x94\x93\x94\x8c\x0c198.51.100.7\x94\x85\x94R\x94h\x07h\x09R\x94\
    J\xff\xff\xff\xff\x8a\x01\xfeG@\x59\x00\x00\x00\x00\x00\x00e\x86\x94e\x86\x94.";

#[test]
fn an_answer_of_fail2ban_is_read() {
    let document = read(OF_PYTHON).unwrap();
    let parts: Vec<_> = document.top().items().collect();
    assert_eq!(parts[0].integer(), Some(0));
    assert_eq!(
        parts[1].of("Currently banned").unwrap().integer(),
        Some(300)
    );
    let list = parts[1].of("Banned IP list").unwrap();
    let texts: Vec<_> = list.items().filter_map(Value::text).collect();
    assert_eq!(texts, ["198.51.100.7", "198.51.100.7"]);
    let numbers: Vec<_> = list.items().filter_map(Value::integer).collect();
    assert_eq!(numbers, [-1, -2, 100]);
}

#[test]
fn what_is_written_is_read() {
    let written = list_of(&["status", "sshd"]);
    let document = read(&written).unwrap();
    let texts: Vec<_> = document.top().items().filter_map(Value::text).collect();
    assert_eq!(texts, ["status", "sshd"]);
}

#[test]
fn hostile_documents_are_refused_at_little_cost() {
    // A list in itself, a million times nested, and a bomb of references.
    let nested = [
        b"\x80\x02".to_vec(),
        b"]".to_vec(),
        b"\x85".repeat(1_000_000),
    ]
    .concat();
    assert_eq!(read(&nested).unwrap_err(), PickleError::TooMany);
    let deep = [b"]".to_vec(), b"\x85".repeat(400_000), b".".to_vec()].concat();
    assert_eq!(read(&deep).unwrap().top().items().count(), 1);
    let itself = read(b"]q\x00h\x00a.").unwrap();
    assert_eq!(itself.top().items().count(), 1);
    for (hostile, error) in [
        (&b""[..], PickleError::Cut),
        (b".", PickleError::Damaged),
        (b"e.", PickleError::Damaged),
        (b"](0.", PickleError::Damaged),
        (b"]((0e.", PickleError::Damaged),
        (b"X\xff\xff\xff\xffa.", PickleError::Cut),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.", PickleError::Cut),
        (b"h\x07.", PickleError::Damaged),
        (b"]r\xff\xff\xff\xff.", PickleError::TooMany),
        (b"K\x01K\x02a.", PickleError::Damaged),
        (b"\x8a\xff", PickleError::Cut),
        (b"cos", PickleError::Cut),
        (b"P1\n.", PickleError::Unknown(b'P')),
    ] {
        assert_eq!(read(hostile).unwrap_err(), error, "{hostile:?}");
    }
    // What Python would run is only read.
    let run = read(b"cos\nsystem\n(X\x02\x00\x00\x00idtR.").unwrap();
    assert_eq!(run.top().text().unwrap(), "id");
}

proptest! {
    #[test]
    fn nothing_makes_the_reader_fall(bytes in prop::collection::vec(
        prop::sample::select(b".]()}NKJMXUa(etlsuRcqhrj012b\n\x00\x01\x02\x80\x81\x85\x86\x87\x8a\x8c\x8f\x90\x91\x93\x94\xff".to_vec()), 0..200
    )) {
        if let Ok(document) = read(&bytes) {
            let top = document.top();
            let _ = (top.text(), top.integer(), top.of("a").is_some());
            prop_assert!(top.items().count() <= bytes.len());
        }
    }

    #[test]
    fn a_damaged_answer_is_read_or_refused(at in 0..OF_PYTHON.len(), byte: u8, end in 0..OF_PYTHON.len()) {
        let mut bytes = OF_PYTHON.to_vec();
        bytes[at] = byte;
        let _ = read(&bytes);
        prop_assert!(read(&OF_PYTHON[..end]).is_err());
    }
}
