//! Which protocol the first bytes of a server belong to, when it is not SSH.

/// A protocol known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1, HTTP/2 or a bare HTML page.
    Http,
    /// A TLS record: handshake or alert.
    Tls,
    /// SMTP.
    Smtp,
    /// FTP.
    Ftp,
    /// A three-digit greeting that SMTP and FTP share.
    SmtpOrFtp,
    /// NNTP.
    Nntp,
    /// POP3.
    Pop3,
    /// IMAP.
    Imap,
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
    /// PostgreSQL.
    PostgreSql,
    /// Redis or a relative of it.
    Redis,
    /// VNC (RFB).
    Vnc,
    /// Remote Desktop (RDP).
    Rdp,
    /// SMB.
    Smb,
    /// Telnet.
    Telnet,
    /// MQTT.
    Mqtt,
    /// AMQP.
    Amqp,
    /// rsync daemon.
    Rsync,
    /// SIP.
    Sip,
    /// RTSP.
    Rtsp,
    /// XMPP.
    Xmpp,
    /// IRC.
    Irc,
    /// Zabbix.
    Zabbix,
    /// BGP.
    Bgp,
}

impl Protocol {
    /// How people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
            Self::Smtp => "SMTP",
            Self::Ftp => "FTP",
            Self::SmtpOrFtp => "SMTP or FTP",
            Self::Nntp => "NNTP",
            Self::Pop3 => "POP3",
            Self::Imap => "IMAP",
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
            Self::PostgreSql => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Vnc => "VNC",
            Self::Rdp => "RDP",
            Self::Smb => "SMB",
            Self::Telnet => "telnet",
            Self::Mqtt => "MQTT",
            Self::Amqp => "AMQP",
            Self::Rsync => "rsync",
            Self::Sip => "SIP",
            Self::Rtsp => "RTSP",
            Self::Xmpp => "XMPP",
            Self::Irc => "IRC",
            Self::Zabbix => "Zabbix",
            Self::Bgp => "BGP",
        }
    }
}

/// Names the protocol, or `None` when the bytes are too few, SSH, plain text or unknown.
///
/// Text before an SSH identification string is legitimate, so only greetings that would be odd there are recognised.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<Protocol> {
    binary(bytes).or_else(|| text(bytes))
}

fn binary(bytes: &[u8]) -> Option<Protocol> {
    match bytes {
        // Alert or handshake record, version 3.x, a length that RFC 8446 allows.
        [0x15 | 0x16, 3, 0..=4, 0..=0x41, _, ..] => Some(Protocol::Tls),
        // SETTINGS on stream 0: the only way an HTTP/2 server may begin (RFC 9113, section 3.4).
        [0, 0, _, 4, 0, 0, 0, 0, 0, ..] => Some(Protocol::Http),
        // TPKT version 3 with an X.224 connection confirm.
        [3, 0, _, _, _, 0xd0, ..] => Some(Protocol::Rdp),
        [0, _, _, _, 0xfe | 0xff, b'S', b'M', b'B', ..] => Some(Protocol::Smb),
        // Interpret As Command, then WILL, WONT, DO or DONT (RFC 854).
        [0xff, 0xfb..=0xfe, _, ..] => Some(Protocol::Telnet),
        // CONNACK: a fixed header of two bytes, then flags and a reason code.
        [0x20, 2, 0 | 1, _, ..] => Some(Protocol::Mqtt),
        [b'E', 0, _, _, _, b'S', ..] | [b'E', 0, _, _, _, b'F', ..]
            if contains(bytes, b"FATAL") || contains(bytes, b"ERROR") =>
        {
            Some(Protocol::PostgreSql)
        }
        _ if bytes.len() >= 19 && bytes[..16] == [0xff; 16] => Some(Protocol::Bgp),
        _ => my_sql(bytes),
    }
}

/// A packet with sequence number 0 that holds a greeting of protocol version 10 or an error.
fn my_sql(bytes: &[u8]) -> Option<Protocol> {
    let (&[low, middle, high, 0], payload) = bytes.split_first_chunk::<4>()? else {
        return None;
    };
    let length = u32::from_le_bytes([low, middle, high, 0]);
    let greeting = match payload {
        [10, version, ..] => version.is_ascii_digit(),
        [0xff, _, code, ..] => (3..=0x20).contains(code),
        _ => false,
    };
    (greeting && (3..4096).contains(&length)).then(|| {
        if contains(payload, b"MariaDB") {
            Protocol::MariaDb
        } else {
            Protocol::MySql
        }
    })
}

