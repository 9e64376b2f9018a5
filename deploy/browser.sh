#!/bin/sh
# The browser of the console's tests and screenshots: prints its path. Debian's chromium and a Chinese
# font are installed where the caller is root; elsewhere one line says what to install.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=deploy/common.sh
. deploy/common.sh
need "command -v chromium && fc-list :lang=zh family | grep -q ." chromium fonts-noto-cjk fontconfig
command -v chromium
