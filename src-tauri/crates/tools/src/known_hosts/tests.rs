//! The judging of host keys, and our reading of the files against ssh-keygen's.

use super::{Trust, fingerprint, judge, known_algorithms, known_keys};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// ed25519 keys whose point is one byte repeated, and one of another algorithm.
fn ed25519(byte: u8) -> String {
    let mut blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    blob.extend([byte; 32]);
    format!("ssh-ed25519 {}", base64(&blob))
}

fn rsa() -> String {
    let mut blob = b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\x01\x01\0".to_vec();
    blob.extend([0xc5; 256]);
    format!("ssh-rsa {}", base64(&blob))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn trusted(by: &str) -> Trust {
    Trust::Trusted { by: by.to_owned() }
}

fn changed(old: &str, place: &str) -> Trust {
    Trust::Changed {
        old: fingerprint(old).unwrap(),
        place: place.to_owned(),
    }
}

/// Judges key `a` of the host by this file (the words `A`, `B` and `R` stand for keys); the file's path is left out of places.
#[track_caller]
fn check(host: &str, port: u16, file: &[u8], own: &[String], expected: Trust) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known_hosts");
    let mut text = Vec::new();
    let mut before = b' ';
    for byte in file {
        match (byte, before) {
            (b'A', b' ' | b'\t') => text.extend(ed25519(1).bytes()),
            (b'B', b' ') => text.extend(ed25519(2).bytes()),
            (b'R', b' ') => text.extend(rsa().bytes()),
            (other, _) => text.push(*other),
        }
        before = *byte;
    }
    std::fs::write(&path, text).unwrap();
    let strip = |place: String| place.replace(&format!("{}:", path.display()), "");
    let trust = match judge(host, port, &ed25519(1), own, std::slice::from_ref(&path)) {
        Trust::Trusted { by } => Trust::Trusted { by: strip(by) },
        Trust::Changed { old, place } => Trust::Changed {
            old,
            place: strip(place),
        },
        Trust::Revoked { place } => Trust::Revoked {
            place: strip(place),
        },
        Trust::CaSigned { place } => Trust::CaSigned {
            place: strip(place),
        },
        other @ (Trust::Unknown | Trust::StoreUnusable { .. }) => other,
    };
    assert_eq!(trust, expected, "{}", String::from_utf8_lossy(file));
}

#[test]
fn a_file_is_read_as_openssh_reads_it() {
    let revoked = |place: &str| Trust::Revoked {
        place: place.to_owned(),
    };
    let signed = |place: &str| Trust::CaSigned {
        place: place.to_owned(),
    };
    let long = format!("{},web A", "x".repeat(20_000));
    let cases: &[(&[u8], Trust)] = &[
        (b"", Trust::Unknown),
        (b"web A", trusted("1")),
        (b"# note\r\n\r\n  \tweb\tA\r\n", trusted("3")),
        (b"WEB A a comment", trusted("1")),
        (b"other,web A", trusted("1")),
        (b"w?b A", trusted("1")),
        (b"*,!web A", Trust::Unknown),
        (b"!db,* A", trusted("1")),
        (b"!db A", Trust::Unknown),
        (b"other A", Trust::Unknown),
        (b"[web]:22 A", Trust::Unknown),
        (b"web B", changed(&ed25519(2), "1")),
        (b"web B\nweb A", trusted("2")),
        (b"web R", changed(&rsa(), "1")),
        (b"web R\nweb B", changed(&ed25519(2), "2")),
        (b"web A\n@revoked * A", revoked("2")),
        (b"@revoked web B\nweb A", trusted("2")),
        (b"@revoked db A\nweb A", trusted("2")),
        (b"@cert-authority *eb B", signed("1")),
        (b"@cert-authority web A", signed("1")),
        (b"@cert-authority web B\nweb A", trusted("2")),
        (b"@cert-authority web R\nweb B", changed(&ed25519(2), "2")),
        (b"@unheard-of web A", Trust::Unknown),
        (b"@revoked", Trust::Unknown),
        (b"web", Trust::Unknown),
        (b"web ssh-ed25519", Trust::Unknown),
        (b"web ssh-ed25519 !!!!\nweb A", trusted("2")),
        (b"web ssh-ed25519 AAAA", Trust::Unknown),
        (
            b"web ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB",
            Trust::Unknown,
        ),
        (b"\xff\xfe\x00 \xff\n\xe9,web A", trusted("2")),
        (long.as_bytes(), trusted("1")),
    ];
    for (file, expected) in cases {
        check("web", 22, file, &[], expected.clone());
        check("WeB", 22, file, &[], expected.clone());
    }
}

