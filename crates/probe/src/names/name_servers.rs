//! What each configured name server answers by itself.

use std::{
    fs::File,
    io::{self, Read},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Message, Query},
    rr::{Name, RecordType},
};
use sshdoctor_case::{Fact, NameAnswer, NameSource, Received};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout_at,
};

use super::{
    reply::{ReplyReading, put_together, read_reply},
    resolv_conf::ResolverConfig,
};
use crate::answering::Answering;

/// A question that got no answer is asked once more after this time.
const RETRANSMIT: Duration = Duration::from_secs(1);

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
        let answer = match ask_both(server, &name, deadline).await {
            Ok(answer) => answer,
            Err(error) => NameAnswer::TemporaryFailure {
                reason: Received::from_text(&failure_in_words(&error)),
            },
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

    fn is_open(&self) -> bool {
        self.reading.is_none()
    }
}

/// Asks for both kinds of address and puts the answers together: what one question found counts even when the other is
/// never answered.
async fn ask_both(server: SocketAddr, name: &Name, deadline: Instant) -> io::Result<NameAnswer> {
    let mut questions = [
        Asked::new(name, RecordType::A)?,
        Asked::new(name, RecordType::AAAA)?,
    ];
    let asking = ask_over_udp(server, name, &mut questions);
    let in_time = match timeout_at(deadline.into(), asking).await {
        Ok(ended) => ended.map(|()| true)?,
        Err(_) => false,
    };
    for question in &mut questions {
        if question.reading == Some(ReplyReading::Truncated) {
            let asking = ask_over_tcp(server, name, question);
            question.reading = match timeout_at(deadline.into(), asking).await {
                Ok(reading) => Some(reading?),
                Err(_) => None,
            };
        }
    }
    let answer = put_together(
        questions
            .into_iter()
            .filter_map(|question| question.reading),
    );
    Ok(match answer {
        NameAnswer::Addresses { .. } => answer,
        _ if in_time => answer,
        _ => NameAnswer::Silent,
    })
}

/// Asks until both questions have an answer.
async fn ask_over_udp(server: SocketAddr, name: &Name, questions: &mut [Asked]) -> io::Result<()> {
    let local: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    // A connected socket takes packets of this server only, and shows its ICMP errors.
    let socket = UdpSocket::bind(local).await?;
    socket.connect(server).await?;
    for question in questions.iter() {
        socket.send(&question.packet).await?;
    }
    let again = tokio::time::sleep(RETRANSMIT);
    tokio::pin!(again);
    let mut sent_again = false;
    let mut buffer = vec![0; 4096];
    while questions.iter().any(Asked::is_open) {
        tokio::select! {
            received = socket.recv(&mut buffer) => {
                let packet = &buffer[..received?];
                for question in questions.iter_mut().filter(|question| question.is_open()) {
                    match read_reply(packet, question.id, name, question.kind) {
                        ReplyReading::NotOurs => {}
                        reading => question.reading = Some(reading),
                    }
                }
            }
            () = &mut again, if !sent_again => {
                sent_again = true;
                for question in questions.iter().filter(|question| question.is_open()) {
                    socket.send(&question.packet).await?;
                }
            }
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests;
