//! Where sshd would listen (`process_queued_listen_addrs`, `servconf.c`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use sshdoctor_case::{ListenSetting, Received};

/// What the lines of a dump come to. sshd prints its addresses expanded.
pub(super) fn of(effective: &[(Received, Received)]) -> Vec<ListenSetting> {
    let values = effective
        .iter()
        .filter(|(keyword, _)| keyword.as_str() == "listenaddress");
    values
        .filter_map(|(_, value)| {
            let (address, port) = address_and_port(value.as_str());
            Some(ListenSetting {
                address: address.parse().ok(),
                port: port?.parse().ok()?,
            })
        })
        .collect()
}

/// `[::]:22`, `192.0.2.1:22`, `name:22`, or without a port; more than one colon without brackets is an address alone.
fn address_and_port(text: &str) -> (&str, Option<&str>) {
    let text = text.split(' ').next().unwrap_or_default();
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (address, rest.strip_prefix([':', '/']));
    }
    match text.split_once([':', '/']) {
        Some((_, port)) if port.contains(':') => (text, None),
        Some((address, port)) => (address, Some(port)),
        None => (text, None),
    }
}

/// The lines that sshd would print for these settings.
pub(super) fn expanded(ports: &[String], addresses: &[String], family: &str) -> Vec<String> {
    let everywhere = || {
        vec![
            IpAddr::from(Ipv6Addr::UNSPECIFIED).to_string(),
            IpAddr::from(Ipv4Addr::UNSPECIFIED).to_string(),
        ]
    };
    let wanted = if addresses.is_empty() {
        everywhere()
    } else {
        addresses.to_vec()
    };
    let mut lines = Vec::new();
    for text in &wanted {
        let (address, port) = match text.parse::<IpAddr>() {
            Ok(_) => (text.as_str(), None),
            Err(_) => address_and_port(text),
        };
        let is_v6 = address.parse::<IpAddr>().map(|address| address.is_ipv6());
        if matches!((&is_v6, family), (Ok(true), "inet") | (Ok(false), "inet6")) {
            continue;
        }
        let ports = port.map_or_else(|| ports.to_vec(), |port| vec![port.to_owned()]);
        for port in ports {
            lines.push(if is_v6 == Ok(true) {
                format!("[{address}]:{port}")
            } else {
                format!("{address}:{port}")
            });
        }
    }
    lines
}
