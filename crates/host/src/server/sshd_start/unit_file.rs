//! The unit file of sshd with its drop-ins, as far as it says how sshd is started (`systemd.unit(5)`, `systemd.exec(5)`). No more
//! than that: what the units are and do is asked of the init system.

use std::collections::BTreeMap;

use crate::root::Root;

/// Where unit files are, the first one that has it wins.
const DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
pub(super) const NAMES: [&str; 2] = ["ssh.service", "sshd.service"];
const MOST: u64 = 64 * 1024;
const MOST_DROP_INS: usize = 64;

/// One assignment, with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) file: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Every assignment of the section `[Service]`, in the order in which they apply. Empty when there is no such unit.
pub(crate) fn service(root: &Root) -> Vec<Assignment> {
    for name in NAMES {
        let mut files = DIRECTORIES
            .iter()
            .map(|directory| format!("{directory}/{name}"));
        let Some((file, text)) = files.find_map(|file| Some((file.clone(), read(root, &file)?)))
        else {
            continue;
        };
        let mut assignments = section(&file, &text);
        for file in drop_ins(root, name) {
            if let Some(text) = read(root, &file) {
                assignments.extend(section(&file, &text));
            }
        }
        return assignments;
    }
    Vec::new()
}

fn read(root: &Root, file: &str) -> Option<String> {
    let contents = root.read(file, MOST).ok()?;
    Some(String::from_utf8_lossy(&contents.bytes).into_owned())
}

/// Drop-ins by name, those of the same name only from the first directory.
fn drop_ins(root: &Root, unit: &str) -> Vec<String> {
    let mut files = BTreeMap::new();
    for directory in DIRECTORIES.iter().rev() {
        let directory = format!("{directory}/{unit}.d");
        for name in root.names_in(&directory, MOST_DROP_INS).unwrap_or_default() {
            let name = String::from_utf8_lossy(&name).into_owned();
            if name.ends_with(".conf") {
                files.insert(name.clone(), format!("{directory}/{name}"));
            }
        }
    }
    files.into_values().collect()
}

fn section(file: &str, text: &str) -> Vec<Assignment> {
    let mut assignments = Vec::new();
    let mut inside = false;
    let joined = text.replace("\\\n", " ");
    for line in joined.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[Service]";
        } else if inside
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            assignments.push(Assignment {
                file: file.to_owned(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
            });
        }
    }
    assignments
}

/// The words of `ExecStart`, with the file that says so. Absent when no unit starts sshd.
pub(super) fn start_command(root: &Root) -> Option<(String, Vec<Vec<u8>>)> {
    let assignments = service(root);
    let mut command = None;
    for assignment in assignments.iter().filter(|one| one.key == "ExecStart") {
        // An empty one takes back those before it.
        command = (!assignment.value.is_empty()).then_some(assignment);
    }
    let command = command?;
    let environment = environment(root, &assignments);
    let mut words = Vec::new();
    let command_line = command.value.trim_start_matches(['-', '@', ':', '+', '!']);
    for word in unquoted(command_line) {
        let variable = word
            .strip_prefix('$')
            .map(|name| name.trim_matches(['{', '}']));
        match variable {
            Some(name) if word.starts_with("${") => {
                words.push(environment.get(name).cloned().unwrap_or_default());
            }
            Some(name) => {
                let value = environment.get(name).map_or("", String::as_str);
                words.extend(unquoted(value));
            }
            None => words.push(word),
        }
    }
    let words = words.into_iter().map(String::into_bytes).collect();
    Some((command.file.clone(), words))
}

fn environment(root: &Root, assignments: &[Assignment]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |text: &str| {
        if let Some((name, value)) = text.split_once('=') {
            variables.insert(name.trim().to_owned(), value.to_owned());
        }
    };
    for assignment in assignments.iter().filter(|one| one.key == "Environment") {
        unquoted(&assignment.value)
            .iter()
            .for_each(|text| set(text));
    }
    for assignment in assignments
        .iter()
        .filter(|one| one.key == "EnvironmentFile")
    {
        let text = read(root, assignment.value.trim_start_matches('-')).unwrap_or_default();
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.starts_with(['#', ';'])) {
            if let Some((name, value)) = line.split_once('=') {
                let value = value.trim();
                let bare = ['"', '\'']
                    .iter()
                    .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
                set(&format!("{name}={}", bare.unwrap_or(value)));
            }
        }
    }
    variables
}

/// Words, without their quotation marks.
fn unquoted(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (character, quote) {
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == character => quote = None,
            (_, None) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_command_of_a_unit_is_put_together_from_its_drop_ins_and_environment() {
        let disk = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "lib/systemd/system/ssh.service",
                "[Unit]\nExecStart=/no\n[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n",
            ),
            (
                "etc/default/ssh",
                "# options\nSSHD_OPTS=\"-p 2222 -f '/etc/my'\"\n",
            ),
        ] {
            let path = disk.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Root::mounted_at(disk.path()).unwrap();
        let command = |root: &Root| {
            let (file, words) = start_command(root).unwrap();
            let words = words
                .iter()
                .map(|word| String::from_utf8_lossy(word).into_owned());
            (file, words.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(
            command(&root),
            (
                "/lib/systemd/system/ssh.service".to_owned(),
                "/usr/sbin/sshd -D -p 2222 -f /etc/my".to_owned()
            )
        );
        let drop_in = disk
            .path()
            .join("etc/systemd/system/ssh.service.d/port.conf");
        fs::create_dir_all(drop_in.parent().unwrap()).unwrap();
        fs::write(
            &drop_in,
            "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D \\\n  -o \"Port 22\"\n",
        )
        .unwrap();
        assert_eq!(
            command(&root),
            (
                "/etc/systemd/system/ssh.service.d/port.conf".to_owned(),
                "/usr/sbin/sshd -D -o Port 22".to_owned()
            )
        );
    }
}
