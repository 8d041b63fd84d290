// Nothing is installed: the extension makes an environment on the user's word, and takes it away again.
// What pip installs is a wheel made here whose server hands over to the one under test.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_PYTHON, TRIVIUM_VSIX } = process.env;
const FAKES = ['encoder', 'decoder', 'rewriter'].map((art) => [`trivium.models.${art}`, 'fake']);
const WHEEL = `
import sys, zipfile
python, wheel = sys.argv[1:]
info = "trivium_ls-0.0.1.dist-info"
main = f"import os, sys\\nos.execv({python!r}, [{python!r}, '-P', '-m', 'trivium_server', *sys.argv[1:]])\\n"
with zipfile.ZipFile(wheel, "w") as archive:
    archive.writestr("trivium_server/__init__.py", "")
    archive.writestr("trivium_server/__main__.py", main)
    archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: trivium-ls\\nVersion: 0.0.1\\n")
    archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    archive.writestr(f"{info}/RECORD", "")
`;

const shelf = fs.mkdtempSync(path.join(os.tmpdir(), 'whl-'));
const wheel = path.join(shelf, 'trivium_ls-0.0.1-py3-none-any.whl');
let vs;

before(async () => {
  // The plain name is an old one, as on many systems; beside it one is new enough.
  fs.writeFileSync(path.join(shelf, 'python3'), '#!/bin/sh\necho "too old" >&2\nexit 1\n', { mode: 0o755 });
  const newer = path.join(shelf, 'python3.14');
  fs.writeFileSync(newer, `#!/bin/sh\nexec "${TRIVIUM_PYTHON}" "$@"\n`, { mode: 0o755 });
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    files: { 'a.py': 'x = 1\n' },
    settings: { ...Object.fromEntries(FAKES), 'trivium.setup.source': wheel },
    searchPath: `${shelf}:/usr/bin:/bin`,
  });
  await vs.workbench.ready();
});

after(async () => {
  await vs?.stop();
  fs.rmSync(shelf, { recursive: true, force: true });
});

test('what cannot be set up is explained by what pip said, and nothing goes on', async () => {
  const { workbench } = vs;
  await workbench.status('Trivium: not set up').waitFor();
  await workbench.command('Trivium: Set Up an Environment');
  await workbench.dialogButton('Set up').click();
  await workbench.toast(/could not be set up: ERROR: .*trivium_ls/).waitFor({ timeout: 900_000 });
  await workbench.toast('Setting up Trivium').waitFor({ state: 'detached' });
});

test('another try sets up an environment, and the server runs out of it', async () => {
  execFileSync(TRIVIUM_PYTHON, ['-c', WHEEL, TRIVIUM_PYTHON, wheel]);
  await vs.workbench.toastButton('Try Again').click();
  await vs.workbench.dialogButton('Set up').click();
  // Making an environment and filling it takes what other programs leave over.
  await vs.workbench.status('Trivium: ready').waitFor({ timeout: 900_000 });
  assert.equal(vs.serverPids().length, 1);
});

test('it is taken away again', async () => {
  await vs.workbench.command("Trivium: Remove Trivium's Environment");
  await vs.workbench.dialogButton('Remove').click();
  await vs.workbench.status('Trivium: not set up').waitFor();
  assert.deepEqual(vs.serverPids(), []);
});
