//! What a job does, under every shell that is here.

use super::{Host, alive, cancelled, comes, exited, in_a_command_line, kill, shells};
use crate::job::answer::{Reason, State};
use crate::job::host::{FOLLOW, FORGET, START, SUPERVISOR};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A number of seconds that no other test sleeps, for each shell.
fn seconds(of: u32, shell: &str) -> String {
    format!("61.{of}{:02}", shell.len())
}

#[test]
fn a_job_runs_once_and_says_how_it_ended() {
    for shell in shells() {
        let host = Host::new(shell);
        assert_eq!(host.look().state, State::None, "{shell}");
        let script = "echo \"$1|$#|$CS_JOB|$(pwd)|$(umask)\"; echo problem >&2; cat; exit 7";
        let args = ["it's $(touch never); \"x\"\n*", ""];
        let seen = host.start(script, &args);
        assert!(seen.since_s.is_some(), "{shell}: {seen:?}");
        let seen = host.over();
        assert!(exited(7, &seen), "{shell}: {seen:?}");
        let home = host.home.path().display();
        let log = format!("{}|2|{}|{home}|0022\nproblem\n", args[0], host.id);
        // mksh says it with three digits.
        let said = |host: &Host| host.log().replace("|022\n", "|0022\n");
        assert_eq!(said(&host), log, "{shell}");
        assert_eq!(seen.size_bytes, host.log().len() as u64);
        let again = host.start(script, &args);
        assert_eq!(
            (&again, said(&host)),
            (&seen, log),
            "{shell}: started again"
        );
        assert_eq!(host.cancel(), seen, "{shell}: what has ended stays so");
        assert_eq!(host.settle(9, "yes"), seen, "{shell}");
        assert!(!host.path("never").exists());
        assert_eq!(host.forget(), seen);
        assert_eq!(host.look().state, State::None);
        let left = std::fs::read_dir(host.path("jobs")).unwrap().count();
        assert_eq!(left, 0, "{shell}: nothing is left");
    }
}

#[test]
fn whatever_a_script_holds_arrives() {
    let weird: String = (1..=0x2ff_u32).filter_map(char::from_u32).collect();
    let script = format!("cat <<'E'\n{weird}\\$x `y` $(z)\nE\nprintf %s \"$1\"");
    for shell in shells() {
        let host = Host::new(shell);
        host.start(&script, &[&weird]);
        assert!(exited(0, &host.over()), "{shell}: {}", host.log());
        assert_eq!(
            host.log(),
            format!("{weird}\\$x `y` $(z)\n{weird}"),
            "{shell}"
        );
        let kept = std::fs::read_to_string(host.own("body")).unwrap();
        assert_eq!(kept, format!("{script}\n"), "{shell}");
    }
}

#[test]
fn files_are_private_and_the_surroundings_clean() {
    for shell in shells() {
        let host = Host::new(shell);
        host.start("env; kill -9 $$", &[]);
        assert!(exited(137, &host.over()), "{shell}: {:?}", host.look());
        let log = host.log();
        let mut names: Vec<&str> = log
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0))
            .collect();
        // What shells add themselves.
        names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_", "A__z"].contains(name));
        names.sort_unstable();
        let expected = [
            "CS_JOB", "HOME", "LC_ALL", "LOGNAME", "PATH", "SHELL", "USER",
        ];
        assert_eq!(names, expected, "{shell}");
        let folder = host.own("");
        assert_eq!(
            folder.metadata().unwrap().permissions().mode() & 0o777,
            0o700
        );
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let data = path.symlink_metadata().unwrap();
            let private = data.is_symlink() || data.permissions().mode() & 0o777 == 0o600;
            assert!(private, "{shell}: {}", path.display());
        }
    }
}

