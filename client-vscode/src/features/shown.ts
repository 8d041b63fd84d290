// Results to read, and previews of changes: read-only documents of schemes of our own.

import * as path from 'node:path';
import * as vscode from 'vscode';

export class Shown implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly waiting = new Map<string, (yes: boolean) => void>(); // previews without an answer
  private readonly registered: vscode.Disposable[];
  private next = 0;

  constructor(private readonly scheme: string) {
    this.registered = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) {
          this.texts.delete(uri.toString());
        }
      }),
      // A preview that was closed is not wanted.
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => closed.forEach((tab) => this.answerTab(tab, false))),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? '';
  }

  dispose(): void {
    this.registered.forEach((each) => each.dispose());
  }

  /** Show a text beside the editor, where there is one; `name` is what its tab says. */
  async show(text: string, name: string): Promise<void> {
    const { Active, Beside } = vscode.ViewColumn;
    await vscode.window.showTextDocument(this.add(`${withoutBlankEnds(text)}\n`, name), {
      viewColumn: vscode.window.tabGroups.activeTabGroup.activeTab === undefined ? Active : Beside,
      preserveFocus: true,
    });
  }

  /** Show what edits would do; resolves to whether the user wants them. */
  async confirm(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): Promise<boolean> {
    const after = this.add(applied(document, edits), path.basename(document.fileName));
    const title = vscode.l10n.t('Preview: {0}', vscode.workspace.asRelativePath(document.uri));
    await vscode.commands.executeCommand('vscode.diff', document.uri, after, title);
    const answer = await new Promise<boolean>((resolve) => {
      this.waiting.set(after.toString(), resolve);
      void ask().then((chosen) => chosen !== undefined && resolve(chosen));
    });
    this.waiting.delete(after.toString());
    await closeDiff(after);
    // The toast cannot be taken back, but it must not ask on when it was answered elsewhere.
    await vscode.commands.executeCommand('notifications.hideToasts');
    return answer;
  }

  /** Answer the preview that is shown, as its buttons do. */
  answer(yes: boolean): void {
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    if (tab !== undefined) {
      this.answerTab(tab, yes);
    }
  }

  private answerTab({ input }: vscode.Tab, yes: boolean): void {
    if (input instanceof vscode.TabInputTextDiff) {
      this.waiting.get(input.modified.toString())?.(yes);
    }
  }

  private add(text: string, name: string): vscode.Uri {
    this.next += 1;
    const uri = vscode.Uri.from({ scheme: this.scheme, path: `/${name}`, query: String(this.next) });
    this.texts.set(uri.toString(), text);
    return uri;
  }
}

/** A text without the blank lines around it; its first line keeps its indentation. */
function withoutBlankEnds(text: string): string {
  return text.replace(/^\s*\n/, '').trimEnd();
}

/** Ask in a toast, which may pass unanswered: the preview has buttons of its own. */
async function ask(): Promise<boolean | undefined> {
  const apply = vscode.l10n.t('Apply');
  const discard = vscode.l10n.t('Discard');
  const question = vscode.l10n.t('Apply this change?');
  const answer = await vscode.window.showInformationMessage(question, apply, discard);
  return answer === undefined ? undefined : answer === apply;
}

async function closeDiff(modified: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const own = tabs.filter(
    ({ input }) =>
      input instanceof vscode.TabInputTextDiff && input.modified.toString() === modified.toString(),
  );
  await vscode.window.tabGroups.close(own);
}

function applied(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => b.range.start.compareTo(a.range.start));
  return sorted.reduce((text, { range, newText }) => {
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    return text.slice(0, start) + newText + text.slice(end);
  }, document.getText());
}
