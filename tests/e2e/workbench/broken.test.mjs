// A server that cannot run: the status bar says so, the cause is in the menu, the log is one click away.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

let vs;

before(async () => {
  vs = await startWorkbench({
    vsix: process.env.TRIVIUM_VSIX,
    files: { 'a.py': 'x = 1\n' },
    settings: { 'trivium.server.path': '/bin/false' },
  });
  await vs.workbench.ready();
});

after(() => vs?.stop());

test('a server that ends while starting is explained, with a button to the log', async () => {
  const { workbench, page } = vs;
  await workbench.status('Trivium: error').waitFor();
  await workbench.toast('does not run').first().waitFor();
  assert.equal(await workbench.toast('Trivium').count(), 1);
  await workbench.status('Trivium: error').click();
  await workbench.quickRow('The server does not run.').waitFor();
  await workbench.quickRow('Set the path of the server').waitFor();
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
  await workbench.toastButton('Open Log').first().click();
  await page.locator('.panel .output-view-container, .panel .output-view, .output-view').first().waitFor();
});

test('the view of models says that they cannot be listed', async () => {
  const { workbench, page } = vs;
  // By mouse: the log, which was just opened, takes the focus late and would close a list of commands.
  await page.locator('.activitybar .action-label[aria-label="Trivium"]').click();
  await workbench.treeRow('The models cannot be listed.').waitFor();
});
