#!/usr/bin/env bash
# One real Apache Kafka broker (KRaft) on loopback, without Docker.
#   kafka.sh install                          fetch the pinned jars (once)
#   kafka.sh start DIR PORT CONTROLLER_PORT   start in the background, return when it answers
#   kafka.sh run   DIR PORT CONTROLLER_PORT   the same in the foreground
#   kafka.sh stop  DIR | kill DIR | status DIR
# DIR holds data/, server.properties, kafka.log and pid. KAFKA_JAVA_OPTS adds options for the JVM.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VERSION=4.4.0
LIB=${FENGQIAO_TOOLS:-$HERE/../../.tools}/kafka-$VERSION
# shellcheck source=deploy/common.sh
. "$HERE/../common.sh"

install() {
  need "command -v java" openjdk-17-jre-headless
  [ ! -e "$LIB/complete" ] || return 0
  need "command -v mvn" maven
  mkdir -p "$LIB"
  exec 9>"$LIB.lock"
  flock 9 # two test runs may want the jars at the same moment
  if [ ! -e "$LIB/complete" ]; then
    echo "fengqiao: fetching Kafka $VERSION (54 MB, once)" >&2
    mvn -q -B -Dstyle.color=never -f "$HERE/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$LIB" >&2
    touch "$LIB/complete"
  fi
  exec 9>&-
}

configure() { # DIR PORT CONTROLLER_PORT
  mkdir -p "$1"
  sed -e "s|@PORT@|$2|g" -e "s|@CONTROLLER_PORT@|$3|g" -e "s|@DATA@|$1/data|g" \
    "$HERE/server.properties" >"$1/server.properties"
  [ ! -e "$1/data/meta.properties" ] || return 0
  rm -rf "$1/data" # a format that was cut off
  local id
  id=$(tool random-uuid | tail -n 1)
  tool format --standalone -t "$id" -c "$1/server.properties" >/dev/null
}

tool() {
  java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j2.configurationFile="$HERE/log4j2.yaml" \
    -Dkafka.log=/dev/null -cp "$LIB/*" kafka.tools.StorageTool "$@"
}

run() { # DIR PORT CONTROLLER_PORT; becomes the JVM, so that its pid is the caller's child
  echo $$ >"$1/pid"
  # shellcheck disable=SC2086  # several options in one variable
  exec java -Xmx512m -XX:+UseSerialGC ${KAFKA_JAVA_OPTS:-} -Dlog4j2.configurationFile="$HERE/log4j2.yaml" \
    -Dkafka.log="$1/kafka.log" -cp "$LIB/*" kafka.Kafka "$1/server.properties" >>"$1/out.log" 2>&1
}

alive() { [ -e "$1/pid" ] && ! gone "$(cat "$1/pid")" && tr '\0' ' ' <"/proc/$(cat "$1/pid")/cmdline" | grep -q kafka; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() { # DIR PORT CONTROLLER_PORT
  ! alive "$1" || { echo "Kafka already runs in $1" >&2; return 0; }
  ! answers "$2" || { echo "fengqiao: port $2 is taken; choose another (KAFKA_PORT=...)" >&2; return 1; }
  configure "$@"
  setsid "$0" run "$@" </dev/null >/dev/null 2>&1 &
  for _ in $(seq 300); do
    sleep 0.1
    if answers "$2"; then return 0; fi
  done
  echo "fengqiao: Kafka did not answer on port $2 within 30 s; see $1/kafka.log and $1/out.log" >&2
  return 1
}

signal() { # DIR SIGNAL; returns when the process is gone
  alive "$1" || { rm -f "$1/pid"; return 0; }
  local pid
  pid=$(cat "$1/pid")
  kill "-$2" "$pid"
  for _ in $(seq 600); do
    gone "$pid" && { rm -f "$1/pid"; return 0; }
    sleep 0.05
  done
  echo "fengqiao: Kafka in $1 did not end within 30 s" >&2
  return 1
}

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 64; }

case "${1:-}" in
  install) install ;;
  start | run)
    [ $# = 4 ] || usage
    install
    mkdir -p "$2"
    DIR=$(cd "$2" && pwd)
    [ "$1" = start ] || configure "$DIR" "$3" "$4"
    "$1" "$DIR" "$3" "$4"
    ;;
  stop | kill | status)
    [ $# = 2 ] || usage
    DIR=$(cd "$2" 2>/dev/null && pwd) || { [ "$1" != status ]; exit; }
    case "$1" in
      stop) signal "$DIR" TERM ;;
      kill) signal "$DIR" KILL ;;
      status) alive "$DIR" ;;
    esac
    ;;
  *) usage ;;
esac
