use super::key::{Certificate, same_kind};
use super::{DEFAULT_PORT, Entry, KnownHosts, Marker, lookup_name};

/// A server's key against known_hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// This key is known for this name.
    Match(&'a Entry),
    /// An authority that is trusted for this name signed the certificate. Whether the certificate names the host and
    /// is valid now is left to the caller.
    MatchAuthority {
        /// The entry of the authority.
        entry: &'a Entry,
        /// What was signed.
        certificate: Certificate,
    },
    /// Nothing is known for this name.
    Unknown,
    /// Only keys of other types are known. OpenSSH treats that like [`Self::Mismatch`], but it prefers a type that it
    /// knows when it negotiates, so it gets here only when the server has none of them.
    OtherTypeOnly(Vec<&'a Entry>),
    /// Another key of this type is known, and not this one.
    Mismatch(Vec<&'a Entry>),
    /// The key, or the authority that certified it, is marked as revoked for this name.
    Revoked(&'a Entry),
}

impl KnownHosts {
    /// Judges a key as OpenSSH does, over all files read: `names` are the host name and any other name or address
    /// that counts for it, all with this port.
    ///
    /// `key_type` and `key_blob` are as the server sent them and may be a host certificate: without a fitting
    /// authority it is judged as the plain key inside it. A key that is unknown for another port than 22 is a match
    /// when it is known for the name without a port.
    #[must_use]
    pub fn verdict(
        &self,
        names: &[&str],
        port: u16,
        key_type: &str,
        key_blob: &[u8],
    ) -> Verdict<'_> {
        let certificate = Certificate::parse(key_blob);
        let (key_type, key_blob) = match &certificate {
            Some(certificate) => (
                certificate.plain_type.as_str(),
                certificate.plain_blob.as_slice(),
            ),
            None => (key_type, key_blob),
        };
        let key = PresentedKey {
            certificate: certificate.as_ref(),
            key_type,
            key_blob,
        };
        let verdict = self.judge(names, port, key);
        if verdict != Verdict::Unknown || port == DEFAULT_PORT || port == 0 {
            return verdict;
        }
        match self.judge(names, DEFAULT_PORT, key) {
            known @ (Verdict::Match(_) | Verdict::MatchAuthority { .. } | Verdict::Revoked(_)) => {
                known
            }
            _ => Verdict::Unknown,
        }
    }

    fn judge(&self, names: &[&str], port: u16, key: PresentedKey<'_>) -> Verdict<'_> {
        let wanted: Vec<String> = names.iter().map(|name| lookup_name(name, port)).collect();
        let entries: Vec<&Entry> = self
            .entries()
            .iter()
            .filter(|entry| wanted.iter().any(|name| entry.applies_to(name)))
            .collect();
        let marked = |marker| {
            entries
                .iter()
                .copied()
                .filter(move |entry| entry.marker == marker)
        };
        if let Some(entry) =
            marked(Some(Marker::Revoked)).find(|entry| key.is_or_is_signed_by(entry))
        {
            return Verdict::Revoked(entry);
        }
        if let Some(certificate) = key.certificate
            && let Some(entry) = marked(Some(Marker::CertAuthority))
                .find(|entry| entry.key_blob == certificate.authority_blob)
        {
            return Verdict::MatchAuthority {
                entry,
                certificate: certificate.clone(),
            };
        }
        if let Some(entry) = marked(None).find(|entry| entry.key_blob == key.key_blob) {
            return Verdict::Match(entry);
        }
        let known: Vec<&Entry> = marked(None).collect();
        let same_type: Vec<&Entry> = known
            .iter()
            .copied()
            .filter(|entry| same_kind(&entry.key_type, key.key_type))
            .collect();
        if !same_type.is_empty() {
            Verdict::Mismatch(same_type)
        } else if known.is_empty() {
            Verdict::Unknown
        } else {
            Verdict::OtherTypeOnly(known)
        }
    }
}

/// The plain key, and the certificate it came in.
#[derive(Clone, Copy)]
struct PresentedKey<'a> {
    certificate: Option<&'a Certificate>,
    key_type: &'a str,
    key_blob: &'a [u8],
}

impl PresentedKey<'_> {
    fn is_or_is_signed_by(&self, entry: &Entry) -> bool {
        entry.key_blob == self.key_blob
            || self
                .certificate
                .is_some_and(|certificate| entry.key_blob == certificate.authority_blob)
    }
}
