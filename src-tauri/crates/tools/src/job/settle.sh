# Did a job begin? One that did not will not any more, unless it is started again from now on. Arguments: the folder of
# jobs, the id, the time of asking, stop (yes or no), the seconds of grace.
main() {
  prepare
  open_job "$1" "$2"
  try mkdir -p "$jobs" || fail io unknown make_folder "$why"
  try fence "$3" || fail io unknown fence "$why"
  #: fenced
  judge
  if [ $state = queued ]; then claim by.$n withdrawn; judge; fi
  if [ "$4" = yes ]; then halt "$5"; fi
  [ $state = none ] || rm -f "$own.fence"
  measure
  report
  tell end ok
}
fence() { printf %s "$1" >"$own.fence.$$" && mv -f "$own.fence.$$" "$own.fence"; }
main "$@"