/// Neither the script nor its arguments are seen in a command line, from the start to the end.
#[test]
fn no_command_line_carries_data() {
    let secret = b"s3cr3t-of-the-job";
    let has = |word: &[u8], mark: &[u8]| word.windows(mark.len()).any(|part| part == mark);
    for shell in shells() {
        let host = Host::new(shell);
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut rounds = 0;
                let mut seen = false;
                while !ended.load(Ordering::Acquire) {
                    seen |= in_a_command_line(secret, has);
                    rounds += 1;
                }
                (seen, rounds)
            });
            let secret = String::from_utf8_lossy(secret);
            let words = host.order(
                1,
                &format!(": '{secret}'; sleep 0.3"),
                &[&secret],
                SUPERVISOR,
            );
            host.run(START, &words.words());
            host.run(FOLLOW, &["0", "9", "5"]);
            ended.store(true, Ordering::Release);
            let (seen, rounds) = watching.join().unwrap();
            assert!(!seen && rounds > 10, "{shell}: {seen} {rounds}");
            assert!(exited(0, &host.look()), "{shell}");
        });
    }
}

#[test]
fn a_killed_supervisor_is_a_lost_job() {
    for shell in shells() {
        let host = Host::new(shell);
        let sleep = seconds(1, shell);
        host.start(&format!("echo run; /bin/sleep {sleep}"), &[]);
        assert!(comes(|| alive(&sleep)), "{shell}");
        kill(host.supervisor());
        assert!(
            comes(|| host.look().state == State::Lost(Reason::Killed)),
            "{shell}: {:?}",
            host.look()
        );
        let again = host.start(&format!("echo run; /bin/sleep {sleep}"), &[]);
        assert_eq!(
            again.state,
            State::Lost(Reason::Killed),
            "{shell}: it is not run again"
        );
        assert_eq!(host.log(), "run\n", "{shell}");
        assert!(alive(&sleep));
        assert_eq!(host.cancel().state, State::Lost(Reason::Killed), "{shell}");
        assert!(
            comes(|| !alive(&sleep)),
            "{shell}: what it left behind is ended"
        );
    }
}

#[test]
fn a_number_that_means_another_process_is_a_lost_job() {
    for shell in shells() {
        let host = Host::new(shell);
        host.start("exec sleep 0.2", &[]);
        host.over();
        let by = std::fs::read_link(host.own("by.1")).unwrap();
        let by = by.to_string_lossy().into_owned();
        let parts: Vec<&str> = by.split(':').collect();
        std::fs::remove_file(host.own("end")).unwrap();
        let me = std::process::id().to_string();
        let anew = "11111111-2222-3333-4444-555555555555";
        let cases = [
            ([parts[0], parts[1], parts[2]], Reason::Killed),
            ([&me, parts[1], parts[2]], Reason::PidReused),
            ([parts[0], parts[1], anew], Reason::Rebooted),
            ([&me, parts[1], anew], Reason::Rebooted),
        ];
        for (who, reason) in cases {
            std::fs::remove_file(host.own("by.1")).unwrap();
            let by = format!("{}:{}:{}", who.join(":"), who[0], parts[4]);
            std::os::unix::fs::symlink(by, host.own("by.1")).unwrap();
            assert_eq!(host.look().state, State::Lost(reason), "{shell}");
            // And this process, whose number it is, is not harmed.
            assert_eq!(host.cancel().state, State::Lost(reason), "{shell}");
        }
    }
}

