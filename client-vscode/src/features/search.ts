// Search by meaning: a live quick pick with preview, and similar code from a selection.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { type SearchHit, type SearchResult, search, similar } from '../protocol';
import { remember } from '../history';
import { Results, type Search } from './results';

const DEBOUNCE = 150; // milliseconds of rest before a query is sent
const HISTORY = 'trivium.history';

interface Row extends vscode.QuickPickItem {
  hit?: SearchHit;
}

export function register(host: Host): vscode.Disposable[] {
  const results = new Results();
  const last: { search: Search | undefined } = { search: undefined };
  const open = async (value: string): Promise<void> => {
    last.search = (await pick(host, value)) ?? last.search;
  };
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, run);
  return [
    results,
    host.onState(() => results.indexGrew()),
    on('search', () => open('')),
    on('history', async () => {
      const asked = host.context.workspaceState.get<string[]>(HISTORY, []);
      const chosen = await vscode.window.showQuickPick(asked, { title: vscode.l10n.t('Search again') });
      if (chosen !== undefined) {
        await open(chosen);
      }
    }),
    on('pinResults', () => last.search && results.pin(last.search)),
    on('similar', async () => {
      last.search = similarTo(host) ?? last.search;
      if (last.search !== undefined) {
        await results.pin(last.search);
      }
    }),
  ];
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

function searchFor(host: Host, query: string): Search {
  return {
    title: query,
    run: async (token) => {
      const client = host.client();
      const nothing = { hits: [], complete: false, indexedFiles: 0, totalFiles: 0 };
      return client === undefined ? nothing : client.sendRequest(search, { query }, token);
    },
  };
}

/** The quick pick; resolves with the search that was on the screen when it closed. */
function pick(host: Host, value: string): Promise<Search | undefined> {
  const box = vscode.window.createQuickPick<Row>();
  const before = vscode.window.activeTextEditor;
  const running: { query?: string; source?: vscode.CancellationTokenSource; timer?: NodeJS.Timeout } = {};
  box.title = vscode.l10n.t('Search by meaning');
  box.placeholder = vscode.l10n.t('What does it do? Filters: path: lang: kind: -word "exact phrase"');
  box.matchOnDescription = true;
  box.matchOnDetail = true;
  box.keepScrollPosition = true;
  box.buttons = [{ iconPath: new vscode.ThemeIcon('pin'), tooltip: vscode.l10n.t('Pin in the side bar') }];

  const ask = async (query: string): Promise<void> => {
    running.source?.cancel();
    const source = new vscode.CancellationTokenSource();
    running.source = source;
    running.query = query;
    box.busy = true;
    try {
      const found = await searchFor(host, query).run(source.token);
      if (!source.token.isCancellationRequested) {
        box.items = rows(found);
      }
    } catch (error) {
      if (!source.token.isCancellationRequested) {
        box.items = [{ label: `$(error) ${String(error)}`, alwaysShow: true }];
      }
    } finally {
      box.busy = running.source !== source ? box.busy : false;
    }
  };

  box.onDidChangeValue((query) => {
    clearTimeout(running.timer);
    running.timer = setTimeout(() => void (query.trim() ? ask(query) : (box.items = [])), DEBOUNCE);
  });
  box.onDidChangeActive(([row]) => void (row?.hit && show(row.hit, true)));
  return new Promise((resolve) => {
    const end = async (accepted: SearchHit | undefined): Promise<void> => {
      const query = running.query;
      box.hide();
      if (accepted !== undefined) {
        await show(accepted, false);
      } else if (before !== undefined) {
        await vscode.window.showTextDocument(before.document, before.viewColumn);
      }
      if (query) {
        const asked = host.context.workspaceState.get<string[]>(HISTORY, []);
        await host.context.workspaceState.update(HISTORY, remember(asked, query));
      }
      resolve(query ? searchFor(host, query) : undefined);
    };
    const closed: { by?: 'accept' | 'pin' } = {};
    box.onDidAccept(() => {
      const hit = box.selectedItems[0]?.hit;
      if (hit !== undefined) {
        closed.by = 'accept';
        void end(hit);
      }
    });
    box.onDidTriggerButton(async () => {
      closed.by = 'pin';
      await end(undefined);
      await vscode.commands.executeCommand('trivium.pinResults');
    });
    box.onDidHide(() => {
      clearTimeout(running.timer);
      running.source?.cancel();
      box.dispose();
      if (closed.by === undefined) {
        void end(undefined);
      }
    });
    box.show();
    if (value) {
      box.value = value;
      void ask(value);
    }
  });
}

function rows(found: SearchResult): Row[] {
  const hits = found.hits.map((hit): Row => {
    const uri = vscode.Uri.parse(hit.uri);
    const place = `${vscode.workspace.asRelativePath(uri)}:${hit.range.start.line + 1}`;
    const symbol = hit.symbol || place;
    // alwaysShow: the list is ordered by meaning, VS Code's own filter must not thin it out.
    return { hit, label: symbol, description: place, detail: hit.reason, alwaysShow: true };
  });
  if (found.complete) {
    return hits.length > 0 ? hits : [{ label: vscode.l10n.t('Nothing fits.'), alwaysShow: true }];
  }
  const label = vscode.l10n.t('{0} of {1} files searched by meaning so far', found.indexedFiles, found.totalFiles);
  return [...hits, { label: `$(sync~spin) ${label}`, alwaysShow: true }];
}

async function show(hit: SearchHit, preview: boolean): Promise<void> {
  const { start, end } = hit.range;
  const range = new vscode.Range(start.line, start.character, end.line, end.character);
  const options = { preview: true, preserveFocus: preview };
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(hit.uri), options);
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
