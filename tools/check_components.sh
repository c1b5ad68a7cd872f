#!/bin/sh
# Checks the code of the components (assets/components) with TypeScript's compiler, where Node is there.
set -eu
version=7.0.2
folder=.venv/typescript
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is not there, so the code of the components is not type-checked."
    exit 0
fi
if [ ! -x "$folder/node_modules/.bin/tsc" ]; then
    mkdir -p "$folder"
    if ! npm install --prefix "$folder" --no-save --no-audit --no-fund "typescript@$version" >"$folder/install.log" 2>&1; then
        echo "TypeScript $version could not be installed ($folder/install.log), so the code of the components is not type-checked."
        exit 0
    fi
fi
"$folder/node_modules/.bin/tsc" -p assets/components