#[test]
fn cancelling_ends_the_whole_group_politely_or_not() {
    for shell in shells() {
        let sleep = seconds(2, shell);
        let cases = [
            // Ends at once.
            (
                format!("echo up; /bin/sleep {sleep} & /bin/sleep {sleep}"),
                "up\n",
            ),
            // Has something to do first, and its parent does not wait for it.
            (
                format!(
                    "( trap 'sleep 1; echo bye; exit' TERM; echo up; while :; do sleep 0.1; done ) & /bin/sleep {sleep}; echo never"
                ),
                "up\nbye\n",
            ),
            // Does not want to.
            (
                format!("trap '' TERM; echo up; /bin/sleep {sleep}; /bin/sleep {sleep}"),
                "up\n",
            ),
        ];
        for (script, log) in cases {
            let host = Host::new(shell);
            host.start(&script, &[]);
            assert!(comes(|| host.log() == "up\n"), "{shell}: {script}");
            let seen = host.cancel();
            assert!(cancelled(&seen), "{shell}: {script}: {seen:?}");
            assert!(!alive(&sleep), "{shell}: {script}");
            // Some shells say how their children ended.
            let ours = |line: &&str| ["up", "bye", "never"].contains(line);
            let said: String = host
                .log()
                .lines()
                .filter(ours)
                .map(|line| format!("{line}\n"))
                .collect();
            assert_eq!(said, log, "{shell}: {script}");
            assert_eq!(host.over(), seen, "{shell}: it stays so");
            assert_eq!(host.cancel(), seen, "{shell}: it stays so");
            assert_eq!(
                host.start(&script, &[]),
                seen,
                "{shell}: it does not begin again"
            );
        }
    }
}

#[test]
fn what_a_script_leaves_running_ends_with_it() {
    for shell in shells() {
        let host = Host::new(shell);
        let sleep = seconds(3, shell);
        host.start(
            &format!("/bin/sleep {sleep} & (trap '' TERM HUP; /bin/sleep {sleep}) & echo done"),
            &[],
        );
        assert!(exited(0, &host.over()), "{shell}");
        assert!(!alive(&sleep), "{shell}");
        assert_eq!(host.log(), "done\n");
    }
}

#[test]
fn a_running_job_is_not_forgotten_nor_taken_for_another() {
    for shell in shells() {
        let host = Host::new(shell);
        let sleep = seconds(4, shell);
        host.start(&format!("/bin/sleep {sleep}"), &[]);
        assert_eq!(host.look().state, State::Running, "{shell}");
        assert_eq!(host.fault(FORGET, &[]), "still_running not_started");
        let other = host.order(1, "echo other", &[], SUPERVISOR);
        assert_eq!(host.fault(START, &other.words()), "other_job not_started");
        assert!(cancelled(&host.settle(2, "yes")), "{shell}");
        assert!(!alive(&sleep), "{shell}");
    }
}

/// Hosts without setsid: perl, else the shell's own job control; where there is neither it is said.
#[test]
fn a_job_gets_away_without_setsid() {
    let hidden = |name: &str, text: &str| {
        let there = format!("command -v {name} ");
        assert_eq!(text.matches(&there).count(), 1);
        text.replace(&there, "command -v no-such-program ")
    };
    let by_perl = hidden("setsid", START);
    let by_shell = hidden("perl", &by_perl);
    for shell in shells() {
        let sleep = seconds(5, shell);
        let script = format!("echo up; /bin/sleep {sleep}");
        let host = Host::new(shell);
        let words = host.order(1, &script, &[], SUPERVISOR);
        assert_eq!(
            host.says(&by_perl, &words.words()).state,
            State::Running,
            "{shell}"
        );
        assert!(cancelled(&host.cancel()), "{shell}");
        let host = Host::new(shell);
        let can = ["/bin/bash --posix", "/bin/mksh", "/bin/ksh93"].contains(&shell);
        if can {
            let seen = host.says(&by_shell, &words.words());
            assert_eq!(seen.state, State::Running, "{shell}");
            assert!(cancelled(&host.cancel()), "{shell}");
        } else {
            let said = host.fault(&by_shell, &words.words());
            assert_eq!(said, "not_begun not_done", "{shell}");
            assert_eq!(
                (host.look().state, host.log()),
                (State::None, String::new())
            );
        }
        assert!(!alive(&sleep), "{shell}");
    }
}

#[test]
fn a_folder_that_others_can_write_is_not_used() {
    let host = Host::new("/bin/dash");
    std::fs::create_dir(host.path("jobs")).unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(host.path("jobs"), open).unwrap();
    let words = host.order(1, "echo never", &[], SUPERVISOR);
    assert_eq!(
        host.fault(START, &words.words()),
        "unsafe_folder not_started"
    );
}
