# shellcheck shell=sh
# Sourced by bootstrap.sh, kafka.sh and pg.sh.

# gone PID: no thread of it runs any more (a zombie is gone; its files and ports are closed).
gone() { ! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1"/task/*/status; }

# need "CHECK" PACKAGE...: when CHECK fails, install the packages where the caller is root on Debian; elsewhere say in
# one line what to install.
need() {
  check=$1
  shift
  if eval "$check" >/dev/null 2>&1; then return 0; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "fengqiao: installing $* from the system's packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"; } >/dev/null || true
    hash -r
    if eval "$check" >/dev/null 2>&1; then return 0; fi
  fi
  echo "fengqiao: please install $* (on Debian: apt-get install $*) and try again" >&2
  exit 69 # EX_UNAVAILABLE: the tests read it as "this server cannot be had here"
}
