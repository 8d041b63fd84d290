// Text actions as commands: summarize and translate the selection, shown or inserted, with a preview.

import * as vscode from 'vscode';
import { activeEditor } from '../documents';
import { tell } from '../failures';
import type { Host } from '../host';
import { rewrite, type RewriteMode, type RewriteResult, type Said } from '../protocol';
import { linesChanged } from '../preview';
import { asNumber, asString, asStrings } from '../settings';
import { actionTitle } from '../titles';
import { Shown } from './shown';

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
  /** What happens with the new text; without it the setting decides. */
  mode?: RewriteMode;
}

/** One of the server's code actions, with what a request for it needs. */
interface Offer {
  title: string;
  data: { task: string; target?: string; mode: RewriteMode; said?: Said };
}

/** A document as it was when the model was asked. */
interface Asked {
  document: vscode.TextDocument;
  version: number;
}

export function register(host: Host): vscode.Disposable[] {
  const shown = new Shown('trivium-result');
  const on = (name: string, pick: () => Promise<Task | undefined>): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, async () => {
      const task = await pick();
      if (task !== undefined) {
        await run(host, shown, task);
      }
    });
  return [
    shown,
    on('summarize', () => Promise.resolve({ task: 'summarize' })),
    on('translate', pickTarget),
    on('rewrite', () => pickTask(host)),
    vscode.commands.registerCommand('trivium.preview.apply', () => shown.answer(true)),
    vscode.commands.registerCommand('trivium.preview.discard', () => shown.answer(false)),
  ];
}

async function pickTarget(): Promise<Task | undefined> {
  const settings = vscode.workspace.getConfiguration('trivium.rewrite');
  const own = asString(settings.get('language')) || 'en';
  const codes = [...new Set([...asStrings(settings.get('targets')), own])];
  const rows = codes.map((code) => ({ label: LANGUAGES[code] ?? code, description: code }));
  const chosen = await vscode.window.showQuickPick(rows, { title: vscode.l10n.t('Translate to') });
  return chosen && { task: 'translate', target: chosen.description };
}

/** All that the server offers at this place; where that is nothing, running a task tells why. */
async function pickTask(host: Host): Promise<Task | undefined> {
  const editor = activeEditor();
  const client = editor && (await host.needed());
  if (editor === undefined || client === undefined) {
    return undefined;
  }
  const offered = await client.sendRequest<Offer[] | null>('textDocument/codeAction', {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(editor.document),
    range: client.code2ProtocolConverter.asRange(editor.selection),
    context: { diagnostics: [], only: ['refactor.rewrite.trivium'], triggerKind: 1 },
  });
  const rows = offered?.length
    ? offered.map(({ title, data }) => ({
        label: data.said ? actionTitle(data.said, vscode.env.language, vscode.l10n.t) : title,
        ...task(data),
      }))
    : [
        { label: vscode.l10n.t('Summarize'), task: 'summarize' },
        { label: vscode.l10n.t('Translate…'), task: 'translate' },
      ];
  const chosen = await vscode.window.showQuickPick(rows, { title: vscode.l10n.t('Text action') });
  if (chosen === undefined) {
    return undefined;
  }
  return chosen.task === 'translate' && !offered?.length ? pickTarget() : task(chosen);
}

function task({ task, target, mode }: Task): Task {
  return { task, ...(target ? { target } : {}), ...(mode ? { mode } : {}) };
}

async function run(host: Host, shown: Shown, task: Task): Promise<void> {
  const editor = activeEditor();
  const client = editor && (await host.needed());
  if (editor === undefined || client === undefined) {
    return;
  }
  const insert = vscode.workspace.getConfiguration('trivium.rewrite').get('result') === 'insert';
  const mode: RewriteMode = insert ? (task.task === 'summarize' ? 'insert' : 'replace') : 'show';
  const { document, selection } = editor;
  const { version } = document;
  const params = {
    textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri), version },
    range: client.code2ProtocolConverter.asRange(selection),
    mode,
    ...task,
  };
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Trivium is rewriting'),
    cancellable: true,
  };
  const result = await vscode.window.withProgress(options, async (progress, token) => {
    try {
      const onPart = ({ text }: { text: string }): void => progress.report({ message: tail(text) });
      return await host.ask(rewrite, params, token, onPart);
    } catch (error) {
      if (!token.isCancellationRequested) {
        void tell(error);
      }
      return undefined;
    }
  });
  if (result !== undefined) {
    const name = task.target === undefined ? vscode.l10n.t('Summary') : vscode.l10n.t('Translation');
    await (result.edit ? apply(host, shown, { document, version }, result) : show(shown, result, name));
  }
}

/** The end of a text, as much as fits in a line. */
function tail(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length <= 60 ? flat : `…${flat.slice(-59)}`;
}

/** Apply the edit; more than a few lines are shown as a diff first. */
async function apply(
  host: Host,
  shown: Shown,
  { document, version }: Asked,
  result: RewriteResult,
): Promise<void> {
  const client = host.client();
  const edit = await client?.protocol2CodeConverter.asWorkspaceEdit(result.edit);
  if (edit === undefined || edit === null) {
    return;
  }
  const limit = asNumber(vscode.workspace.getConfiguration('trivium.rewrite').get('previewLines'), 3);
  const edits = edit.get(document.uri);
  const lines = linesChanged(edits.map(({ range }) => [range.start.line, range.end.line]));
  if (lines > limit && !(await shown.confirm(document, edits))) {
    return;
  }
  if (document.version !== version) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('The document changed meanwhile; nothing was replaced.'),
    );
    return;
  }
  await vscode.workspace.applyEdit(edit);
  tellKept(result);
}

async function show(shown: Shown, result: RewriteResult, name: string): Promise<void> {
  await shown.show(result.text, `${name}.md`);
  tellKept(result);
}

function tellKept({ kept }: RewriteResult): void {
  const first = kept[0];
  if (first !== undefined) {
    void vscode.window.showInformationMessage(
      kept.length === 1
        ? vscode.l10n.t('One passage stayed as it was: {0}', first.reason)
        : vscode.l10n.t('{0} passages stayed as they were: {1}', kept.length, first.reason),
    );
  }
}
