//! The whole script as one row of tokens: what it includes in place, definitions put in.

use std::collections::HashMap;

use super::token::{Kind, Token, tokens};
use crate::ReadError;
use crate::model::SourceKind;

/// Files that a script may include.
pub trait Includes {
    /// Names and contents of the files that match a pattern, by name; a pattern without `*`, `?` and `[` names one file.
    ///
    /// # Errors
    /// Why they cannot be read, in a few words.
    fn matching(&self, pattern: &str) -> Result<Vec<(String, Vec<u8>)>, String>;
}

/// None can be read: what was saved elsewhere says nothing about the files beside it.
#[derive(Debug, Clone, Copy)]
pub struct NoIncludes;

impl Includes for NoIncludes {
    fn matching(&self, _: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        Err("a file that it includes cannot be looked up".to_owned())
    }
}

/// How deep files may include each other (`MAX_INCLUDE_DEPTH`, `include/nftables.h`).
const DEEPEST_INCLUDE: usize = 16;
/// Files read at most.
const MOST_FILES: usize = 1024;
/// Bytes of all files together.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Tokens, definitions put in. A definition may hold others, so that few bytes can mean very many.
const MOST_TOKENS: usize = 2 * 1024 * 1024;
/// Where nft looks for a file that is named without a directory.
const DIRECTORY: &str = "/etc";

/// A script on its way into one row of tokens.
pub(super) struct Source<'i> {
    includes: &'i dyn Includes,
    /// Names of the files read; a token knows its file by the index.
    pub(super) files: Vec<String>,
    pub(super) tokens: Vec<Token>,
    definitions: HashMap<Box<str>, Vec<Token>>,
    bytes: usize,
}

impl<'i> Source<'i> {
    /// All tokens of this file and of what it includes.
    pub(super) fn read(
        name: &str,
        text: &[u8],
        includes: &'i dyn Includes,
    ) -> Result<Self, ReadError> {
        let mut source = Self {
            includes,
            files: Vec::new(),
            tokens: Vec::new(),
            definitions: HashMap::new(),
            bytes: 0,
        };
        source.file(name, text, 0)?;
        Ok(source)
    }

    fn file(&mut self, name: &str, text: &[u8], depth: usize) -> Result<(), ReadError> {
        let index = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.push(name.to_owned());
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MOST_BYTES || self.files.len() > MOST_FILES {
            return Err(self.wrong(index, 1, "it is too long"));
        }
        let text = String::from_utf8_lossy(text);
        let tokens = tokens(&text, index).map_err(|(line, what)| self.wrong(index, line, what))?;
        let mut rest = tokens.into_iter().peekable();
        let mut begins = true;
        while let Some(token) = rest.next() {
            let (file, line) = (token.file, token.line);
            let word = match &token.kind {
                Kind::Word(word) if begins => &**word,
                _ => "",
            };
            match (word, rest.peek().map(|next| &next.kind)) {
                ("include", Some(Kind::Quoted(pattern))) => {
                    let pattern = pattern.clone();
                    rest.next();
                    self.include(&pattern, file, line, depth)?;
                }
                ("define" | "redefine", Some(Kind::Word(_))) => {
                    self.define(&mut rest, file, line)?;
                }
                ("undefine", Some(Kind::Word(_))) => {
                    if let Some(Token {
                        kind: Kind::Word(name),
                        ..
                    }) = rest.next()
                    {
                        self.definitions.remove(&name);
                    }
                }
                _ => {
                    begins = matches!(token.kind, Kind::End | Kind::Sign("{" | "}"));
                    let expanded = self.expanded(token)?;
                    self.add(expanded, file, line)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, tokens: Vec<Token>, file: u32, line: u32) -> Result<(), ReadError> {
        if self.tokens.len() + tokens.len() > MOST_TOKENS {
            return Err(self.wrong(file, line, "it is too long"));
        }
        self.tokens.extend(tokens);
        Ok(())
    }

    /// What a token stands for.
    fn expanded(&self, token: Token) -> Result<Vec<Token>, ReadError> {
        let Kind::Variable(name) = &token.kind else {
            return Ok(vec![token]);
        };
        match self.definitions.get(name) {
            // Where it is used is what tells where a rule stands.
            Some(value) => Ok(value
                .iter()
                .map(|part| Token {
                    kind: part.kind.clone(),
                    ..token
                })
                .collect()),
            None => Err(self.wrong(
                token.file,
                token.line,
                &format!("${} is not defined", name.escape_default()),
            )),
        }
    }

    /// `define name = value`: to the end of the statement, which is not within braces.
    fn define(
        &mut self,
        rest: &mut impl Iterator<Item = Token>,
        file: u32,
        line: u32,
    ) -> Result<(), ReadError> {
        let name = match (rest.next(), rest.next()) {
            (
                Some(Token {
                    kind: Kind::Word(name),
                    ..
                }),
                Some(Token {
                    kind: Kind::Sign("="),
                    ..
                }),
            ) => name,
            _ => return Err(self.wrong(file, line, "a definition without a value")),
        };
        let mut value = Vec::new();
        let mut depth = 0_u32;
        for token in rest {
            match token.kind {
                Kind::End if depth == 0 => break,
                Kind::End => continue,
                Kind::Sign("{") => depth += 1,
                Kind::Sign("}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            value.extend(self.expanded(token)?);
            if value.len() > MOST_TOKENS {
                return Err(self.wrong(file, line, "it is too long"));
            }
        }
        let kept: usize = self.definitions.values().map(Vec::len).sum();
        if kept + value.len() > MOST_TOKENS {
            return Err(self.wrong(file, line, "it is too long"));
        }
        self.definitions.insert(name, value);
        Ok(())
    }

    fn include(
        &mut self,
        pattern: &str,
        file: u32,
        line: u32,
        depth: usize,
    ) -> Result<(), ReadError> {
        if depth >= DEEPEST_INCLUDE {
            return Err(self.wrong(file, line, "files include each other too deeply"));
        }
        let path = match pattern {
            _ if pattern.starts_with('/') => pattern.to_owned(),
            // By the working directory in some versions, by that of the file in others.
            _ if pattern.starts_with('.') => {
                return Err(self.wrong(file, line, "what it includes depends on where it is read"));
            }
            _ => format!("{DIRECTORY}/{pattern}"),
        };
        let found = self.includes.matching(&path).map_err(|reason| {
            let what = format!("{}: {reason}", path.escape_default());
            self.wrong(file, line, &what)
        })?;
        for (name, text) in found {
            self.file(&name, &text, depth + 1)?;
        }
        Ok(())
    }

    fn wrong(&self, file: u32, line: u32, what: &str) -> ReadError {
        let name = self.files.get(file as usize).cloned().unwrap_or_default();
        ReadError::Malformed {
            name,
            kind: SourceKind::NftScript,
            line: line.into(),
            what: what.to_owned(),
        }
    }
}
