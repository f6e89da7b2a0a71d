# The record of a change on the host, and whether it happened. In the folder of backups ($backups):
#   KEY/record  what is to be made of what, written before anything is touched
#   KEY/before  the file as it was
#   KEY/moves   the number (inode) of the new file, once it is ready
#   KEY/same    nothing had to change
#   KEY/done    it happened
#   KEY.by      a link that names the process at work
#   KEY.fence   no script that was sent before this time may begin any more
# The one moment of a change is the rename of the new file over the old one (or the mkdir, rmdir, rm, chmod).

# await STOP: waits for the process that works under this key; with yes, ends it.
await() {
  waited=0
  while by=$(readlink "$own.by" 2>/dev/null) && [ "$(identity "${by%%:*}")" = "$by" ]; do
    [ "$by" != "$(identity $$)" ] || return 0
    [ "$1" != yes ] || kill -9 "${by%%:*}" 2>/dev/null
    [ $waited -lt 15 ] || return 1
    waited=$((waited + 1)); sleep 1
  done
  rm -f "$own.by"
}

# keep WORDS: writes the record. PATH comes last, as hex.
keep() { printf '%s\n' "$1" >"$own/record.new" && mv -f "$own/record.new" "$own/record"; }

recall() {
  set -- $(cat "$own/record")
  [ $# -eq 8 ] || return 1
  verb=$1 b_kind=$2 b_sha=$3 b_perms=$4 a_kind=$5 a_sha=$6 a_perms=$7 at_path=$8
}

# unhex HEX: the bytes; by printf, because a path may hold anything but NUL.
unhex() {
  text=$1 octal=
  while [ -n "$text" ]; do
    tail=${text#??} pair=${text%"$tail"} text=$tail
    value=$((0x$pair))
    octal=$octal'\0'$((value / 64))$((value / 8 % 8))$((value % 8))
  done
  printf %b "$octal"
}

# forget: what a change that did not happen has left behind.
forget() {
  # First what says that the file beside it is ready: gone without it, it was renamed.
  rm -f "$own/moves" "$own/moves.new"
  [ -z "$beside" ] || rm -rf "$beside"
  rm -f "$own/record" "$own/record.new" "$own/before" "$own/same"
  rmdir "$own" 2>/dev/null
  rm -f "$own.by"
  # Only folders that are empty go, and so only when nothing else is kept here.
  rmdir "$backups" 2>/dev/null && rmdir "${backups%/*}" 2>/dev/null
  :
}

report() { tell record "$key $(cat "$own/record") $([ -e "$own/same" ] && echo same || echo changed)"; }

# settle STOP: $settled becomes none, done, notdone or unknown (then $why). A change that did not happen is cleared away.
settle() {
  beside= why=
  if ! await "$1"; then settled=unknown why='it is still under way'; return; fi
  if [ ! -d "$own" ]; then settled=none; forget; return; fi
  if [ -e "$own/done" ]; then settled=done; return; fi
  if [ ! -e "$own/record" ]; then settled=notdone; forget; return; fi
  if ! recall; then settled=unknown why='its record is damaged'; return; fi
  if ! place "$(unhex "$at_path")" || [ -n "$rest" ]; then settled=unknown why='the folder is gone'; return; fi
  state "./$name" "$largest"
  happened
  case $settled in done) : >"$own/done"; rm -f "$own.by" ;; notdone) forget ;; esac
}

as_before() { [ "$kind" = "$b_kind" ] && [ "$sha" = "$b_sha" ] && [ "$perms" = "$b_perms" ]; }
as_after() { [ "$kind" = "$a_kind" ] && [ "$sha" = "$a_sha" ] && [ "$(letters "$perms")" = "$a_perms" ]; }

# happened: decides by what stands there now.
happened() {
  settled=unknown why='somebody else has changed it since'
  case $verb in
    none) settled=notdone ;;
    base) settled=done ;;
    file|mkdir)
      beside=./.countersign-$(printf %.24s "$key")
      if [ -e "$beside" ] || [ -L "$beside" ] || [ ! -e "$own/moves" ]; then settled=notdone; return; fi
      # Ready, and no longer beside it: it was renamed, and edited since or not. Numbers of files that are gone are used
      # again, so the one of the old file would say nothing.
      if [ "$inode" = "$(cat "$own/moves")" ] || as_after; then settled=done; fi ;;
    remove|rmdir)
      if [ $kind = absent ]; then settled=done
      elif as_before; then settled=notdone; fi ;;
    chmod)
      if as_after; then settled=done
      elif as_before; then settled=notdone; fi ;;
  esac
}
