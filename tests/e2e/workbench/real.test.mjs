// Search with the real MiniLM, where the result matters: the question shares no word with the code.
// Its pictures are the ones of the READMEs; a picture of a place that was not found is never taken.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_PYTHON, TRIVIUM_VSIX, ARTEFACTS } = process.env;
const PROJECT = path.resolve(import.meta.dirname, '../../..');
const SOURCES = ['models/trivium_models', 'server/trivium_server/domain', 'server/trivium_server/services'];

let vs;

/** The sources of this project that are searched: its own modules, no tests. */
function sources() {
  const files = {};
  for (const folder of SOURCES) {
    for (const name of fs.readdirSync(path.join(PROJECT, folder))) {
      if (name.endsWith('.py')) {
        files[`${folder}/${name}`] = fs.readFileSync(path.join(PROJECT, folder, name), 'utf8');
      }
    }
  }
  return files;
}

before(async () => {
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    files: sources(),
    settings: {
      'trivium.server.path': TRIVIUM_PYTHON,
      'trivium.server.arguments': ['-m', 'trivium_server', 'serve', '--stdio'],
      'trivium.models.decoder': 'fake',
      'trivium.models.rewriter': 'fake',
      'editor.fontSize': 13,
      'workbench.colorTheme': 'Default Dark Modern',
    },
  });
  await vs.workbench.ready();
});

after(() => vs?.stop());

afterEach(async (context) => {
  if (!context.passed) {
    await picture(`failed-${context.name.replace(/\W+/g, '-')}`);
  }
});

async function picture(name) {
  if (ARTEFACTS) {
    await vs.page.screenshot({ path: path.join(ARTEFACTS, `${name}.png`) });
  }
}

test('a place is found by what it does, first in the list', async () => {
  const { workbench, page } = vs;
  // A starved machine indexes for minutes: indexing takes what is left over.
  await workbench.status('Trivium: ready').waitFor({ timeout: 900_000 });
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('drop a job whose answer nobody waits for any more');
  const first = workbench.quick.locator('.quick-input-list .monaco-list-row').first();
  await first.filter({ hasText: 'scheduler.py' }).waitFor();
  await workbench.showsText('scheduler.py', 'def cancel');
  await picture('search');
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
});

test('the map puts the files where their meaning is', async () => {
  await vs.workbench.command('Trivium: Show the Semantic Map');
  const frame = vs.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await frame.locator('canvas').waitFor();
  await picture('map');
  await frame.locator('input').fill('search');
  await frame.locator('input').press('Enter');
  await vs.page.locator('.tab').filter({ hasText: /search\.py/ }).waitFor();
  assert.ok(await vs.page.locator('.monaco-editor').count());
});

test('a summary is shown beside the text', async () => {
  const { workbench, page } = vs;
  await workbench.openFile('scheduler.py');
  await workbench.goTo(67, 9);
  await workbench.command('Trivium: Summarize…');
  await page.locator('.tab').filter({ hasText: 'Summary' }).waitFor();
});
