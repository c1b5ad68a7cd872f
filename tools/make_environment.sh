#!/bin/sh
# make_environment.sh PYTHON FOLDER: a virtual environment, also where Debian has left Python's venv module out.
set -eu
python="$1"
folder="$2"

if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "cnnviz needs Python 3.11 or newer. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && apt-get install -y -q "python$version-venv"
    else
        echo "This Python has no venv module. Run: sudo apt-get install python$version-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$folder" || { rm -rf "$folder"; exit 1; }
