# The supervisor of a job: leads its process group, runs the body once, and says how it ended. Arguments: the folder of
# jobs, the id, whose turn it is.
main() {
  prepare
  open_job "$1" "$2"
  # What ends the group is for the body; this one stays to say how it ended.
  trap : TERM HUP INT
  cd /
  group=$(group_of $$)
  if [ "$group" != $$ ]; then claim "by.$3" withdrawn; exit 0; fi
  user=$(id -un)
  #: ready
  claim "by.$3" "$(identity $$):$group:$(now)" || exit 0
  #: claimed
  (
    # Whoever stops the job makes the link first and sends the signal after it: one of the two is seen here.
    [ ! -L "$own/stop" ] || exit 143
    umask 022
    cd "$home" || exit 126
    exec env -i HOME="$home" USER="$user" LOGNAME="$user" SHELL=/bin/sh PATH="$PATH" LC_ALL=C CS_JOB="$id" \
      /bin/sh "$own/run"
  ) >>"$own/log" 2>&1 </dev/null
  code=$?
  # Some shells add 256 to the number of a signal.
  [ $code -le 255 ] || code=$((code - 128))
  #: ran
  sweep
  #: swept
  if [ -L "$own/stop" ]; then claim end "cancelled:$code:$(now)"; else claim end "exited:$code:$(now)"; fi
}

group_of() {
  if [ -r "/proc/$1/stat" ]; then sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f3
  else ps -o pgid= -p "$1" | tr -d ' '; fi
}

# sweep: what the body has left running ends with it, so that nothing is added to the log any more. Where it is
# cancelled it has its grace, and whoever cancels it watches over that.
sweep() {
  deadline=$(($(now) + 5))
  if [ -L "$own/stop" ]; then deadline=$(($(now) + 60)); fi
  while members "$group" $$; [ -n "$left" ]; do
    if [ ! -L "$own/stop" ] || [ "$(now)" -ge $deadline ]; then kill -KILL $left 2>/dev/null; fi
    [ "$(now)" -le $((deadline + 5)) ] || break
    nap
  done
}
main "$@"
