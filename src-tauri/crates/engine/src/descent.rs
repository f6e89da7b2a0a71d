//! Who is at the other end of the owner's socket: a program that the owner itself has started, directly or over others,
//! or somebody else (semantics.md 20). A hook or a script of a run must not answer the run's own gate. Not an
//! authentication: another process of the same OS user is not kept out, nor is one whose parents have ended.

/// How the process at the socket is related to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Not started by this process; or this process itself.
    Other,
    /// Started by this process, or by one that it has started.
    Descendant,
    /// It had ended before anybody could look.
    Gone,
}

/// How the process with this id is related to this one. Systems without `/proc` tell nothing of parents: there
/// everybody is somebody else.
pub(crate) fn kin(pid: Option<i32>) -> Kin {
    if !cfg!(target_os = "linux") {
        return Kin::Other;
    }
    match pid.and_then(|pid| u32::try_from(pid).ok()) {
        Some(pid) => walk(pid, std::process::id(), parent),
        None => Kin::Gone,
    }
}

/// From a process upwards until this one is found or there are no more parents.
fn walk(pid: u32, own: u32, parent: impl Fn(u32) -> Option<u32>) -> Kin {
    if pid == own {
        return Kin::Other;
    }
    let Some(mut above) = parent(pid) else {
        return Kin::Gone;
    };
    let mut below = pid;
    // A parent is older than its child: only ids that are used again while we look could lead in a circle.
    for _ in 0..10_000 {
        if above == own {
            return Kin::Descendant;
        }
        // 0 is above the first process, and above what came into a namespace from outside.
        if above <= 1 {
            return Kin::Other;
        }
        match parent(above) {
            Some(next) => (below, above) = (above, next),
            // It ended while we looked, and its child has another parent now; or it is another user's and hidden.
            None => match parent(below) {
                Some(again) if again == above => return Kin::Other,
                Some(again) => above = again,
                None => return Kin::Gone,
            },
        }
    }
    Kin::Gone
}

/// The parent of a process, from `/proc` (proc_pid_stat(5)).
fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // pid (name) state parent …; the name may hold anything, also a bracket.
    let (_, after) = stat.rsplit_once(") ")?;
    after.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// `parents`: child and parent. `then`: what is true from the second look at a process on.
    fn check(pid: u32, parents: &[(u32, u32)], then: &[(u32, u32)], kin: Kin) {
        let looks = RefCell::new(BTreeMap::<u32, u32>::new());
        let found = walk(pid, 100, |of| {
            let mut looks = looks.borrow_mut();
            let look = looks.entry(of).or_default();
            *look += 1;
            let list = if *look > 1 && then.iter().any(|(child, _)| *child == of) {
                then
            } else {
                parents
            };
            list.iter()
                .find(|(child, _)| *child == of)
                .map(|(_, parent)| *parent)
        });
        assert_eq!(found, kin, "{pid} in {parents:?}");
    }

    #[test]
    fn descendants_are_told_from_others() {
        let tree = [
            (100, 50),
            (50, 1),
            (1, 0),
            (101, 100),
            (102, 101),
            (60, 50),
            (61, 60),
        ];
        check(101, &tree, &[], Kin::Descendant);
        check(102, &tree, &[], Kin::Descendant);
        check(61, &tree, &[], Kin::Other);
        check(50, &tree, &[], Kin::Other);
        check(100, &tree, &[], Kin::Other);
        check(1, &tree, &[], Kin::Other);
        // Ended already; from outside of this namespace; a hidden parent of another user.
        check(77, &tree, &[], Kin::Gone);
        check(70, &[(70, 0)], &[], Kin::Other);
        check(70, &[(70, 69)], &[], Kin::Other);
        // The parent ends while we look: its child is given to another one.
        check(70, &[(70, 69), (1, 0)], &[(70, 1)], Kin::Other);
        check(70, &[(70, 69)], &[(70, 100)], Kin::Descendant);
        check(70, &[(70, 71), (71, 70)], &[], Kin::Gone);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_real_child_is_one() {
        let mut child = std::process::Command::new("sleep")
            .arg("20")
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).ok();
        assert_eq!(kin(pid), Kin::Descendant);
        assert_eq!(kin(Some(1)), Kin::Other);
        assert_eq!(kin(i32::try_from(std::process::id()).ok()), Kin::Other);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(kin(pid), Kin::Gone);
        assert_eq!(kin(None), Kin::Gone);
    }
}
