//! What each configured name server answers by itself.

use std::{
    fs::File,
    io::{self, Read},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, RecordType},
};
use sshdoctor_case::{AddressRecord, Fact, NameAnswer, NameSource, Received};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout_at,
};

use super::resolv_conf::ResolverConfig;
use crate::answering::Answering;

/// A question that got no answer is asked once more after this time.
const RETRANSMIT: Duration = Duration::from_secs(1);

/// The most addresses kept of one answer.
const MAX_ADDRESSES: usize = 64;

/// The most bytes of resolv.conf that are read.
const MAX_CONFIG: u64 = 64 * 1024;

/// Asks every server of the configuration at once; one observation for each.
pub(super) async fn answer(answering: &Answering, config_path: &str, name: &str) {
    if super::literal_address(name).is_some() {
        answering.not_observed("the destination is an address: no name server is needed");
        return;
    }
    let text = match read_config(config_path) {
        Ok(text) => text,
        Err(error) => {
            answering.not_observed(&format!("{config_path}: {error}"));
            return;
        }
    };
    let config = ResolverConfig::parse(&text);
    let candidates = config.candidates(name);
    let mut asked: Vec<_> = config
        .servers
        .iter()
        .map(|server| Box::pin(ask_and_report(answering, *server, name, &candidates)))
        .collect();
    // At most three, so polling all of them on every wake-up costs nothing.
    std::future::poll_fn(|context| {
        asked.retain_mut(|one| Future::poll(one.as_mut(), context).is_pending());
        if asked.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

/// Without the file the local machine is asked, says `resolv.conf(5)`.
fn read_config(path: &str) -> io::Result<String> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MAX_CONFIG).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn ask_and_report(
    answering: &Answering,
    server: SocketAddr,
    name: &str,
    candidates: &[String],
) {
    let answer = ask_server(server, candidates, answering.deadline()).await;
    let fact = Fact::Name {
        name: name.to_owned(),
        origin: NameSource::NameServer {
            server: server.ip(),
        },
        answer,
    };
    answering.saw(answering.began(), fact);
}

/// Goes through the candidates until one has an address, as the C library does.
async fn ask_server(server: SocketAddr, candidates: &[String], deadline: Instant) -> NameAnswer {
    let mut result = NameAnswer::NotFound;
    for candidate in candidates {
        let Ok(name) = Name::from_str(candidate) else {
            continue;
        };
        let answer = match timeout_at(deadline.into(), ask_both(server, &name)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => NameAnswer::TemporaryFailure {
                reason: Received::from_text(&failure_in_words(&error)),
            },
            Err(_) => NameAnswer::Silent,
        };
        match answer {
            NameAnswer::NotFound => {}
            NameAnswer::NoAddress => result = NameAnswer::NoAddress,
            decisive => return decisive,
        }
    }
    result
}

fn failure_in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::NetworkUnreachable => "network unreachable".into(),
        io::ErrorKind::HostUnreachable => "host unreachable".into(),
        _ => error.to_string(),
    }
}

/// What a message from a name server means for a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyReading {
    /// Not an answer to this question.
    NotOurs,
    /// Cut off; to be asked again over TCP.
    Truncated,
    /// The records for the name, aliases followed; empty when it has none of this type.
    Records {
        /// The addresses.
        addresses: Vec<AddressRecord>,
        /// The name at the end of the aliases, when it is another.
        canonical_name: Option<String>,
    },
    /// NXDOMAIN.
    NoSuchName,
    /// Another response code.
    Failed(String),
}

/// Reads a message as the answer to the question `name`, `kind` with this `id`.
#[must_use]
pub fn read_reply(bytes: &[u8], id: u16, name: &Name, kind: RecordType) -> ReplyReading {
    let Ok(message) = Message::from_vec(bytes) else {
        return ReplyReading::NotOurs;
    };
    let answers_us = message.metadata.id == id
        && message.metadata.message_type == MessageType::Response
        && matches!(message.queries.as_slice(), [query] if query.name() == name && query.query_type() == kind);
    if !answers_us {
        return ReplyReading::NotOurs;
    }
    if message.metadata.truncation {
        return ReplyReading::Truncated;
    }
    match message.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return ReplyReading::NoSuchName,
        code => return ReplyReading::Failed(code_in_words(code)),
    }
    let mut owner = name.clone();
    // Aliases usually come in order; the bound also ends a loop of them.
    for _ in 0..message.answers.len() {
        let next = message
            .answers
            .iter()
            .find_map(|record| match &record.data {
                RData::CNAME(target) if record.name == owner => Some(target.0.clone()),
                _ => None,
            });
        match next {
            Some(target) => owner = target,
            None => break,
        }
    }
    let addresses = message
        .answers
        .iter()
        .filter(|record| record.name == owner)
        .filter_map(|record| {
            let address = match &record.data {
                RData::A(address) => IpAddr::V4(address.0),
                RData::AAAA(address) => IpAddr::V6(address.0),
                _ => return None,
            };
            Some(AddressRecord {
                address,
                ttl_seconds: Some(record.ttl),
            })
        })
        .take(MAX_ADDRESSES)
        .collect();
    let canonical_name = (owner != *name).then(|| owner.to_ascii());
    ReplyReading::Records {
        addresses,
        canonical_name,
    }
}

