// A German workbench: what Trivium says is German, what its server says in English included.

import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_PYTHON, TRIVIUM_VSIX } = process.env;
const FAKES = ['encoder', 'decoder', 'rewriter'].map((art) => [`trivium.models.${art}`, 'fake']);

let vs;

before(async () => {
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    language: 'de',
    // Short enough that its translation is one line too: VS Code scrolls, now and then, when lines are added.
    files: { 'notes.md': 'The cart keeps what a customer wants until it is paid.\n' },
    settings: {
      ...Object.fromEntries(FAKES),
      'trivium.server.path': TRIVIUM_PYTHON,
      'trivium.server.arguments': ['-m', 'trivium_server', 'serve', '--stdio'],
    },
  });
  await vs.workbench.ready();
});

after(() => vs?.stop());

test('the status bar, its menu and a command are German', async () => {
  const { workbench, page } = vs;
  await workbench.status('Trivium: bereit').click();
  await workbench.quickRow('Nach Bedeutung suchen').waitFor();
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
});

test('the light bulb offers in German what the server offers', async () => {
  const { workbench, page } = vs;
  await workbench.openFile('notes.md');
  await workbench.selectAll();
  await workbench.act(/übersetzen: Deutsch \(ersetzen\)/, workbench.dirty('notes.md'));
  await workbench.showsText('notes.md', '[de] ');
});
