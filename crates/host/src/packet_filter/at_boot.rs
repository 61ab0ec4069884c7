//! Rules that a boot of a system would load with one tool, from its files.

use std::io;
use std::path::Path;

use sshdoctor_filter::model::{Problem, RuleSet, SourceKind};
use sshdoctor_filter::nftables::script::{self, Includes, Meaning};
use sshdoctor_filter::ufw_start::{self, RulesFile, Start};
use sshdoctor_filter::{Interest, ipset, xtables};

use super::SourceError;
use crate::glob;
use crate::root::Root;

/// How much of one file is read.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// How many files one pattern of a script names.
const MOST_INCLUDED: usize = 1024;
/// ufw's settings.
const UFW_DEFAULTS: &str = "/etc/default/ufw";

/// The files of one tool on one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtBoot {
    root: Root,
    loads: Loads,
}

/// What a tool loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Loads {
    /// A script of nft.
    Script(String),
    /// What iptables-save and ip6tables-save printed, and the ipsets that are restored before; each where there is one.
    Saved {
        ipsets: Option<String>,
        ip4: Option<String>,
        ip6: Option<String>,
    },
    /// ufw's files.
    Ufw,
}

impl AtBoot {
    pub(crate) const fn new(root: Root, loads: Loads) -> Self {
        Self { root, loads }
    }

    /// Reads the rules, keeping what packets of `interest` can meet. What is not understood may keep all of it from being loaded,
    /// and is among the problems.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, interest: &Interest) -> Result<RuleSet, SourceError> {
        let mut rules = RuleSet {
            interest: interest.clone(),
            ..RuleSet::default()
        };
        match &self.loads {
            Loads::Script(path) => self.script(path, &mut rules)?,
            Loads::Saved { ipsets, ip4, ip6 } => {
                if let Some(path) = ipsets {
                    let text = self.bytes(path)?;
                    ipset::read(path, text.as_slice(), interest, &mut rules)?;
                }
                for (path, six) in [(ip4, false), (ip6, true)] {
                    if let Some(path) = path {
                        let text = self.bytes(path)?;
                        let kind = self.kind(six);
                        xtables::read(path, kind, text.as_slice(), interest, &mut rules)?;
                    }
                }
            }
            Loads::Ufw => self.ufw(&mut rules)?,
        }
        doubt_strange_rules(&mut rules);
        Ok(rules)
    }

    fn script(&self, path: &str, rules: &mut RuleSet) -> Result<(), SourceError> {
        let text = self.bytes(path)?;
        let interest = rules.interest.clone();
        Ok(script::read(
            path,
            &text,
            Meaning::Loaded,
            self,
            &interest,
            rules,
        )?)
    }

    fn ufw(&self, rules: &mut RuleSet) -> Result<(), SourceError> {
        let defaults = String::from_utf8_lossy(&self.bytes(UFW_DEFAULTS)?).into_owned();
        let policies = ufw_start::policies(&defaults).ok_or_else(|| SourceError::Open {
            name: UFW_DEFAULTS.to_owned(),
            source: io::Error::other("it does not say all default policies"),
        })?;
        let with_ip6 = ufw_start::setting(&defaults, "IPV6")
            .is_some_and(|(value, _)| matches!(value, "yes" | "YES"));
        let interest = rules.interest.clone();
        for (six, suffix) in [(false, ""), (true, "6")] {
            let files = if six && !with_ip6 {
                None
            } else {
                Some([
                    self.ufw_file(&format!("/etc/ufw/before{suffix}.rules"))?,
                    self.ufw_file(&format!("/etc/ufw/after{suffix}.rules"))?,
                    self.user_rules(suffix)?,
                ])
            };
            let start = Start {
                defaults: UFW_DEFAULTS.to_owned(),
                policies: policies.clone(),
                files,
            };
            ufw_start::read(&start, self.kind(six), &interest, rules)?;
        }
        if ["before.init", "after.init"]
            .iter()
            .any(|name| self.is_run(name))
        {
            rules.problems.push(Problem {
                kind: self.kind(false),
                message: "ufw runs a program of the person's own when it starts".to_owned(),
                hides_chains: true,
            });
        }
        Ok(())
    }

    /// Where ufw keeps them has changed (0.35).
    fn user_rules(&self, suffix: &str) -> Result<RulesFile, SourceError> {
        let name = format!("/etc/ufw/user{suffix}.rules");
        if self.root.exists(&name) {
            return self.ufw_file(&name);
        }
        self.ufw_file(&format!("/lib/ufw/user{suffix}.rules"))
    }

    fn ufw_file(&self, name: &str) -> Result<RulesFile, SourceError> {
        Ok(RulesFile {
            name: name.to_owned(),
            text: self.bytes(name)?,
        })
    }

    fn is_run(&self, name: &str) -> bool {
        use std::os::unix::fs::MetadataExt;
        self.root
            .metadata(Path::new("/etc/ufw").join(name))
            .is_ok_and(|metadata| metadata.mode() & 0o100 != 0)
    }

    /// The back end that `iptables` is on that system (`update-alternatives(1)`), where it can be told.
    fn kind(&self, six: bool) -> SourceKind {
        let is_legacy = self
            .root
            .read_link("/etc/alternatives/iptables")
            .is_ok_and(|target| target.to_string_lossy().contains("legacy"));
        match (six, is_legacy) {
            (false, false) => SourceKind::IptablesNft,
            (false, true) => SourceKind::IptablesLegacy,
            (true, false) => SourceKind::Ip6tablesNft,
            (true, true) => SourceKind::Ip6tablesLegacy,
        }
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.whole(Path::new(path))
            .map_err(|source| SourceError::Open {
                name: path.to_owned(),
                source,
            })
    }

    fn whole(&self, path: &Path) -> io::Result<Vec<u8>> {
        let contents = self.root.read(path, MOST_BYTES)?;
        if contents.cut {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(contents.bytes)
    }
}

