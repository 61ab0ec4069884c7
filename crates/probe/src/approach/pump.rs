//! Moves bytes between the connection and the SSH library, and reads the clear-text part of them on the way.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use sshdoctor_wire::{
    KexInit, PacketReader,
    messages::{IGNORE, KEXINIT, NEWKEYS},
    packet,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    banner::Opening,
    key_exchange::{End, IDENTIFICATION, note},
};

/// More than this before the host key is no key exchange. OpenSSH's takes below 10 KiB.
const MAX_BYTES: usize = 512 * 1024;

/// The most bytes that are made up for.
const MAX_FILLER: usize = 4096;

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
/// The identification string leaves alone, as `ssh` sends it, so that the server's KEXINIT comes even when a path loses large
/// packets. A KEXINIT of less than `kexinit_size` bytes is made up for by an SSH_MSG_IGNORE behind it: the person's `ssh`
/// fills whole packets with its longer lists.
pub(super) async fn library_to_server(
    library: &mut (impl AsyncRead + Unpin),
    server: &mut (impl AsyncWrite + Unpin),
    already_spoke: bool,
    kexinit_size: usize,
) -> End {
    let line = format!("{IDENTIFICATION}\r\n");
    if !already_spoke && let Err(error) = server.write_all(line.as_bytes()).await {
        return cut_off(&error).await;
    }
    let mut to_skip = line.len();
    let mut packets = PacketReader::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = library.read(&mut buffer).await else {
            // When the library has gone, its own end says why.
            return std::future::pending().await;
        };
        let skipped = to_skip.min(count);
        to_skip -= skipped;
        packets.feed(&buffer[skipped..count]);
        while let Ok(Some(payload)) = packets.next_payload() {
            if payload.first() == Some(&NEWKEYS) {
                return std::future::pending().await;
            }
            let mut outgoing = packet::encode(&payload);
            if payload.first() == Some(&KEXINIT) {
                outgoing.extend(filler(kexinit_size.saturating_sub(outgoing.len())));
            }
            if let Err(error) = server.write_all(&outgoing).await {
                return cut_off(&error).await;
            }
        }
    }
}

/// What a failed write means. After a mere close the server's last words may still be waiting to be read.
async fn cut_off(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::ConnectionReset => End::Reset,
        _ => std::future::pending().await,
    }
}

/// An SSH_MSG_IGNORE packet of about `size` bytes (RFC 4253, section 11.2); nothing when there is little to fill.
fn filler(size: usize) -> Vec<u8> {
    /// Length, padding length, message number, string length and padding.
    const OVERHEAD: usize = 4 + 1 + 1 + 4 + 4;
    let Some(data) = size
        .min(MAX_FILLER)
        .checked_sub(OVERHEAD)
        .filter(|data| *data > 0)
    else {
        return Vec::new();
    };
    let mut payload = vec![IGNORE];
    payload.extend(u32::try_from(data).unwrap_or_default().to_be_bytes());
    payload.resize(payload.len() + data, 0);
    packet::encode(&payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filler_is_as_large_as_asked_and_never_huge() {
        assert!(filler(0).is_empty() && filler(14).is_empty());
        for size in [15, 100, 700] {
            let length = filler(size).len();
            assert!((size..size + 16).contains(&length), "{length} for {size}");
        }
        assert!(filler(usize::MAX).len() < MAX_FILLER + 16);
    }
}
