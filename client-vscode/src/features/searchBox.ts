// The live quick pick of a search: debounced, cancelled, previewed, asked again as the index grows.

import * as vscode from 'vscode';
import { CancellationTokenSource } from 'vscode';
import type { Note } from '../found';
import { icon } from '../icons';
import type { SearchHit, SearchResult } from '../protocol';
import { reasonText } from '../reason';
import { Peek } from './peek';

const DEBOUNCE = 150; // milliseconds of rest before a query is sent

export interface SearchBoxOptions {
  /** What stands in the box at first. */
  query: string;
  /** Earlier queries, offered while the box is empty. */
  history: readonly string[];
  /** Ask; `onHits` is told all hits so far whenever some arrive. */
  ask(
    query: string,
    token: vscode.CancellationToken,
    onHits: (hits: SearchHit[]) => void,
  ): Promise<SearchResult>;
  /** What to say below the hits. */
  note(found: SearchResult): Note | undefined;
  /** Fires when a search that was incomplete may find more. */
  indexGrew: vscode.Event<unknown>;
}

/** What was asked last, and whether the results shall be pinned. */
export interface Closed {
  query: string;
  pin: boolean;
}

interface Row extends vscode.QuickPickItem {
  hit?: SearchHit;
  query?: string;
  command?: string;
}

export class SearchBox {
  private readonly box = vscode.window.createQuickPick<Row>();
  private readonly peek = new Peek();
  private running: CancellationTokenSource | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = '';
  private incomplete = false;
  private closed = false;

  private constructor(
    private readonly options: SearchBoxOptions,
    private readonly done: (closed: Closed) => void,
  ) {}

  /** Show the box; resolves when it is closed. */
  static open(options: SearchBoxOptions): Promise<Closed> {
    return new Promise((resolve) => new SearchBox(options, resolve).start());
  }

  private start(): void {
    const { box, options } = this;
    box.title = vscode.l10n.t('Search by meaning');
    box.placeholder = vscode.l10n.t('What does it do? Filters: path: lang: kind: -word "exact phrase"');
    box.keepScrollPosition = true;
    box.buttons = [
      { iconPath: new vscode.ThemeIcon('pin'), tooltip: vscode.l10n.t('Pin in the side bar') },
    ];
    box.onDidChangeValue((query) => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.ask(query), DEBOUNCE);
    });
    box.onDidChangeActive(([row]) => void (row?.hit && this.peek.show(row.hit)));
    box.onDidAccept(() => this.accepted(box.selectedItems[0]));
    box.onDidTriggerButton(() => this.close(true, () => this.peek.restore()));
    const growing = options.indexGrew(() => this.incomplete && !box.busy && void this.ask(this.asked));
    box.onDidHide(() => {
      growing.dispose();
      this.close(false, () => this.peek.restore());
      box.dispose();
    });
    box.value = options.query;
    void this.ask(options.query);
    box.show();
  }

  private async ask(query: string): Promise<void> {
    this.running?.cancel();
    this.incomplete = false;
    if (query.trim() === '') {
      this.box.busy = false;
      this.box.items = historyRows(this.options.history);
      return;
    }
    const source = new CancellationTokenSource();
    this.running = source;
    this.asked = query;
    this.box.busy = true;
    try {
      const found = await this.options.ask(query, source.token, (hits) => {
        this.show(hits.map(hitRow), source.token);
      });
      this.show([...found.hits.map(hitRow), ...noteRows(this.options.note(found))], source.token);
      this.incomplete = !found.complete && this.running === source;
    } catch (error) {
      if (!source.token.isCancellationRequested) {
        const message = error instanceof Error ? error.message : String(error);
        this.box.items = noteRows({ text: message, icon: 'error', command: 'trivium.menu' });
      }
    } finally {
      if (this.running === source) {
        this.box.busy = false;
      }
      source.dispose();
    }
  }

  /** Show rows; whoever moved down the list already stays at the place where they are. */
  private show(rows: Row[], token: vscode.CancellationToken): void {
    if (token.isCancellationRequested || this.closed) {
      return;
    }
    const before = this.box.activeItems[0]?.hit;
    const moved = before !== undefined && this.box.activeItems[0] !== this.box.items[0];
    this.box.items = rows;
    const same = moved ? rows.find(({ hit }) => hit && samePlace(hit, before)) : undefined;
    if (same !== undefined) {
      this.box.activeItems = [same];
    }
  }

  private accepted(row: Row | undefined): void {
    const hit = row?.hit;
    if (hit !== undefined) {
      this.close(false, () => this.peek.accept(hit));
    } else if (row?.query !== undefined) {
      this.box.value = row.query;
      void this.ask(row.query);
    } else if (row?.command !== undefined) {
      const { command } = row;
      this.close(false, async () => {
        await this.peek.restore();
        void vscode.commands.executeCommand(command);
      });
    }
  }

  /** Close once, whatever of accepting, hiding and pinning comes first. */
  private close(pin: boolean, last: () => Promise<void>): void {
    if (this.closed) {
      return;
    }
    this.closed = true;
    clearTimeout(this.timer);
    this.running?.cancel();
    this.box.hide();
    void last().finally(() => {
      this.peek.dispose();
      this.done({ query: this.asked, pin });
    });
  }
}

function historyRows(history: readonly string[]): Row[] {
  return history.map((query) => ({ query, label: query, iconPath: new vscode.ThemeIcon('history') }));
}

// alwaysShow: the list is ordered by meaning, VS Code's own filter must not thin it out.
function hitRow(hit: SearchHit): Row {
  const place = `${vscode.workspace.asRelativePath(vscode.Uri.parse(hit.uri))}:${hit.range.start.line + 1}`;
  const [label, description] = hit.symbol ? [hit.symbol, place] : [place, ''];
  return { hit, label, description, detail: reasonText(hit.reason, vscode.l10n.t), iconPath: icon(hit.kind), alwaysShow: true };
}

function noteRows(note: Note | undefined): Row[] {
  if (note === undefined) {
    return [];
  }
  const { text, icon, command } = note;
  return [{ label: text, iconPath: new vscode.ThemeIcon(icon), alwaysShow: true, ...(command ? { command } : {}) }];
}

function samePlace(one: SearchHit, other: SearchHit): boolean {
  return one.uri === other.uri && one.range.start.line === other.range.start.line;
}
