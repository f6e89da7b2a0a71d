# Installs packages as root: install.sh POLICY SSHD_OFF PACKAGE...
# A shell script and not Rust because of its traps: whatever stops it, the policy file that keeps
# services from starting is taken away again. It is compiled into xtask (see apt.rs).
#
# POLICY    path of policy-rc.d; Debian's maintainer scripts ask it before they start a service
# SSHD_OFF  path of the file with which Debian's sshd says "not to be run", or - for none
set -u
policy=$1
sshd_off=$2
shift 2
mark='# Written by the set-up of Countersign while it installs packages; may be deleted.'

restore() {
    rm -f "$policy"
    if [ -e "$policy.before-countersign" ]; then
        mv "$policy.before-countersign" "$policy"
    fi
}

# One that an earlier, killed set-up left behind is ours and not the machine's.
if [ -e "$policy" ] && ! grep -qF "$mark" "$policy"; then
    mv "$policy" "$policy.before-countersign"
fi
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" > "$policy"
chmod 755 "$policy"

# Without this file a freshly installed sshd would start at the next boot.
if [ "$sshd_off" != - ] && [ ! -e "$sshd_off" ]; then
    mkdir -p "$(dirname "$sshd_off")"
    : > "$sshd_off"
    echo "sshd is installed for the tests and kept off: delete $sshd_off to use it yourself."
fi

export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
        -o Acquire::Retries=3 install "$@"
}
# One broken third-party source must not stop this: what counts is whether the install works.
apt-get -q -o DPkg::Lock::Timeout=300 update
install "$@" || {
    echo 'That did not work; repairing and trying once more.'
    dpkg --configure -a
    apt-get -q -o DPkg::Lock::Timeout=300 update
    install "$@"
}
