# What stands at some places. Reads only. Arguments: the largest file that is hashed, the largest of which the content is
# given, how much content in all (bytes), and the paths.
main() {
  prepare_files
  most=$1 shown=$2 budget=$3; shift 3
  tell host "$me $(word "$home")"
  for path; do look_at "$path"; done
  tell end ok
}
main "$@"