/// Beginnings that decide by themselves; matched without regard to case.
const BEGINNINGS: [(&[u8], Protocol); 23] = [
    (b"HTTP/1.", Protocol::Http),
    (b"HTTP/2", Protocol::Http),
    (b"<!DOCTYPE HTML", Protocol::Http),
    (b"<html", Protocol::Http),
    (b"+OK", Protocol::Pop3),
    (b"* OK", Protocol::Imap),
    (b"* BYE", Protocol::Imap),
    (b"* PREAUTH", Protocol::Imap),
    (b"-NOAUTH", Protocol::Redis),
    (b"-DENIED Redis", Protocol::Redis),
    (b"-ERR unknown command", Protocol::Redis),
    (b"-ERR wrong number of arguments", Protocol::Redis),
    (b"-ERR", Protocol::Pop3),
    (b"RFB 00", Protocol::Vnc),
    (b"AMQP\0", Protocol::Amqp),
    (b"@RSYNCD:", Protocol::Rsync),
    (b"SIP/2.0", Protocol::Sip),
    (b"RTSP/1.", Protocol::Rtsp),
    (b"RTSP/2.", Protocol::Rtsp),
    (b"<stream:", Protocol::Xmpp),
    (b"<?xml version='1.0'?><stream:", Protocol::Xmpp),
    (b"NOTICE AUTH :", Protocol::Irc),
    (b"ZBXD", Protocol::Zabbix),
];

fn text(bytes: &[u8]) -> Option<Protocol> {
    BEGINNINGS
        .iter()
        .find(|(beginning, _)| {
            bytes
                .get(..beginning.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
        })
        .map(|&(_, protocol)| protocol)
        .or_else(|| numbered_greeting(bytes))
        .or_else(|| {
            (bytes.starts_with(b":") && contains(bytes, b" NOTICE ")).then_some(Protocol::Irc)
        })
}

/// `220 ` and its relatives (RFC 5321, section 4.3; RFC 959, section 5.4; RFC 3977, section 5.1).
fn numbered_greeting(bytes: &[u8]) -> Option<Protocol> {
    let (code, rest) = bytes.split_first_chunk::<3>()?;
    if !matches!(rest.first(), Some(b' ' | b'-')) {
        return None;
    }
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or(rest);
    let upper = line.to_ascii_uppercase();
    match code {
        b"220" | b"421" | b"554" if contains(&upper, b"SMTP") => Some(Protocol::Smtp),
        b"220" | b"421" | b"530" if contains(&upper, b"FTP") => Some(Protocol::Ftp),
        b"554" => Some(Protocol::Smtp),
        b"220" | b"421" | b"530" => Some(Protocol::SmtpOrFtp),
        b"200" | b"201" if contains(&upper, b"NNTP") || contains(&upper, b"NEWS") => {
            Some(Protocol::Nntp)
        }
        _ => None,
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_that_servers_really_send() {
        for (bytes, protocol) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], Protocol::Http),
            (b"<html><head><title>400</title>", Protocol::Http),
            (b"\0\0\x12\x04\0\0\0\0\0\0\x03", Protocol::Http),
            (b"\x15\x03\x01\0\x02\x02\x46", Protocol::Tls),
            (b"\x16\x03\x03\0\x7a\x02", Protocol::Tls),
            (b"220 mail.example.net ESMTP Postfix\r\n", Protocol::Smtp),
            (b"554 5.7.1 no\r\n", Protocol::Smtp),
            (b"220 (vsFTPd 3.0.3)\r\n", Protocol::Ftp),
            (b"220-Welcome\r\n", Protocol::SmtpOrFtp),
            (b"200 news.example.net InterNetNews NNRP server\r\n", Protocol::Nntp),
            (b"+OK Dovecot ready.\r\n", Protocol::Pop3),
            (b"* OK [CAPABILITY IMAP4rev1]\r\n", Protocol::Imap),
            (b"\x4a\0\0\0\x0a8.0.36\0", Protocol::MySql),
            (b"\x59\0\0\0\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0", Protocol::MariaDb),
            (
                b"\x46\0\0\0\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server",
                Protocol::MariaDb,
            ),
            (
                b"E\0\0\0\x50SFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol\0\0",
                Protocol::PostgreSql,
            ),
            (b"-ERR unknown command 'SSH-2.0-x'\r\n", Protocol::Redis),
            (b"-ERR unknown command\r\n", Protocol::Redis),
            (b"-ERR [AUTH] go away\r\n", Protocol::Pop3),
            (b"RFB 003.008\n", Protocol::Vnc),
            (b"\x03\0\0\x13\x0e\xd0\0\0\x124\0", Protocol::Rdp),
            (b"\0\0\0\x55\xffSMB\x72", Protocol::Smb),
            (b"\xff\xfd\x18\xff\xfd\x20", Protocol::Telnet),
            (b"\x20\x02\0\x05", Protocol::Mqtt),
            (b"AMQP\0\0\x09\x01", Protocol::Amqp),
            (b"@RSYNCD: 31.0\n", Protocol::Rsync),
            (b":irc.example.net NOTICE * :*** Looking up", Protocol::Irc),
        ] {
            assert_eq!(recognise(bytes), Some(protocol), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn ssh_and_the_texts_before_it_are_nothing_else() {
        for bytes in [
            &b""[..],
            b"S",
            b"SSH-2.0-OpenSSH_9.2p1\r\n",
            b"Exceeded MaxStartups\r\n",
            b"Not allowed at this time\r\n",
            b"Protocol mismatch.\n",
            b"Welcome to example.net\r\nauthorised use only\r\n",
            b"220",
            b"2200 users are logged in\n",
            b"\x1b[2J",
            b"\xff",
            b"\xff\xfe",
        ] {
            assert_eq!(recognise(bytes), None, "{}", bytes.escape_ascii());
        }
    }
}
