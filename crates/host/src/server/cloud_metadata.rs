//! What the provider's metadata service says of this machine: asked only when the person asks for it, and only at the link-local
//! address that leads no further than the provider's own host.

use std::net::IpAddr;
use std::sync::mpsc::channel;
use std::thread;

use minreq::Request;
use sshdoctor_case::{CloudMetadata, Fact, Obstacle, Received, Sight};

use super::{Host, not_seen};

/// The address that all of them share (RFC 3927, link-local).
const SERVICE: &str = "http://169.254.169.254";

/// How long one answer may take, in seconds.
const PATIENCE: u64 = 1;

/// Most bytes of an answer that are read.
const MOST_BYTES: usize = 4096;

/// Most addresses and groups that are kept.
const MOST_ENTRIES: usize = 16;

/// How one provider is asked.
struct Provider {
    name: &'static str,
    /// A token is fetched first, and sent with every question (EC2's version 2 of the service).
    token: Option<Token>,
    /// Header that shows that a person's program asks and no web page.
    header: Option<(&'static str, &'static str)>,
    public_address: &'static str,
    /// Names of the groups of rules that the provider applies.
    groups: Option<&'static str>,
}

struct Token {
    path: &'static str,
    lifetime: (&'static str, &'static str),
    header: &'static str,
}

/// By the providers' own descriptions of their services.
const PROVIDERS: [Provider; 6] = [
    Provider {
        name: "Amazon EC2",
        token: Some(Token {
            path: "/latest/api/token",
            lifetime: ("X-aws-ec2-metadata-token-ttl-seconds", "60"),
            header: "X-aws-ec2-metadata-token",
        }),
        header: None,
        public_address: "/latest/meta-data/public-ipv4",
        groups: Some("/latest/meta-data/security-groups"),
    },
    Provider {
        name: "Google Cloud",
        token: None,
        header: Some(("Metadata-Flavor", "Google")),
        public_address: "/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/external-ip",
        groups: Some("/computeMetadata/v1/instance/tags?alt=text"),
    },
    Provider {
        name: "Microsoft Azure",
        token: None,
        header: Some(("Metadata", "true")),
        public_address: "/metadata/instance/network/interface/0/ipv4/ipAddress/0/publicIpAddress?api-version=2021-02-01&format=text",
        groups: None,
    },
    Provider {
        name: "DigitalOcean",
        token: None,
        header: None,
        public_address: "/metadata/v1/interfaces/public/0/ipv4/address",
        groups: None,
    },
    Provider {
        name: "Hetzner",
        token: None,
        header: None,
        public_address: "/hetzner/v1/metadata/public-ipv4",
        groups: None,
    },
    Provider {
        name: "OpenStack",
        token: None,
        header: None,
        public_address: "/latest/meta-data/public-ipv4",
        groups: Some("/latest/meta-data/security-groups"),
    },
];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    if !host.question.cloud {
        return Vec::new();
    }
    if !host.root.is_running() {
        let reason = "the metadata service answers a running system only";
        return vec![not_seen(Sight::CloudMetadata, Obstacle::NotRunning, reason)];
    }
    match ask_all() {
        Some(cloud) => vec![Fact::CloudMetadata { cloud }],
        None => vec![not_seen(
            Sight::CloudMetadata,
            Obstacle::Absent,
            "no metadata service that is known answers at 169.254.169.254",
        )],
    }
}

/// All of them at once; the first in the order of the list whose answer is an address counts.
fn ask_all() -> Option<CloudMetadata> {
    let (sender, answers) = channel();
    for (rank, provider) in PROVIDERS.iter().enumerate() {
        let sender = sender.clone();
        let ask = move || {
            // Nobody listens any more once the time is over.
            let _ = sender.send((rank, provider.ask()));
        };
        if thread::Builder::new().spawn(ask).is_err() {
            return None;
        }
    }
    drop(sender);
    let mut found: Vec<(usize, CloudMetadata)> = answers
        .iter()
        .filter_map(|(rank, cloud)| Some((rank, cloud?)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().next().map(|(_, cloud)| cloud)
}

impl Provider {
    fn ask(&self) -> Option<CloudMetadata> {
        let mut headers: Vec<(&str, String)> = self
            .header
            .map(|(name, value)| (name, value.to_owned()))
            .into_iter()
            .collect();
        if let Some(token) = &self.token {
            headers.push((token.header, token.fetch()?));
        }
        let addresses = text(self.public_address, &headers)?;
        let public_addresses: Vec<IpAddr> = addresses
            .lines()
            .filter_map(|line| line.trim().parse().ok())
            .take(MOST_ENTRIES)
            .collect();
        if public_addresses.is_empty() {
            return None;
        }
        let groups = self
            .groups
            .and_then(|path| text(path, &headers))
            .unwrap_or_default();
        Some(CloudMetadata {
            provider: self.name.to_owned(),
            public_addresses,
            rule_groups: groups
                .lines()
                .filter(|line| !line.trim().is_empty())
                .take(MOST_ENTRIES)
                .map(|line| Received::from_text(line.trim()))
                .collect(),
        })
    }
}

impl Token {
    fn fetch(&self) -> Option<String> {
        let (name, value) = self.lifetime;
        let token =
            answer(minreq::put(format!("{SERVICE}{}", self.path)).with_header(name, value))?;
        let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        (is_plain && !token.is_empty()).then_some(token)
    }
}

fn text(path: &str, headers: &[(&str, String)]) -> Option<String> {
    let mut request = minreq::get(format!("{SERVICE}{path}"));
    for (name, value) in headers {
        request = request.with_header(*name, value);
    }
    answer(request)
}

fn answer(request: Request) -> Option<String> {
    let response = request
        .with_timeout(PATIENCE)
        .with_max_redirects(0)
        .with_max_headers_size(Some(MOST_BYTES))
        .with_max_status_line_length(Some(MOST_BYTES))
        .send_lazy()
        .ok()?;
    if response.status_code != 200 {
        return None;
    }
    let bytes = response
        .take(MOST_BYTES)
        .map(|byte| byte.map(|(byte, _)| byte))
        .collect::<Result<Vec<u8>, _>>()
        .ok()?;
    String::from_utf8(bytes).ok()
}
