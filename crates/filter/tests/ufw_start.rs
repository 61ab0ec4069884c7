//! What ufw's files mean is what `ufw-init` loads from them. Needs root and ufw, for a network namespace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sshdoctor_filter::model::{Policy, RuleSet, SourceKind, Statement, Verdict};
use sshdoctor_filter::ufw_start::{self, RulesFile, Start};
use sshdoctor_filter::{Interest, xtables};

/// A person's rules, as `ufw` writes them to its file; `6` stands for the family where it is in names of chains.
const USER: &str = "*filter
:ufw6-user-input - [0:0]
:ufw6-user-output - [0:0]
:ufw6-user-forward - [0:0]
:ufw6-before-logging-input - [0:0]
:ufw6-after-logging-input - [0:0]
:ufw6-logging-deny - [0:0]
:ufw6-logging-allow - [0:0]
:ufw6-user-limit - [0:0]
:ufw6-user-limit-accept - [0:0]
### RULES ###

### tuple ### limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw6-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set
-A ufw6-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j ufw6-user-limit
-A ufw6-user-input -p tcp --dport 22 -j ufw6-user-limit-accept

### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw6-user-input -p tcp -m multiport --dports 80,443 -j ACCEPT
-A ufw6-user-input -p tcp --dport 2222 -j REJECT --reject-with tcp-reset

### END RULES ###

### LOGGING ###
-A ufw6-after-logging-input -j LOG --log-prefix \"[UFW BLOCK] \" -m limit --limit 3/min --limit-burst 10
-A ufw6-logging-deny -m conntrack --ctstate INVALID -j RETURN -m limit --limit 3/min --limit-burst 10
### END LOGGING ###

### RATE LIMITING ###
-A ufw6-user-limit -m limit --limit 3/minute -j LOG --log-prefix \"[UFW LIMIT BLOCK] \"
-A ufw6-user-limit -j REJECT
-A ufw6-user-limit-accept -j ACCEPT
### END RATE LIMITING ###
COMMIT
";

/// ufw's directory with its own first files, these rules and these policies.
fn directory(name: &str, policies: [&str; 3]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ufw-start-{name}"));
    let _ = fs::remove_dir_all(&root);
    for part in ["etc/default", "etc/ufw"] {
        fs::create_dir_all(root.join(part)).expect("it is written");
    }
    let [input, output, forward] = policies;
    let defaults = format!(
        "# Set to yes\nIPV6=yes\nDEFAULT_INPUT_POLICY=\"{input}\"\nDEFAULT_OUTPUT_POLICY=\"{output}\"\nDEFAULT_FORWARD_POLICY=\"{forward}\"\nMANAGE_BUILTINS=no\n"
    );
    fs::write(root.join("etc/default/ufw"), defaults).expect("it is written");
    fs::write(root.join("etc/ufw/ufw.conf"), "ENABLED=yes\n").expect("it is written");
    for six in ["", "6"] {
        for part in ["before", "after"] {
            let file = format!("{part}{six}.rules");
            let own = Path::new("/usr/share/ufw/iptables").join(&file);
            fs::copy(own, root.join("etc/ufw").join(file)).expect("ufw is there");
        }
        let user = USER.replace("ufw6-", &format!("ufw{six}-"));
        fs::write(root.join(format!("etc/ufw/user{six}.rules")), user).expect("it is written");
    }
    root
}