impl Includes for AtBoot {
    fn matching(&self, pattern: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        let is_pattern = pattern.contains(['*', '?', '[']);
        let paths = glob::paths(&self.root, pattern.as_bytes(), MOST_INCLUDED);
        if paths.is_empty() && !is_pattern {
            return Err("there is no such file".to_owned());
        }
        let files = paths.into_iter().filter(|path| {
            // What a pattern names is taken if it is a file.
            let is_file = |path| self.root.metadata(path).is_ok_and(|found| found.is_file());
            !is_pattern || is_file(path)
        });
        files
            .map(|path| {
                let text = self.whole(&path).map_err(|error| error.to_string())?;
                Ok((path.display().to_string(), text))
            })
            .collect()
    }
}

/// nft and iptables-restore load all of a file or nothing: what is not understood here may be an error there.
fn doubt_strange_rules(rules: &mut RuleSet) {
    for source in &rules.sources {
        if source.not_understood > 0 {
            rules.problems.push(Problem {
                kind: source.kind,
                message: format!(
                    "{}: {} of its rules are not understood, and may keep all of them from being loaded",
                    source.name, source.not_understood
                ),
                hides_chains: true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sshdoctor_filter::model::Policy;

    use super::*;

    fn disk(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let disk = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = disk.path().join(name.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Root::mounted_at(disk.path()).unwrap();
        (disk, root)
    }

    fn script_of(root: &Root) -> Result<RuleSet, SourceError> {
        let loads = Loads::Script("/etc/nftables.conf".to_owned());
        AtBoot::new(root.clone(), loads).read(&Interest::everything())
    }

    #[test]
    fn a_script_is_read_with_what_it_includes_inside_the_disk() {
        let (_disk, root) = disk(&[
            (
                "/etc/nftables.conf",
                "flush ruleset\ndefine admins = { 192.0.2.1, 192.0.2.7 }\ninclude \"/etc/nftables.d/*.nft\"\n",
            ),
            (
                "/etc/nftables.d/20-ssh.nft",
                "add rule inet filter input ip saddr $admins tcp dport ssh accept\n",
            ),
            (
                "/etc/nftables.d/10-base.nft",
                "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n",
            ),
            ("/etc/nftables.d/README", "not for nft"),
        ]);
        let rules = script_of(&root).unwrap();
        assert!(rules.problems.is_empty(), "{:?}", rules.problems);
        let name = |source: Option<u32>| source.map(|source| &*rules.sources[source as usize].name);
        let chain = &rules.tables[0].chains[0];
        assert_eq!(chain.base.as_ref().unwrap().policy, Policy::Drop);
        assert_eq!(name(chain.source), Some("/etc/nftables.d/10-base.nft"));
        assert_eq!(chain.line, Some(3));
        let place = chain.rules[0].place;
        assert_eq!(name(place.source), Some("/etc/nftables.d/20-ssh.nft"));
        assert_eq!(place.line, Some(1));
    }

    #[test]
    fn scripts_that_include_themselves_or_nothing_are_errors_with_their_line() {
        let itself = "\ninclude \"/etc/nftables.conf\"\n";
        for (text, expected) in [
            (itself, "/etc/nftables.conf, line 2"),
            (
                "include \"/etc/missing.nft\"\n",
                "/etc/nftables.conf, line 1",
            ),
            (
                "table inet t {\n chain c { tcp dport $ssh accept; }\n}\n",
                "/etc/nftables.conf, line 2",
            ),
        ] {
            let (_disk, root) = disk(&[("/etc/nftables.conf", text)]);
            let error = script_of(&root).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn what_is_not_understood_leaves_all_of_it_in_doubt() {
        let (_disk, root) = disk(&[(
            "/etc/nftables.conf",
            "table inet t {\n chain c {\n  type filter hook input priority 0; policy drop;\n  tcp dprt 22 accept\n }\n}\n",
        )]);
        let rules = script_of(&root).unwrap();
        assert!(rules.problems.iter().any(|problem| problem.hides_chains));
    }
}
