#!/bin/sh
# From a bare machine to a synced environment: deploy/bootstrap.sh [uv sync options]
set -eu
UV_VERSION=0.13.9
TOOLS=${FENGQIAO_TOOLS:-.tools}
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1}
ok() { "$1" -c 'import sys, ssl, sqlite3; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1; }
find_python() {
  for p in python3.14 python3.13 python3.12 python3; do
    p=$(command -v "$p") && ok "$p" && "$p" -c 'import sys; print(sys.executable)' && return
  done
  for p in $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python 2>/dev/null | sort -rV); do
    ok "$p" && echo "$p" && return
  done
  return 0
}
PY=$(find_python); UV=$(command -v uv || true)
if [ -z "$UV" ] || ! "$UV" --version >/dev/null 2>&1; then
  UV=$TOOLS/bin/uv
  [ -x "$UV" ] || { "${PY:-python3}" -m venv "$TOOLS" && "$TOOLS/bin/pip" -q install "uv==$UV_VERSION"; }
fi
exec "$UV" sync --python "${PY:-3.13}" "$@"