#[test]
fn another_port_is_another_name_but_the_key_without_one_counts() {
    for (file, expected) in [
        (b"[web]:2222 A".as_slice(), trusted("1")),
        (b"[WEB]:2222 A", trusted("1")),
        (b"[web]:2223 A", Trust::Unknown),
        (b"web A", trusted("1")),
        (b"web B", Trust::Unknown),
        (b"web A\n[web]:2222 B", changed(&ed25519(2), "2")),
        (b"[web]:* A", trusted("1")),
    ] {
        check("web", 2222, file, &[], expected);
    }
    check(
        "web",
        2222,
        b"@revoked web A\n[web]:2222 A",
        &[],
        Trust::Revoked {
            place: "1".to_owned(),
        },
    );
    check("FE80::1%eth0", 22, b"fe80::1%eth0 A", &[], trusted("1"));
}

#[test]
fn own_keys_come_before_files_but_not_before_a_revocation() {
    let (a, b, r) = (ed25519(1), ed25519(2), rsa());
    for (own, file, expected) in [
        (vec![a.clone()], b"".as_slice(), trusted("Countersign")),
        (vec![a.clone()], b"web B", trusted("Countersign")),
        (vec![b.clone(), a.clone()], b"", trusted("Countersign")),
        (vec![b.clone()], b"", changed(&b, "Countersign")),
        (vec![b.clone()], b"web A", changed(&b, "Countersign")),
        (vec![r.clone()], b"web A", trusted("1")),
        (vec![r.clone()], b"", changed(&r, "Countersign")),
        (
            vec![a.clone()],
            b"@revoked web A",
            Trust::Revoked {
                place: "1".to_owned(),
            },
        ),
        (vec!["nonsense".to_owned()], b"", Trust::Unknown),
    ] {
        check("web", 22, file, &own, expected);
    }
}

#[test]
fn what_cannot_be_read_is_never_a_first_contact() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::create_dir(file("folder")).unwrap();
    std::fs::write(file("not_a_folder"), "web A").unwrap();
    std::os::unix::fs::symlink(file("loop"), file("loop")).unwrap();
    let made = Command::new("mkfifo").arg(file("pipe")).status().unwrap();
    assert!(made.success());
    let own = [ed25519(1)];
    for name in ["folder", "not_a_folder/below", "loop", "pipe"] {
        let trust = judge("web", 22, &ed25519(1), &own, &[file("missing"), file(name)]);
        assert!(
            matches!(&trust, Trust::StoreUnusable { file, .. } if file.ends_with(name)),
            "{name}: {trust:?}"
        );
        assert!(known_keys("web", 22, &[file(name)]).is_err());
    }
    let huge = std::fs::File::create(file("huge")).unwrap();
    huge.set_len(65 * 1024 * 1024).unwrap();
    assert!(matches!(
        judge("web", 22, &ed25519(1), &[], &[file("huge")]),
        Trust::StoreUnusable { .. }
    ));
    for empty in [file("missing"), PathBuf::from("/dev/null")] {
        assert_eq!(judge("web", 22, &ed25519(1), &[], &[empty]), Trust::Unknown);
    }
}

#[test]
fn a_revocation_is_told_even_when_another_file_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    std::fs::write(&file, format!("@revoked * {}", ed25519(1))).unwrap();
    let trust = judge(
        "web",
        22,
        &ed25519(1),
        &[],
        &[folder.path().to_owned(), file],
    );
    assert!(matches!(trust, Trust::Revoked { .. }), "{trust:?}");
}

