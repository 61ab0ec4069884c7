//! Where modules of PAM and of the name service switch are.

use crate::root::Root;

/// Directories of shared libraries, those of more than one architecture included.
pub(in crate::server) fn library_directories(root: &Root) -> Vec<String> {
    let mut directories = Vec::new();
    for base in ["/usr/lib", "/lib"] {
        let names = root.names_in(base, 4096).unwrap_or_default();
        let of_architectures = names
            .iter()
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter(|name| name.contains("-linux-"));
        directories.extend(of_architectures.map(|name| format!("{base}/{name}")));
        directories.push(format!("{base}64"));
        directories.push(base.to_owned());
    }
    directories
}

/// Whether a module is in one of the usual directories; absent where a variable of libpam is in its path.
pub(super) fn exists(root: &Root, directories: &[String], module: &str) -> Option<bool> {
    if module.contains('$') {
        return None;
    }
    if module.starts_with('/') {
        return Some(root.exists(module));
    }
    let found = directories
        .iter()
        .any(|directory| root.exists(format!("{directory}/security/{module}")));
    // Without any directory of modules the system keeps them elsewhere, as NixOS does.
    let any = || {
        directories
            .iter()
            .any(|directory| root.exists(format!("{directory}/security")))
    };
    (found || any()).then_some(found)
}
