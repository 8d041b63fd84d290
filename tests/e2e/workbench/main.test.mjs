// What a user does, in the real workbench, against the real server.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_PYTHON, TRIVIUM_VSIX, ARTEFACTS } = process.env;
const FILES = {
  'shop/cart.py': [
    'class Cart:',
    '    """Items that a customer wants."""',
    '',
    '    def total_price(self, prices):',
    '        return sum(prices[item] for item in self.items)',
    '',
  ].join('\n'),
  'shop/mail.py': [
    'def send_receipt(address, order):',
    '    """Send an e-mail with the receipt of an order."""',
    '    smtp.send(address, render("receipt.txt", order))',
    '',
  ].join('\n'),
  // Too long to be shown whole: its first line says what it is.
  'office/report.py': [
    ...Array.from({ length: 40 }, (_, year) => `SALES_${2000 + year} = ${year}`),
    '',
    '',
    'def quarterly_report(ledger):',
    ...Array.from({ length: 28 }, () => '    row()'),
    '',
  ].join('\n'),
  'area.py': 'async def area(width, height):\n    return width * height\n\n\n',
  'side.py': 'async def side(length, depth):\n    return length * depth\n\n\n',
  'notes.md': 'The cart keeps what a customer wants. It is emptied when the order is paid.\n',
  'plan.md': 'Plans are made in the morning. They are changed in the evening.\n',
  'fremd.md':
    'Der Korb behält, was ein Kunde haben will, bis es bezahlt ist.\n\nThe cart keeps what a customer wants.\n',
  'long.md':
    'The shop keeps the cart of a customer for thirty days. After that it is emptied. ' +
    'Prices are those of the day on which an order is paid. Receipts are sent by e-mail.\n',
};
const FAKES = Object.fromEntries(['encoder', 'decoder', 'rewriter'].map((art) => [`trivium.models.${art}`, 'fake']));

let vs;
let failed = false;

before(async () => {
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    files: FILES,
    settings: {
      ...FAKES,
      'trivium.server.path': TRIVIUM_PYTHON,
      'trivium.server.arguments': ['-m', 'trivium_server', 'serve', '--stdio'],
      'trivium.completion.confidence': 0,
      'trivium.rewrite.result': 'insert',
      'trivium.rewrite.previewLines': 0,
    },
  });
  await vs.workbench.ready();
});

after(() => vs?.stop());

/** One step of the session; a failure leaves a picture and the logs, steps after it are not tried. */
function step(name, work) {
  test(name, async (context) => {
    if (failed) {
      context.skip('an earlier step failed');
      return;
    }
    try {
      await work(vs.workbench, vs.page, context);
      await picture(name);
    } catch (error) {
      failed = true;
      await picture(`failed ${name}`);
      if (ARTEFACTS && fs.existsSync(vs.logs)) {
        fs.cpSync(vs.logs, path.join(ARTEFACTS, 'logs'), { recursive: true });
      }
      throw error;
    }
  });
}

function onDisk(name) {
  return fs.readFileSync(path.join(vs.workspace, name), 'utf8');
}

async function picture(name) {
  if (ARTEFACTS) {
    await vs.page.screenshot({ path: path.join(ARTEFACTS, `${name.replace(/\W+/g, '-')}.png`) });
  }
}

step('the server starts and indexes', async (workbench) => {
  // A few small files, but indexing takes what other programs leave over.
  await workbench.status('Trivium: ready').waitFor({ timeout: 600_000 });
});

step('search shows hits, why they match, and each hit in the editor', async (workbench, page) => {
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('send the receipt of an order');
  await workbench.quickRow('send_receipt').first().waitFor();
  await workbench.moveTo('send_receipt');
  await workbench.showsText('mail.py', 'def send_receipt');
  assert.ok(await workbench.quick.isVisible());
});

step('a hit is opened', async (workbench, page) => {
  await page.keyboard.press('Enter');
  await workbench.quick.waitFor({ state: 'hidden' });
  await workbench.showsText('mail.py', 'def send_receipt');
  await workbench.status('Ln 1, Col 1').waitFor();
});

