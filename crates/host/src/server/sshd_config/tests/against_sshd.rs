//! The judge is sshd itself: what it prints has to be what the lines say that count.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Output;

use proptest::prelude::*;

use super::*;

const CLIENT: &str = "user=root,host=198.51.100.7,addr=198.51.100.7,laddr=192.0.2.1,lport=22";

/// Settings with a number in each value, so that every line has a value of its own.
const SETTINGS: [&str; 17] = [
    "MaxAuthTries #",
    "clientAliveInterval=#",
    "Banner \"/b #\"",
    "AllowUsers u# v#",
    "DenyGroups g#",
    "AcceptEnv E#",
    "SetEnv A=#",
    "AuthorizedKeysFile /k# '/l#'",
    "X11DisplayOffset #",
    "PermitOpen h:#",
    "ForceCommand run #",
    "StreamLocalBindMask 0#",
    "ChrootDirectory /c#",
    // Not in a Match block.
    "Port #",
    "LoginGraceTime #",
    "MaxStartups #:30:9999",
    "PidFile /p#",
];
const OUTSIDE_MATCH: usize = 4;

const CONDITIONS: [&str; 16] = [
    "all",
    "User root",
    "User *,!root",
    "User \"nobody,r??t\"",
    "Group root",
    "Group !root,*",
    "Address 198.51.100.0/24",
    "Address 203.0.113.*,2001:db8::/32",
    "Address *,!198.51.100.7",
    "address=198.51.100.?",
    "Host 198.51.*",
    "LocalAddress 192.0.2.1",
    "LocalPort 22",
    "LocalPort 2222",
    "user root Address 10.0.0.0/8",
    "Group root LocalAddress 192.0.2.0/24 # note",
];

#[derive(Debug, Clone)]
enum Item {
    Set(usize),
    Match(usize),
    Include(Vec<Vec<Item>>),
    Noise(usize),
}

const NOISE: [&str; 4] = ["", "# Port 1", "  \t", "Include /nowhere/*.conf"];

fn items() -> impl Strategy<Value = Vec<Item>> {
    let inside = 0..SETTINGS.len() - OUTSIDE_MATCH;
    let leaf = prop_oneof![
        12 => inside.prop_map(Item::Set),
        1 => (0..SETTINGS.len()).prop_map(Item::Set),
        5 => (0..CONDITIONS.len()).prop_map(Item::Match),
        1 => (0..NOISE.len()).prop_map(Item::Noise),
    ];
    let global = prop_oneof![
        8 => (0..SETTINGS.len()).prop_map(Item::Set),
        1 => (0..NOISE.len()).prop_map(Item::Noise),
    ];
    let nested = leaf.prop_recursive(3, 24, 6, |inner| {
        let file = prop::collection::vec(inner, 0..5);
        prop::collection::vec(file, 1..3).prop_map(Item::Include)
    });
    let begin = prop::collection::vec(global, 0..6);
    let rest = prop::collection::vec(nested, 0..12);
    (begin, rest).prop_map(|(mut begin, rest)| {
        begin.extend(rest);
        begin
    })
}

/// Writes the files, and numbers the values.
struct Writer {
    directory: PathBuf,
    files: usize,
    number: usize,
}

impl Writer {
    fn write(&mut self, path: &Path, items: &[Item]) {
        let mut text = String::new();
        for item in items {
            let line = match item {
                Item::Set(which) => {
                    self.number += 1;
                    let shown = if SETTINGS[*which].contains("Mask") {
                        // In octal.
                        format!("{:o}", self.number)
                    } else {
                        (self.number + 99).to_string()
                    };
                    SETTINGS[*which].replace('#', &shown)
                }
                Item::Match(which) => format!("Match {}", CONDITIONS[*which]),
                Item::Noise(which) => NOISE[*which].to_owned(),
                Item::Include(files) => {
                    self.files += 1;
                    let directory = self.directory.join(format!("{}.d", self.files));
                    fs::create_dir(&directory).unwrap();
                    for (at, items) in files.iter().enumerate() {
                        self.write(&directory.join(format!("{at}.conf")), items);
                    }
                    format!("Include {}/*.conf", directory.display())
                }
            };
            writeln!(text, "{line}").unwrap();
        }
        fs::write(path, text).unwrap();
    }
}

fn sshd(arguments: &[&str], key: &Path) -> Output {
    let mut command = Command::new(SSHD);
    command.arg("-h").arg(key).args(arguments);
    command.output().unwrap()
}

/// What the counting lines say, keyword by keyword, in the form of sshd's dump.
fn expected(lines: &[ConfigLine]) -> BTreeMap<String, Vec<String>> {
    let mut expected = BTreeMap::<String, Vec<String>>::new();
    for line in lines.iter().filter(|line| line.counts == Some(true)) {
        let keyword = line.keyword.as_str();
        if matches!(keyword, "match" | "include") {
            continue;
        }
        let values = expected.entry(keyword.to_owned()).or_default();
        let words: Vec<_> = line
            .arguments
            .iter()
            .map(|word| word.as_str().to_owned())
            .collect();
        match keyword {
            "allowusers" | "denygroups" | "acceptenv" | "setenv" => values.extend(words),
            _ => values.push(words.join(" ")),
        }
    }
    expected
}

