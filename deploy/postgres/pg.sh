#!/bin/sh
# One real PostgreSQL on loopback, without Docker; also for root, whom PostgreSQL itself refuses.
#   pg.sh install                         install PostgreSQL where root may (once)
#   pg.sh start DIR PORT [durable|fast]   start in the background, return when it answers
#   pg.sh stop DIR | kill DIR | status DIR
#   pg.sh url PORT [DATABASE]             the address for FENGQIAO_DATABASE_URL
# `fast` leaves out fsync: what it acknowledged survives kill -9 of the server, not of the machine.
# User fengqiao without password, TCP on 127.0.0.1 only: for development and tests, never for real data.
# PG_BIN names the folder of initdb and pg_ctl where they are not found.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/common.sh
. "$HERE/../common.sh"

bin() {
  if [ -n "${PG_BIN:-}" ]; then echo "$PG_BIN"; return; fi
  for folder in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
    if [ -x "$folder/initdb" ]; then echo "$folder"; return; fi
  done
  initdb=$(command -v initdb) && dirname "$initdb"
}

install() {
  if bin >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    # Debian would also make and start a cluster of its own on port 5432; nobody asked for it.
    need "command -v pg_createcluster" postgresql-common
    sed -i 's/^#\{0,1\}create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  fi
  need bin postgresql
}

as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# The data's real place: DIR, or a place outside when user postgres cannot pass the folders above DIR (a 0700 home).
place() {
  mkdir -p "$1"
  [ "$(id -u)" = 0 ] || { cd "$1" && pwd -P; return; }
  real=$(cd "$1" && pwd -P)
  if [ ! -e "$real/moved-to" ] && as_server test -x "$real"; then
    chown postgres: "$real"
    echo "$real"
    return
  fi
  if [ ! -e "$real/moved-to" ]; then
    outside=$(mktemp -d /var/tmp/fengqiao-pg.XXXXXX)
    chown postgres: "$outside"
    echo "$outside" >"$real/moved-to"
    echo "fengqiao: user postgres cannot read $real; the data lies in $outside" >&2
  fi
  cat "$real/moved-to"
}

alive() { [ -e "$1/data/postmaster.pid" ] && ! gone "$(head -n 1 "$1/data/postmaster.pid")"; }

start() { # DIR PORT MODE
  if alive "$1"; then echo "PostgreSQL already runs in $1" >&2; return; fi
  case "$3" in
    fast) options="-c fsync=off -c full_page_writes=off" ;;
    durable) options="-c fsync=on" ;;
    *) usage ;;
  esac
  cd / # user postgres may not be allowed in the caller's folder
  if [ ! -s "$1/data/PG_VERSION" ]; then
    rm -rf "$1/data"
    as_server "$BIN/initdb" -D "$1/data" -U fengqiao -A trust -E UTF8 --locale C.UTF-8 \
      --no-sync --no-instructions >/dev/null
  fi
  # No socket in the file system: its path may hold 107 bytes only. Relative limits fit seven services and their tests.
  as_server "$BIN/pg_ctl" -D "$1/data" -l "$1/log" -w -s -t 60 start -o "-p $2 -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c shared_buffers=256MB -c max_connections=200 $options" || {
    tail -n 5 "$1/log" >&2
    echo "fengqiao: PostgreSQL did not start on port $2; is the port taken? See $1/log" >&2
    return 1
  }
}

stop() {
  if alive "$1"; then cd / && as_server "$BIN/pg_ctl" -D "$1/data" -m fast -w -s stop; fi
}

kill_all() { # the server and its children at once, as a fallen machine would; returns when they are gone
  alive "$1" || return 0
  pid=$(head -n 1 "$1/data/postmaster.pid")
  children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)
  # shellcheck disable=SC2086  # a list of numbers
  kill -9 "$pid" $children 2>/dev/null || true
  for child in $pid $children; do
    until gone "$child"; do sleep 0.02; done
  done
}

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 64; }

case "${1:-}" in
  install) install ;;
  url) echo "postgresql+asyncpg://fengqiao@127.0.0.1:${2:?port}/${3:-postgres}" ;;
  start)
    [ $# -ge 3 ] || usage
    install
    BIN=$(bin)
    DIR=$(place "$2")
    start "$DIR" "$3" "${4:-durable}"
    ;;
  stop | kill | status)
    [ $# = 2 ] || usage
    [ -d "$2" ] || { [ "$1" != status ]; exit; }
    BIN=$(bin || true)
    DIR=$(place "$2")
    case "$1" in
      stop) stop "$DIR" ;;
      kill) kill_all "$DIR" ;;
      status) alive "$DIR" ;;
    esac
    ;;
  *) usage ;;
esac