step('leaving the search brings back what was there', async (workbench, page) => {
  await workbench.goTo(3, 5);
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('total price in the cart');
  await workbench.quickRow('Cart').first().waitFor();
  await workbench.moveTo('Cart');
  await workbench.showsText('cart.py', 'def total_price');
  await workbench.leaveSearch('mail.py');
  await workbench.showsText('mail.py', 'def send_receipt');
  await workbench.status('Ln 3, Col 5').waitFor();
});

step('a filter narrows the search', async (workbench, page) => {
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('path:shop receipt');
  await workbench.quickRow('send_receipt').first().waitFor();
  await workbench.quickRow('area').waitFor({ state: 'detached' });
  await workbench.leaveSearch('mail.py');
});

step('a place that is looked at begins in the middle, which the list leaves free', async (workbench, page) => {
  const tabsAndTree = async () => [
    await page.locator('.tab').allInnerTexts(),
    await page.locator('.explorer-folders-view .monaco-list-row').allInnerTexts(),
  ];
  await workbench.command('View: Keep Editor');
  const before = await tabsAndTree();
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('quarterly report of the ledger');
  await workbench.moveTo('quarterly_report');
  // The caret stands where the place begins.
  const inTheMiddle = (selector) => {
    const editor = document.querySelector(selector)?.getBoundingClientRect();
    const line = document.querySelector(`${selector} .current-line`)?.getBoundingClientRect();
    return editor && line && Math.abs(editor.top + editor.height / 2 - line.top) < 2 * line.height;
  };
  await page.waitForFunction(inTheMiddle, '.editor-instance .monaco-editor[data-uri*="/report.py"]');
  await workbench.leaveSearch('mail.py');
  // It was only looked at: no tab is left or replaced, no folder of the Explorer expanded.
  assert.deepEqual(await tabsAndTree(), before);
});

step('an earlier question is asked again', async (workbench, page) => {
  await workbench.command('Trivium: Search Again…');
  await workbench.moveTo('total price in the cart');
  await picture('history');
  await page.keyboard.press('Enter');
  await workbench.quickRow('Cart').first().waitFor();
  await workbench.showsText('cart.py', 'class Cart');
  await workbench.leaveSearch('mail.py');
});

step('results are pinned in the side bar', async (workbench) => {
  await workbench.command('Trivium: Pin the Last Results');
  await workbench.treeRow('defines Cart').first().waitFor();
});

step('similar code is found', async (workbench) => {
  await workbench.openFile('mail.py');
  await workbench.goTo(1, 1);
  await workbench.command('Trivium: Find Similar Code');
  await workbench.sideBar.filter({ hasText: 'Similar to line 1' }).waitFor();
});

step('ghost text continues the code and is accepted', async (workbench, page) => {
  await workbench.openFile('area.py');
  await workbench.goTo(4, 1);
  await page.keyboard.type('def area(width, ');
  await workbench.ghost.waitFor();
  await picture('ghost text');
  await page.keyboard.press('Tab');
  await workbench.ghost.waitFor({ state: 'detached' });
  await workbench.save('area.py');
  assert.equal(onDisk('area.py').split('def area(width, height):').length, 3);
});

step('a suggestion is accepted by word, then the rest of its line', async (workbench, page) => {
  await workbench.openFile('side.py');
  await workbench.goTo(4, 1);
  await page.keyboard.type('def side(length, ');
  await workbench.ghost.filter({ hasText: 'depth' }).waitFor();
  await page.keyboard.press('Control+ArrowRight');
  await workbench.status('Ln 4, Col 23').waitFor();
  await workbench.ghost.filter({ hasNotText: 'depth' }).waitFor();
  await page.keyboard.press('Control+Alt+ArrowRight');
  await workbench.status('Ln 4, Col 25').waitFor();
  await workbench.save('side.py');
  assert.equal(onDisk('side.py').split('def side(length, depth):').length, 3);
});

step('a language is turned off, which the menu tells, and on again', async (workbench, page) => {
  await workbench.command('Trivium: Turn Suggestions On or Off for This Language');
  await workbench.status('Suggestions for python are off.').waitFor();
  await workbench.command('Trivium: Suggest Now');
  await workbench.untilShown(workbench.quickRow('completion is switched off for python'), async () => {
    await page.keyboard.press('Escape');
    await workbench.command('Trivium: Show Menu');
  });
  await picture('why nothing');
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
  await workbench.command('Trivium: Turn Suggestions On or Off for This Language');
  await workbench.status('Suggestions for python are on.').waitFor();
});

