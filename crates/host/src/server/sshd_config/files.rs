//! Every file that the configuration is made of, in the order in which sshd reads it.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sshdoctor_case::{ConfigFile, Received};

use super::text::{Setting, setting};
use crate::glob;
use crate::root::Root;

/// Where a relative Include begins (`sshd_config(5)`).
const DIRECTORY: &str = "/etc/ssh";
/// How deep Include goes (`SERVCONF_MAX_DEPTH`, `servconf.c`).
const MOST_DEPTH: u32 = 16;
const MOST_FILES: usize = 256;
const MOST_LINES: usize = 4096;
const MOST_BYTES_OF_FILE: u64 = 1024 * 1024;
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What is met while reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A file begins.
    Begin,
    /// A line that is neither empty nor a comment.
    Line(Line),
    /// The file ends, and the one that included it goes on.
    End,
}

/// A line as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its file's place in [`Files::files`]; absent for an option of the command line.
    pub(super) file: Option<usize>,
    /// From 1; 0 on the command line.
    pub(super) number: u32,
    /// Without its end.
    pub(super) text: Received,
    /// Taken apart.
    pub(super) setting: Setting,
}

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// What the command line sets before any file is read.
    pub(super) command_line: Vec<Line>,
    pub(super) files: Vec<ConfigFile>,
    pub(super) events: Vec<Event>,
    /// Not everything was read, and why.
    pub(super) cut: Option<&'static str>,
    lines: usize,
    bytes: u64,
}

impl Files {
    /// Reads a file and all that it includes.
    pub(super) fn read(root: &Root, path: &Path, command_line: Vec<Line>) -> Self {
        let mut files = Self {
            command_line,
            ..Self::default()
        };
        files.read_file(root, path, None, 0);
        files
    }

    fn read_file(&mut self, root: &Root, path: &Path, by: Option<(usize, u32)>, depth: u32) {
        let place = self.files.len();
        if place >= MOST_FILES {
            self.cut = Some("more files than are read");
            return;
        }
        let metadata = root.metadata(path).ok();
        let modified = metadata.as_ref().and_then(|data| data.modified().ok());
        let since_epoch = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.files.push(ConfigFile {
            path: Received::from_bytes(path.as_os_str().as_bytes()),
            included_by: by.map(|(file, line)| (self.files[file].path.clone(), line)),
            bytes: metadata.map_or(0, |data| data.len()),
            changed_at_ms: since_epoch.and_then(|time| i64::try_from(time.as_millis()).ok()),
            problem: None,
        });
        if depth > MOST_DEPTH {
            self.set_problem(place, "included too deep: sshd gives up here");
            return;
        }
        match root.read(path, MOST_BYTES_OF_FILE) {
            Ok(contents) => {
                if contents.cut {
                    self.set_problem(place, "longer than what is read");
                    self.cut = Some("a file is longer than what is read");
                }
                self.bytes += contents.bytes.len() as u64;
                self.events.push(Event::Begin);
                for (number, text) in contents.lines() {
                    if self.is_full() {
                        break;
                    }
                    if let Some(setting) = setting(text) {
                        self.take_line(root, (place, number), text, setting, depth);
                    }
                }
                self.events.push(Event::End);
            }
            Err(error) => self.set_problem(place, &error.to_string()),
        }
    }

    fn take_line(
        &mut self,
        root: &Root,
        (file, number): (usize, u32),
        text: &[u8],
        setting: Setting,
        depth: u32,
    ) {
        self.lines += 1;
        let included = (setting.keyword == "include").then(|| setting.arguments.clone());
        self.events.push(Event::Line(Line {
            file: Some(file),
            number,
            text: Received::from_bytes(text),
            setting,
        }));
        for pattern in included.into_iter().flatten() {
            for path in included_paths(root, &pattern) {
                if self.is_full() {
                    return;
                }
                self.read_file(root, &path, Some((file, number)), depth + 1);
            }
        }
    }

    fn is_full(&mut self) -> bool {
        if self.lines >= MOST_LINES {
            self.cut = Some("more lines than are read");
        } else if self.bytes > MOST_BYTES {
            self.cut = Some("more bytes than are read");
        } else if self.files.len() >= MOST_FILES {
            self.cut = Some("more files than are read");
        } else {
            return false;
        }
        true
    }

    /// Name of the file that a line stands in.
    pub(super) fn name(&self, file: Option<usize>) -> Received {
        let file = file.and_then(|place| self.files.get(place));
        file.map_or_else(
            || Received::from_text("command-line"),
            |file| file.path.clone(),
        )
    }

    fn set_problem(&mut self, place: usize, problem: &str) {
        if let Some(file) = self.files.get_mut(place) {
            file.problem = Some(Received::from_text(problem));
        }
    }
}

fn included_paths(root: &Root, pattern: &[u8]) -> Vec<PathBuf> {
    if pattern.starts_with(b"/") {
        return glob::paths(root, pattern, MOST_FILES);
    }
    let pattern = [DIRECTORY.as_bytes(), b"/", pattern].concat();
    glob::paths(root, &pattern, MOST_FILES)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn disk(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let disk = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = disk.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Root::mounted_at(disk.path()).unwrap();
        (disk, root)
    }

    #[test]
    fn a_file_that_includes_itself_ends_where_sshd_gives_up() {
        let (_disk, root) = disk(&[("etc/ssh/sshd_config", "Port 22\nInclude sshd_config\n")]);
        let files = Files::read(&root, Path::new("/etc/ssh/sshd_config"), Vec::new());
        assert_eq!(files.files.len(), 18);
        let problems: Vec<_> = files
            .files
            .iter()
            .filter_map(|file| file.problem.as_ref())
            .collect();
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].as_str(),
            "included too deep: sshd gives up here"
        );
    }

    #[test]
    fn what_is_enormous_is_read_up_to_a_bound_and_said_to_be() {
        let twice = "Include sshd_config\nInclude sshd_config\n";
        let (_disk, root) = disk(&[
            ("etc/ssh/sshd_config", twice),
            ("long", &"Port 1\n".repeat(10_000)),
            ("wide", &format!("AllowUsers {}\n", "x ".repeat(600_000))),
        ]);
        for path in ["/etc/ssh/sshd_config", "/long", "/wide"] {
            let files = Files::read(&root, Path::new(path), Vec::new());
            assert!(files.cut.is_some(), "{path}");
            assert!(files.files.len() <= MOST_FILES && files.lines <= MOST_LINES);
        }
        let files = Files::read(&root, Path::new("/missing"), Vec::new());
        assert!(files.files[0].problem.is_some() && files.events.is_empty());
    }
}
