//! Names of services.

/// The port of a service by its name.
pub(crate) fn port(name: &str) -> Option<u16> {
    PORTS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, port)| *port)
}

/// Services that people write by name (`services(5)`), the same over TCP and UDP; programs that list rules print numbers.
const PORTS: [(&str, u16); 34] = [
    ("ssh", 22),
    ("ftp", 21),
    ("ftp-data", 20),
    ("telnet", 23),
    ("smtp", 25),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("http", 80),
    ("www", 80),
    ("pop3", 110),
    ("sunrpc", 111),
    ("auth", 113),
    ("ident", 113),
    ("ntp", 123),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap", 143),
    ("imap2", 143),
    ("snmp", 161),
    ("ldap", 389),
    ("https", 443),
    ("microsoft-ds", 445),
    ("submission", 587),
    ("ldaps", 636),
    ("imaps", 993),
    ("pop3s", 995),
    ("openvpn", 1194),
    ("mysql", 3306),
    ("postgresql", 5432),
    ("sip", 5060),
    ("http-alt", 8080),
];