/// What both programs print once ufw has started there.
fn loaded(root: &Path) -> [String; 2] {
    let script = format!(
        "/lib/ufw/ufw-init --datadir {} start >&2 && iptables-save && echo ===== && ip6tables-save",
        root.display()
    );
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", &script])
        .output()
        .expect("unshare is there");
    let text = String::from_utf8(output.stdout).expect("it is text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let (four, six) = text.split_once("=====").expect("both are printed");
    [four.to_owned(), six.trim_start().to_owned()]
}

fn start(root: &Path, six: &str) -> Start {
    let defaults = fs::read_to_string(root.join("etc/default/ufw")).expect("it is read");
    let file = |part: &str| {
        let name = format!("/etc/ufw/{part}{six}.rules");
        let text = fs::read(root.join(&name[1..])).expect("it is read");
        RulesFile { name, text }
    };
    Start {
        defaults: "/etc/default/ufw".to_owned(),
        policies: ufw_start::policies(&defaults).expect("three policies"),
        files: Some([file("before"), file("after"), file("user")]),
    }
}

type Chains = BTreeMap<String, (Option<Policy>, Vec<String>)>;

/// Chains by name, with what their rules do.
fn chains(rules: &RuleSet) -> Chains {
    assert!(rules.problems.is_empty(), "{:?}", rules.problems);
    let mut all = Chains::new();
    for table in &rules.tables {
        let name = |id: u32| table.chains[id as usize].name.to_string();
        for chain in &table.chains {
            let shown = chain.rules.iter().map(|rule| {
                let statements = rule.statements.iter().map(|statement| match statement {
                    Statement::Verdict(Verdict::Jump(id)) => format!("jump {}", name(*id)),
                    Statement::Verdict(Verdict::Goto(id)) => format!("goto {}", name(*id)),
                    other => format!("{other:?}"),
                });
                // iptables prints conditions in an order of its own.
                let mut statements: Vec<_> = statements.collect();
                statements.sort();
                statements.join("; ")
            });
            let policy = chain.base.as_ref().map(|base| base.policy);
            let key = format!("{} {}", table.name, chain.name);
            all.insert(key, (policy, shown.collect()));
        }
    }
    all
}

#[test]
fn files_mean_what_ufw_loads_from_them() {
    for (name, policies) in [
        ("drop", ["DROP", "ACCEPT", "DROP"]),
        ("reject", ["REJECT", "DROP", "REJECT"]),
        ("accept", ["ACCEPT", "REJECT", "ACCEPT"]),
    ] {
        let root = directory(name, policies);
        for (saved, (six, kind)) in loaded(&root).iter().zip([
            ("", SourceKind::IptablesNft),
            ("6", SourceKind::Ip6tablesNft),
        ]) {
            let everything = Interest::everything();
            let (mut ours, mut theirs) = (RuleSet::default(), RuleSet::default());
            xtables::read("ufw", kind, saved.as_bytes(), &everything, &mut theirs).unwrap();
            ufw_start::read(&start(&root, six), kind, &everything, &mut ours).unwrap();
            let (ours, theirs) = (chains(&ours), chains(&theirs));
            assert!(theirs.len() > 30, "{name}{six}: {theirs:#?}");
            for (chain, theirs) in &theirs {
                let ours = ours.get(chain).expect("the chain is there");
                assert_eq!(ours.0, theirs.0, "{name}{six}: {chain}");
                for (ours, theirs) in ours.1.iter().zip(&theirs.1) {
                    assert_eq!(ours, theirs, "{name}{six}: {chain}");
                }
                assert_eq!(ours.1.len(), theirs.1.len(), "{name}{six}: {chain}");
            }
            assert_eq!(ours.len(), theirs.len(), "{name}{six}");
        }
    }
}

#[test]
fn rules_know_their_file_and_line() {
    let root = directory("places", ["DROP", "ACCEPT", "DROP"]);
    let mut rules = RuleSet::default();
    let kind = SourceKind::IptablesNft;
    ufw_start::read(&start(&root, ""), kind, &Interest::everything(), &mut rules).unwrap();
    let file = |source: Option<u32>| source.map(|source| &*rules.sources[source as usize].name);
    let chain = |name: &str| {
        let mut chains = rules.tables[0].chains.iter();
        chains.find(|chain| &*chain.name == name).unwrap()
    };
    let rule = &chain("ufw-user-input").rules[3];
    assert_eq!(
        &*rule.text,
        "-A ufw-user-input -p tcp -m multiport --dports 80,443 -j ACCEPT"
    );
    assert_eq!(file(rule.place.source), Some("/etc/ufw/user.rules"));
    assert_eq!(rule.place.line, Some(19));
    let input = chain("INPUT");
    assert_eq!(input.base.as_ref().unwrap().policy, Policy::Drop);
    assert_eq!(
        (file(input.source), input.line),
        (Some("/etc/default/ufw"), Some(3))
    );
    let made = &input.rules[0].place;
    assert_eq!((file(made.source), made.line), (Some("ufw-init"), None));
}
