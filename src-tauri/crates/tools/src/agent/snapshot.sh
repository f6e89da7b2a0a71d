# What a host says of itself, in one round trip. POSIX sh; reads only; nothing is written on the host.
# Each section begins with RS (036 octal), its name and its state: ok, missing (not on this host), denied (not
# permitted), timeout, failed. RS is taken out of everything the host prints, so that no section can be forged.
# The parser is fleet::Snapshot::parse; a new section is added in both.
cs_snapshot() {
  LC_ALL=C; export LC_ALL
  PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
  limit=; if timeout 5 true 2>/dev/null; then limit='timeout 5'; fi

  put() { printf '\036%s %s\n' "$1" "$2"; [ -z "$3" ] || printf '%s\n' "$3" | tr -d '\036'; }

  # ask NAME COMMAND...: the command's output as a section.
  ask() {
    name=$1; shift
    if ! command -v "$1" >/dev/null 2>&1; then put "$name" missing ''; return; fi
    out=$($limit "$@" 2>/dev/null); code=$?
    case $code in
      0) put "$name" ok "$out" ;;
      124|137|143) put "$name" timeout "$out" ;;
      *) if [ -n "$out" ]; then put "$name" ok "$out"; else put "$name" failed ''; fi ;;
    esac
  }

  # show NAME FILE COMMAND...: a command over a file, as a section.
  show() {
    name=$1; file=$2; shift 2
    if [ ! -e "$file" ]; then put "$name" missing ''
    elif [ ! -r "$file" ]; then put "$name" denied ''
    else out=$("$@" "$file" 2>/dev/null); put "$name" ok "$out"; fi
  }

  put meta ok "v=2
epoch=$(date +%s)
epoch_ns=$(date +%s%N)
uid=$(id -u)
user=$(id -un)
hostname=$(uname -n)
kernel=$(uname -srm)
boot_id=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
$(sed -n 's/^PRETTY_NAME=/os=/p' /etc/os-release 2>/dev/null)"
  show uptime /proc/uptime cat
  show loadavg /proc/loadavg cat
  put ncpu ok "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo 2>/dev/null)"
  show cpu1 /proc/stat grep '^cpu '
  show meminfo /proc/meminfo grep -E '^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SReclaimable|SwapTotal|SwapFree):'
  show vmstat /proc/vmstat grep '^oom_kill '

  out=; for resource in cpu memory io; do
    lines=$(sed "s/^/$resource /" "/proc/pressure/$resource" 2>/dev/null) && out="$out$lines
"; done
  if [ -n "$out" ]; then put pressure ok "$out"; else put pressure missing ''; fi

  if df -P -k -l / >/dev/null 2>&1; then ask df df -P -k -l; else ask df df -P -k; fi
  if df -P -i -l / >/dev/null 2>&1; then ask dfi df -P -i -l
  elif df -P -i / >/dev/null 2>&1; then ask dfi df -P -i
  else put dfi missing ''; fi
  # Only whether it is read-only: further mount options may hold names and passwords.
  show mounts /proc/mounts awk '$3 !~ /^(proc|sysfs|cgroup2?|devpts|devtmpfs|mqueue|nsfs|tracefs|debugfs|securityfs|bpf)$/ {
    print $1, $2, $3, ($4 ~ /(^|,)ro(,|$)/ ? "ro" : "rw"); if (++n == 2000) exit }'
  show fstab /etc/fstab awk '$1 !~ /^#/ && $4 ~ /(^|,)ro(,|$)/ { print $2 }'
  show filenr /proc/sys/fs/file-nr cat
  show netdev /proc/net/dev sed 1,2d

  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then
    state=$($limit systemctl is-system-running 2>/dev/null)
    if out=$($limit systemctl --failed --no-legend --plain --no-pager 2>/dev/null); then
      put units ok "state=$state
$out"
    else put units failed ''; fi
  else put units missing ''; fi

  # The state letter of every process, counted: ps differs from system to system, /proc does not.
  if [ -r /proc/1/stat ]; then
    put processes ok "$(cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/^[0-9].*) \([A-Za-z]\) .*/\1/p' | sort | uniq -c)"
  else put processes denied ''; fi
  out=$($limit ps -eo pid,user,pcpu,rss,comm 2>/dev/null | sed 1d | sort -k3 -rn 2>/dev/null | head -n 8)
  if [ -n "$out" ]; then put top ok "$out"; else put top missing ''; fi

  if ! command -v dmesg >/dev/null 2>&1; then put kernel_log missing ''
  elif out=$($limit dmesg 2>/dev/null); then
    put kernel_log ok "$(printf '%s\n' "$out" | grep -iE 'out of memory|oom-kill|i/o error|remounting filesystem read-only|(ext4-fs|xfs|btrfs).*(error|corrupt)|segfault|blocked for more than|hardware error|not responding' | tail -n 50)"
  else put kernel_log denied ''; fi

  if [ -d /run/systemd/system ] && command -v journalctl >/dev/null 2>&1; then
    case "$(id -u) $(id -Gn) " in
      "0 "*|*" systemd-journal "*|*" adm "*|*" wheel "*) ask journal journalctl -q -p err --since -1h -n 50 --no-pager -o short-iso ;;
      *) put journal denied '' ;;
    esac
  else put journal missing ''; fi

  out=
  if [ -d /run/systemd/system ] && command -v timedatectl >/dev/null 2>&1; then
    out=$($limit timedatectl show -p NTPSynchronized 2>/dev/null); fi
  if command -v chronyc >/dev/null 2>&1; then out="$out
$($limit chronyc -n tracking 2>/dev/null | grep -E '^(Leap status|System time)')"; fi
  if command -v adjtimex >/dev/null 2>&1; then out="$out
$($limit adjtimex 2>/dev/null | grep 'return value')"; fi
  if [ -n "$out" ]; then put time ok "$out"; else put time missing ''; fi

  if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then put reboot ok required=yes
  elif [ -e /etc/debian_version ]; then put reboot ok required=no
  else put reboot missing ''; fi

  sleep 0.2 2>/dev/null || sleep 1
  show cpu2 /proc/stat grep '^cpu '
  put end ok ''
}
# Whole in one function: nothing that runs here can read the rest of the script from standard input.
cs_snapshot </dev/null
