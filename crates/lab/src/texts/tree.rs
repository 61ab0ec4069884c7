//! The Debian trees whose programs are made to fail, each made once and kept.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};
use serde::Deserialize;

use crate::booted::{follow_recipe, image_place, stamp};
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;

const RECIPE: &str = include_str!("image-recipe.sh");

/// The programs of one Debian release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tree {
    /// Debian 11: OpenSSH 8.4.
    Bullseye,
    /// Debian 12: OpenSSH 9.2, and every other client and server.
    #[default]
    Bookworm,
    /// Debian 13: OpenSSH 10.0.
    Trixie,
    /// Debian testing: the newest OpenSSH.
    Forky,
}

impl Tree {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bullseye, Self::Bookworm, Self::Trixie, Self::Forky];

    /// As a Debian mirror calls it.
    #[must_use]
    pub fn codename(self) -> &'static str {
        match self {
            Self::Bullseye => "bullseye",
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
            Self::Forky => "forky",
        }
    }

    fn folder(self) -> PathBuf {
        let name = format!("texts-{}-{:016x}", self.codename(), stamp(RECIPE));
        image_place().join(name)
    }

    /// The root of its file system; only ever a lower layer.
    pub(super) fn root(self) -> PathBuf {
        self.folder().join("tree")
    }

    /// It is there.
    #[must_use]
    pub fn is_made(self) -> bool {
        self.root().is_dir()
    }

    /// Makes it where there is none of this recipe, which takes minutes and needs a Debian mirror.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(self) -> Result<(), LabError> {
        let place = image_place();
        let what = format!("keep images in {}", place.display());
        std::fs::create_dir_all(&place).doing(&what)?;
        let lock = place.join(format!("texts-{}.lock", self.codename()));
        let _held = Flock::lock(File::create(lock).doing(&what)?, FlockArg::LockExclusive)
            .map_err(|(_, error)| error)
            .doing(&what)?;
        if self.is_made() {
            return Ok(());
        }
        follow_recipe(RECIPE, self.codename(), &self.folder())
    }

    /// The program's own version of a package, without Debian's additions; nothing when it is not installed.
    pub(super) fn version(self, package: &str) -> Result<Option<String>, LabError> {
        let output = Command::new(find_tool("dpkg-query", "dpkg")?)
            .arg("--admindir")
            .arg(self.root().join("var/lib/dpkg"))
            .args(["--show", "--showformat=${Version}", package])
            .output()
            .doing(format!("ask for the version of {package}"))?;
        let version = String::from_utf8_lossy(&output.stdout);
        Ok(output.status.success().then(|| upstream(&version)))
    }
}

/// `1:9.2p1-2+deb12u10` is `9.2p1`.
fn upstream(version: &str) -> String {
    let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
    let end = without_epoch
        .rfind('-')
        .unwrap_or(without_epoch.len())
        .min(without_epoch.find("+ds").unwrap_or(without_epoch.len()));
    without_epoch[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::upstream;

    #[test]
    fn the_version_is_that_of_the_program() {
        assert_eq!(upstream("1:9.2p1-2+deb12u10"), "9.2p1");
        assert_eq!(upstream("3.5.0+ds1-0+deb12u1"), "3.5.0");
        assert_eq!(upstream("2022.83"), "2022.83");
    }
}
