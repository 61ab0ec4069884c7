//! The first bytes of a server, read before anything is written.

use std::{
    io,
    time::{Duration, Instant},
};

use sshdoctor_case::{BannerOutcome, Received};
use sshdoctor_wire::{Identification, IdentificationReader, Progress, identification::EndVerdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout_at,
};

use super::key_exchange::IDENTIFICATION;

/// `ssh` sends its identification string at once. We wait this long for the server's, because a server that closes with
/// our bytes unread may reset the connection before its parting words are read.
const SPEAK_AFTER: Duration = Duration::from_secs(1);

/// Text that is followed by nothing for so long is not followed by an identification string.
const QUIET: Duration = Duration::from_millis(1500);

/// Bytes that came in this many pieces, the last of them lately, are a trickle.
const TRICKLE_PIECES: u32 = 3;

/// More bytes than this without an identification string are a flood, whatever the deadline cut off.
const FLOOD: usize = 8192;

/// The most preceding lines that are kept.
const MAX_PRECEDING: usize = 8;

/// What the key exchange starts with.
pub(super) struct Opening {
    /// The server's identification string, without its line end.
    pub(super) line: Vec<u8>,
    /// Bytes that came behind it.
    pub(super) behind: Vec<u8>,
    /// Our own identification string has been sent.
    pub(super) already_spoke: bool,
}

/// What came first.
pub(super) struct Banner {
    pub(super) outcome: BannerOutcome,
    pub(super) preceding: Vec<Received>,
    /// Present when a protocol 2 exchange can follow.
    pub(super) opening: Option<Opening>,
}

/// Why the reading ended.
enum End {
    Decided(Progress),
    OtherProtocol,
    Closed,
    Reset,
    Quiet,
    Deadline,
}

/// Reads until the identification string is complete or cannot come any more.
///
/// With `speak_first`, our own identification string is sent to a server that stays silent, as `ssh` would have: some
/// services answer only then. `reset` tells that the connection is already known to be reset.
pub(super) async fn read(
    stream: &mut TcpStream,
    speak_first: bool,
    reset: bool,
    deadline: Instant,
) -> Banner {
    let mut listening = Listening {
        reader: IdentificationReader::new(),
        total: 0,
        last_piece: Vec::new(),
        pieces: 0,
        last: Instant::now(),
        spoke: !speak_first,
    };
    let end = match listening.listen(stream, deadline).await {
        End::Closed if reset => End::Reset,
        end => end,
    };
    listening.conclude(end, speak_first)
}

struct Listening {
    reader: IdentificationReader,
    /// Bytes received.
    total: usize,
    /// The piece in which the decision fell.
    last_piece: Vec<u8>,
    pieces: u32,
    last: Instant,
    /// Our identification string has been sent, or must not be.
    spoke: bool,
}

