//! Rule sets that were saved in files.

use std::cell::Cell;
use std::fmt::{self, Debug, Formatter};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use sshdoctor_filter::content::{self, Content};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::{Interest, ReadError, assemble};

use super::read_as;

/// How much of a stream is kept so that it can be read again.
const STREAM_KEPT: u64 = 64 * 1024 * 1024;
/// How much of a file tells its kind.
const BEGINNING: u64 = 64 * 1024;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Why saved rule sets cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be opened, or its beginning not be read.
    #[error("cannot read {name}: {source}")]
    Open {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The content is of no kind that can be read.
    #[error(
        "{name} is not what nft list ruleset (with or without -j), iptables-save, ip6tables-save or ipset save prints"
    )]
    Unfamiliar {
        /// The file.
        name: String,
    },
    /// The content is of another kind, which leaves out what matters.
    #[error("{name} does not tell all of its rules: save what {} prints instead", content.command())]
    Incomplete {
        /// The file.
        name: String,
        /// What it holds.
        content: Content,
    },
    /// The content is not what it seemed to be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A stream would have to be read again that is too long to be kept.
    #[error("{name} must be read twice and is too long to be kept: save it in a file first")]
    OnlyOnce {
        /// The stream.
        name: String,
    },
}

/// Saved rule sets of one host, in the order in which they are read.
#[derive(Debug)]
pub struct Saved {
    files: Vec<Input>,
}

#[derive(Debug)]
struct Input {
    name: String,
    kind: SourceKind,
    place: Place,
}

enum Place {
    /// Can be opened as often as needed.
    File(PathBuf),
    /// A pipe: how it began, and what follows, once, unless that was all.
    Stream { beginning: Vec<u8>, rest: Rest },
}

enum Rest {
    None,
    Once(Cell<Option<Box<dyn Read>>>),
}

impl Debug for Place {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Self::Stream { beginning, .. } => formatter
                .debug_struct("Stream")
                .field("kept", &beginning.len())
                .finish_non_exhaustive(),
        }
    }
}

impl Saved {
    /// Opens files and tells their kinds by their content; `-` is standard input.
    ///
    /// # Errors
    /// When one cannot be opened or is of no kind that is known.
    pub fn open(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, SourceError> {
        let files = paths.into_iter().map(|path| {
            if path == Path::new("-") {
                return Input::stream("standard input".to_owned(), io::stdin(), STREAM_KEPT);
            }
            let name = path.display().to_string();
            Input::file(name.clone(), path)
                .unwrap_or_else(|source| Err(SourceError::Open { name, source }))
        });
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(|file| turn(file.kind));
        Ok(Self { files })
    }

    /// Reads all of them, keeping what packets of `interest` can meet.
    ///
    /// # Errors
    /// When one cannot be read, or is a stream that cannot be read again.
    pub fn read(&self, interest: &Interest) -> Result<RuleSet, SourceError> {
        let mut rule_set = RuleSet {
            interest: interest.clone(),
            ..RuleSet::default()
        };
        for file in &self.files {
            file.read(interest, &mut rule_set)?;
        }
        assemble::assemble(&mut rule_set);
        Ok(rule_set)
    }
}

/// A rule that names an ipset finds it among those read before.
const fn turn(kind: SourceKind) -> u8 {
    match kind {
        SourceKind::Ipset => 0,
        SourceKind::NftJson | SourceKind::NftScript => 1,
        SourceKind::IptablesNft | SourceKind::Ip6tablesNft => 2,
        SourceKind::IptablesLegacy | SourceKind::Ip6tablesLegacy => 3,
    }
}

impl Input {
    /// The outer error is that of opening.
    fn file(name: String, path: PathBuf) -> io::Result<Result<Self, SourceError>> {
        let file = File::open(&path)?;
        if !file.metadata()?.is_file() {
            // A named pipe, or what the shell makes of <(command).
            return Ok(Self::stream(name, file, STREAM_KEPT));
        }
        let mut beginning = Vec::new();
        file.take(BEGINNING).read_to_end(&mut beginning)?;
        Ok(Self::of(name, &beginning, Place::File(path)))
    }

    fn stream(
        name: String,
        mut stream: impl Read + 'static,
        kept: u64,
    ) -> Result<Self, SourceError> {
        let mut beginning = Vec::new();
        // One byte more than is kept tells whether there is more.
        let read = (&mut stream).take(kept + 1).read_to_end(&mut beginning);
        let read = read.map_err(|source| SourceError::Open {
            name: name.clone(),
            source,
        })?;
        let rest = if read as u64 > kept {
            Rest::Once(Cell::new(Some(Box::new(stream))))
        } else {
            Rest::None
        };
        let start = beginning.get(..BEGINNING as usize).unwrap_or(&beginning);
        let kind = kind_of(&name, start)?;
        Ok(Self {
            name,
            kind,
            place: Place::Stream { beginning, rest },
        })
    }

    fn of(name: String, beginning: &[u8], place: Place) -> Result<Self, SourceError> {
        let kind = kind_of(&name, beginning)?;
        Ok(Self { name, kind, place })
    }

