//! The keywords of `sshd_config(5)`: which of them may stand in a Match block, and what becomes of one that is written more than
//! once (OpenSSH, `servconf.c` of 8.0 to 10.5).

/// What becomes of a keyword that is written more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// The first one wins.
    First,
    /// All of them together.
    Add,
    /// The last one wins.
    Last,
    /// The last one wins in versions before this, the first one since.
    LastBefore((u32, u32)),
    /// The first one wins for each part, which the arguments name.
    FirstOfEachPart,
}

/// How a keyword is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keyword {
    /// As sshd prints it, in small letters.
    pub(super) name: &'static str,
    /// It may stand in a Match block.
    pub(super) in_match: bool,
    /// sshd does nothing with it any more.
    pub(super) ignored: bool,
}

/// Old names and what they are called now.
const ALIASES: &[(&str, &str)] = &[
    (
        "challengeresponseauthentication",
        "kbdinteractiveauthentication",
    ),
    ("dsaauthentication", "pubkeyauthentication"),
    ("hostbasedacceptedkeytypes", "hostbasedacceptedalgorithms"),
    ("hostdsakey", "hostkey"),
    ("keepalive", "tcpkeepalive"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
];

const GLOBAL_ONLY: &[&str] = &[
    "addressfamily",
    "ciphers",
    "compression",
    "debianbanner",
    "fingerprinthash",
    "gssapicleanupcredentials",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapistorecredentialsonrekey",
    "gssapistrictacceptorcheck",
    "hostcertificate",
    "hostkey",
    "hostkeyagent",
    "hostkeyalgorithms",
    "ignoreuserknownhosts",
    "kerberosgetafstoken",
    "kerberosorlocalpasswd",
    "kerberosticketcleanup",
    "kerberosuniqueccache",
    "kexalgorithms",
    "listenaddress",
    "logingracetime",
    "macs",
    "maxstartups",
    "modulifile",
    "permituserenvironment",
    "persourcemaxstartups",
    "persourcenetblocksize",
    "persourcepenalties",
    "persourcepenaltyexemptlist",
    "pidfile",
    "port",
    "printlastlog",
    "printmotd",
    "securitykeyprovider",
    "sshdauthpath",
    "sshdsessionpath",
    "strictmodes",
    "syslogfacility",
    "tcpkeepalive",
    "usedns",
    "uselogin",
    "usepam",
    "versionaddendum",
    "xauthlocation",
];

const ANYWHERE: &[&str] = &[
    "acceptenv",
    "allowagentforwarding",
    "allowgroups",
    "allowstreamlocalforwarding",
    "allowtcpforwarding",
    "allowusers",
    "authenticationmethods",
    "authorizedkeyscommand",
    "authorizedkeyscommanduser",
    "authorizedkeysfile",
    "authorizedprincipalscommand",
    "authorizedprincipalscommanduser",
    "authorizedprincipalsfile",
    "banner",
    "casignaturealgorithms",
    "channeltimeout",
    "chrootdirectory",
    "clientalivecountmax",
    "clientaliveinterval",
    "denygroups",
    "denyusers",
    "disableforwarding",
    "exposeauthinfo",
    "forcecommand",
    "gatewayports",
    "gssapiauthentication",
    "gssapienablek5users",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedusesnamefrompacketonly",
    "ignorerhosts",
    "include",
    "ipqos",
    "kbdinteractiveauthentication",
    "kerberosauthentication",
    "kerberosusekuserok",
    "loglevel",
    "logverbose",
    "match",
    "maxauthtries",
    "maxsessions",
    "pamservicename",
    "passwordauthentication",
    "permitemptypasswords",
    "permitlisten",
    "permitopen",
    "permitrootlogin",
    "permittty",
    "permittunnel",
    "permituserrc",
    "pubkeyacceptedalgorithms",
    "pubkeyauthentication",
    "pubkeyauthoptions",
    "rdomain",
    "refuseconnection",
    "rekeylimit",
    "requiredrsasize",
    "revokedkeys",
    "setenv",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "subsystem",
    "trustedusercakeys",
    "unusedconnectiontimeout",
    "x11displayoffset",
    "x11forwarding",
    "x11uselocalhost",
];

const IGNORED: &[&str] = &[
    "afstokenpassing",
    "authorizedkeysfile2",
    "checkmail",
    "kerberostgtpassing",
    "keyregenerationinterval",
    "pamauthenticationviakbdint",
    "protocol",
    "reversemappingcheck",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "serverkeybits",
    "useprivilegeseparation",
    "verifyreversemapping",
];

/// Reads a keyword in small letters; absent for one that no sshd known here has.
pub(super) fn lookup(written: &str) -> Option<Keyword> {
    let alias = ALIASES.iter().find(|(old, _)| *old == written);
    let name = alias.map_or(written, |(_, new)| new);
    let find = |list: &[&'static str]| list.binary_search(&name).ok().map(|found| list[found]);
    let keyword = |name, in_match, ignored| Keyword {
        name,
        in_match,
        ignored,
    };
    find(ANYWHERE)
        .map(|name| keyword(name, true, false))
        .or_else(|| find(GLOBAL_ONLY).map(|name| keyword(name, false, false)))
        .or_else(|| find(IGNORED).map(|name| keyword(name, true, true)))
}

/// What becomes of this keyword when it is written again.
pub(super) fn repeats(name: &str) -> Repeats {
    match name {
        "acceptenv" | "allowgroups" | "allowusers" | "denygroups" | "denyusers"
        | "hostcertificate" | "hostkey" | "listenaddress" | "port" => Repeats::Add,
        "fingerprinthash" | "streamlocalbindmask" => Repeats::Last,
        "persourcemaxstartups" => Repeats::LastBefore((9, 6)),
        "maxstartups" | "persourcenetblocksize" => Repeats::LastBefore((10, 1)),
        "ipqos" => Repeats::LastBefore((10, 5)),
        "persourcepenalties" | "rekeylimit" | "subsystem" => Repeats::FirstOfEachPart,
        _ => Repeats::First,
    }
}

/// What becomes of this keyword has changed from one version to another.
pub(super) fn depends_on_version(name: &str) -> bool {
    matches!(repeats(name), Repeats::LastBefore(_))
}

/// The parts of a value that are set each for itself.
pub(super) fn parts(name: &str, arguments: &[String]) -> Vec<String> {
    let begin = |word: &String| word.split(':').next().unwrap_or_default().to_owned();
    match name {
        "subsystem" => arguments.iter().take(1).cloned().collect(),
        "persourcepenalties" => arguments.iter().map(begin).collect(),
        // The time is left unset by "none".
        "rekeylimit" => ["data", "time"]
            .iter()
            .zip(arguments)
            .filter(|(part, value)| **part == "data" || value.as_str() != "none")
            .map(|(part, _)| (*part).to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_under_its_own_name() {
        for list in [ANYWHERE, GLOBAL_ONLY, IGNORED] {
            assert!(list.is_sorted());
            for name in list {
                assert_eq!(lookup(name).map(|keyword| keyword.name), Some(*name));
            }
        }
        for (old, new) in ALIASES {
            assert_eq!(lookup(old).map(|keyword| keyword.name), Some(*new));
        }
        assert_eq!(lookup("permitrotlogin"), None);
    }
}
