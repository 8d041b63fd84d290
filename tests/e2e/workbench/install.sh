#!/usr/bin/env bash
# Installs what the tests in the real workbench need, outside the clone, once: VS Code (code-server),
# its Node and playwright-core from npm, Chromium from Debian. Prints the folder. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${E2E_HOME:-$HOME/.cache/trivium-e2e}
key=$(cat "$here"/package-lock.json "$here"/*shrinkwrap.json "$here"/install.sh | sha256sum | cut -c1-16)

if ! command -v chromium >/dev/null; then
    # Another run of apt may hold its locks: lists may be old, packages wait.
    apt-get update -qq >&2 || true
    apt-get install -o DPkg::Lock::Timeout=600 -y -qq --no-install-recommends chromium >&2
fi
if [ "$(cat "$home/.stamp" 2>/dev/null)" = "$key" ]; then
    echo "$home"
    exit 0
fi

# Made aside and renamed, so that an interrupted installation is never taken for a whole one.
aside=$home.partial
rm -rf "$aside" "$home"
mkdir -p "$aside"
cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$aside"/
cd "$aside"
npm ci --silent >&2
vscode=$aside/node_modules/code-server/lib/vscode
# The shrinkwrap that code-server ships does not agree with itself; this one was written by npm.
cp "$here"/code-server-4.139.1.vscode-shrinkwrap.json "$vscode/npm-shrinkwrap.json"
(cd "$vscode" && npm ci --omit=dev --ignore-scripts --silent >&2)
echo "$key" >"$aside/.stamp"
mv "$aside" "$home"
echo "$home"
