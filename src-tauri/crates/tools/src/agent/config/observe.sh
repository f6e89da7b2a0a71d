# Did the change with this key happen? Arguments: key, time of asking, folder of backups, stop (yes or no), the largest
# file.
main() {
  prepare_files
  key=$1 asked=$2 backups=$(under_home "$3") largest=$5
  own=$backups/$key
  settle "$4"
  case $settled in
    done) report ;;
    # A script that was sent before and begins only now must not go on. Where nothing was ever kept there is no folder
    # for the note, and none is made for it.
    none|notdone) [ ! -d "$backups" ] || printf %s "$asked" >"$own.fence" ;;
  esac
  tell settled "$settled $(word "$why")"
}
main "$@"
