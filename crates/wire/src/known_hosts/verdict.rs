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

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    const HOST: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJayU4P3EDW0o/dxeP5yWxKPGFoAvPDGTTtTEp4/XCdr";
    const OTHER: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC6n69ZVgq3NQr2+5oNcJt1fUdiyvu5UQUixPCmjlK6va1JLTQH5E5xdn1JJpQq+u84T19k5IbFWq5nQYBBCJdftyJJxraa4BPHXHhSfrjoO427gOk/6MVGdL8s36ttwFtgJV5P03mkRyI64w+6xHdKMGpnNRQPtn/pyu/CXYCddlf5Mf4KO1S+ZUVFQpFoaY+9lVi3EcaIiYSEj7M+PBl7NZSuibyJx4zHgmsC+wx0wlBDMUaot2W6K0dpzJn4yCiUm/LShi9NhgH4bMNmR36PWtB7mlgP4AGqeeBA/Iied02NR6N68/7TyBg2WCfcBxvC6zsMjWdEWq/+bRNy3Jo89Hcu7sQrLWl9/4ApVm9fm3xH5SPHMMp3mflut/Y3kaRM0HqTibJgnY/7ts0FWxWldxYLUkd9oghEDauA6DUfWLun2PgZHkWwdNLwugp6E27hld4Nrm1pDw633635EIXfr5973074BGiEfN/v6WOq7ePi5b1TUOc6Qgu4yqkveOk=";
    const AUTHORITY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIboHw6QHXjfRf6UVFhsaOR1T7aT1omCzxtK5xo3ViJB";
    const ECDSA: &str =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAAABBA==";
    /// The key of `HOST` signed by `AUTHORITY` for 127.0.0.1.
    const CERTIFICATE: &str = "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIMd1MFjCYpUK2VxOSFPPkG7SnShGq/3vN4GM2W/KIVgqAAAAIJayU4P3EDW0o/dxeP5yWxKPGFoAvPDGTTtTEp4/XCdrAAAAAAAAAAAAAAACAAAAAmlkAAAADQAAAAkxMjcuMC4wLjEAAAAAawUphAAAAABrBnt1AAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACCG6B8OkB1430X+lFRYbGjkdU+2k9aJgs8bSucaN1YiQQAAAFMAAAALc3NoLWVkMjU1MTkAAABAFgnJlJkVl4B/+LqZuNBdy1UveZgNjLu9gC2/Cyj3CffRRsLbmy9vzDwOoT7tzRdLSe2c3YHVtin3aT66ZPypDg==";

    fn blob(line: &str) -> Vec<u8> {
        Base64::decode_vec(line.split(' ').next_back().unwrap()).unwrap()
    }

    fn verdict_on(known: &KnownHosts, port: u16, key: &str) -> String {
        match known.verdict(
            &["web1", "192.0.2.1"],
            port,
            key.split(' ').next().unwrap(),
            &blob(key),
        ) {
            Verdict::Match(entry) => format!("match {}", entry.line),
            Verdict::MatchAuthority { entry, .. } => format!("authority {}", entry.line),
            Verdict::Unknown => "unknown".into(),
            Verdict::OtherTypeOnly(entries) => format!("other type {}", lines(&entries)),
            Verdict::Mismatch(entries) => format!("mismatch {}", lines(&entries)),
            Verdict::Revoked(entry) => format!("revoked {}", entry.line),
        }
    }

    fn lines(entries: &[&Entry]) -> String {
        entries
            .iter()
            .map(|entry| entry.line.to_string())
            .collect::<Vec<_>>()
            .join(",")
    }

    fn verdict(text: &str, key: &str) -> String {
        verdict_on(&KnownHosts::parse(text.as_bytes()), 2222, key)
    }

    #[test]
    fn a_key_is_judged_in_openssh_s_order() {
        for (text, expected) in [
            (String::new(), "unknown"),
            (format!("[web2]:2222 {HOST}"), "unknown"),
            (format!("[web1]:2222 {HOST}"), "match 1"),
            (format!("[192.0.2.1]:2222 {HOST}"), "match 1"),
            (
                format!("[web1]:2222 {OTHER}\n[web1]:2222 {HOST}"),
                "match 2",
            ),
            (
                format!("[web1]:2222 {AUTHORITY}\n[web1]:2222 {OTHER}"),
                "mismatch 1",
            ),
            (
                format!("[web1]:2222 {OTHER}\n[web1]:2222 {ECDSA}"),
                "other type 1,2",
            ),
            (
                format!("[web1]:2222 {HOST}\n@revoked * {HOST}"),
                "revoked 2",
            ),
            (
                format!("[web1]:2222 {HOST}\n@revoked web2 {HOST}"),
                "match 1",
            ),
            (format!("@cert-authority * {HOST}"), "unknown"),
        ] {
            assert_eq!(verdict(&text, HOST), expected, "{text}");
        }
    }

    #[test]
    fn a_key_known_without_the_port_is_known() {
        for (text, expected) in [
            (format!("web1 {HOST}"), "match 1"),
            (format!("web1 {OTHER}"), "unknown"),
            (
                format!("web1 {HOST}\n[web1]:2222 {AUTHORITY}"),
                "mismatch 2",
            ),
            (format!("@revoked web1 {HOST}"), "revoked 1"),
        ] {
            assert_eq!(verdict(&text, HOST), expected, "{text}");
        }
        let known = KnownHosts::parse(format!("[web1]:2222 {HOST}").as_bytes());
        assert_eq!(verdict_on(&known, 22, HOST), "unknown");
    }

    #[test]
    fn a_certificate_needs_its_authority_or_is_a_plain_key() {
        for (text, expected) in [
            (format!("@cert-authority *:2222 {AUTHORITY}"), "authority 1"),
            (format!("@cert-authority web2 {AUTHORITY}"), "unknown"),
            (format!("[web1]:2222 {AUTHORITY}"), "mismatch 1"),
            (format!("[web1]:2222 {HOST}"), "match 1"),
            (
                format!("@cert-authority * {OTHER}\n[web1]:2222 {HOST}"),
                "match 2",
            ),
            (
                format!("@cert-authority * {AUTHORITY}\n@revoked * {AUTHORITY}"),
                "revoked 2",
            ),
            (
                format!("@cert-authority * {AUTHORITY}\n@revoked * {HOST}"),
                "revoked 2",
            ),
        ] {
            assert_eq!(verdict(&text, CERTIFICATE), expected, "{text}");
        }
    }

    #[test]
    fn a_certificate_says_for_whom_and_when() {
        let certificate = Certificate::parse(&blob(CERTIFICATE)).unwrap();
        assert_eq!(certificate.plain_type, "ssh-ed25519");
        assert_eq!(certificate.plain_blob, blob(HOST));
        assert_eq!(certificate.authority_blob, blob(AUTHORITY));
        assert!(certificate.for_host);
        assert!(certificate.names("127.0.0.1") && !certificate.names("127.0.0.2"));
        assert!(certificate.is_valid_at(certificate.valid_after));
        assert!(!certificate.is_valid_at(certificate.valid_before));
    }

    #[test]
    fn other_machines_with_the_same_key_are_found() {
        let known = KnownHosts::parse(
            format!("web1 {HOST}\nweb2,web3 {HOST}\n@revoked * {HOST}\nweb4 {OTHER}").as_bytes(),
        );
        let holding: Vec<u32> = known
            .holding_key(&blob(HOST))
            .map(|entry| entry.line)
            .collect();
        assert_eq!(holding, [1, 2]);
    }

    #[test]
    fn files_are_one_list_that_remembers_where_each_entry_stands() {
        let mut known = KnownHosts::parse(format!("[web1]:2222 {OTHER}\n?").as_bytes());
        assert_eq!(
            known.add_file(format!("\n[web1]:2222 {HOST}\nbad").as_bytes()),
            1
        );
        let Verdict::Match(entry) = known.verdict(&["web1"], 2222, "ssh-ed25519", &blob(HOST))
        else {
            panic!("the second file was not read");
        };
        assert_eq!((entry.file, entry.line), (1, 2));
        let problems: Vec<_> = known
            .problems()
            .iter()
            .map(|problem| (problem.file, problem.line))
            .collect();
        assert_eq!(problems, [(0, 2), (1, 3)]);
    }
}
