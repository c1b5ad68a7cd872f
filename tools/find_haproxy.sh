#!/bin/sh
# The proxy of `make serve`, and what makes a certificate for its tests: what is there, else Debian's package where we may install it, else a sentence.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v haproxy >/dev/null && command -v openssl >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -q
    apt-get install -y -q --no-install-recommends haproxy openssl
    exit 0
fi
echo "This needs HAProxy. Run: sudo apt-get install haproxy openssl   (one process without it: make run)" >&2
exit 1
