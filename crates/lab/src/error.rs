//! What can keep a scenario from being built.

use std::path::PathBuf;

use thiserror::Error;

/// Why a scenario could not be built or tried.
#[derive(Debug, Error)]
pub enum LabError {
    /// A program is not installed.
    #[error("{tool} is missing: install the package {package}")]
    MissingTool {
        /// Name of the program.
        tool: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The kernel or its configuration does not allow new namespaces.
    #[error(
        "new namespaces are not allowed here ({0}): run as root, or allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces)"
    )]
    NoNamespaces(nix::Error),
    /// A system call failed.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: String,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A program that builds the network failed.
    #[error("{tool} on {host} failed: {message}")]
    Tool {
        /// Name of the program.
        tool: String,
        /// The host it worked for.
        host: String,
        /// Its words.
        message: String,
    },
    /// A scenario file cannot be read.
    #[error("{}: {message}", file.display())]
    Scenario {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The process inside the namespaces gave no usable answer.
    #[error("the sandbox gave no answer: {0}")]
    NoAnswer(String),
    /// What the process inside the namespaces says of its failure.
    #[error("{0}")]
    Inside(String),
    /// A scenario does not fit itself or this machine.
    #[error("{0}")]
    Unfit(String),
}

/// Says what was being done when a system call failed.
pub(crate) trait Doing<T> {
    /// Turns a failure into one that names what was being done.
    fn doing(self, what: impl AsRef<str>) -> Result<T, LabError>;
}

impl<T, E: Into<std::io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: impl AsRef<str>) -> Result<T, LabError> {
        self.map_err(|source| LabError::System {
            doing: what.as_ref().to_owned(),
            source: source.into(),
        })
    }
}
