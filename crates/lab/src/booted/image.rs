//! The trees that hosts boot from, each made once and kept.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};

use super::scenario::Release;
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;

/// Where images are kept, when it is not the default.
const PLACE_VARIABLE: &str = "SSHDOCTOR_LAB_IMAGES";

const DEFAULT_PLACE: &str = "/var/cache/sshdoctor-lab";

/// The whole recipe; its hash is part of an image's name.
const RECIPE: &str = include_str!("image-recipe.sh");

/// A Debian tree and the keys of the person who may log in to it.
#[derive(Debug, Clone)]
pub struct Image {
    folder: PathBuf,
}

impl Image {
    /// The image of a release. It is made when there is none of this recipe, which takes minutes and needs a Debian mirror.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn of(release: Release) -> Result<Self, LabError> {
        let image = Self::named(release);
        let place = place();
        let what = format!("keep images in {}", place.display());
        std::fs::create_dir_all(&place).doing(&what)?;
        let lock = File::create(place.join(format!("{}.lock", release.codename()))).doing(&what)?;
        let _held = Flock::lock(lock, FlockArg::LockExclusive)
            .map_err(|(_, error)| error)
            .doing(&what)?;
        if !image.folder.is_dir() {
            remove_older(&place, release)?;
            image.make(release)?;
        }
        Ok(image)
    }

    /// There is one of this recipe.
    #[must_use]
    pub fn is_made(release: Release) -> bool {
        Self::named(release).folder.is_dir()
    }

    fn named(release: Release) -> Self {
        let name = format!("{}-{:016x}", release.codename(), stamp(RECIPE));
        Self {
            folder: place().join(name),
        }
    }

    /// The root of the host's file system; only ever a lower layer.
    pub(crate) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// A private key of the person at the client: `ed25519` may log in, the others are unknown to the host.
    pub(crate) fn key(&self, kind: &str) -> PathBuf {
        self.folder.join("keys").join(kind)
    }

    fn make(&self, release: Release) -> Result<(), LabError> {
        follow_recipe(RECIPE, release.codename(), &self.folder)
    }
}

/// Makes the image of a release in this folder, as the recipe says.
pub(crate) fn follow_recipe(recipe: &str, codename: &str, folder: &Path) -> Result<(), LabError> {
    let what = format!("make the image of {codename}");
    find_tool("debootstrap", "debootstrap")?;
    let partial = folder.with_extension("partial");
    // One that was interrupted stands in the way of the next.
    if partial.is_dir() {
        std::fs::remove_dir_all(&partial).doing(&what)?;
    }
    std::fs::create_dir_all(&partial).doing(&what)?;
    let output = Command::new(find_tool("unshare", "util-linux")?)
        .args(["--mount", "--pid", "--fork", "--kill-child"])
        .args(["sh", "-c", recipe, "image-recipe"])
        .args([codename, &mirror()?])
        .arg(&partial)
        .output()
        .doing(&what)?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        return Err(LabError::Tool {
            tool: "the image recipe".into(),
            host: codename.into(),
            message: format!("{}\n{}", last_lines(&told), last_lines(&words)),
        });
    }
    std::fs::rename(&partial, folder).doing(&what)
}

/// The folder of all images.
pub(crate) fn place() -> PathBuf {
    std::env::var_os(PLACE_VARIABLE).map_or_else(|| DEFAULT_PLACE.into(), PathBuf::from)
}

/// What a recipe's image is called by.
pub(crate) fn stamp(recipe: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    hasher.finish()
}

/// Images of older recipes, and those that were not finished, are of no use to anybody.
fn remove_older(place: &Path, release: Release) -> Result<(), LabError> {
    let what = format!("remove older images from {}", place.display());
    let prefix = format!("{}-", release.codename());
    for entry in std::fs::read_dir(place).doing(&what)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            std::fs::remove_dir_all(entry.path()).doing(&what)?;
        }
    }
    Ok(())
}

/// The Debian mirror that this machine itself uses.
fn mirror() -> Result<String, LabError> {
    let output = Command::new(find_tool("apt-get", "apt")?)
        .args(["indextargets", "--format", "$(REPO_URI)"])
        .args(["Created-By: Packages", "Label: Debian"])
        .output()
        .doing("ask apt for its mirror")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .map(str::to_owned)
        .ok_or_else(|| LabError::Unfit("apt knows no mirror of Debian here".into()))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
