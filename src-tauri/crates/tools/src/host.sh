# What the scripts for hosts share. POSIX sh; only functions, so that a text that arrives cut short does nothing: each
# script ends with a call of its own. Arguments are data. Answers are lines that begin with RS (036 octal).

# prepare: the surroundings. Globs are off because lines are split into words.
prepare() {
  LC_ALL=C; export LC_ALL
  PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
  umask 077; set -f; unset CDPATH IFS
  why=
  me=$(id -u)
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) || boot=-
  home=${HOME-}
  if [ -z "$home" ]; then
    user=$(id -un)
    # Only a plain name may stand after the tilde.
    case $user in ''|-*|*[!A-Za-z0-9._-]*) ;; *) eval "home=~$user" ;; esac
  fi
  case $home in /*) ;; *) fail no_home not_started find_home "$home" ;; esac
  home=${home%/}
}

tell() { printf '\036%s %s\n' "$1" "$2"; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
word() { printf %s "$1" | hex; }

# fail CODE OUTCOME DOING TEXT: the error, and the end. Not from within $( ).
fail() { tell fault "$1 $2 $3 $(word "$4")"; exit 0; }

# try COMMAND...: what it says when it fails is in $why.
try() { why=$("$@" 2>&1 >/dev/null); }

# under_home PATH: a path that begins with ~/ as an absolute one.
under_home() { case $1 in '~/'*) printf %s "$home/${1#??}" ;; *) printf %s "$1" ;; esac; }

# identity PID: the process, told from a later one with the same number. Fails when it has ended.
identity() {
  began=-
  if [ -r "/proc/$1/stat" ]; then
    began=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1,20 | tr ' ' .)
    case $began in Z*|X*|'') return 1 ;; esac
    began=${began#?.}
  else
    kill -0 "$1" 2>/dev/null || return 1
    began=$(ps -o lstart= -p "$1" 2>/dev/null | tr -s ' :' __)
    [ -n "$began" ] || began=-
  fi
  printf %s "$1:$began:$boot"
}
