//! The rules of a PAM service, with those of included files in their place (`pam.conf(5)`, `libpam/pam_handlers.c`).

use std::collections::HashSet;

use crate::root::Root;

/// Where files of services are, in order of preference.
const DIRECTORIES: [&str; 4] = [
    "/etc/pam.d",
    "/usr/lib/pam.d",
    "/usr/etc/pam.d",
    "/usr/share/pam.d",
];
const MOST_BYTES: u64 = 128 * 1024;
const MOST_DEPTH: u32 = 16;
const MOST_RULES: usize = 512;
/// Files that are read for one service, each as often as it is included.
const MOST_FILES: usize = 64;

const KINDS: [&str; 4] = ["auth", "account", "password", "session"];

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Rule {
    pub(in crate::server) file: String,
    pub(in crate::server) line: u32,
    pub(in crate::server) kind: &'static str,
    pub(in crate::server) control: String,
    pub(in crate::server) module: String,
    pub(in crate::server) arguments: Vec<String>,
}

impl Rule {
    /// Its module without directory.
    pub(in crate::server) fn module_name(&self) -> &str {
        self.module
            .rsplit_once('/')
            .map_or(self.module.as_str(), |(_, name)| name)
    }

    /// Value of an argument `name=value`.
    pub(in crate::server) fn argument(&self, name: &str) -> Option<&str> {
        let of_name =
            |argument: &'_ String| argument.split_once('=').is_some_and(|(own, _)| own == name);
        let found = self.arguments.iter().find(|argument| of_name(argument))?;
        found.split_once('=').map(|(_, value)| value)
    }
}

/// A file that is included and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Missing {
    pub(in crate::server) wanted: String,
    pub(in crate::server) by: String,
    pub(in crate::server) line: u32,
}

/// The rules of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Stack {
    /// The service has a file of its own; `other` is used otherwise.
    pub(in crate::server) exists: bool,
    pub(in crate::server) rules: Vec<Rule>,
    pub(in crate::server) missing: Vec<Missing>,
    /// What could not be read, or was not read whole.
    pub(in crate::server) unread: Vec<String>,
    files: usize,
}

/// Reads a service.
pub(in crate::server) fn read(root: &Root, service: &str) -> Stack {
    let mut stack = Stack::default();
    match find(root, service) {
        Some(file) => {
            stack.exists = true;
            stack.add_file(root, &file, None, 0);
        }
        None => {
            if let Some(other) = find(root, "other") {
                stack.add_file(root, &other, None, 0);
            }
        }
    }
    stack
}

/// Path of the file of a service, or of one named by its whole path.
fn find(root: &Root, named: &str) -> Option<String> {
    if named.starts_with('/') {
        return root.exists(named).then(|| named.to_owned());
    }
    DIRECTORIES
        .iter()
        .map(|directory| format!("{directory}/{named}"))
        .find(|path| root.exists(path))
}

impl Stack {
    /// Adds the rules of a file, or only those of one kind.
    fn add_file(&mut self, root: &Root, path: &str, only: Option<&'static str>, depth: u32) {
        self.files += 1;
        if depth > MOST_DEPTH || self.files > MOST_FILES {
            self.note(format!("{path}: included too deep or too often"));
            return;
        }
        let contents = match root.read(path, MOST_BYTES) {
            Ok(contents) => contents,
            Err(error) => return self.note(format!("{path}: {error}")),
        };
        if contents.cut {
            self.note(format!("{path}: not read beyond {MOST_BYTES} bytes"));
        }
        for (line, text) in logical_lines(&String::from_utf8_lossy(&contents.bytes)) {
            if self.rules.len() >= MOST_RULES {
                return self.note(format!("{path}: not read beyond {MOST_RULES} rules"));
            }
            self.add_line(root, path, line, &words(&text), only, depth);
        }
    }

    fn note(&mut self, what: String) {
        let known: HashSet<&String> = self.unread.iter().collect();
        if !known.contains(&what) && self.unread.len() < 16 {
            self.unread.push(what);
        }
    }

    fn add_line(
        &mut self,
        root: &Root,
        file: &str,
        line: u32,
        words: &[String],
        only: Option<&'static str>,
        depth: u32,
    ) {
        let Some((first, rest)) = words.split_first() else {
            return;
        };
        if first.eq_ignore_ascii_case("@include") {
            if let Some(wanted) = rest.first() {
                self.include(root, wanted, file, line, only, depth);
            }
            return;
        }
        // With `-` in front, libpam only does not log that the module is missing.
        let named = first.trim_start_matches('-');
        let kind = KINDS.iter().find(|kind| kind.eq_ignore_ascii_case(named));
        let (Some(kind), [control, module, arguments @ ..]) = (kind, rest) else {
            return;
        };
        if only.is_some_and(|only| only != *kind) {
            return;
        }
        if matches!(control.as_str(), "include" | "substack") {
            return self.include(root, module, file, line, Some(kind), depth);
        }
        self.rules.push(Rule {
            file: file.to_owned(),
            line,
            kind,
            control: control.clone(),
            module: module.clone(),
            arguments: arguments.iter().take(64).cloned().collect(),
        });
    }

    fn include(
        &mut self,
        root: &Root,
        wanted: &str,
        by: &str,
        line: u32,
        only: Option<&'static str>,
        depth: u32,
    ) {
        match find(root, wanted) {
            Some(path) => self.add_file(root, &path, only, depth + 1),
            None if self.missing.len() < 32 => self.missing.push(Missing {
                wanted: wanted.to_owned(),
                by: by.to_owned(),
                line,
            }),
            None => {}
        }
    }
}

/// Lines without comments, joined where they end in a backslash, with the number of the first.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut continues = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim_end();
        let (line, goes_on) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some((_, before)) if continues => {
                before.push(' ');
                before.push_str(line);
            }
            _ => lines.push((number, line.to_owned())),
        }
        continues = goes_on;
    }
    lines
}

/// Words; what is in brackets is one, in which `\]` is a bracket.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with('[') {
            closing_bracket(rest).map_or(rest.len(), |at| at + 1)
        } else {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

fn closing_bracket(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (1..bytes.len()).find(|at| bytes[*at] == b']' && bytes[at - 1] != b'\\')
}
