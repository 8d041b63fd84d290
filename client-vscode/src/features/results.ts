// The results view: the last search or comparison, pinned in the side bar by file.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Note } from '../found';
import { icon } from '../icons';
import type { SearchHit, SearchResult } from '../protocol';
import { reasonText } from '../reason';

export interface Search {
  /** What was asked, shown above the results. */
  title: string;
  /** Ask; whoever wants the hits as they come gives a listener, which is told all of them so far. */
  run(token: vscode.CancellationToken, onHits?: (hits: SearchHit[]) => void): Promise<SearchResult>;
}

type Node = { kind: 'file'; uri: vscode.Uri; hits: SearchHit[] } | { kind: 'hit'; hit: SearchHit };

export class Results implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private pinned: Search | undefined;
  private files: Node[] = [];
  private incomplete = false;
  private asking: vscode.CancellationTokenSource | undefined;

  constructor(private readonly note: (found: SearchResult) => Note | undefined) {
    this.view = vscode.window.createTreeView('trivium.results', { treeDataProvider: this });
  }

  /** Show a search and keep it fresh. */
  async pin(search: Search): Promise<void> {
    this.pinned = search;
    this.asking?.cancel();
    this.asking = undefined;
    await vscode.commands.executeCommand('trivium.results.focus');
    await this.refresh();
  }

  /** Ask again while the answer was given by an incomplete index; one question at a time. */
  async indexGrew(): Promise<void> {
    if (this.incomplete && this.asking === undefined) {
      await this.refresh();
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.kind === 'file' ? fileItem(node.uri) : hitItem(node.hit);
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return this.files;
    }
    return node.kind === 'file' ? node.hits.map((hit) => ({ kind: 'hit', hit })) : [];
  }

  dispose(): void {
    this.asking?.cancel();
    this.view.dispose();
    this.changed.dispose();
  }

  private async refresh(): Promise<void> {
    const search = this.pinned;
    if (search === undefined) {
      return;
    }
    const source = new vscode.CancellationTokenSource();
    this.asking = source;
    try {
      const found = await search.run(source.token);
      if (!source.token.isCancellationRequested) {
        this.show(search, found);
      }
    } catch (error) {
      if (!source.token.isCancellationRequested) {
        this.view.message = error instanceof Error ? error.message : String(error);
      }
    } finally {
      if (this.asking === source) {
        this.asking = undefined;
      }
      source.dispose();
    }
  }

  private show(search: Search, found: SearchResult): void {
    this.incomplete = !found.complete;
    this.files = byFile(found.hits);
    this.view.description = search.title;
    this.view.message = this.note(found)?.text ?? '';
    this.changed.fire();
  }
}

/** Hits grouped by file, files in the order of their best hit. */
function byFile(hits: SearchHit[]): Node[] {
  const files = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    files.set(hit.uri, [...(files.get(hit.uri) ?? []), hit]);
  }
  return [...files].map(([uri, found]) => ({ kind: 'file', uri: vscode.Uri.parse(uri), hits: found }));
}

function fileItem(uri: vscode.Uri): vscode.TreeItem {
  const item = new vscode.TreeItem(uri, vscode.TreeItemCollapsibleState.Expanded);
  const folder = path.dirname(vscode.workspace.asRelativePath(uri));
  item.description = folder === '.' ? '' : folder;
  item.iconPath = vscode.ThemeIcon.File;
  return item;
}

function hitItem(hit: SearchHit): vscode.TreeItem {
  const line = hit.range.start.line + 1;
  const item = new vscode.TreeItem(hit.symbol || vscode.l10n.t('line {0}', line));
  const reason = reasonText(hit.reason, vscode.l10n.t);
  item.description = hit.symbol ? `${line} · ${reason}` : reason;
  item.tooltip = new vscode.MarkdownString().appendCodeblock(hit.snippet);
  item.iconPath = icon(hit.kind);
  item.command = {
    command: 'vscode.open',
    title: '',
    arguments: [vscode.Uri.parse(hit.uri), { selection: new vscode.Range(line - 1, 0, line - 1, 0) }],
  };
  return item;
}