fn judge(items: &[Item]) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let key = host_key_of_all_tests();
    let main = directory.path().join("main");
    let mut writer = Writer {
        directory: directory.path().to_owned(),
        files: 0,
        number: 0,
    };
    writer.write(&main, items);
    let files = Files::read(&Root::default(), &main, Vec::new());
    let placed = placing::place(&files, &client());
    let version = client().version.as_deref().and_then(version_number);
    let counts = counting::count(&placed, version);
    let host = host();
    let reader = Reader {
        host: &host,
        start: &Start::default(),
        files: &files,
        program: None,
    };
    let lines = reader.lines(&placed, &counts);
    let output = sshd(&["-T", "-f", main.to_str().unwrap(), "-C", CLIENT], &key);
    let said = String::from_utf8_lossy(&output.stderr);
    let refused = lines.iter().any(|line| line.problem.is_some());
    prop_assert_eq!(output.status.success(), !refused, "{} {:#?}", said, lines);
    if refused {
        return Ok(());
    }
    let dump = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut seen = BTreeMap::<String, Vec<String>>::new();
    for line in dump.lines() {
        let (keyword, value) = line.split_once(' ').unwrap();
        seen.entry(keyword.to_ascii_lowercase())
            .or_default()
            .push(value.to_owned());
    }
    let written = lines.iter().map(|line| line.keyword.as_str().to_owned());
    let expected = expected(&lines);
    for keyword in written.filter(|keyword| !matches!(keyword.as_str(), "match" | "include")) {
        let seen = seen.get(&keyword).cloned().unwrap_or_default();
        match expected.get(&keyword) {
            Some(expected) => prop_assert_eq!(&seen, expected, "{} {:#?}", keyword, lines),
            // Nothing of it counts: sshd has its default, in which no written value occurs.
            None => {
                let values = lines.iter().filter(|line| line.keyword.as_str() == keyword);
                for value in values.flat_map(|line| &line.arguments) {
                    prop_assert!(
                        !seen.iter().any(|seen| seen == value.as_str()),
                        "{keyword} {seen:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// A port is no matter of a connection: one that stands below `Match all` is in force from the start, beside the others.
#[test]
fn a_port_below_a_match_for_all_adds_to_the_others() {
    let position = |keyword: &str| SETTINGS.iter().position(|line| line.starts_with(keyword));
    let port = || Item::Set(position("Port").unwrap());
    let below = Item::Include(vec![vec![Item::Match(0), port()]]);
    judge(&[port(), below]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_lines_that_count_are_what_sshd_prints(items in items()) {
        judge(&items)?;
    }

    #[test]
    fn what_is_told_of_a_client_half_known_holds_when_the_rest_is_known(items in items(), unknown in 1..32_u8) {
        let directory = tempfile::tempdir().unwrap();
        let main = directory.path().join("main");
        let mut writer = Writer { directory: directory.path().to_owned(), files: 0, number: 0 };
        writer.write(&main, &items);
        let files = Files::read(&Root::default(), &main, Vec::new());
        let known = client();
        let version = known.version.as_deref().and_then(version_number);
        let has = |bit: u8| unknown & bit == 0;
        let half = Client {
            user: known.user.clone().filter(|_| has(1)),
            address: known.address.filter(|_| has(2)),
            host: known.host.clone().filter(|_| has(4)),
            local_address: known.local_address.filter(|_| has(8)),
            local_port: known.local_port.filter(|_| has(16)),
            ..known.clone()
        };
        let whole = counting::count(&placing::place(&files, &known), version);
        let half = counting::count(&placing::place(&files, &half), version);
        for (half, whole) in half.iter().zip(whole) {
            prop_assert!(half.is_none() || *half == whole);
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), glue in 0..4_usize) {
        let directory = tempfile::tempdir().unwrap();
        let main = directory.path().join("main");
        let glued = [&b"Match User \""[..], b"Include [", b"AllowUsers \\", b""][glue];
        fs::write(&main, [glued, &bytes].concat()).unwrap();
        let files = Files::read(&Root::default(), &main, Vec::new());
        let placed = placing::place(&files, &client());
        let counts = counting::count(&placed, None);
        prop_assert_eq!(placed.len(), counts.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn without_sshd_the_same_sockets_come_out(
        lines in prop::collection::vec(0..10_usize, 0..5),
        options in prop::collection::vec(0..4_usize, 0..2),
    ) {
        const LINES: [&str; 10] = [
            "Port 1022", "Port 2222", "ListenAddress 192.0.2.1", "ListenAddress 192.0.2.1:7", "ListenAddress [2001:db8::1]:8",
            "ListenAddress 2001:db8::2", "ListenAddress 0.0.0.0", "ListenAddress ::", "AddressFamily inet", "AddressFamily inet6",
        ];
        const OPTIONS: [&[&str]; 4] = [&["-p", "99"], &["-o", "Port=98"], &["-4"], &["-oListenAddress=192.0.2.9"]];
        let lines: Vec<_> = lines.iter().map(|line| LINES[*line]).collect();
        let options: Vec<_> = options.iter().flat_map(|option| OPTIONS[*option]).copied().collect();
        let text = lines.join("\n") + "\n";
        let asked = read(&[("main", &text)], ServerQuestion::default(), &options);
        // An address of the family that is turned off is refused.
        prop_assume!(asked.reading == ConfigReading::Global);
        let unaided = unaided::effective(&asked.lines);
        let sorted = |effective: &[(Received, Received)]| {
            let mut sockets: Vec<_> = listen::of(effective).iter().map(|one| (one.address, one.port)).collect();
            sockets.sort_unstable();
            sockets
        };
        prop_assert_eq!(sorted(&asked.effective), sorted(&unaided));
        prop_assert!(!asked.listen.is_empty());
    }
}
