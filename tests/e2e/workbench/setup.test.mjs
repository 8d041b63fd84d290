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
let vs;

before(async () => {
  const wheel = path.join(shelf, 'trivium_ls-0.0.1-py3-none-any.whl');
  execFileSync(TRIVIUM_PYTHON, ['-c', WHEEL, TRIVIUM_PYTHON, wheel]);
  const python3 = path.join(shelf, 'python3'); // new enough, whatever the system's one is
  fs.writeFileSync(python3, `#!/bin/sh\nexec "${TRIVIUM_PYTHON}" "$@"\n`, { mode: 0o755 });
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

test('an environment is set up when the user agrees, and the server runs out of it', async () => {
  await vs.workbench.status('Trivium: not set up').waitFor();
  await vs.workbench.command('Trivium: Set Up an Environment');
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
