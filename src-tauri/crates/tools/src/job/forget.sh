# Removes what is kept of a job that has ended. Arguments: the folder of jobs, the id.
main() {
  prepare
  open_job "$1" "$2"
  judge
  case $state in queued|running) fail still_running not_started forget '' ;; esac
  measure
  report
  # By one rename: half a job is none.
  if [ -d "$own" ]; then try mv "$own" "$jobs/.gone.$id.$$" || fail io not_done forget "$why"; fi
  #: moved
  set +f
  for old in "$jobs/.gone.$id."* "$jobs/.new.$id."*; do rm -rf "$old"; done
  rm -f "$own.fence"
  tell end ok
}
main "$@"
