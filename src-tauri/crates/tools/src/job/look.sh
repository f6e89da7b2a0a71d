# How a job stands. Reads only. Arguments: the folder of jobs, the id.
main() {
  prepare
  open_job "$1" "$2"
  judge
  measure
  report
  tell end ok
}
main "$@"