    fn read(&self, interest: &Interest, into: &mut RuleSet) -> Result<(), SourceError> {
        match &self.place {
            Place::File(path) => {
                let file = File::open(path).map_err(|source| SourceError::Open {
                    name: self.name.clone(),
                    source,
                })?;
                self.read_from(file, interest, into)
            }
            Place::Stream { beginning, rest } => match rest {
                Rest::None => self.read_from(beginning.as_slice(), interest, into),
                Rest::Once(rest) => {
                    let rest = rest.take().ok_or_else(|| SourceError::OnlyOnce {
                        name: self.name.clone(),
                    })?;
                    self.read_from(beginning.as_slice().chain(rest), interest, into)
                }
            },
        }
    }

    fn read_from(
        &self,
        text: impl Read,
        interest: &Interest,
        into: &mut RuleSet,
    ) -> Result<(), SourceError> {
        let text = BufReader::with_capacity(CHUNK, text);
        read_as(self.kind, &self.name, text, interest, into)?;
        Ok(())
    }
}

fn kind_of(name: &str, beginning: &[u8]) -> Result<SourceKind, SourceError> {
    let name = name.to_owned();
    match content::kind_of(beginning) {
        Some(Content::Readable(kind)) => Ok(kind),
        Some(content) => Err(SourceError::Incomplete { name, content }),
        None => Err(SourceError::Unfamiliar { name }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LISTING: &str = r#"{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}, {"table": {"family": "inet", "name": "own", "handle": 1}}]}
"#;
    const SETS: &str = "create allowed hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x6039fc82\nadd allowed 192.0.2.1\n";

    fn tables(rule_set: &RuleSet) -> Vec<&str> {
        rule_set.tables.iter().map(|table| &*table.name).collect()
    }

    #[test]
    fn files_are_read_as_often_as_asked_sets_first() {
        let directory = tempfile::tempdir().unwrap();
        let paths = [("rules", LISTING), ("sets", SETS)].map(|(name, text)| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        });
        let saved = Saved::open(paths).unwrap();
        for _ in 0..2 {
            let rule_set = saved.read(&Interest::everything()).unwrap();
            assert_eq!(tables(&rule_set), ["own"]);
            let kinds: Vec<_> = rule_set.sources.iter().map(|source| source.kind).collect();
            assert_eq!(kinds, [SourceKind::Ipset, SourceKind::NftJson]);
            assert!(rule_set.sources[1].name.ends_with("/rules"));
        }
    }

    #[test]
    fn a_stream_is_kept_up_to_its_limit_and_can_then_be_read_once() {
        let stream =
            |kept| Input::stream("standard input".to_owned(), LISTING.as_bytes(), kept).unwrap();
        let read = |input: &Input| {
            let mut rule_set = RuleSet::default();
            input.read(&Interest::everything(), &mut rule_set)?;
            Ok::<_, SourceError>(rule_set)
        };
        let short = stream(LISTING.len() as u64);
        assert_eq!(tables(&read(&short).unwrap()), ["own"]);
        assert_eq!(tables(&read(&short).unwrap()), ["own"]);
        let long = stream(100);
        assert_eq!(tables(&read(&long).unwrap()), ["own"]);
        assert_eq!(
            read(&long).unwrap_err().to_string(),
            "standard input must be read twice and is too long to be kept: save it in a file first"
        );
    }

    #[test]
    fn a_pipe_is_a_stream() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let writer = std::thread::spawn({
            let path = path.clone();
            move || fs::write(path, LISTING).unwrap()
        });
        let saved = Saved::open([path]).unwrap();
        writer.join().unwrap();
        for _ in 0..2 {
            let rule_set = saved.read(&Interest::everything()).unwrap();
            assert_eq!(tables(&rule_set), ["own"]);
        }
    }

    #[test]
    fn errors_name_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let error = Saved::open([missing.clone()]).unwrap_err().to_string();
        let expected = format!(
            "cannot read {}: No such file or directory",
            missing.display()
        );
        assert!(error.starts_with(&expected), "{error}");
        let error = Saved::open([directory.path().to_owned()]).unwrap_err();
        let expected = format!("cannot read {}: Is a directory", directory.path().display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        let other = directory.path().join("other");
        fs::write(&other, "Port 22\n").unwrap();
        let error = Saved::open([other.clone()]).unwrap_err().to_string();
        let expected = format!("{} is not what nft list ruleset", other.display());
        assert!(error.starts_with(&expected), "{error}");
        let listing = directory.path().join("listing");
        fs::write(&listing, "Chain INPUT (policy ACCEPT)\n").unwrap();
        let error = Saved::open([listing.clone()]).unwrap_err().to_string();
        let expected = format!(
            "{} does not tell all of its rules: save what iptables-save -c prints instead",
            listing.display()
        );
        assert_eq!(error, expected);
        let half = directory.path().join("half");
        fs::write(&half, &LISTING[..100]).unwrap();
        let saved = Saved::open([half.clone()]).unwrap();
        let error = saved.read(&Interest::everything()).unwrap_err().to_string();
        assert!(error.starts_with(&half.display().to_string()), "{error}");
    }
}
