// Models that are not on this machine: where that shows, a button downloads them, and all goes on by itself.
// The download is a copy of the weights that are here, made by what stands in for `trivium` on the way.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_CACHE, TRIVIUM_PYTHON, TRIVIUM_VSIX } = process.env;
const ENCODER = 'all-MiniLM-L6-v2';

const shelf = fs.mkdtempSync(path.join(os.tmpdir(), 'mod-'));
let vs;

before(async () => {
  const [weights, models] = [path.join(TRIVIUM_CACHE, 'models', ENCODER), path.join(shelf, 'models')];
  const standIn = path.join(shelf, 'trivium');
  const pull = `case "$*" in *"models pull"*) mkdir -p "${models}" && exec cp -rL "${weights}" "${models}";; esac`;
  const script = `#!/bin/sh\n${pull}\nexec "${TRIVIUM_PYTHON}" -P -m trivium_server "$@"\n`;
  fs.writeFileSync(standIn, script, { mode: 0o755 });
  process.env.TRIVIUM_CACHE = shelf;
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    files: { 'a.py': 'x = 1\n', 'notes.md': 'The cart keeps what a customer wants until it is paid.\n' },
    settings: {
      'trivium.models.decoder': 'fake',
      'trivium.models.rewriter': 't5-small',
      'trivium.server.path': standIn,
    },
  });
  await vs.workbench.ready();
});

after(async () => {
  await vs?.stop();
  fs.rmSync(shelf, { recursive: true, force: true });
});

test('a text action whose model is missing says so, with a button that downloads it', async () => {
  const { workbench } = vs;
  await workbench.openFile('notes.md');
  await workbench.untilShown(workbench.bulb, () => workbench.selectAll());
  const told = workbench.toast('t5-small is not on this machine');
  await workbench.act(/German.*replace/, told.first());
  await workbench.toastButton('Download the models').first().waitFor();
});

test('models are downloaded from the menu, and the server uses them without being asked', async () => {
  const { workbench, page } = vs;
  await workbench.status(`Trivium: error: ${ENCODER}`).click();
  await workbench.moveTo('Download the models');
  await page.keyboard.press('Enter');
  // The real encoder is loaded.
  await workbench.status('Trivium: ready').waitFor({ timeout: 600_000 });
});
