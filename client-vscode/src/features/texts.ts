// The models for any selection: its nearest label, its likeness to another, its answer to a prompt.

import * as vscode from 'vscode';
import { tell } from '../failures';
import type { Host } from '../host';
import { label, type LabelExample, prompt, similarity } from '../protocol';
import { Shown } from './shown';

const EXAMPLES = 'trivium.labels';
const PROMPT = 'trivium.prompt';

export function register(host: Host): vscode.Disposable[] {
  const shown = new Shown('trivium-answer');
  let first: string | undefined;
  const on = (name: string, run: (text: string) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, async () => {
      const [text] = selections();
      if (text !== undefined && (await host.needed()) !== undefined) {
        await said(() => run(text));
      }
    });
  return [
    shown,
    on('label.add', (text) => addExample(host, text)),
    on('label', (text) => nearestLabel(host, text)),
    on('prompt', (text) => answer(host, shown, text)),
    on('similarity', async (text) => {
      const second = selections()[1];
      const other = second ?? first;
      first = other === undefined ? text : undefined;
      if (other === undefined) {
        say(vscode.l10n.t('Select the other text and run this command again.'));
      } else {
        await compare(host, other, text);
      }
    }),
  ];
}

/** The texts of the selections; the whole document when nothing is selected. */
function selections(): string[] {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return [];
  }
  const texts = editor.selections
    .filter((selection) => !selection.isEmpty)
    .map((selection) => editor.document.getText(selection));
  return texts.length > 0 ? texts : [editor.document.getText()];
}

async function addExample(host: Host, text: string): Promise<void> {
  const known = examples(host);
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('The selection is an example of'),
    placeHolder: [...new Set(known.map((each) => each.label))].join(', '),
  });
  if (name) {
    await host.context.workspaceState.update(EXAMPLES, [...known, { label: name, text }]);
  }
}

async function nearestLabel(host: Host, text: string): Promise<void> {
  const known = examples(host);
  if (known.length === 0) {
    say(vscode.l10n.t('Select a text and give it as an example of a label first.'));
    return;
  }
  const found = await host.ask(label, { text, examples: known });
  const rows = found.labels.map(({ label: name, score, example }) => ({
    label: name,
    description: score.toFixed(2),
    detail: known[example]?.text.trim().split('\n')[0] ?? '',
  }));
  const forget = { label: `$(trash) ${vscode.l10n.t('Forget all examples')}`, forget: true };
  const title = vscode.l10n.t('Nearest labels');
  const chosen = await vscode.window.showQuickPick([...rows, forget], { title });
  if (chosen !== undefined && 'forget' in chosen) {
    await host.context.workspaceState.update(EXAMPLES, undefined);
  }
}

function examples(host: Host): LabelExample[] {
  return host.context.workspaceState.get<LabelExample[]>(EXAMPLES, []);
}

async function compare(host: Host, first: string, second: string): Promise<void> {
  const found = await host.ask(similarity, { first, second });
  say(vscode.l10n.t('Similarity: {0} (1 is the same meaning)', found.similarity.toFixed(2)));
}

async function answer(host: Host, shown: Shown, text: string): Promise<void> {
  const given = await vscode.window.showInputBox({
    title: vscode.l10n.t('Prompt for the text-to-text model, read before the selection'),
    value: host.context.workspaceState.get<string>(PROMPT, 'summarize: '),
  });
  if (given === undefined) {
    return;
  }
  await host.context.workspaceState.update(PROMPT, given);
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Trivium is rewriting'),
    cancellable: true,
  };
  const found = await vscode.window.withProgress(options, async (_, token) =>
    host.ask(prompt, { prompt: given, text }, token).catch((error: unknown) => {
      if (!token.isCancellationRequested) {
        throw error;
      }
      return undefined;
    }),
  );
  if (found !== undefined) {
    await shown.show(found.text, `${vscode.l10n.t('Answer')}.md`);
  }
}

function say(text: string): void {
  void vscode.window.showInformationMessage(text);
}

async function said(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    void tell(error);
  }
}