fn code_in_words(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        other => other.to_string(),
    }
}

/// One of the two questions about a name.
struct Asked {
    id: u16,
    kind: RecordType,
    packet: Vec<u8>,
    reading: Option<ReplyReading>,
}

impl Asked {
    fn new(name: &Name, kind: RecordType) -> io::Result<Self> {
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name.clone(), kind));
        let packet = message.to_vec().map_err(io::Error::other)?;
        Ok(Self {
            id: message.metadata.id,
            kind,
            packet,
            reading: None,
        })
    }
}

/// Asks for both kinds of address and puts the answers together.
async fn ask_both(server: SocketAddr, name: &Name) -> io::Result<NameAnswer> {
    let mut questions = [
        Asked::new(name, RecordType::A)?,
        Asked::new(name, RecordType::AAAA)?,
    ];
    let local: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    // A connected socket takes packets of this server only, and shows its ICMP errors.
    let socket = UdpSocket::bind(local).await?;
    socket.connect(server).await?;
    for question in &questions {
        socket.send(&question.packet).await?;
    }
    let again = tokio::time::sleep(RETRANSMIT);
    tokio::pin!(again);
    let mut sent_again = false;
    let mut buffer = vec![0; 4096];
    while questions.iter().any(|question| question.reading.is_none()) {
        tokio::select! {
            received = socket.recv(&mut buffer) => {
                let packet = &buffer[..received?];
                for question in questions.iter_mut().filter(|question| question.reading.is_none()) {
                    match read_reply(packet, question.id, name, question.kind) {
                        ReplyReading::NotOurs => {}
                        reading => question.reading = Some(reading),
                    }
                }
            }
            () = &mut again, if !sent_again => {
                sent_again = true;
                for question in questions.iter().filter(|question| question.reading.is_none()) {
                    socket.send(&question.packet).await?;
                }
            }
        }
    }
    for question in &mut questions {
        if question.reading == Some(ReplyReading::Truncated) {
            question.reading = Some(ask_over_tcp(server, name, question).await?);
        }
    }
    Ok(put_together(
        questions
            .into_iter()
            .filter_map(|question| question.reading),
    ))
}

async fn ask_over_tcp(
    server: SocketAddr,
    name: &Name,
    question: &Asked,
) -> io::Result<ReplyReading> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.packet.len()).map_err(io::Error::other)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(&question.packet);
    stream.write_all(&framed).await?;
    let mut reply = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut reply).await?;
    Ok(match read_reply(&reply, question.id, name, question.kind) {
        ReplyReading::NotOurs | ReplyReading::Truncated => {
            ReplyReading::Failed("the answer over TCP does not fit the question".into())
        }
        reading => reading,
    })
}

fn put_together(readings: impl Iterator<Item = ReplyReading>) -> NameAnswer {
    let mut found = Vec::new();
    let mut alias = None;
    let mut failure = None;
    let mut exists = false;
    for reading in readings {
        match reading {
            ReplyReading::Records {
                addresses,
                canonical_name,
            } => {
                exists = true;
                found.extend(addresses);
                alias = alias.or(canonical_name);
            }
            ReplyReading::Failed(reason) => failure = Some(reason),
            ReplyReading::NoSuchName | ReplyReading::NotOurs | ReplyReading::Truncated => {}
        }
    }
    if !found.is_empty() {
        return NameAnswer::Addresses {
            addresses: found,
            canonical_name: alias.map(|name| Received::from_text(name.trim_end_matches('.'))),
        };
    }
    match failure {
        Some(reason) => NameAnswer::TemporaryFailure {
            reason: Received::from_text(&reason),
        },
        None if exists => NameAnswer::NoAddress,
        None => NameAnswer::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket as StdUdpSocket;

    use hickory_proto::rr::{
        Record,
        rdata::{A, CNAME},
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
}