#[test]
fn algorithms_that_are_known_come_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let (a, b, r) = (ed25519(1), ed25519(2), rsa());
    std::fs::write(
        &file,
        format!("[web]:2222 {r}\n[web]:2222 {a}\nweb {b}\n@cert-authority * {b}\n"),
    )
    .unwrap();
    let files = [file];
    assert_eq!(
        known_algorithms("web", 2222, &[], &files),
        ["ssh-rsa", "ssh-ed25519"]
    );
    assert_eq!(
        known_algorithms("web", 2222, std::slice::from_ref(&b), &files),
        ["ssh-ed25519", "ssh-rsa"]
    );
    assert_eq!(
        known_algorithms("none", 22, &[], &files),
        Vec::<String>::new()
    );
    assert_eq!(known_keys("web", 2222, &files).unwrap(), [r, a]);
}

#[test]
fn a_pattern_of_many_stars_takes_no_time() {
    let file = format!("{}b A", "*a".repeat(5_000));
    check(&"a".repeat(2_000), 22, file.as_bytes(), &[], Trust::Unknown);
}

fn keygen(args: &[&str], file: &Path) -> Option<(bool, String)> {
    let output = Command::new("ssh-keygen")
        .args(args)
        .arg("-f")
        .arg(file)
        .output()
        .ok()?;
    Some((
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    ))
}

/// A small generator, so that every run tries the same files.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

#[test]
fn we_find_a_host_exactly_where_ssh_keygen_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    if keygen(&["-l", "-F", "x"], &file).is_none() {
        println!("SKIPPED: there is no ssh-keygen");
        return;
    }
    let names = [
        "web",
        "Web",
        "w*",
        "?eb",
        "!web",
        "db",
        "[web]:2222",
        "[w*]:22?2",
        "[web]:22",
        "10.0.0.1",
        "10.*",
        "*",
        "!10.0.0.1",
        "[db]:*",
        "::1",
        "!*",
    ];
    let keys = [
        ed25519(1),
        ed25519(2),
        rsa(),
        "ssh-ed25519 AAAA".to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ];
    let mut chance = Chance(7);
    let (mut found, mut missed) = (0, 0);
    for round in 0..60 {
        let mut text = String::new();
        for _ in 0..1 + chance.below(6) {
            let count = 1 + chance.below(3);
            let hosts: Vec<&str> = (0..count).map(|_| chance.of(&names)).collect();
            let key = &keys[chance.below(keys.len())];
            let before = chance.of(&["", "", "", "", " ", "\t", "# "]);
            let end = chance.of(&["\n", "\n", "\r\n", " comment\n", "\n\n"]);
            write!(text, "{before}{} {key}{end}", hosts.join(",")).unwrap();
        }
        std::fs::write(&file, &text).unwrap();
        if round % 3 == 0 {
            keygen(&["-H"], &file);
        }
        for (host, port) in [
            ("web", 22),
            ("web", 2222),
            ("db", 22),
            ("db", 9),
            ("10.0.0.1", 22),
            ("::1", 22),
        ] {
            let name = match port {
                22 => host.to_owned(),
                port => format!("[{host}]:{port}"),
            };
            let theirs = keygen(&["-l", "-F", &name], &file)
                .unwrap()
                .1
                .contains("SHA256:");
            let bytes = std::fs::read(&file).unwrap();
            let ours =
                super::line::lines(&bytes).any(|line| line.covers(&name) && line.key().is_some());
            assert_eq!(
                ours,
                theirs,
                "{name} in\n{}",
                String::from_utf8_lossy(&bytes)
            );
            if ours { found += 1 } else { missed += 1 }
        }
    }
    assert!(found > 50 && missed > 50, "{found} found, {missed} missed");
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let folder = tempfile::tempdir().unwrap();
    for (algorithm, bits) in [("ed25519", "256"), ("ecdsa", "384"), ("rsa", "1024")] {
        let file = folder.path().join(algorithm);
        let made = keygen(&["-q", "-t", algorithm, "-b", bits, "-N", ""], &file);
        if made.is_none() {
            println!("SKIPPED: there is no ssh-keygen");
            return;
        }
        let public = std::fs::read_to_string(file.with_extension("pub")).unwrap();
        let printed = keygen(&["-l"], &file).unwrap().1;
        let ours = fingerprint(&public).unwrap();
        assert_eq!(
            printed.split(' ').nth(1),
            Some(ours.as_str()),
            "{algorithm}"
        );
    }
    assert_eq!(fingerprint("ssh-ed25519 nonsense"), None);
}
