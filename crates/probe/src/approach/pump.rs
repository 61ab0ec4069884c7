//! Moves bytes between the connection and the SSH library, and reads the clear-text part of them on the way.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use sshdoctor_wire::{KexInit, PacketReader, messages::NEWKEYS, packet};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    banner::Opening,
    key_exchange::{End, note},
};

/// More than this before the host key is no key exchange. OpenSSH's takes below 10 KiB.
const MAX_BYTES: usize = 512 * 1024;

/// What is known of the exchange so far.
pub(super) struct Watch {
    /// What the person's `ssh` would offer.
    pub(super) person: Option<KexInit>,
    /// What this probe offers.
    pub(super) ours: KexInit,
    /// What the server offers.
    pub(super) server: Option<KexInit>,
    reader: PacketReader,
    /// The server switched to encryption: nothing more can be read.
    encrypted: bool,
    bytes: usize,
}

impl Watch {
    pub(super) fn new(person: Option<KexInit>, ours: KexInit) -> Self {
        Self {
            person,
            ours,
            server: None,
            reader: PacketReader::new(),
            encrypted: false,
            bytes: 0,
        }
    }

    fn record(&mut self, bytes: &[u8]) -> Option<End> {
        self.bytes += bytes.len();
        if self.bytes > MAX_BYTES {
            let message = format!("more than {MAX_BYTES} bytes before the host key");
            return Some(End::Malformed(message));
        }
        if self.encrypted {
            return None;
        }
        self.reader.feed(bytes);
        loop {
            let payload = match self.reader.next_payload() {
                Ok(Some(payload)) => payload,
                Ok(None) => return None,
                Err(error) => return Some(End::Malformed(error.to_string())),
            };
            if payload.first() == Some(&NEWKEYS) {
                self.encrypted = true;
                return None;
            }
            if let Some(end) = note(&payload, self) {
                return Some(end);
            }
        }
    }
}

/// Passes on what the server sends, until that decides the exchange.
pub(super) async fn server_to_library(
    server: &mut (impl AsyncRead + Unpin),
    library: &mut (impl AsyncWrite + Unpin),
    opening: &Opening,
    watch: &Mutex<Watch>,
) -> End {
    let mut bytes = opening.line.clone();
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&opening.behind);
    let record = |bytes: &[u8]| {
        watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .record(bytes)
    };
    if let Some(end) = record(&opening.behind) {
        return end;
    }
    // When the library has gone, its own end says why.
    if library.write_all(&bytes).await.is_err() {
        return std::future::pending().await;
    }
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = match server.read(&mut buffer).await {
            Ok(0) => return End::Closed,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return End::Reset,
            Err(_) => return End::Closed,
        };
        if let Some(end) = record(&buffer[..count]) {
            return end;
        }
        if library.write_all(&buffer[..count]).await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Passes on what the library sends, up to NEWKEYS, which stays here: what follows it would be a login.
///
/// Identification string and KEXINIT leave in one write.
pub(super) async fn library_to_server(
    library: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
    already_spoke: bool,
) -> End {
    let mut outgoing: Vec<u8> = Vec::new();
    let mut reader: Option<PacketReader> = None;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = library.read(&mut buffer).await else {
            return std::future::pending().await;
        };
        let mut bytes = &buffer[..count];
        if reader.is_none() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            if !already_spoke {
                outgoing.extend_from_slice(line);
            }
            if end.is_none() {
                continue;
            }
            bytes = rest;
        }
        let packets = reader.get_or_insert_default();
        packets.feed(bytes);
        let mut complete = false;
        while let Ok(Some(payload)) = packets.next_payload() {
            if payload.first() == Some(&NEWKEYS) {
                // Whatever was complete before it still goes out.
                let _ = server.write_all(&outgoing).await;
                return std::future::pending().await;
            }
            outgoing.extend_from_slice(&packet::encode(&payload));
            complete = true;
        }
        if complete {
            if let Err(error) = server.write_all(&outgoing).await {
                return match error.kind() {
                    // The server's last words may still be waiting to be read.
                    io::ErrorKind::BrokenPipe => std::future::pending().await,
                    io::ErrorKind::ConnectionReset => End::Reset,
                    _ => End::Closed,
                };
            }
            outgoing.clear();
        }
    }
}
