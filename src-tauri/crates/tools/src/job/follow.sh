# A piece of a job's log, and how the job stood before it was read. Reads only. Arguments: the folder of jobs, the id,
# from which byte on, how many bytes at most, how many seconds to wait for the first.
main() {
  prepare
  open_job "$1" "$2"
  from=$3 most=$4 deadline=$(($(now) + $5))
  while :; do
    # First the state: a log of which the job had ended grows no more.
    judge
    measure
    [ "$size" -le "$from" ] || break
    case $state in queued|running) ;; *) break ;; esac
    [ "$(now)" -lt $deadline ] || break
    nap
  done
  [ "$size" -ge "$from" ] || fail log_cut not_done read "$size"
  count=$((size - from))
  [ $count -le "$most" ] || count=$most
  tell piece "$from $count"
  if [ $count -gt 0 ]; then tail -c +$((from + 1)) "$own/log" | head -c $count; fi
  printf '\n'
  report
  tell end ok
}
main "$@"
