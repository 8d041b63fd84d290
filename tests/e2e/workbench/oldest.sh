#!/usr/bin/env bash
# Installs the oldest VS Code that the extension says it runs in, 1.100 (code-server 4.100.3), for the
# Node that is here, Node 20. By hand: E2E_OLDER=$(bash oldest.sh) before the tests of this folder.
set -euo pipefail
version=4.100.3
home=${E2E_OLDEST_HOME:-$HOME/.cache/trivium-e2e-$version}
if [ -e "$home/.stamp" ]; then
    echo "$home"
    exit 0
fi
command -v rg >/dev/null || apt-get install -o DPkg::Lock::Timeout=600 -y -qq --no-install-recommends ripgrep >&2

aside=$home.partial
rm -rf "$aside" "$home"
mkdir -p "$aside"
cd "$aside"
npm pack --silent "code-server@$version" >&2
tar xzf "code-server-$version.tgz" --strip-components=1
rm "code-server-$version.tgz"
# Without lifecycle scripts, since one of them downloads; what has to be compiled is named.
npm install --omit=dev --ignore-scripts --silent >&2
npm_config_build_from_source=true npm rebuild --silent argon2 >&2
cd lib/vscode
npm install --omit=dev --ignore-scripts --silent >&2
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
npm rebuild --silent @vscode/spdlog @parcel/watcher native-watchdog >&2
cd "$aside"
touch .stamp
mv "$aside" "$home"
echo "$home"
