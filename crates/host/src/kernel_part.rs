//! Whether a part of the kernel is there, told without asking that part: the kernel loads modules that are asked for.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

/// A part of the kernel that may be a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KernelPart {
    /// Name of its module.
    module: &'static str,
    /// A function of it.
    function: &'static str,
}

/// nftables.
pub(crate) const NF_TABLES: KernelPart = KernelPart {
    module: "nf_tables",
    function: "nft_do_chain",
};

/// Listing of TCP sockets over netlink.
pub(crate) const TCP_DIAG: KernelPart = KernelPart {
    module: "tcp_diag",
    function: "tcp_diag_dump",
};

/// ipsets.
pub(crate) const IP_SET: KernelPart = KernelPart {
    module: "ip_set",
    function: "ip_set_test",
};

impl KernelPart {
    /// False when it certainly is neither loaded nor built in, so that it cannot hold anything and asking it could only load it.
    pub(crate) fn may_be_there(self) -> bool {
        self.may_be_there_under(Path::new("/proc"), Path::new("/lib/modules"))
    }

    fn may_be_there_under(self, proc: &Path, modules: &Path) -> bool {
        match fs::read_to_string(proc.join("modules")) {
            Ok(loaded) => {
                loaded
                    .lines()
                    .any(|line| line.split(' ').next() == Some(self.module))
                    || self.may_be_built_in(proc, modules)
            }
            // Without this file the kernel has no modules (proc(5)), and nothing can be loaded by asking; where it cannot be
            // read, nothing is known.
            Err(_) => true,
        }
    }

    fn may_be_built_in(self, proc: &Path, modules: &Path) -> bool {
        let built_in = fs::read_to_string(proc.join("sys/kernel/osrelease"))
            .and_then(|release| File::open(modules.join(release.trim()).join("modules.builtin")));
        if let Ok(list) = built_in {
            let file = format!("/{}.ko", self.module);
            return has_line(list, |line| line.ends_with(&file));
        }
        match File::open(proc.join("kallsyms")) {
            Ok(symbols) => has_line(symbols, |line| {
                line.split_ascii_whitespace().nth(2) == Some(self.function)
            }),
            Err(_) => true,
        }
    }
}

/// Whether a line is like this; true as well when the file cannot be read or is empty, which says nothing.
fn has_line(file: File, is_like: impl Fn(&str) -> bool) -> bool {
    let mut line = String::new();
    let mut is_empty = true;
    let mut file = BufReader::new(file);
    loop {
        line.clear();
        match file.read_line(&mut line) {
            Ok(0) => return is_empty,
            Ok(_) if is_like(line.trim_end()) => return true,
            Ok(_) => is_empty = false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kernel(tempfile::TempDir);

    impl Kernel {
        fn with(files: &[(&str, &str)]) -> Self {
            let root = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn may_have(&self, part: KernelPart) -> bool {
            part.may_be_there_under(&self.0.path().join("proc"), &self.0.path().join("modules"))
        }
    }

    const RELEASE: (&str, &str) = ("proc/sys/kernel/osrelease", "6.1.0\n");

    #[test]
    fn a_loaded_module_is_there_and_one_of_a_similar_name_is_another() {
        let list = "kernel/fs/ext4/ext4.ko\n";
        let built_in = ("modules/6.1.0/modules.builtin", list);
        let loaded = ("proc/modules", "nf_tables 1 2 - Live 0x0\n");
        assert!(Kernel::with(&[loaded, RELEASE, built_in]).may_have(NF_TABLES));
        let similar = ("proc/modules", "nf_tables_x 1 2 nf_tables, Live 0x0\n");
        assert!(!Kernel::with(&[similar, RELEASE, built_in]).may_have(NF_TABLES));
    }

    #[test]
    fn what_is_built_in_is_told_by_the_list_or_by_the_symbols() {
        let none_loaded = ("proc/modules", "");
        let list = (
            "modules/6.1.0/modules.builtin",
            "kernel/net/netfilter/ipset/ip_set.ko\n",
        );
        let kernel = Kernel::with(&[none_loaded, RELEASE, list]);
        assert!(kernel.may_have(IP_SET) && !kernel.may_have(NF_TABLES));
        let symbols = ("proc/kallsyms", "0000000000000000 T nft_do_chain\n");
        let kernel = Kernel::with(&[none_loaded, symbols]);
        assert!(kernel.may_have(NF_TABLES) && !kernel.may_have(IP_SET));
    }

    #[test]
    fn nothing_to_tell_by_is_no_absence() {
        let none_loaded = ("proc/modules", "");
        for kernel in [
            Kernel::with(&[]),
            Kernel::with(&[none_loaded]),
            Kernel::with(&[none_loaded, ("proc/kallsyms", "")]),
        ] {
            assert!(kernel.may_have(NF_TABLES));
        }
    }
}
