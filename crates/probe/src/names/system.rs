//! The system's resolver, as `ssh` uses it.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    time::{Duration, Instant},
};

use sshdoctor_case::{Forced, NameAnswer, Received};
use tokio::{process::Command, sync::oneshot, time::timeout_at};

use super::{addresses, getent, is_of_family, literal_address};
use crate::child;

/// `getent` takes this long to fail only when no name server answers.
const TOO_LONG_FOR_AN_ANSWER: Duration = Duration::from_secs(4);

/// Resolves a name, or passes an address through without asking anybody.
pub(super) async fn resolve(name: &str, family: Option<Forced>, deadline: Instant) -> NameAnswer {
    if let Some(address) = literal_address(name) {
        return if is_of_family(address, family) {
            addresses([address])
        } else {
            NameAnswer::NoAddress
        };
    }
    if name.is_empty() || name.starts_with('-') || name.contains('\0') {
        return NameAnswer::NotFound;
    }
    match timeout_at(deadline.into(), ask(name, family, deadline)).await {
        Ok(answer) => answer,
        Err(_) => NameAnswer::Silent,
    }
}

async fn ask(name: &str, family: Option<Forced>, deadline: Instant) -> NameAnswer {
    let began = Instant::now();
    match run_getent(name, family, deadline).await {
        Ok(Some(listing)) if !listing.addresses.is_empty() => {
            let canonical_name = listing
                .canonical_name
                .filter(|canonical| !canonical.as_str().eq_ignore_ascii_case(name));
            match addresses(listing.addresses) {
                NameAnswer::Addresses { addresses, .. } => NameAnswer::Addresses {
                    addresses,
                    canonical_name,
                },
                other => other,
            }
        }
        // Only the other family has addresses.
        Ok(Some(_)) => NameAnswer::NoAddress,
        Ok(None) if began.elapsed() > TOO_LONG_FOR_AN_ANSWER => NameAnswer::TemporaryFailure {
            reason: Received::from_text("no name server answered"),
        },
        Err(error) if error.kind() == io::ErrorKind::TimedOut => NameAnswer::Silent,
        // `getent` says only that there is nothing; the library says why.
        Ok(None) | Err(_) => ask_library(name.to_owned(), family).await,
    }
}

/// Runs `getent`. `None` when it found nothing, an error when it cannot be asked.
async fn run_getent(
    name: &str,
    family: Option<Forced>,
    deadline: Instant,
) -> io::Result<Option<getent::Listing>> {
    let database = match family {
        None => "ahosts",
        Some(Forced::Ipv4) => "ahostsv4",
        Some(Forced::Ipv6) => "ahostsv6",
    };
    // `ssh` does not set AI_ADDRCONFIG, `getent` does unless told otherwise. Not every `getent` knows the option.
    for arguments in [&["--no-addrconfig"][..], &[]] {
        let mut command = Command::new("getent");
        command.args(arguments).args([database, name]);
        let finished = child::run(&mut command, 64 * 1024, deadline).await?;
        let Some(status) = finished.status else {
            return Err(io::ErrorKind::TimedOut.into());
        };
        match status.code() {
            Some(0) => {
                let output = String::from_utf8_lossy(&finished.stdout);
                return Ok(Some(getent::parse(&output, family)));
            }
            Some(2) => return Ok(None),
            _ => {}
        }
    }
    Err(io::Error::other("getent failed"))
}

/// Asks the C library in a thread of its own: it cannot be interrupted, and nothing may have to wait for it at the end.
async fn ask_library(name: String, family: Option<Forced>) -> NameAnswer {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let found = (name.as_str(), 22)
            .to_socket_addrs()
            .map(|found| found.map(|address: SocketAddr| address.ip()).collect());
        // The receiver is gone only when the deadline has passed.
        let _ = sender.send(found);
    });
    match receiver.await {
        Ok(Ok(found)) => sort_out(found, family),
        Ok(Err(error)) => classify_failure(&error.to_string()),
        Err(error) => NameAnswer::NotAsked {
            reason: Received::from_text(&format!("the resolver broke off: {error}")),
        },
    }
}

fn sort_out(found: Vec<IpAddr>, family: Option<Forced>) -> NameAnswer {
    let mut kept: Vec<IpAddr> = Vec::new();
    for address in found {
        if is_of_family(address, family) && !kept.contains(&address) {
            kept.push(address);
        }
    }
    if kept.is_empty() {
        return NameAnswer::NoAddress;
    }
    addresses(kept)
}

/// Tells the failures of `getaddrinfo(3)` apart by the text of `gai_strerror`, the only thing the standard library
/// passes on. The program never calls `setlocale`, so the text is English.
fn classify_failure(message: &str) -> NameAnswer {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["Temporary failure", "Try again"]) {
        return NameAnswer::TemporaryFailure {
            reason: Received::from_text("Temporary failure in name resolution"),
        };
    }
    if says(&["No address associated", "Address family for hostname"]) {
        return NameAnswer::NoAddress;
    }
    if says(&["not known", "does not resolve", "not provided"]) {
        return NameAnswer::NotFound;
    }
    NameAnswer::TemporaryFailure {
        reason: Received::from_text(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(3)
    }

    #[tokio::test]
    async fn addresses_need_no_resolver() {
        let began = Instant::now();
        let answer = resolve("2001:db8::1", None, soon()).await;
        assert_eq!(answer, addresses(["2001:db8::1".parse().unwrap()]));
        let answer = resolve("192.0.2.1", Some(Forced::Ipv6), soon()).await;
        assert_eq!(answer, NameAnswer::NoAddress);
        assert!(began.elapsed() < Duration::from_millis(5));
    }

    #[tokio::test]
    async fn localhost_is_found_and_nonsense_is_not_passed_on() {
        let NameAnswer::Addresses { addresses, .. } = resolve("localhost", None, soon()).await
        else {
            panic!("localhost has an address")
        };
        assert!(addresses.iter().all(|record| record.address.is_loopback()));
        assert_eq!(resolve("--help", None, soon()).await, NameAnswer::NotFound);
    }

    #[test]
    fn failures_are_told_apart() {
        let text = |words: &str| format!("failed to lookup address information: {words}");
        assert_eq!(
            classify_failure(&text("Name or service not known")),
            NameAnswer::NotFound
        );
        assert_eq!(
            classify_failure(&text("No address associated with hostname")),
            NameAnswer::NoAddress
        );
        assert!(matches!(
            classify_failure(&text("Temporary failure in name resolution")),
            NameAnswer::TemporaryFailure { .. }
        ));
        assert!(matches!(
            classify_failure(&text("System error")),
            NameAnswer::TemporaryFailure { .. }
        ));
    }
}
