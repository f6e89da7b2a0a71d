# What the scripts of configuration share, after host.sh of this crate.
# Everything about a file is done by its name in a folder that was entered, so that nobody can swap a part of the path.

# prepare_files: the surroundings, and a program for SHA-256.
prepare_files() {
  prepare
  hasher=
  for tool in sha256sum shasum openssl busybox; do
    if command -v $tool >/dev/null 2>&1; then hasher=$tool; break; fi
  done
  [ -n "$hasher" ] || fail no_hash not_started find_hash ''
}

hash() {
  case $hasher in
    sha256sum) sha256sum | cut -c1-64 ;;
    shasum) shasum -a 256 | cut -c1-64 ;;
    openssl) openssl dgst -sha256 | sed 's/.*= *//' ;;
    busybox) busybox sha256sum | cut -c1-64 ;;
  esac
}

# state FILE LIMIT: what stands there; a link is never followed. Files above LIMIT bytes are not hashed.
state() {
  kind=absent perms=- links=0 uid=- gid=- size=0 sha=- inode=-
  if [ -L "$1" ]; then kind=symlink
  elif [ -f "$1" ]; then kind=file
  elif [ -d "$1" ]; then kind=directory
  elif [ -e "$1" ]; then kind=other
  else return 0; fi
  subject=$1 limit=$2
  set -- $(ls -ldni "$subject" 2>/dev/null)
  if [ $# -lt 6 ]; then kind=unreadable; return 0; fi
  inode=$1 links=$3 uid=$4 gid=$5
  # Nine letters, without the kind before and the mark of an access list behind.
  perms=${2#?}; perms=${perms%[.+@]}
  [ $kind = file ] || return 0
  size=$6
  if [ "$size" -le "$limit" ] && [ -r "$subject" ]; then sha=$(hash <"$subject"); fi
}

# place PATH: enters the folder of a path, as far as it exists. Afterwards: $name, $folder (without links in it), $rest
# (the part of the folder that does not exist yet). Fails with $obstacle when something else is in the way.
place() {
  given=$1
  case $given in '~/'*) given=$home/${given#??} ;; esac
  obstacle=$given name=${given##*/} up=${given%/*} rest=
  case $given in /*) ;; *) return 1 ;; esac
  until cd -P "$up/" 2>/dev/null; do
    if [ -L "$up" ] || [ -e "$up" ]; then obstacle=$up; return 1; fi
    rest=/${up##*/}$rest up=${up%/*}
  done
  folder=$(pwd -P); folder=${folder%/}$rest
  [ -n "$folder" ] || folder=/
}

# letters PERMS: the permission bits without setuid, setgid and sticky.
letters() { printf '%s\n' "$1" | sed 's/[st]/x/g; s/[ST]/-/g'; }

# look_at PATH: tells what stands there, with its content as long as $budget (bytes in all) lasts.
look_at() {
  if ! place "$1"; then tell obstacle "$(word "$obstacle")"; return 0; fi
  writable=no
  if [ -w . ] && [ -x . ]; then writable=yes; fi
  kind=absent perms=- links=0 uid=- gid=- size=0 sha=-
  [ -n "$rest" ] || state "./$name" "$most"
  tell entry "$kind $perms $links $uid $size $sha $writable $(word "$folder") $(word "$rest") $(word "$name")"
  if [ $kind = file ] && [ "$sha" != - ]; then content content "./$name" "$size"; fi
}

# content WORD FILE SIZE: the content of a file, when it is not too large to be shown.
content() {
  if [ "$3" -gt "$shown" ] || [ "$3" -gt "$budget" ]; then return 0; fi
  budget=$((budget - $3))
  printf '\036%s ' "$1"; hex <"$2"; printf '\n'
}
