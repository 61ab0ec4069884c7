//! The person's account on this machine, as `ssh` sees it.

use std::path::PathBuf;

use nix::unistd::{User, getuid};

/// Who runs the program.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Login name.
    pub(crate) name: String,
    /// Home directory of the password database; `ssh` does not read `HOME` (readconf.c).
    pub(crate) home: PathBuf,
}

impl Account {
    /// Looks the real user id up. Falls back to the environment where the id has no entry, as in some containers.
    pub(crate) fn current() -> Self {
        if let Ok(Some(user)) = User::from_uid(getuid()) {
            return Self {
                name: user.name,
                home: user.dir,
            };
        }
        Self {
            name: std::env::var("USER").unwrap_or_default(),
            home: std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from),
        }
    }

    /// Replaces a leading `~/` and `%d`; other tokens stay.
    pub(crate) fn expand(&self, path: &str) -> String {
        let home = self.home.to_string_lossy();
        let expanded = match path.strip_prefix("~/") {
            Some(rest) => format!("{home}/{rest}"),
            None => path.to_owned(),
        };
        expanded.replace("%d", &home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_directory_is_the_one_of_the_account() {
        let account = Account {
            name: "me".into(),
            home: "/home/me".into(),
        };
        assert_eq!(
            account.expand("~/.ssh/known_hosts"),
            "/home/me/.ssh/known_hosts"
        );
        assert_eq!(account.expand("%d/k"), "/home/me/k");
        assert_eq!(account.expand("/etc/ssh/x~/y"), "/etc/ssh/x~/y");
    }
}