impl Listening {
    async fn listen(&mut self, stream: &mut TcpStream, deadline: Instant) -> End {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let pause = self.next_pause();
            let until = pause.map_or(deadline, |pause| deadline.min(pause));
            let count = match timeout_at(until.into(), stream.read(&mut buffer)).await {
                Ok(Ok(0)) => return End::Closed,
                Ok(Ok(count)) => count,
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return End::Reset;
                }
                Ok(Err(_)) => return End::Closed,
                Err(_) if Instant::now() >= deadline => return End::Deadline,
                Err(_) if self.pieces > 0 => return End::Quiet,
                Err(_) => {
                    self.spoke = true;
                    let line = format!("{IDENTIFICATION}\r\n");
                    // A peer that has gone shows itself at the next read.
                    let _ = stream.write_all(line.as_bytes()).await;
                    continue;
                }
            };
            self.pieces += 1;
            self.total += count;
            self.last = Instant::now();
            match self.reader.feed(&buffer[..count]) {
                Progress::NeedMore => {}
                decided => {
                    self.last_piece = buffer[..count].to_vec();
                    return End::Decided(decided);
                }
            }
            if matches!(
                self.reader.verdict_at_end(),
                EndVerdict::OtherProtocol { .. }
            ) {
                return End::OtherProtocol;
            }
        }
    }

    /// When the waiting changes its meaning, if it does before the deadline.
    fn next_pause(&self) -> Option<Instant> {
        if self.pieces == 0 {
            return (!self.spoke).then(|| self.last + SPEAK_AFTER);
        }
        let waits_for_more = may_become_identification(&self.reader.verdict_at_end());
        (!waits_for_more).then(|| self.last + QUIET)
    }

    fn conclude(self, end: End, may_have_spoken: bool) -> Banner {
        let already_spoke = may_have_spoken && self.spoke;
        match end {
            End::Decided(Progress::Identified(identification)) => {
                self.identified(&identification, already_spoke)
            }
            End::Decided(Progress::TooMuch) => self.ended(BannerOutcome::TooMuch),
            End::Decided(_) | End::OtherProtocol => {
                let outcome = self.not_ssh();
                Banner {
                    outcome,
                    preceding: Vec::new(),
                    opening: None,
                }
            }
            End::Closed => self.cut_off(BannerOutcome::Closed),
            End::Reset => self.cut_off(BannerOutcome::Reset),
            End::Quiet => {
                let outcome = self.not_ssh();
                self.ended(outcome)
            }
            End::Deadline => {
                let outcome = self.at_deadline();
                self.ended(outcome)
            }
        }
    }

    fn identified(&self, identification: &Identification, already_spoke: bool) -> Banner {
        let mut line = b"SSH-".to_vec();
        line.extend_from_slice(&identification.protocol);
        line.push(b'-');
        line.extend_from_slice(&identification.software);
        if let Some(comments) = &identification.comments {
            line.push(b' ');
            line.extend_from_slice(comments);
        }
        let behind = self.total - identification.consumed;
        let opening = Opening {
            line,
            behind: self.last_piece[self.last_piece.len() - behind..].to_vec(),
            already_spoke,
        };
        Banner {
            outcome: BannerOutcome::Identified {
                protocol: Received::from_bytes(&identification.protocol),
                software: Received::from_bytes(&identification.software),
                comments: identification.comments.as_deref().map(Received::from_bytes),
            },
            preceding: kept(&identification.preceding),
            opening: identification.speaks_protocol_2().then_some(opening),
        }
    }

    /// The end of the stream: what came before it may be the reason.
    fn cut_off(self, outcome: BannerOutcome) -> Banner {
        let outcome = match self.reader.verdict_at_end() {
            EndVerdict::OtherProtocol { .. } | EndVerdict::Unknown { .. } => self.not_ssh(),
            EndVerdict::Nothing | EndVerdict::Unfinished { .. } | EndVerdict::Text { .. } => {
                outcome
            }
        };
        self.ended(outcome)
    }

    fn at_deadline(&self) -> BannerOutcome {
        let lately = self.last.elapsed() < QUIET && self.pieces >= TRICKLE_PIECES;
        match self.reader.verdict_at_end() {
            EndVerdict::Nothing => BannerOutcome::Silent,
            _ if self.reader.consumed() > FLOOD => BannerOutcome::TooMuch,
            verdict if may_become_identification(&verdict) => BannerOutcome::Trickle,
            EndVerdict::Text { .. } | EndVerdict::Unknown { .. } if lately => {
                BannerOutcome::Trickle
            }
            _ => self.not_ssh(),
        }
    }

    fn not_ssh(&self) -> BannerOutcome {
        BannerOutcome::NotSsh {
            first_bytes: Received::from_bytes(self.reader.first_bytes()),
        }
    }

    fn ended(&self, outcome: BannerOutcome) -> Banner {
        let preceding = match self.reader.verdict_at_end() {
            EndVerdict::Text { lines } => kept(&lines),
            EndVerdict::Unfinished { line } => kept(&[line]),
            EndVerdict::Nothing | EndVerdict::OtherProtocol { .. } | EndVerdict::Unknown { .. } => {
                Vec::new()
            }
        };
        Banner {
            outcome,
            preceding,
            opening: None,
        }
    }
}

/// A line has begun that may still be the identification string.
fn may_become_identification(verdict: &EndVerdict) -> bool {
    match verdict {
        EndVerdict::Unfinished { .. } => true,
        EndVerdict::Text { lines } => lines
            .last()
            .is_some_and(|line| !line.is_empty() && b"SSH-".starts_with(line)),
        EndVerdict::Nothing | EndVerdict::OtherProtocol { .. } | EndVerdict::Unknown { .. } => {
            false
        }
    }
}

fn kept(lines: &[Vec<u8>]) -> Vec<Received> {
    lines
        .iter()
        .take(MAX_PRECEDING)
        .map(|line| Received::from_bytes(line))
        .collect()
}
