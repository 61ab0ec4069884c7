use base64ct::{Base64Unpadded, Encoding};
use sha2::{Digest, Sha256};

use super::pattern::matches_pattern;
use crate::fields::{Fields, Truncated, put_string};

const CERTIFICATE_SUFFIX: &str = "-cert-v01@openssh.com";
const HOST_CERTIFICATE: u32 = 2;
/// More principals than any certificate authority signs.
const MAX_PRINCIPALS: usize = 256;

/// `SHA256:…` of a key in the SSH wire format, as `ssh-keygen -l` prints it.
#[must_use]
pub fn fingerprint(key_blob: &[u8]) -> String {
    format!(
        "SHA256:{}",
        Base64Unpadded::encode_string(&Sha256::digest(key_blob))
    )
}

/// The shape of a key type's public part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Rsa,
    Dsa,
    Ecdsa {
        curve: &'static str,
        application: bool,
    },
    Ed25519 {
        application: bool,
    },
    MlDsa44Ed25519,
}

/// Names a key type and its plain name inside a key: the SHA-2 signature names stand for RSA keys.
fn plain_shape(name: &str) -> Option<(&'static str, Shape)> {
    let security_key = Shape::Ecdsa {
        curve: "nistp256",
        application: true,
    };
    Some(match name {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => ("ssh-rsa", Shape::Rsa),
        "ssh-dss" => ("ssh-dss", Shape::Dsa),
        "ssh-ed25519" => ("ssh-ed25519", Shape::Ed25519 { application: false }),
        "ecdsa-sha2-nistp256" => (
            "ecdsa-sha2-nistp256",
            Shape::Ecdsa {
                curve: "nistp256",
                application: false,
            },
        ),
        "ecdsa-sha2-nistp384" => (
            "ecdsa-sha2-nistp384",
            Shape::Ecdsa {
                curve: "nistp384",
                application: false,
            },
        ),
        "ecdsa-sha2-nistp521" => (
            "ecdsa-sha2-nistp521",
            Shape::Ecdsa {
                curve: "nistp521",
                application: false,
            },
        ),
        "sk-ssh-ed25519@openssh.com" => (
            "sk-ssh-ed25519@openssh.com",
            Shape::Ed25519 { application: true },
        ),
        "sk-ecdsa-sha2-nistp256@openssh.com" | "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" => {
            ("sk-ecdsa-sha2-nistp256@openssh.com", security_key)
        }
        "ssh-mldsa44-ed25519@openssh.com" => {
            ("ssh-mldsa44-ed25519@openssh.com", Shape::MlDsa44Ed25519)
        }
        _ => return None,
    })
}

/// Whether OpenSSH has or had this key type, certificates included.
pub(crate) fn is_known_type(name: &str) -> bool {
    plain_shape(&plain_type(name)).is_some()
}

/// The type of the key inside a certificate; any other type as it is.
pub(crate) fn plain_type(name: &str) -> String {
    let Some(base) = name.strip_suffix(CERTIFICATE_SUFFIX) else {
        return name.to_owned();
    };
    let vendor = format!("{base}@openssh.com");
    if plain_shape(&vendor).is_some() {
        vendor
    } else {
        base.to_owned()
    }
}

/// Whether two type names stand for keys of one kind.
pub(crate) fn same_kind(one: &str, other: &str) -> bool {
    one == other
        || match (plain_shape(one), plain_shape(other)) {
            (Some((one, _)), Some((other, _))) => one == other,
            _ => false,
        }
}

/// Whether a blob is a key of the type that a line names. Says nothing of the mathematics inside.
pub(crate) fn is_well_formed(name: &str, blob: &[u8]) -> bool {
    if name.ends_with(CERTIFICATE_SUFFIX) {
        return Certificate::parse(blob)
            .is_some_and(|certificate| same_kind(&certificate.plain_type, &plain_type(name)));
    }
    let Some((inner_name, shape)) = plain_shape(name) else {
        return false;
    };
    let mut fields = Fields::new(blob);
    fields.string() == Ok(inner_name.as_bytes())
        && skip_public(shape, &mut fields).is_ok()
        && fields.rest().is_empty()
}

fn skip_public(shape: Shape, fields: &mut Fields<'_>) -> Result<(), Truncated> {
    let (strings, application) = match shape {
        Shape::Rsa => (2, false),
        Shape::Dsa => (4, false),
        Shape::Ecdsa { curve, application } => {
            if fields.string()? != curve.as_bytes() {
                return Err(Truncated);
            }
            (1, application)
        }
        Shape::Ed25519 { application } => {
            if fields.string()?.len() != 32 {
                return Err(Truncated);
            }
            (0, application)
        }
        Shape::MlDsa44Ed25519 => (1, false),
    };
    for _ in 0..strings + usize::from(application) {
        fields.string()?;
    }
    Ok(())
}

/// A host certificate (OpenSSH's `PROTOCOL.certkeys`). Its signature is not verified here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The type of the certified key, for example `ssh-ed25519`.
    pub plain_type: String,
    /// The certified key itself.
    pub plain_blob: Vec<u8>,
    /// The key of the authority that signed.
    pub authority_blob: Vec<u8>,
    /// The host names it is for, which may be patterns.
    pub principals: Vec<Vec<u8>>,
    /// First second of its validity, since 1970-01-01 UTC.
    pub valid_after: u64,
    /// First second behind its validity, since 1970-01-01 UTC.
    pub valid_before: u64,
    /// It certifies a host, not a user.
    pub for_host: bool,
}

impl Certificate {
    /// Reads a certificate.
    #[must_use]
    pub fn parse(blob: &[u8]) -> Option<Self> {
        Self::read(Fields::new(blob)).ok()
    }

    fn read(mut fields: Fields<'_>) -> Result<Self, Truncated> {
        let name = std::str::from_utf8(fields.string()?).map_err(|_| Truncated)?;
        if !name.ends_with(CERTIFICATE_SUFFIX) {
            return Err(Truncated);
        }
        let (inner_name, shape) = plain_shape(&plain_type(name)).ok_or(Truncated)?;
        fields.string()?;
        let public = fields.rest();
        skip_public(shape, &mut fields)?;
        let public = &public[..public.len() - fields.rest().len()];
        let mut plain_blob = Vec::with_capacity(4 + inner_name.len() + public.len());
        put_string(&mut plain_blob, inner_name.as_bytes());
        plain_blob.extend_from_slice(public);
        fields.uint64()?;
        let for_host = fields.uint32()? == HOST_CERTIFICATE;
        fields.string()?;
        let mut names = Fields::new(fields.string()?);
        let mut principals = Vec::new();
        while !names.rest().is_empty() {
            if principals.len() == MAX_PRINCIPALS {
                return Err(Truncated);
            }
            principals.push(names.string()?.to_vec());
        }
        let valid_after = fields.uint64()?;
        let valid_before = fields.uint64()?;
        for _critical_options_extensions_reserved in 0..3 {
            fields.string()?;
        }
        let authority_blob = fields.string()?.to_vec();
        fields.string()?;
        Ok(Self {
            plain_type: inner_name.to_owned(),
            plain_blob,
            authority_blob,
            principals,
            valid_after,
            valid_before,
            for_host,
        })
    }

    /// Whether it names this host, in lower case and without a port.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        self.principals
            .iter()
            .any(|principal| matches_pattern(host.as_bytes(), principal))
    }

    /// Whether it is valid at a time in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn is_valid_at(&self, seconds: u64) -> bool {
        (self.valid_after..self.valid_before).contains(&seconds)
    }
}
