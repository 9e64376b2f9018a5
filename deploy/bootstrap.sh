#!/bin/sh
# From a bare machine to a synced environment: deploy/bootstrap.sh [uv command and its options]
# Finds a Python (3.12 to 3.14) and uv, or installs uv beside the sources from PyPI; then runs
# `uv sync --all-packages --frozen`, or the uv command that is given.
set -eu
UV_VERSION=0.13.9
cd "$(dirname "$0")/.."
TOOLS=${FENGQIAO_TOOLS:-.tools}
# shellcheck source=deploy/common.sh
. deploy/common.sh
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"

ok() { "$1" -c 'import sys, ssl, sqlite3; sys.exit(not (3, 12) <= sys.version_info < (3, 15))' >/dev/null 2>&1; }

find_python() {
  if ok .venv/bin/python; then echo .venv/bin/python; return; fi
  for p in python3.14 python3.13 python3.12 python3; do
    p=$(command -v "$p") && ok "$p" && "$p" -c 'import sys; print(sys.executable)' && return
  done
  for p in $(printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python | sort -rV); do
    ok "$p" && echo "$p" && return
  done
  return 0
}

PY=$(find_python)
UV=$(command -v uv || true)
if [ -z "$UV" ] || ! "$UV" --version >/dev/null 2>&1; then
  UV=$TOOLS/bin/uv
  if [ ! -x "$UV" ]; then
    need "${PY:-python3} -c 'import ensurepip'" python3 python3-venv
    "${PY:-python3}" -m venv "$TOOLS"
    "$TOOLS/bin/pip" -q install "uv==$UV_VERSION"
  fi
fi
[ $# -eq 0 ] || exec "$UV" "$@" --python "${PY:-3.13}"
# Bytecode now, not at each start: where PYTHONDONTWRITEBYTECODE is set, every process would compile
# its thousands of modules again, some seconds each.
"$UV" sync --all-packages --frozen --compile-bytecode --python "${PY:-3.13}"
.venv/bin/python -m compileall -q services intake triage routing mediator-registry analytics gateway