step('a translation is applied from the light bulb', async (workbench, page) => {
  await workbench.openFile('notes.md');
  await workbench.goTo(1, 1);
  await page.keyboard.press('Shift+End');
  await workbench.act(/German.*replace/, workbench.dirty('notes.md'), () => picture('light bulb'));
  await workbench.save('notes.md');
  assert.match(onDisk('notes.md'), /^\[de\] /);
});

step('a summary is applied from the light bulb', async (workbench) => {
  await workbench.openFile('long.md');
  await workbench.selectAll();
  await workbench.act(/Summarize.*replace/, workbench.dirty('long.md'));
  await workbench.save('long.md');
  assert.ok(onDisk('long.md').length < FILES['long.md'].length);
});

step('a translation is shown as a diff before it is applied', async (workbench, page) => {
  await workbench.openFile('plan.md');
  await workbench.selectAll();
  await workbench.command('Trivium: Translate…');
  await workbench.quickRow('Deutsch').waitFor();
  await page.keyboard.press('Enter');
  await workbench.toast('Apply this change?').waitFor();
  await page.locator('.tab').filter({ hasText: 'Preview: plan.md' }).waitFor();
  await picture('preview');
  await workbench.toastButton('Apply').click();
  await page.locator('.tab').filter({ hasText: 'Preview: plan.md' }).waitFor({ state: 'detached' });
  await workbench.save('plan.md');
  assert.match(onDisk('plan.md'), /^\[de\] /);
});

step('a preview is discarded by its own button', async (workbench, page) => {
  await workbench.openFile('plan.md');
  await workbench.selectAll();
  await workbench.command('Trivium: Translate…');
  await workbench.quickRow('Deutsch').waitFor();
  await page.keyboard.press('Enter');
  const preview = page.locator('.tab').filter({ hasText: 'Preview: plan.md' });
  await preview.waitFor();
  await page.locator('.editor-actions [aria-label="Discard the Previewed Change"]').first().click();
  await preview.waitFor({ state: 'detached' });
  await workbench.toast('Apply this change?').waitFor({ state: 'detached' });
  assert.doesNotMatch(onDisk('plan.md'), /^\[de\] \[de\]/);
});

step('indexing is paused and resumed', async (workbench) => {
  await workbench.command('Trivium: Pause Indexing');
  await workbench.status('Trivium: paused').waitFor();
  await workbench.command('Trivium: Resume Indexing');
  await workbench.status('Trivium: ready').waitFor();
});

step('the menu opens from the status bar', async (workbench, page) => {
  await workbench.status('Trivium: ready').click();
  await workbench.quickRow('Restart the server').waitFor();
  await workbench.quickRow('Pause indexing').waitFor();
  await picture('menu');
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
});

step('models are listed with size and state', async (workbench) => {
  await workbench.command('Trivium: Focus on Models View');
  await workbench.treeRow('all-MiniLM-L6-v2').first().waitFor();
});

step('the semantic map is drawn', async (workbench, page) => {
  await workbench.command('Trivium: Show the Semantic Map');
  const frame = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await frame.locator('canvas').waitFor();
  await workbench.untilShown(frame.locator('#label').filter({ hasText: 'shop/mail.py' }), async () => {
    await frame.locator('input').fill('');
    await page.keyboard.type('mail');
  });
  // Another theme has other colours, and what asks for the map again has no second one.
  const drawn = () => frame.locator('canvas').evaluate((canvas) => canvas.toDataURL());
  const before = await drawn();
  await workbench.command('Preferences: Toggle between Light/Dark Themes');
  await frame.locator('body.vscode-dark').waitFor();
  assert.notEqual(await drawn(), before);
  await workbench.command('Preferences: Toggle between Light/Dark Themes');
  await frame.locator('body.vscode-light').waitFor();
  await workbench.command('Trivium: Show the Semantic Map');
  await page.locator('.tab').filter({ hasText: 'Semantic Map' }).first().waitFor();
  assert.equal(await page.locator('.tab').filter({ hasText: 'Semantic Map' }).count(), 1);
});

