# Makes one approved change, or none. Arguments: key, time of sending, folder of backups, the largest file;
# verb, path, folder; kind, hash and letters before; kind, hash, letters and mode after; where the content is (args, kept
# or the key of a backup); the content in base64, in pieces.
main() {
  prepare_files
  key=$1 sent=$2 backups=$(under_home "$3") largest=$4; shift 4
  want_verb=$1 path=$2 want_folder=$3; shift 3
  want_b_kind=$1 want_b_sha=$2 want_b_perms=$3 want_a_kind=$4 want_a_sha=$5 want_a_perms=$6 mode=$7; shift 7
  source=$1; shift
  own=$backups/$key
  settle no
  case $settled in
    done) report; tell end ok; exit 0 ;;
    unknown) fail in_doubt unknown settle "$why" ;;
  esac
  verb=$want_verb b_kind=$want_b_kind b_sha=$want_b_sha b_perms=$want_b_perms
  a_kind=$want_a_kind a_sha=$want_a_sha a_perms=$want_a_perms beside=

  check
  # The folder that holds the backups comes to be with them.
  if [ $verb = mkdir ] && [ "$at" = "$(place "${backups%/*}" && printf %s "${folder%/}/$name")" ]; then verb=base; fi
  open_backups
  #: opened
  mkdir "$own" 2>/dev/null
  #: begun
  if [ $b_kind = file ] && [ $verb != none ]; then
    try copy "./$name" "$own/before" || give_up not_done keep_backup
    [ "$(hash <"$own/before")" = "$b_sha" ] || changed
    flush "$own/before"
  fi
  #: kept
  if [ $verb = none ]; then : >"$own/same"; fi
  try keep "$verb $b_kind $b_sha $b_perms $a_kind $a_sha $a_perms $(word "$at")" ||
    give_up not_done keep_record
  flush "$own/record"
  #: recorded
  case $verb in
    none|base) ;;
    file|mkdir) replace "$@" ;;
    remove) check_again; try rm -f "./$name" || give_up not_done remove ;;
    rmdir) check_again; try rmdir "./$name" || give_up not_done remove_folder ;;
    chmod)
      check_again
      # By the folder itself and not by its name, which could be a link by now.
      (cd -P "./$name" && [ "$(pwd -P)" = "$at" ]) || changed
      try in_folder chmod "$mode" . || give_up not_done set_mode ;;
  esac
  #: renamed
  flush .
  state "./$name" "$largest"
  as_after || [ $verb = none ] || echo "It was changed by somebody else right after: $kind $sha $perms" >&2
  : >"$own/done"
  #: recorded_done
  rm -f "$own.by"
  report
  tell end ok
}

in_folder() { cd -P "./$name" && [ "$(pwd -P)" = "$at" ] && "$@"; }
copy() { cat <"$1" >"$2"; }
# Where sync takes no names it takes everything; where there is none the system writes when it likes.
flush() { sync "$1" >/dev/null 2>&1 || :; }

# give_up OUTCOME DOING: nothing of it stays, and the error that was in $why.
give_up() {
  said=$why
  forget
  fail io "$1" "$2" "$said"
}

# changed: it is not as it was approved.
changed() {
  state "./$name" "$largest"
  found="$kind $sha $perms"
  forget
  fail precondition_changed not_done check "$found"
}

# check: enters the folder and compares what stands there with what was approved.
check() {
  place "$path" || fail_clean precondition_changed "obstacle $obstacle"
  [ -z "$rest" ] || fail_clean parent_missing "$folder"
  [ "$folder" = "$want_folder" ] || fail_clean precondition_changed "folder $folder"
  at=${folder%/}/$name
  state "./$name" "$largest"
  as_before || fail_clean precondition_changed "$kind $sha $perms"
}

# check_again: the same, without leaving the folder that was entered.
check_again() {
  now=$(place "$path" && printf %s "$folder")
  [ "$now" = "$want_folder" ] || fail_clean precondition_changed "folder $now"
  state "./$name" "$largest"
  as_before || fail_clean precondition_changed "$kind $sha $perms"
}

fail_clean() { found=$2; [ ! -e "$own.by" ] && [ ! -L "$own.by" ] || forget; fail "$1" not_done check "$found"; }

# open_backups: the folder of backups, for this user alone, and the lock of the key.
open_backups() {
  try mkdir -p "$backups" || fail io not_done make_backups "$why"
  for each in "${backups%/*}" "$backups"; do
    state "$each" 0
    case $kind,$uid,$perms in
      directory,"$me",????w*|directory,"$me",???????w?) fail unsafe_backups not_started check "$each" ;;
      directory,"$me",*) ;;
      *) fail unsafe_backups not_started check "$each" ;;
    esac
  done
  try ln -s "$(identity $$)" "$own.by" || fail busy not_started lock "$why"
  if [ -e "$own.fence" ]; then
    fence=$(cat "$own.fence")
    if [ "$sent" -lt "$fence" ]; then rm -f "$own.by"; fail overtaken not_started check ''; fi
    rm -f "$own.fence"
  fi
}

# replace PIECES: the new file or folder beside the old one, ready in every way, and then one rename.
replace() {
  beside=./.countersign-$(printf %.24s "$key")
  rm -rf "$beside"
  if [ $verb = mkdir ]; then
    try mkdir "$beside" || give_up not_done make_folder
  else
    try fill "$@" || give_up not_done write
    #: written
    [ "$(hash <"$beside")" = "$a_sha" ] || { why='the content did not arrive whole'; give_up not_done write; }
    old_gid=$gid; [ $b_kind = file ] || old_gid=
    state "$beside" 0
    if [ -n "$old_gid" ] && [ "$gid" != "$old_gid" ]; then
      try chgrp "$old_gid" "$beside" || give_up not_done keep_group
    fi
  fi
  try chmod "$mode" "$beside" || give_up not_done set_mode
  flush "$beside"
  state "$beside" 0
  try note "$inode" || give_up not_done keep_record
  #: prepared
  check_again
  #: checked
  try move || give_up not_done rename
}

note() { printf '%s\n' "$1" >"$own/moves.new" && mv -f "$own/moves.new" "$own/moves"; }

# move: the rename. Into a folder that took the place meanwhile nothing is moved.
move() {
  mv -fT "$beside" "./$name" 2>/dev/null && return
  [ ! -d "./$name" ] && [ ! -L "./$name" ] && mv -f "$beside" "./$name"
}

# fill PIECES: the new content; O_EXCL, so that no link is written through.
fill() {
  set -C
  case $source in
    args) unpack "$@" >"$beside" ;;
    kept) cat <"$own/before" >"$beside" ;;
    *) cat <"$backups/$source/before" >"$beside" ;;
  esac
}

# unpack PIECES: base64 by whatever this host has.
unpack() {
  [ $# -gt 0 ] || return 0
  decoder=by_awk
  for each in by_base64 by_base64_bsd by_openssl; do
    if [ "$(echo b2s= | $each 2>/dev/null)" = ok ]; then decoder=$each; break; fi
  done
  { printf %s "$@"; echo; } | $decoder
}
by_base64() { base64 -d; }
by_base64_bsd() { base64 -D; }
by_openssl() { fold -w 64 | openssl base64 -d; }
by_awk() {
  fold -w 64 | awk '
    BEGIN { a = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"; for (i = 1; i <= 64; i++) v[substr(a, i, 1)] = i - 1 }
    { out = ""
      for (i = 1; i + 3 <= length($0); i += 4) {
        n = 0; bytes = -1
        for (j = 0; j < 4; j++) { c = substr($0, i + j, 1); n *= 64; if (c != "=") { n += v[c]; bytes++ } }
        out = out sprintf("\\0%03o", int(n / 65536) % 256)
        if (bytes > 1) out = out sprintf("\\0%03o", int(n / 256) % 256)
        if (bytes > 2) out = out sprintf("\\0%03o", n % 256)
      }
      print out }' | while IFS= read -r line; do printf %b "$line"; done
}

main "$@"
