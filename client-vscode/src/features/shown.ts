// Results to read, and previews of changes: read-only documents of schemes of our own.

import * as vscode from 'vscode';

export class Shown implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registered: vscode.Disposable[];
  private next = 0;

  constructor(private readonly scheme: string) {
    this.registered = [
      vscode.workspace.registerTextDocumentContentProvider(scheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) {
          this.texts.delete(uri.path);
        }
      }),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  dispose(): void {
    this.registered.forEach((each) => each.dispose());
  }

  /** Show a text beside the editor. */
  async show(text: string, extension = 'md'): Promise<void> {
    const uri = this.add(`${text}\n`, extension);
    await vscode.window.showTextDocument(uri, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
  }

  /** Show what edits would do, and ask whether they shall be applied. */
  async confirm(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): Promise<boolean> {
    const extension = document.fileName.split('.').pop() ?? 'txt';
    const after = this.add(applied(document, edits), extension);
    const title = vscode.l10n.t('Preview: {0}', vscode.workspace.asRelativePath(document.uri));
    await vscode.commands.executeCommand('vscode.diff', document.uri, after, title);
    const accept = vscode.l10n.t('Apply');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('Apply this change?'),
      accept,
      vscode.l10n.t('Discard'),
    );
    await closeDiff(after);
    return answer === accept;
  }

  private add(text: string, extension: string): vscode.Uri {
    this.next += 1;
    const uri = vscode.Uri.from({ scheme: this.scheme, path: `/Trivium ${this.next}.${extension}` });
    this.texts.set(uri.path, text);
    return uri;
  }
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
