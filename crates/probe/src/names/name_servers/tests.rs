//! Against name servers on loopback.

use std::net::UdpSocket as StdUdpSocket;

use hickory_proto::{
    op::ResponseCode,
    rr::{
        RData, Record,
        rdata::{A, CNAME},
    },
};

use super::*;

/// A name server on loopback that answers each question as told, until the test ends.
fn server(reply: impl Fn(&Message) -> Option<Message> + Send + 'static) -> SocketAddr {
    let socket = StdUdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            let asked = Message::from_vec(&buffer[..count]).unwrap();
            if let Some(message) = reply(&asked) {
                socket.send_to(&message.to_vec().unwrap(), from).unwrap();
            }
        }
    });
    address
}

fn response(asked: &Message, code: ResponseCode) -> Message {
    let mut message = Message::response(asked.metadata.id, asked.metadata.op_code);
    message.metadata.response_code = code;
    message.add_queries(asked.queries.iter().cloned());
    message
}

fn name(text: &str) -> Name {
    Name::from_str(text).unwrap()
}

fn a(owner: &str, ttl: u32, last: u8) -> Record {
    Record::from_rdata(
        name(owner),
        ttl,
        RData::A(A(Ipv4Addr::new(192, 0, 2, last))),
    )
}

fn is_a(asked: &Message) -> bool {
    asked.queries[0].query_type() == RecordType::A
}

async fn ask(server: SocketAddr, candidates: &[&str], milliseconds: u64) -> NameAnswer {
    let candidates: Vec<String> = candidates.iter().map(|name| (*name).to_owned()).collect();
    let deadline = Instant::now() + Duration::from_millis(milliseconds);
    ask_server(server, &candidates, deadline).await
}

#[tokio::test]
async fn aliases_are_followed_and_the_ttl_is_kept() {
    let server = server(|asked| {
        let mut message = response(asked, ResponseCode::NoError);
        let alias = RData::CNAME(CNAME(name("real.example.")));
        message.add_answer(Record::from_rdata(name("web1.example."), 30, alias));
        if is_a(asked) {
            message.add_answer(a("REAL.example.", 60, 7));
            message.add_answer(a("unrelated.example.", 60, 8));
        }
        Some(message)
    });
    let NameAnswer::Addresses {
        addresses,
        canonical_name,
    } = ask(server, &["web1.example."], 1000).await
    else {
        panic!("there are addresses")
    };
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0].ttl_seconds, Some(60));
    assert_eq!(canonical_name.unwrap().as_str(), "real.example");
}

#[tokio::test]
async fn suffixes_are_tried_in_turn() {
    let server = server(|asked| {
        let known = asked.queries[0].name() == &name("web1.b.example.");
        let code = if known {
            ResponseCode::NoError
        } else {
            ResponseCode::NXDomain
        };
        let mut message = response(asked, code);
        if known && is_a(asked) {
            message.add_answer(a("web1.b.example.", 5, 1));
        }
        Some(message)
    });
    let found = ask(server, &["web1.a.example.", "web1.b.example."], 1000).await;
    assert!(matches!(found, NameAnswer::Addresses { .. }), "{found:?}");
    assert_eq!(ask(server, &["web1."], 1000).await, NameAnswer::NotFound);
}

#[tokio::test]
async fn failures_are_told_apart() {
    let with_code = |code| server(move |asked| Some(response(asked, code)));
    let no_data = with_code(ResponseCode::NoError);
    assert_eq!(ask(no_data, &["web1."], 1000).await, NameAnswer::NoAddress);
    for (code, words) in [
        (ResponseCode::ServFail, "SERVFAIL"),
        (ResponseCode::Refused, "REFUSED"),
    ] {
        let reason = Received::from_text(words);
        let answer = ask(with_code(code), &["web1."], 1000).await;
        assert_eq!(answer, NameAnswer::TemporaryFailure { reason });
    }
    let silent = server(|_| None);
    assert_eq!(ask(silent, &["web1."], 100).await, NameAnswer::Silent);
    let closed = StdUdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let reason = Received::from_text("connection refused");
    let answer = ask(address, &["web1."], 1000).await;
    assert_eq!(answer, NameAnswer::TemporaryFailure { reason });
}

#[tokio::test]
async fn one_answer_of_two_counts() {
    let server = server(|asked| {
        let mut message = response(asked, ResponseCode::NoError);
        message.add_answer(a("web1.", 5, 1));
        is_a(asked).then_some(message)
    });
    let found = ask(server, &["web1."], 200).await;
    assert!(matches!(found, NameAnswer::Addresses { .. }), "{found:?}");
}

#[tokio::test]
async fn forged_answers_are_not_taken() {
    let server = server(|asked| {
        let mut message = response(asked, ResponseCode::NXDomain);
        message.metadata.id = asked.metadata.id.wrapping_add(1);
        Some(message)
    });
    assert_eq!(ask(server, &["web1."], 100).await, NameAnswer::Silent);
    let question = name("web1.example.");
    let mut other = Message::query();
    other.add_query(Query::query(name("web2.example."), RecordType::A));
    let id = other.metadata.id;
    let bytes = response(&other, ResponseCode::NXDomain).to_vec().unwrap();
    assert_eq!(
        read_reply(&bytes, id, &question, RecordType::A),
        ReplyReading::NotOurs
    );
    assert_eq!(
        read_reply(b"\0\x01", id, &question, RecordType::A),
        ReplyReading::NotOurs
    );
}

#[tokio::test]
async fn a_lost_question_is_asked_again_and_a_cut_answer_over_tcp() {
    let lost = std::sync::Mutex::new(2);
    let server = server(move |asked| {
        let mut lost = lost.lock().unwrap();
        if *lost > 0 {
            *lost -= 1;
            return None;
        }
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.truncation = true;
        Some(message)
    });
    let listener = std::net::TcpListener::bind(server).unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut framed = [0; 512];
            let count = stream.read(&mut framed).unwrap();
            let asked = Message::from_vec(&framed[2..count]).unwrap();
            let mut message = response(&asked, ResponseCode::NoError);
            if is_a(&asked) {
                message.add_answer(a("web1.", 5, 1));
            }
            let reply = message.to_vec().unwrap();
            stream
                .write_all(&u16::try_from(reply.len()).unwrap().to_be_bytes())
                .unwrap();
            stream.write_all(&reply).unwrap();
        }
    });
    let began = Instant::now();
    let found = ask(server, &["web1."], 2500).await;
    assert!(matches!(found, NameAnswer::Addresses { .. }), "{found:?}");
    assert!(began.elapsed() >= RETRANSMIT);
}
