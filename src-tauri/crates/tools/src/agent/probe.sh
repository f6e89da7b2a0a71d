# What a host is, in one round trip, before it comes into the fleet. POSIX sh; reads only. Lines `key=value`; the
# parser is agent.probe. Values are cut to one line.
say() { printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\n\036' '  ' | cut -c1-300)"; }
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
say epoch_ns "$(date +%s%N 2>/dev/null)"
say hostname "$(uname -n)"
say kernel "$(uname -sr)"
say arch "$(uname -m)"
say os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')"
say user "$(id -un)"
say uid "$(id -u)"
say ncpu "$(getconf _NPROCESSORS_ONLN 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null)"
say memory_kib "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null)"
say home "$HOME"
say disk_kib "$(df -P -k "${HOME:-/}" 2>/dev/null | awk 'NR == 2 { print $2, $4 }')"
if [ "$(id -u)" = 0 ]; then say sudo root
elif ! command -v sudo >/dev/null 2>&1; then say sudo missing
elif sudo -n true >/dev/null 2>&1; then say sudo yes
else say sudo password; fi
found=
for program in systemctl docker podman; do
  if command -v "$program" >/dev/null 2>&1; then found="$found $program"; fi
done
say runtime "${found# }"
say end ok
