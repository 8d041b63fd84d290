// The workbench as a user handles it: quick input, editors, ghost text, light bulb, views.
// Selectors were read off VS Code 1.139.

const SHOWN = ':not([style*="display: none"])';

export class Workbench {
  constructor(page) {
    this.page = page;
  }

  get quick() {
    return this.page.locator(`.quick-input-widget${SHOWN}`);
  }

  get quickInput() {
    return this.quick.locator('.quick-input-box input');
  }

  get ghost() {
    return this.page.locator('.ghost-text-decoration').first();
  }

  get bulb() {
    const glyph = '[class*="codicon-gutter-lightbulb"]';
    return this.page.locator(`${glyph}, .lightBulbWidget${SHOWN}`).first();
  }

  quickRow(text) {
    return this.quick.locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
  }

  editor(name) {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`);
  }

  toast(text) {
    const item = '.notifications-toasts .notification-list-item';
    return this.page.locator(item).filter({ hasText: text });
  }

  dialogButton(label) {
    return this.page.locator('.monaco-dialog-box .monaco-button').filter({ hasText: label });
  }

  toastButton(label) {
    return this.page.locator('.notifications-toasts .monaco-button').filter({ hasText: label });
  }

  status(text) {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  get sideBar() {
    return this.page.locator('.sidebar .pane-header');
  }

  treeRow(text) {
    return this.page.locator('.sidebar .monaco-list-row').filter({ hasText: text });
  }

  async ready() {
    await this.page.locator('.monaco-workbench').waitFor();
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
  }

  /** What is pressed or clicked while the workbench is still loading is lost: do it until it helps. */
  async untilShown(locator, act, patience = 3000) {
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await act();
      try {
        await locator.waitFor({ state: 'visible', timeout: patience * attempt });
        return;
      } catch {
        // Once more.
      }
    }
    throw new Error(`What was asked for did not show. ${await this.whatIsShown()}`);
  }

  async openQuick(key) {
    await this.untilShown(this.quickInput, () => this.page.keyboard.press(key));
  }

  async command(title) {
    await this.untilShown(this.quickRow(title).first(), async () => {
      await this.openQuick('F1');
      await this.quickInput.fill(`>${title}`);
    });
    await this.page.keyboard.press('Enter');
  }

  /** Move down the list until a row with this text has the focus; no key before the list is there. */
  async moveTo(text) {
    await this.quickRow(text).first().waitFor();
    const wanted = this.quick.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: text });
    for (let row = 0; row < 20 && !(await wanted.count()); row += 1) {
      await this.page.keyboard.press('ArrowDown');
    }
    await wanted.waitFor();
  }

  /** Leave a search; the file that was open before takes the focus again, and no key before that. */
  async leaveSearch(name) {
    await this.page.keyboard.press('Escape');
    await this.quick.waitFor({ state: 'hidden' });
    await this.hasFocus(name);
  }

  /**
   * Choose from the light bulb's menu until what the choice brings about is shown: VS Code takes a
   * menu away when it learns of other actions meanwhile. Opened by its key, as the driver scrolls
   * an editor to what it clicks, and since once no bulb was lit for what was selected the moment a
   * file opened. The menu may be looked at before.
   */
  async act(title, outcome, look = async () => {}) {
    const rows = this.page.locator('.action-widget .monaco-list-row');
    const focused = this.page.locator('.action-widget .monaco-list-row.focused').filter({ hasText: title });
    const choose = async () => {
      await this.untilShown(rows.first(), () => this.page.keyboard.press('Control+.'));
      for (let row = 0; row < 30 && (await rows.count()) && !(await focused.count()); row += 1) {
        await this.page.keyboard.press('ArrowDown');
      }
      if (await focused.count()) {
        await look();
        await this.page.keyboard.press('Enter');
      }
    };
    await this.untilShown(outcome, choose, 20_000);
  }

  async openFile(name) {
    await this.openQuick('Control+p');
    await this.quickInput.fill(name);
    await this.quickRow(name).first().waitFor();
    await this.moveTo(name);
    await this.page.keyboard.press('Enter');
    await this.editor(name).locator('.view-line').first().waitFor();
    await this.quick.waitFor({ state: 'hidden' });
    await this.hasFocus(name);
  }

  /** Keys pressed before an editor has the focus go to whatever had it. */
  async hasFocus(name) {
    await this.page.locator(`.monaco-editor.focused[data-uri$="/${name}"]`).waitFor();
  }

  async selectAll() {
    const selection = this.page.locator('.monaco-editor.focused .selected-text').first();
    await this.untilShown(selection, () => this.page.keyboard.press('Control+a'));
  }

  async goTo(line, column) {
    await this.openQuick('Control+g');
    await this.quickInput.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.quick.waitFor({ state: 'hidden' });
    await this.status(`Ln ${line}, Col ${column}`).waitFor();
  }

  /** Wait until an editor shows a text; only what is scrolled into view counts. */
  async showsText(name, text) {
    const shown = ([file, wanted]) =>
      document
        .querySelector(`.editor-instance .monaco-editor[data-uri*="/${file}"] .view-lines`)
        ?.innerText.replaceAll('\u00a0', ' ')
        .includes(wanted);
    await this.page.waitForFunction(shown, [name, text]).catch(async (cause) => {
      throw new Error(`${name} never showed ${text}. ${await this.whatIsShown()}`, { cause });
    });
  }

  /** What a person would look at first when nothing comes. */
  async whatIsShown() {
    const texts = async (selector) => (await this.page.locator(selector).allInnerTexts()).join(' | ');
    return `Editors: ${await texts('.view-lines')}
Messages: ${await texts('.notification-list-item')}
Status bar: ${await texts('.statusbar-item')}
Menu: ${await texts('.action-widget .monaco-list-row')}`;
  }

  dirty(name) {
    return this.page.locator(`.tab.dirty[data-resource-name="${name}"]`);
  }

  async save(name) {
    await this.dirty(name).waitFor();
    await this.page.keyboard.press('Control+s');
    await this.dirty(name).waitFor({ state: 'detached' });
  }
}
