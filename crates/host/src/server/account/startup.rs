//! What the shell of an account does before a command that comes without a terminal.

use std::path::Path;

use sshdoctor_case::Received;

use crate::root::Root;

/// How much of a start-up file is looked at, in bytes.
const MOST: u64 = 64 * 1024;

/// A line of a start-up file that gets in the way of a session without a terminal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Startup {
    /// It prints.
    pub(super) prints: Option<(Received, u32)>,
    /// It ends the shell.
    pub(super) ends: Option<(Received, u32)>,
}

/// Looks at what bash reads when sshd starts it for a command (`bash(1)`, "Invocation"): only lines that stand before anything that
/// may jump over them, so that what is found happens for sure.
pub(super) fn look(root: &Root, home: &Path, shell: &Path) -> Startup {
    let mut startup = Startup::default();
    if shell.file_name().is_none_or(|name| name != "bash") {
        return startup;
    }
    let path = home.join(".bashrc");
    let Ok(contents) = root.read(&path, MOST) else {
        return startup;
    };
    let shown = Received::from_text(&path.to_string_lossy());
    for (number, line) in contents.lines() {
        let text = String::from_utf8_lossy(line);
        let words = text.trim();
        match words.split_whitespace().next() {
            None => {}
            Some(first) if first.starts_with('#') => {}
            Some("echo" | "printf" | "cat" | "date" | "uptime" | "hostname" | "figlet")
                if is_plain(words) =>
            {
                let _ = startup.prints.get_or_insert((shown.clone(), number));
            }
            Some("exit" | "logout") if is_plain(words) => {
                startup.ends = Some((shown, number));
                break;
            }
            Some("export" | "alias" | "umask" | "set" | "shopt") if is_plain(words) => {}
            // A condition, a function, a loop, an unknown command: nothing is sure from here on.
            Some(_) => break,
        }
    }
    startup
}

/// One command, whose output goes nowhere else.
fn is_plain(words: &str) -> bool {
    !words.contains(['|', '>', '<', '&', ';', '`', '\\', '('])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn startup(text: &str) -> Startup {
        let disk = tempfile::tempdir().unwrap();
        fs::create_dir_all(disk.path().join("home/deploy")).unwrap();
        fs::write(disk.path().join("home/deploy/.bashrc"), text).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        look(&root, Path::new("/home/deploy"), Path::new("/bin/bash"))
    }

    #[test]
    fn only_what_is_sure_to_happen_is_told() {
        let at = |line| Some((Received::from_text("/home/deploy/.bashrc"), line));
        assert_eq!(startup("# hello\n\necho welcome\n").prints, at(3));
        assert_eq!(startup("umask 022\nexit 1\n").ends, at(2));
        let guarded = "case $- in\n  *i*) ;;\n  *) return;;\nesac\necho welcome\nexit\n";
        assert_eq!(startup(guarded), Startup::default());
        assert_eq!(startup("echo x > /dev/tty\n"), Startup::default());
        assert_eq!(
            startup("[ -z \"$PS1\" ] && return\necho x\n"),
            Startup::default()
        );
    }
}
