#!/bin/sh
# The console's tools: deploy/console.sh build | npm ARGUMENT...
# Node is the one on PATH where it is new enough, else the one of the uv group `web`, in .tools/node.
# Packages are installed when the lock changed; `build` builds when a source is newer than the result.
set -eu
cd "$(dirname "$0")/.."
TOOLS=${FENGQIAO_TOOLS:-.tools}
CONSOLE=gateway/console
MODULES=$CONSOLE/node_modules
BUILT=$CONSOLE/dist/index.html

fits() { node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a >= 24 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1; }
say() { echo "fengqiao: $*" >&2; }

if ! fits; then
  NODE=$(pwd)/$TOOLS/node
  PATH=$NODE/bin:$PATH
  export PATH
  if ! fits; then
    say "正在安装 Node (约 60 MB) · installing Node (about 60 MB)"
    UV_PROJECT_ENVIRONMENT=$NODE deploy/bootstrap.sh sync --quiet --frozen --only-group web
  fi
fi
if ! cmp -s "$CONSOLE/package-lock.json" "$MODULES/.installed"; then
  say "正在安装控制台的构建工具 (约半分钟, 仅一次) · installing the console's build tools (half a minute, once)"
  (cd "$CONSOLE" && npm ci --no-progress --loglevel=error >/dev/null)
  cp "$CONSOLE/package-lock.json" "$MODULES/.installed"
fi

if [ "$1" != build ]; then
  cd "$CONSOLE"
  exec "$@"
fi
if [ -e "$BUILT" ] && [ -z "$(find "$CONSOLE" \( -name node_modules -o -name dist \) -prune -o -type f -newer "$BUILT" -print | head -n 1)" ]; then
  exit 0
fi
say "正在构建控制台 · building the console"
cd "$CONSOLE"
npm run build --silent -- --logLevel warn
