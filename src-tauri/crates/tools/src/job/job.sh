# What the scripts of jobs share, after host.sh of this crate. A job is a folder, JOBS/ID:
#   order   the digest of what it is, so that one id never means two jobs
#   body    the script; run: the same with its arguments and surroundings; sup: the supervisor
#   by.N    who runs the body (pid:start:boot:group:time), or "withdrawn". The first that is not withdrawn counts.
#   log     what the body prints
#   stop    since when it is to stop
#   end     how it ended: exited:CODE:TIME or cancelled:CODE:TIME
# by, stop and end are links: made by one process only, whole at once, and never changed. Whoever makes by.N runs the
# body, and nobody else ever does. Times are seconds since 1970.
# Beside it JOBS/ID.fence: no start that was sent before this time may begin any more.

# open_job JOBS ID: which job.
open_job() { jobs=$(under_home "$1") id=$2 own=$jobs/$2; }

value() { readlink "$own/$1" 2>/dev/null; }
claim() { ln -s "$2" "$own/$1" 2>/dev/null; }
now() { date +%s; }
nap() { sleep 0.1 2>/dev/null || sleep 1; }

# turn: whose turn it is ($n), and who has taken it ($by, empty: nobody).
turn() { n=1; while by=$(value by.$n) && [ "$by" = withdrawn ]; do n=$((n + 1)); done; }

# judge: $state becomes none, queued, running, exited, cancelled or lost; with $code, $at, $reason and $since.
judge() {
  state=none code=- at=- reason=- since=-
  [ -d "$own" ] || return 0
  turn
  [ -z "$by" ] || since=${by##*:}
  ! ended || return 0
  if [ -z "$by" ]; then
    # Withdrawn, and not started again.
    [ $n -gt 1 ] || state=queued
    return 0
  fi
  leader=${by%%:*} found=$(identity "${by%%:*}")
  if [ "${by#"$found:"}" != "$by" ]; then state=running; return 0; fi
  # It may have ended between the two looks.
  ! ended || return 0
  if at=$(value stop); then state=cancelled; return 0; fi
  state=lost at=- reason=killed
  case $by in *:"$boot":*) ;; *) reason=rebooted; return 0 ;; esac
  [ -z "$found" ] || reason=pid_reused
}

ended() {
  end=$(value end) || return 1
  state=${end%%:*} at=${end##*:} code=${end#*:}; code=${code%:*}
}

# measure: $size of the log.
measure() {
  size=0
  [ ! -f "$own/log" ] || size=$(($(wc -c <"$own/log")))
}

report() { tell job "$state $code $at $reason $since $size"; }

# members GROUP ME: $left becomes those of the process group that are alive, but ME and its children.
members() {
  left=
  if [ -r /proc/$$/stat ]; then
    set +f
    for stat in /proc/[0-9]*/stat; do
      { read -r line <"$stat"; } 2>/dev/null || continue
      pid=${stat#/proc/}
      member "${pid%/stat}" "$1" "$2" ${line##*\) }
    done
    set -f
  else
    # By way of a file, so that ps is a child of ME.
    ps -A -o stat= -o ppid= -o pgid= -o pid= >"$own/ps" 2>/dev/null
    while read -r stat parent of pid; do
      member "$pid" "$1" "$2" "$stat" "$parent" "$of"
    done <"$own/ps"
    rm -f "$own/ps"
  fi
}

# member PID GROUP ME STATE PARENT GROUP...
member() {
  [ "$6" = "$2" ] || return 0
  case $4 in Z*|X*) return 0 ;; esac
  [ "$1" = "$3" ] || [ "$5" = "$3" ] || left="$left $1"
}

# halt GRACE: stops the job: TERM to its group, so many seconds for it, then KILL, until nobody is left. One that has
# ended stays what it was.
halt() {
  judge
  if [ $state = queued ]; then
    claim stop "$(now)"
    if claim by.$n withdrawn; then claim end "cancelled:-:$(now)"; fi
    judge
  fi
  case $state in
    lost) orphans; return 0 ;;
    running) claim stop "$(now)" ;;
    cancelled) [ ! -L "$own/end" ] || return 0 ;;
    *) return 0 ;;
  esac
  #: marked
  group=${by%:*}; group=${group##*:}
  if [ $state = running ]; then kill -TERM -$group 2>/dev/null; fi
  #: asked
  deadline=$(($(now) + $1))
  while members "$group" 0; [ -n "$left" ] && [ "$(now)" -lt $deadline ]; do nap; done
  #: waited
  if [ -n "$left" ]; then
    if [ $state = running ]; then kill -KILL -$group 2>/dev/null; else orphans; fi
    deadline=$(($(now) + 5))
    while members "$group" 0; [ -n "$left" ] && [ "$(now)" -lt $deadline ]; do nap; done
  fi
  #: killed
  [ -z "$left" ] || [ $state != running ] || fail not_stopped unknown stop "$left"
  # Where the supervisor was killed too; else it has said so itself.
  claim end "cancelled:137:$(now)"
  judge
}

# orphans: ends what a lost supervisor has left behind. Its group's number may mean strangers by now, so only those that
# carry the job's id in their surroundings.
orphans() {
  group=${by%:*}; group=${group##*:}
  members "$group" 0
  for pid in $left; do
    if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "CS_JOB=$id"; then kill -KILL "$pid" 2>/dev/null; fi
  done
}
