// Search by meaning and similar code, as commands; the box and the pinned results are beside this.

import * as vscode from 'vscode';
import { remember } from '../history';
import type { Host } from '../host';
import { search, type SearchResult, similar } from '../protocol';
import { Results, type Search } from './results';
import { SearchBox } from './searchBox';

const HISTORY = 'trivium.history';

export function register(host: Host): vscode.Disposable[] {
  const results = new Results();
  let last: Search | undefined;
  const pin = async (): Promise<void> => {
    if (last !== undefined) {
      await results.pin(last);
    }
  };
  const open = async (query: string): Promise<void> => {
    const closed = await openBox(host, query);
    if (closed.query !== '') {
      last = searchFor(host, closed.query);
    }
    if (closed.pin) {
      await pin();
    }
  };
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, run);
  return [
    results,
    host.onState(() => results.indexGrew()),
    on('search', () => open(selectedWord())),
    on('history', async () => {
      const chosen = await vscode.window.showQuickPick(history(host), { title: vscode.l10n.t('Search again') });
      if (chosen !== undefined) {
        await open(chosen);
      }
    }),
    on('pinResults', pin),
    on('similar', async () => {
      last = similarTo(host) ?? last;
      await pin();
    }),
  ];
}

async function openBox(host: Host, query: string): Promise<{ query: string; pin: boolean }> {
  const closed = await SearchBox.open({
    query,
    history: history(host),
    ask: (text, token) => searchFor(host, text).run(token),
    indexGrew: host.onState,
  });
  await host.context.workspaceState.update(HISTORY, remember(history(host), closed.query));
  return closed;
}

function history(host: Host): string[] {
  return host.context.workspaceState.get<string[]>(HISTORY, []);
}

/** A selection within one line is what one wants to search for, as in the editor's own search. */
function selectedWord(): string {
  const editor = vscode.window.activeTextEditor;
  return editor?.selection.isSingleLine ? editor.document.getText(editor.selection) : '';
}

function searchFor(host: Host, query: string): Search {
  return {
    title: query,
    run: async (token): Promise<SearchResult> => {
      const client = host.client();
      if (client === undefined) {
        throw new Error(vscode.l10n.t('The server does not run.'));
      }
      return client.sendRequest(search, { query }, token);
    },
  };
}

function similarTo(host: Host): Search | undefined {
  const editor = vscode.window.activeTextEditor;
  const client = host.client();
  if (editor === undefined || client === undefined) {
    return undefined;
  }
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.lineAt(selection.active.line).range : selection;
  const params = {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
    range: client.code2ProtocolConverter.asRange(range),
  };
  const title = vscode.l10n.t('Similar to line {0}', range.start.line + 1);
  return { title, run: (token) => client.sendRequest(similar, params, token) };
}
