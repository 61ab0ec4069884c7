use super::*;
use sshdoctor_case::{Destination, Forced, SshOptions};

fn check(words: &str) -> (Destination, SshOptions, Box<CheckArguments>) {
    let arguments = std::iter::once("sshdoctor")
        .chain(words.split(' '))
        .map(OsString::from)
        .collect();
    let Command::Check(first) = parse(arguments).unwrap_or_else(|error| panic!("{words}: {error}"))
    else {
        panic!("{words} is not a check")
    };
    let again = std::iter::once("sshdoctor")
        .chain(words.split(' '))
        .map(OsString::from)
        .collect();
    let Ok(Command::Check(second)) = parse(again) else {
        unreachable!()
    };
    let (destination, options) = first.ssh.resolve().unwrap();
    (destination, options, second)
}

fn refused(words: &[&str]) -> String {
    let arguments = std::iter::once(&"sshdoctor")
        .chain(words)
        .map(OsString::from)
        .collect();
    let error = match parse(arguments) {
        Err(error) => error,
        Ok(Command::Check(check)) => check.ssh.resolve().expect_err("must be refused"),
        Ok(other) => panic!("{other:?}"),
    };
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn the_definition_is_sound() {
    definition().debug_assert();
}

#[test]
fn what_was_typed_after_ssh_is_read_as_ssh_reads_it() {
    let (destination, options, _) =
        check("-4vp2222 -l me -oUser=you -o Port=3 -i a -i b -F f web1 -J jump ls -la -p 9");
    assert_eq!(destination.host, "web1");
    assert_eq!(options.port, Some(2222));
    assert_eq!(options.login_name.as_deref(), Some("me"));
    assert_eq!(options.options, ["User=you", "Port=3"]);
    assert_eq!(options.identity_files, ["a", "b"]);
    assert_eq!(options.config_file.as_deref(), Some("f"));
    assert_eq!(options.jump.as_deref(), Some("jump"));
    assert_eq!(options.family, Some(Forced::Ipv4));
}

#[test]
fn every_other_option_of_ssh_is_read_past_with_its_arity() {
    let (destination, options, _) = check(
        "-1 -2 -a -f -g -k -n -q -s -t -x -y -A -C -G -K -M -N -T -X -Y -c aes -e none -m mac -w 0:1 -D 1080 \
         -E log -I pkcs11 -L 1:h:2 -O check -P tag -Q cipher -R 3:h:4 -S none -W h:22 -tt web1",
    );
    assert_eq!(destination.host, "web1");
    assert_eq!(options, SshOptions::default());
}

#[test]
fn the_first_port_and_user_and_the_last_family_win_as_in_ssh() {
    let (_, options, _) = check("-p 1 -p 2 -l a -l b -4 -6 web1");
    assert_eq!(options.port, Some(1));
    assert_eq!(options.login_name.as_deref(), Some("a"));
    assert_eq!(options.family, Some(Forced::Ipv6));
    let (_, options, _) = check("-6 -4 -4 web1");
    assert_eq!(options.family, Some(Forced::Ipv4));
}

#[test]
fn a_bare_host_means_check_and_a_host_named_like_a_command_is_reachable() {
    for (words, host) in [
        ("web1", "web1"),
        ("check web1", "web1"),
        ("check here", "here"),
        ("check demo", "demo"),
        ("check check", "check"),
        ("-p 22 read", "read"),
        ("-- web1", "web1"),
        ("ssh://me@web1:2222", "web1"),
    ] {
        assert_eq!(check(words).0.host, host, "{words}");
    }
}

#[test]
fn own_options_may_follow_the_host() {
    let (_, _, arguments) =
        check("web1 --via a --via b --login --save f --budget 1 --json -vv --ascii --color never");
    assert_eq!(arguments.via, ["a", "b"]);
    assert!(arguments.login && arguments.output.json && arguments.output.look.ascii);
    assert_eq!(arguments.save.as_deref(), Some("f"));
    assert_eq!(arguments.budget, 1);
    assert_eq!(arguments.output.verbose, 2);
    assert_eq!(arguments.output.look.color, ColorWhen::Never);
}

#[test]
fn a_wrong_command_line_is_refused_with_the_reason() {
    assert!(refused(&["-p", "99999", "web1"]).contains("99999"));
    assert!(refused(&["-p", "0", "web1"]).contains("1 to 65535"));
    assert!(refused(&["we b"]).contains("no host name has"));
    assert!(refused(&[""]).contains("empty"));
    assert!(refused(&["me@"]).contains("no host"));
    assert!(refused(&["-p"]).contains("-p"));
    assert!(refused(&["--budget", "x", "web1"]).contains("budget"));
    assert!(refused(&["--budget", "0", "web1"]).contains("1..=100"));
    assert!(refused(&["--nonsense", "web1"]).contains("--nonsense"));
    assert!(refused(&["try", "build.log"]).contains("check try"));
    assert!(refused(&["read"]).contains("FILE"));
    assert!(refused(&["-4"]).contains("HOST"));
}

#[test]
fn an_argument_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let error = parse(vec![
        "sshdoctor".into(),
        OsString::from_vec(vec![b'w', 0xff]),
    ])
    .expect_err("must be refused");
    assert_eq!(error.exit_code(), 2);
}
