# Cancels a job. Asked again it goes on with it. Arguments: the folder of jobs, the id, the seconds of grace.
main() {
  prepare
  open_job "$1" "$2"
  halt "$3"
  measure
  report
  tell end ok
}
main "$@"