step('what needs a text is not in the palette where there is none', async (workbench, page) => {
  await workbench.openQuick('F1');
  const other = workbench.quickRow('Trivium: Show the Semantic Map');
  await workbench.quickInput.fill('>Trivium: Show the Semantic Map');
  await other.waitFor();
  await workbench.quickInput.fill('>Trivium: Summarize');
  await other.waitFor({ state: 'detached' });
  assert.equal(await workbench.quickRow('Trivium: Summarize').count(), 0);
  await page.keyboard.press('Escape');
  await workbench.quick.waitFor({ state: 'hidden' });
});

step('a bulb is lit for what is selected, and for foreign text where the cursor rests', async (workbench, page) => {
  await workbench.openFile('fremd.md');
  await workbench.untilShown(workbench.bulb, () => workbench.goTo(1, 4));
  await workbench.goTo(3, 4);
  await workbench.bulb.waitFor({ state: 'hidden' });
  await workbench.untilShown(workbench.bulb, async () => {
    await workbench.goTo(3, 4);
    await page.keyboard.press('Shift+End');
  });
});

step('the doctor reports on the settings that hold here', async (workbench, page) => {
  await workbench.command('Trivium: Doctor');
  await page.locator('.view-lines').filter({ hasText: /Encoder:.fake/ }).first().waitFor();
});

step('the light bulb is short and leads to everything else', async (workbench, page) => {
  await workbench.openFile('plan.md');
  await workbench.selectAll();
  await workbench.act('More text actions', workbench.quick, async () => {
    const rows = await page.locator('.action-widget .monaco-list-row.action').allInnerTexts();
    const ours = rows.filter((row) => /Summarize|Translate|Explain|More text/.test(row));
    assert.ok(ours.length >= 3 && ours.length <= 5, ours.join('; '));
  });
  await workbench.quickRow(/to Italian \(show\)/).waitFor();
  await picture('all text actions');
  await workbench.moveTo(/to French \(show\)/);
  await page.keyboard.press('Enter');
  await page.locator('.tab').filter({ hasText: 'Translation' }).waitFor();
  await workbench.command('View: Close All Editors');
  await page.locator('.tab').first().waitFor({ state: 'detached' });
});

step('a text action whose text changes meanwhile says that nothing was replaced', async (workbench, page) => {
  await workbench.openFile('area.py');
  await workbench.goTo(1, 12);
  const told = workbench.toast('The document changed meanwhile');
  await workbench.act(/Summarize.*docstring/, told.first(), async () => {
    fs.appendFileSync(path.join(vs.workspace, 'area.py'), '# More.\n');
    await workbench.showsText('area.py', '# More.');
  });
});

step('whoever searches after a crash is answered by the server that is started again', async (workbench, page) => {
  const killed = vs.serverPids();
  assert.equal(killed.length, 1);
  killed.forEach((pid) => process.kill(pid, 'SIGKILL'));
  await workbench.command('Trivium: Search by Meaning');
  await workbench.quickInput.fill('send the receipt of an order');
  await workbench.quickRow('send_receipt').first().waitFor();
  await page.keyboard.press('Escape');
  await workbench.toast('ended unexpectedly').first().waitFor();
  await workbench.status('Trivium: ready').waitFor();
  assert.equal(vs.serverPids().length, 1);
  assert.notDeepEqual(vs.serverPids(), killed);
});

step('the walkthrough has ticked what was done', async (workbench, page) => {
  await workbench.command('Welcome: Open Walkthrough...');
  await workbench.quickRow('Get started with Trivium').first().waitFor();
  await workbench.quickInput.fill('Get started with Trivium');
  await page.keyboard.press('Enter');
  const done = page.locator('.getting-started-step', { has: page.locator('.codicon.complete') });
  for (const title of ['Let Trivium run', 'Continue', 'Rewrite']) {
    await done.filter({ hasText: title }).first().waitFor();
  }
});

step('activation is measured', async (workbench, page, context) => {
  await page.setViewportSize({ width: 1280, height: 2400 }); // the list shows only what has room
  await workbench.command('Developer: Show Running Extensions');
  const row = page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: 'trivium' });
  await row.first().waitFor();
  context.diagnostic((await row.first().innerText()).replace(/\s+/g, ' '));
});
