// Search by meaning and similar code, as commands; the box and the pinned results are beside this.

import * as vscode from 'vscode';
import { activeEditor } from '../documents';
import { note, type Note } from '../found';
import { remember } from '../history';
import type { Host } from '../host';
import { type Method, search, type SearchHit, type SearchResult, similar } from '../protocol';
import { register as registerPeek } from './peek';
import { Results, type Search } from './results';
import { SearchBox } from './searchBox';
import { trouble } from '../statusText';

const HISTORY = 'trivium.history';

export function register(host: Host): vscode.Disposable[] {
  const results = new Results((found) => noteOn(host, found));
  let last: Search | undefined;
  const pin = async (): Promise<void> => {
    // Before the first search the view itself says what to do.
    await (last === undefined ? vscode.commands.executeCommand('trivium.results.focus') : results.pin(last));
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
    registerPeek(),
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
      const found = await similarTo(host);
      if (found !== undefined) {
        last = found;
        await pin();
      }
    }),
  ];
}

async function openBox(host: Host, query: string): Promise<{ query: string; pin: boolean }> {
  const closed = await SearchBox.open({
    query,
    history: history(host),
    ask: (text, token, onHits) => searchFor(host, text).run(token, onHits),
    note: (found) => noteOn(host, found),
    indexGrew: host.onState,
  });
  await host.context.workspaceState.update(HISTORY, remember(history(host), closed.query));
  return closed;
}

function noteOn(host: Host, found: SearchResult): Note | undefined {
  const state = host.state();
  const wrong = state.kind === 'running' && state.status ? trouble(state.status) : undefined;
  return note(found, wrong, vscode.workspace.workspaceFolders !== undefined, vscode.l10n.t);
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
    run: (token, onHits) => inParts(host, search, { query }, token, onHits),
  };
}

/** Ask for a result that is shown as it comes, if somebody looks on. */
async function inParts<P extends object>(
  host: Host,
  method: Method<P, SearchResult>,
  params: P,
  token: vscode.CancellationToken,
  onHits?: (hits: SearchHit[]) => void,
): Promise<SearchResult> {
  if (onHits === undefined) {
    return host.ask(method, params, token);
  }
  const hits: SearchHit[] = [];
  const rest = await host.ask(method, params, token, (part: SearchHit[]) => {
    hits.push(...part);
    onHits([...hits]);
  });
  return { ...rest, hits: [...hits, ...rest.hits] };
}

async function similarTo(host: Host): Promise<Search | undefined> {
  const editor = activeEditor();
  const client = editor && (await host.needed());
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
  return { title, run: (token) => host.ask(similar, params, token) };
}
