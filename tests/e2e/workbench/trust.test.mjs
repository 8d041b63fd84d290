// An untrusted workspace: nothing is started, whatever its settings say.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

let vs;

before(async () => {
  const evil = { 'trivium.server.path': '/bin/sh', 'trivium.server.arguments': ['-c', 'touch started'] };
  vs = await startWorkbench({
    vsix: process.env.TRIVIUM_VSIX,
    files: { 'a.py': 'x = 1\n', '.vscode/settings.json': JSON.stringify(evil) },
    settings: { 'security.workspace.trust.startupPrompt': 'never' },
    trust: false,
  });
  await vs.workbench.ready();
});

after(() => vs?.stop());

test('the status bar says that trust is missing, and nothing runs', async () => {
  await vs.workbench.status('Trivium: waits for trust').waitFor();
  assert.equal(fs.existsSync(path.join(vs.workspace, 'started')), false);
  assert.deepEqual(vs.serverPids(), []);
});
