# Starts a job, or finds it started: whatever of this is cut off and sent again, the body runs once. Arguments: the folder
# of jobs, the id, the time of sending, the digest of the order, the supervisor, run, body.
main() {
  prepare
  open_job "$1" "$2"
  sent=$3 order=$4
  try mkdir -p "$jobs" || fail io not_done make_folder "$why"
  safe "${jobs%/*}" && safe "$jobs"
  #: opened
  if [ ! -d "$own" ]; then build "$5" "$6" "$7"; fi
  #: renamed
  [ "$(cat "$own/order")" = "$order" ] || fail other_job not_started check ''
  # First whose turn it is, then whether it is too late: who asks whether it began does it the other way round.
  turn
  #: turned
  if [ -z "$by" ] && [ ! -L "$own/end" ]; then begin; fi
  #: begun
  rm -f "$own.fence"
  judge
  measure
  report
  tell end ok
}

begin() {
  if is_late && claim by.$n withdrawn; then fail overtaken not_started check ''; fi
  #: judged
  launch
  #: launched
  deadline=$(($(now) + 10))
  until [ -L "$own/by.$n" ] || [ "$(now)" -ge $deadline ]; do nap; done
  claim by.$n withdrawn
  #: awaited
  by=$(value by.$n)
  if [ "$by" = withdrawn ] && [ ! -L "$own/end" ]; then
    if is_late; then fail overtaken not_started check ''; fi
    fail not_begun not_done detach ''
  fi
}

# is_late: was it asked whether this job began, after this was sent? All times have twenty digits.
is_late() { [ -e "$own.fence" ] && expr "t$sent" '<' "t$(cat "$own.fence")" >/dev/null; }

# safe FOLDER: nobody else may write there.
safe() {
  folder=$1
  set -- $(ls -ldn "$folder" 2>/dev/null)
  case $1,$3 in
    ?????w*,*|????????w*,*) ;;
    d*,"$me") return 0 ;;
  esac
  fail unsafe_folder not_started check "$folder"
}

# build SUPERVISOR RUN BODY: the whole folder at another place, and then one rename. Into a folder that is there already
# nothing is moved, because that one is never empty.
build() {
  new=$jobs/.new.$id.$$
  set +f
  for old in "$jobs/.new.$id."*; do
    kill -0 "${old##*.}" 2>/dev/null && [ "$old" != "$new" ] || rm -rf "$old"
  done
  set -f
  at=$new/$id
  try mkdir "$new" "$at" || give_up
  try save "$at/order" "$order" || give_up
  try save "$at/sup" "$1" || give_up
  try save "$at/run" "$2" || give_up
  #: saved
  try save "$at/body" "$3" || give_up
  # Where sync takes no names it takes everything.
  sync "$at/order" "$at/sup" "$at/run" "$at/body" >/dev/null 2>&1
  #: built
  try mv "$at" "$jobs/" || [ -d "$own" ] || give_up
  rm -rf "$new"
}

give_up() {
  said=$why
  rm -rf "$new"
  fail io not_done write "$said"
}

# save FILE TEXT: not by way of a command line.
save() {
  cat >"$1" <<END
$2
END
}

# launch: the supervisor, in a session or at least a process group of its own; it looks itself whether it is.
launch() {
  set -- "$own/sup" "$jobs" "$id" "$n"
  if command -v setsid >/dev/null 2>&1; then
    setsid /bin/sh "$@" </dev/null >/dev/null 2>&1 &
  elif command -v perl >/dev/null 2>&1; then
    perl -e 'use POSIX; POSIX::setsid() > 0 or exit 1; exec @ARGV' /bin/sh "$@" </dev/null >/dev/null 2>&1 &
  else
    (set -m) 2>/dev/null && set -m 2>/dev/null
    /bin/sh "$@" </dev/null >/dev/null 2>&1 &
    set +m 2>/dev/null
  fi
}
main "$@"
