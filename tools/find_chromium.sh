#!/bin/sh
# The browser of the tests: what is there, else Debian's package where we may install it, else a sentence.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done
[ -n "${CNNVIZ_CHROMIUM:-}" ] && [ -x "$CNNVIZ_CHROMIUM" ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core
    exit 0
fi
echo "The browser tests need Chromium. Run: sudo apt-get install chromium   (or set CNNVIZ_CHROMIUM to a browser's path)" >&2
exit 1
