//! The output of `ssh -G`.

use std::{collections::HashMap, os::unix::fs::FileTypeExt};

use sshdoctor_case::{AlgorithmOffer, ClientConfig, ConfigSource, Received};

use super::Resolved;
use crate::home::Account;

/// Reads a dump. Absent when the lines that every dump has are missing.
///
/// Keys are compared without case: newer versions print them as the manual writes them.
pub(super) fn read(text: &str, account: &Account) -> Option<Resolved> {
    let mut values: HashMap<String, &str> = HashMap::new();
    for line in text.lines() {
        if let Some((key, value)) = line.split_once(' ') {
            values.entry(key.to_ascii_lowercase()).or_insert(value);
        }
    }
    let get = |key: &str| values.get(key).copied().filter(|value| *value != "none");
    let owned = |key: &str| get(key).map(str::to_owned);
    let files = |key: &str| {
        get(key).map_or_else(Vec::new, |list| {
            paths(list, |path| {
                std::fs::exists(account.expand(path)).unwrap_or(false)
            })
            .iter()
            .map(|file| account.expand(file))
            .collect()
        })
    };
    let proxy_jump = get("proxyjump").map_or_else(Vec::new, |jumps| {
        jumps.split(',').map(str::to_owned).collect()
    });
    let mut known_hosts_files = files("userknownhostsfile");
    known_hosts_files.extend(files("globalknownhostsfile"));
    let config = ClientConfig {
        origin: ConfigSource::SshG { version: None },
        host_name: owned("hostname")?,
        port: get("port")?.parse().ok()?,
        user: owned("user").unwrap_or_else(|| account.name.clone()),
        address_family: owned("addressfamily").unwrap_or_else(|| "any".into()),
        proxy_command: owned("proxycommand").filter(|_| proxy_jump.is_empty()),
        proxy_jump,
        host_key_alias: owned("hostkeyalias"),
        known_hosts_files,
        bind_address: owned("bindaddress"),
        bind_interface: owned("bindinterface"),
        other_ports: Vec::new(),
        offer: offer(&get),
        strict_host_key_checking: owned("stricthostkeychecking"),
        control_socket: get("controlpath")
            .map(|path| account.expand(path))
            .filter(|path| is_socket(path)),
    };
    let check_host_ip = get("checkhostip").is_some_and(|value| matches!(value, "yes" | "true"));
    Some(Resolved {
        config,
        check_host_ip,
        control_path: get("controlpath").map(|path| account.expand(path)),
    })
}

/// Takes a list of paths apart at its spaces. A path with spaces is printed without quotes, so words that only together
/// name a file that exists stay together.
fn paths(list: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    /// More words than any sensible path has.
    const MAX_WORDS: usize = 8;
    let words: Vec<&str> = list.split(' ').collect();
    let mut paths = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let longest = words.len().min(from + MAX_WORDS);
        let to = (from + 2..=longest)
            .rev()
            .find(|to| exists(&words[from..*to].join(" ")))
            .unwrap_or(from + 1);
        paths.push(words[from..to].join(" "));
        from = to;
    }
    paths.retain(|path| !path.is_empty());
    paths
}

fn is_socket(path: &str) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

fn offer<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Option<AlgorithmOffer> {
    let list = |key: &str| -> Option<Vec<Received>> {
        Some(get(key)?.split(',').map(Received::from_text).collect())
    };
    // compression_alg_list, kex.c
    let compression: &[&str] = match get("compression") {
        Some("yes" | "true") => &["zlib@openssh.com", "none"],
        _ => &["none", "zlib@openssh.com"],
    };
    Some(AlgorithmOffer {
        kex: list("kexalgorithms")?,
        host_key: list("hostkeyalgorithms")?,
        ciphers: list("ciphers")?,
        macs: list("macs")?,
        compression: compression
            .iter()
            .copied()
            .map(Received::from_text)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            name: "me".into(),
            home: "/home/me".into(),
        }
    }

    const DUMP: &str = "host web1\nuser deploy\nHostName web1.example.net\nport 2222\naddressfamily any\n\
        checkhostip yes\ncompression yes\nkexalgorithms curve25519-sha256,ecdh-sha2-nistp256\n\
        hostkeyalgorithms ssh-ed25519\nciphers aes128-ctr\nmacs hmac-sha2-256\nbindaddress none\n\
        stricthostkeychecking ask\nglobalknownhostsfile /etc/ssh/ssh_known_hosts\n\
        userknownhostsfile ~/.ssh/known_hosts %d/other\nproxyjump j1,me@j2:22\nproxycommand nc %h %p\n";

    #[test]
    fn a_dump_is_read_whatever_the_case_of_its_keys() {
        let resolved = read(DUMP, &account()).unwrap();
        let config = resolved.config;
        assert_eq!(
            (config.host_name.as_str(), config.port),
            ("web1.example.net", 2222)
        );
        assert_eq!(config.user, "deploy");
        assert_eq!(config.proxy_jump, ["j1", "me@j2:22"]);
        assert_eq!(config.proxy_command, None);
        assert_eq!(config.bind_address, None);
        assert_eq!(
            config.known_hosts_files,
            [
                "/home/me/.ssh/known_hosts",
                "/home/me/other",
                "/etc/ssh/ssh_known_hosts"
            ]
        );
        assert!(resolved.check_host_ip);
        let offer = config.offer.unwrap();
        assert_eq!(offer.kex.len(), 2);
        assert_eq!(offer.compression[0].as_str(), "zlib@openssh.com");
    }

    #[test]
    fn paths_with_spaces_stay_whole_where_the_file_exists() {
        let exists = |path: &str| path == "/h/my files/known_hosts";
        let list = "/h/a /h/my files/known_hosts /h/b c";
        assert_eq!(
            paths(list, exists),
            ["/h/a", "/h/my files/known_hosts", "/h/b", "c"]
        );
    }

    #[test]
    fn what_is_no_dump_is_none() {
        assert!(read("", &account()).is_none());
        assert!(read("hostname x\nport 99999\n", &account()).is_none());
    }
}
