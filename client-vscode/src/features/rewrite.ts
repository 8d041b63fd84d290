// Text actions as commands: summarize and translate the selection, shown or inserted, with a preview.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { rewrite, type RewriteMode, type RewriteResult } from '../protocol';
import { linesChanged } from '../preview';

const LANGUAGES: Record<string, string> = {
  de: 'Deutsch',
  en: 'English',
  es: 'Español',
  fr: 'Français',
  it: 'Italiano',
  ro: 'Română',
};

interface Task {
  task: string;
  target?: string;
}

interface OwnAction {
  id?: string;
  title?: string;
}

export function register(host: Host): vscode.Disposable[] {
  const shown = new Shown();
  const on = (name: string, pick: () => Promise<Task | undefined>): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, async () => {
      const task = await pick();
      if (task !== undefined) {
        await run(host, shown, task);
      }
    });
  return [
    vscode.workspace.registerTextDocumentContentProvider(Shown.scheme, shown),
    on('summarize', () => Promise.resolve({ task: 'summarize' })),
    on('translate', pickTarget),
    on('rewrite', pickTask),
  ];
}

async function pickTarget(): Promise<Task | undefined> {
  const settings = vscode.workspace.getConfiguration('trivium.rewrite');
  const own = settings.get<string>('language', 'en');
  const codes = [...new Set([...settings.get<string[]>('targets', []), own])];
  const rows = codes.map((code) => ({ label: LANGUAGES[code] ?? code, description: code }));
  const chosen = await vscode.window.showQuickPick(rows, { title: vscode.l10n.t('Translate to') });
  return chosen && { task: 'translate', target: chosen.description };
}

async function pickTask(): Promise<Task | undefined> {
  const own = vscode.workspace.getConfiguration('trivium.rewrite').get<OwnAction[]>('actions', []);
  const rows = [
    { label: vscode.l10n.t('Summarize'), task: 'summarize' },
    { label: vscode.l10n.t('Translate…'), task: 'translate' },
    ...own.flatMap(({ id, title }) => (id ? [{ label: title ?? id, task: id }] : [])),
  ];
  const chosen = await vscode.window.showQuickPick(rows, { title: vscode.l10n.t('Text action') });
  return chosen?.task === 'translate' ? pickTarget() : chosen && { task: chosen.task };
}

async function run(host: Host, shown: Shown, task: Task): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const client = host.client();
  if (editor === undefined || client === undefined) {
    return;
  }
  const insert = vscode.workspace.getConfiguration('trivium.rewrite').get('result') === 'insert';
  const mode: RewriteMode = insert ? (task.task === 'summarize' ? 'insert' : 'replace') : 'show';
  const { document, selection } = editor;
  const params = {
    textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri), version: document.version },
    range: client.code2ProtocolConverter.asRange(selection),
    mode,
    ...task,
  };
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Trivium is rewriting'),
    cancellable: true,
  };
  const result = await vscode.window.withProgress(options, async (_, token) => {
    try {
      return await client.sendRequest(rewrite, params, token);
    } catch (error) {
      if (!token.isCancellationRequested) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
      return undefined;
    }
  });
  if (result !== undefined) {
    await (result.edit === null ? shown.show(result) : apply(host, shown, document, result));
  }
}

/** Apply the edit; more than a few lines are shown as a diff first. */
async function apply(
  host: Host,
  shown: Shown,
  document: vscode.TextDocument,
  result: RewriteResult,
): Promise<void> {
  const client = host.client();
  const edit = await client?.protocol2CodeConverter.asWorkspaceEdit(result.edit);
  if (edit === undefined || edit === null) {
    return;
  }
  const limit = vscode.workspace.getConfiguration('trivium.rewrite').get<number>('previewLines', 3);
  const edits = edit.get(document.uri);
  if (limit < linesChanged(edits.map(({ range }) => [range.start.line, range.end.line]))) {
    if (!(await shown.confirm(document, edits))) {
      return;
    }
  }
  await vscode.workspace.applyEdit(edit);
  tellKept(result);
}

function tellKept({ kept }: RewriteResult): void {
  const first = kept[0];
  if (first !== undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} passages stayed as they were: {1}', kept.length, first.reason),
    );
  }
}

/** Read-only documents of a scheme of our own: results to read, and the right side of a diff. */
class Shown implements vscode.TextDocumentContentProvider {
  static readonly scheme = 'trivium-result';
  private readonly texts = new Map<string, string>();
  private next = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(result: RewriteResult): Promise<void> {
    const uri = this.add(`${result.text}\n`, 'md');
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
    tellKept(result);
  }

  async confirm(document: vscode.TextDocument, edits: vscode.TextEdit[]): Promise<boolean> {
    const text = applied(document, edits);
    const extension = document.fileName.split('.').pop() ?? 'txt';
    const title = vscode.l10n.t('Preview: {0}', vscode.workspace.asRelativePath(document.uri));
    await vscode.commands.executeCommand('vscode.diff', document.uri, this.add(text, extension), title);
    const accept = vscode.l10n.t('Apply');
    const answer = await vscode.window.showInformationMessage(
      vscode.l10n.t('Apply this change?'),
      accept,
      vscode.l10n.t('Discard'),
    );
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    return answer === accept;
  }

  private add(text: string, extension: string): vscode.Uri {
    this.next += 1;
    const uri = vscode.Uri.from({ scheme: Shown.scheme, path: `/Trivium ${this.next}.${extension}` });
    this.texts.set(uri.path, text);
    return uri;
  }
}

function applied(document: vscode.TextDocument, edits: vscode.TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => b.range.start.compareTo(a.range.start));
  return sorted.reduce((text, { range, newText }) => {
    const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
    return text.slice(0, start) + newText + text.slice(end);
  }, document.getText());
}
