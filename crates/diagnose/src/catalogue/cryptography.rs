//! The two sides have no algorithm in common, or one refuses the other's.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{crypto_policy, logged, login};
use crate::outside::world::{Exchange, FirstBytes, Login, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "no-common-algorithm",
        stage: Stage::KeyExchange,
        title: "no algorithm in common",
        what: "One side is much older or stricter than the other, and for the key exchange, the \
            host key, the cipher or the MAC they share no name.",
        looks: "\"Unable to negotiate: no matching … found. Their offer: …\" right after the \
            banner.",
        server_looks: "The log has \"Unable to negotiate with ADDRESS port N: no matching … \
            found. Their offer: …\" with [preauth].",
        confirm: Commands::everywhere(&[
            "ssh -v -p {port} {user}@{host}",
            "sshd -T | grep -iE '^(kex|ciphers|macs|hostkeyalg)'",
        ]),
        remedy: RemedyText {
            summary: "Allow for this one connection the one thing the message says is offered \
                (here old key exchange and old host keys); then upgrade the older side.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o KexAlgorithms=+diffie-hellman-group14-sha1 -p {port} {user}@{host}",
                "ssh -o HostKeyAlgorithms=+ssh-rsa -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not allow old algorithms for all hosts or write them into sshd_config for \
            everyone. The plus sign matters: without it the list is replaced.",
        lasting: "Upgrade the older side. Where that cannot be, allow the one algorithm for \
            that host or in a Match block, never for all, and date the exception.",
        prior: Prior::judged(10.0),
        on_server: Some(logged::no_common_algorithm),
        worlds: &[World::HEALTHY.exchange(Exchange::NoCommon).alone()],
    },
    Cause {
        id: "key-type-refused",
        stage: Stage::Authentication,
        title: "the type of your key is refused",
        what: "Your key is of a type or signature that the server no longer takes: DSA, or RSA \
            with SHA-1 from a client older than OpenSSH 7.2, PuTTY 0.75 or their like.",
        looks: "\"Permission denied (publickey)\", or \"no mutual signature supported\", although \
            the key is in authorized_keys.",
        server_looks: "The log has \"userauth_pubkey: signature algorithm ssh-rsa not in \
            PubkeyAcceptedAlgorithms\" (or \"key type … not in\"), or \"refusing RSA key: Invalid \
            key length\".",
        confirm: Commands::everywhere(&[
            "ssh -v -p {port} {user}@{host}",
            "journalctl -u {unit} -n 50 --no-pager | grep -i pubkeyaccepted",
            "ssh-keygen -lf ~/.ssh/id_rsa.pub",
        ])
        .or_without_systemd(&[
            "ssh -v -p {port} {user}@{host}",
            "grep -i pubkeyaccepted /var/log/auth.log /var/log/messages",
            "ssh-keygen -lf ~/.ssh/id_rsa.pub",
        ]),
        remedy: RemedyText {
            summary: "Make a new key and add its public half to authorized_keys on the console, or \
                upgrade the client, which lets the RSA key work again.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh-keygen -t ed25519", "cat ~/.ssh/id_ed25519.pub"]),
        },
        by_distribution: &[],
        avoid: "Do not switch ssh-rsa on for the whole server. Do not overwrite the old key: other \
            servers may know only that one.",
        lasting: "Use Ed25519 keys, and replace clients older than OpenSSH 7.2, PuTTY 0.75 and \
            JSch 0.1.55 before the server is upgraded.",
        prior: Prior::judged(8.0),
        on_server: Some(login::key_type_refused),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "crypto-policy-changed",
        stage: Stage::KeyExchange,
        title: "a crypto policy forbids what is used",
        what: "A system-wide policy (RHEL and Fedora crypto-policies, FIPS mode) was changed by an \
            upgrade or an administrator and no longer allows what the other side offers.",
        looks: "\"no matching … found\", \"error in libcrypto\" or \"Permission denied \
            (publickey)\", since an upgrade or a change of policy.",
        server_looks: "update-crypto-policies --show or fips-mode-setup --check gives another \
            answer than before, and the algorithms in sshd -T changed without an edit.",
        confirm: Commands::everywhere(&[
            "update-crypto-policies --show",
            "cat /proc/sys/crypto/fips_enabled",
            "sshd -T | grep -iE '^(kex|ciphers|macs|hostkeyalg|pubkeyacc)'",
        ]),
        remedy: RemedyText {
            summary: "Allow only what is missing, as a module of the policy (here SHA-1 \
                signatures, as DEFAULT:SHA1), then restart.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "update-crypto-policies --set DEFAULT:SHA1",
                "sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&["sshd -t && service {unit} restart"]),
        },
        by_distribution: &[OnDistribution {
            names: "RHEL, Fedora",
            commands: &[
                "update-crypto-policies --show",
                "update-crypto-policies --set DEFAULT:SHA1",
                "systemctl restart sshd",
            ],
        }],
        avoid: "Do not set the policy to LEGACY for the whole system. In FIPS mode do not override \
            it at all: bring the other side up to date.",
        lasting: "Keep exceptions as a policy module of your own, and read the release notes \
            on crypto policies before a major upgrade.",
        prior: Prior::judged(2.5),
        on_server: Some(crypto_policy::forbids),
        worlds: &[World::HEALTHY.exchange(Exchange::NoCommon).alone()],
    },
    Cause {
        id: "host-key-too-short",
        stage: Stage::KeyExchange,
        title: "the server's RSA key is too short",
        what: "The RSA host key has fewer bits than the client requires (RequiredRSASize: 1024 by \
            default, 2048 under RHEL 9's policy).",
        looks: "\"Bad server host key: Invalid key length\" after the key exchange.",
        server_looks: "ssh-keygen -lf on the RSA host key shows fewer than 2048 bits; the log \
            has \"Host key … Invalid key length\" or nothing at all.",
        confirm: Commands::everywhere(&[
            "ssh-keyscan -p {port} {host} | ssh-keygen -lf -",
            "ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub",
        ]),
        remedy: RemedyText {
            summary: "Give the server an Ed25519 key beside the RSA key, and have sshd use it; a \
                device that cannot needs -o RequiredRSASize=1024 for this host alone.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ssh-keygen -A",
                "sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&["ssh-keygen -A", "sshd -t && service {unit} restart"]),
        },
        by_distribution: &[],
        avoid: "Do not lower RequiredRSASize for all hosts. Do not delete the old key before \
            clients have learned the new one.",
        lasting: "Make new host keys with current defaults (Ed25519, RSA 3072) when an old \
            machine is upgraded, and publish the fingerprints.",
        prior: Prior::judged(0.7),
        on_server: None,
        worlds: &[World::HEALTHY.exchange(Exchange::Breaks).alone()],
    },
    Cause {
        id: "protocol-1-only",
        stage: Stage::Banner,
        title: "one side speaks only protocol 1",
        what: "An old device or program knows SSH protocol 1 alone, which OpenSSH removed in 7.6 \
            because it is broken.",
        looks: "\"Protocol major versions differ: 2 vs. 1\", right after a banner that begins with \
            SSH-1.",
        server_looks: "The device's banner begins with SSH-1.5, and its log, if it has one, \
            shows a client that left.",
        confirm: Commands::everywhere(&["nc -w 5 {host} {port} < /dev/null", "ssh -V"]),
        remedy: RemedyText {
            summary: "Upgrade the device; until then reach it by its console, or with a client \
                kept for the purpose inside a closed network.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh1 -p {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not use protocol 1 over the internet: the session can be read and changed on \
            the way. Do not type passwords that are used elsewhere.",
        lasting: "Plan the replacement or firmware of such devices; let them be reached only \
            from a closed management network.",
        prior: Prior::judged(0.3),
        on_server: None,
        worlds: &[World::HEALTHY.says(FirstBytes::SshOne).alone()],
    },
];
