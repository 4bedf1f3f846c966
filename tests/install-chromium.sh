#!/bin/sh
# Provide a Chromium for the browser tests: one on PATH, else Playwright's, else Debian's.
set -eu
bin=$1

for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  if command -v "$name" > /dev/null; then exit 0; fi
done
echo "Installing Chromium ..."
is_root() { [ "$(id -u)" = 0 ]; }
if "$bin/playwright" install chromium > /dev/null 2>&1; then
  if is_root; then "$bin/playwright" install-deps chromium > /dev/null; fi # the libraries it needs
  exit 0
fi
if is_root && command -v apt-get > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update && apt-get -qqy install --no-install-recommends chromium fonts-liberation > /dev/null && exit 0
fi
echo "The browser tests need Chromium: install one (for example: sudo apt install chromium) and try again." >&2
exit 1
