# What a backup holds, and what stands at its place now. Reads only. Arguments: the largest file that is hashed, the
# largest of which the content is given (bytes), the folder of backups, the key.
main() {
  prepare_files
  most=$1 shown=$2 budget=$(($2 * 2)) backups=$(under_home "$3") key=$4
  own=$backups/$key
  tell host "$me $(word "$home")"
  if [ -e "$own/done" ] && recall; then
    report
    look_at "$(unhex "$at_path")"
    if [ -f "$own/before" ]; then
      state "$own/before" "$most"
      tell kept "$sha"
      content before "$own/before" "$size"
    fi
  elif [ -e "$own" ]; then tell unsettled yes
  fi
  tell end ok
}
main "$@"
