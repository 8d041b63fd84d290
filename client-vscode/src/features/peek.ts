// Shows hits in the editor while one moves through a list. What is shown is a copy, read-only and in a
// tab of its own, so that no tab is replaced, no caret moved, no folder of the Explorer expanded, and
// no language server reads a file that is only looked at. Once it is closed, all is as it was before.

import * as vscode from 'vscode';
import type { SearchHit } from '../protocol';

const SCHEME = 'trivium-peek';

/** The texts of the copies; their address holds that of the file. */
export function register(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: ({ query }) => textOf(vscode.Uri.parse(query)),
  });
}

export class Peek implements vscode.Disposable {
  private readonly mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private latest: SearchHit | undefined;
  private order: Promise<void> = Promise.resolve();

  /** Show a hit beside the list that keeps the focus; one that was passed already is left out. */
  show(hit: SearchHit): Promise<void> {
    this.latest = hit;
    this.order = this.order.then(async () => {
      if (this.latest === hit) {
        await this.look(hit);
      }
    });
    return this.order;
  }

  /** Show a hit for good. */
  async accept(hit: SearchHit): Promise<void> {
    this.latest = undefined;
    await this.order;
    await open(vscode.Uri.parse(hit.uri), rangeOf(hit), { preview: true });
    await close({ preserveFocus: true });
  }

  /** Back to what was there before. */
  async restore(): Promise<void> {
    this.latest = undefined;
    await this.order;
    await close({ preserveFocus: false });
  }

  dispose(): void {
    this.mark.dispose();
  }

  private async look(hit: SearchHit): Promise<void> {
    const copy = copyOf(vscode.Uri.parse(hit.uri));
    const editor = await open(copy, rangeOf(hit), { preview: false, preserveFocus: true });
    editor?.setDecorations(this.mark, [rangeOf(hit)]);
    await close({ preserveFocus: true }, copy);
  }
}

async function open(
  uri: vscode.Uri,
  range: vscode.Range,
  options: vscode.TextDocumentShowOptions,
): Promise<vscode.TextEditor | undefined> {
  const selection = new vscode.Range(range.start, range.start);
  try {
    const editor = await vscode.window.showTextDocument(uri, { ...options, selection });
    // Its first line says what it is, and the list covers all that stands above the middle.
    editor.revealRange(selection, vscode.TextEditorRevealType.InCenter);
    return editor;
  } catch {
    return undefined; // The file went away since it was found; the next search will not name it.
  }
}

/** Close all copies but one. */
async function close({ preserveFocus }: { preserveFocus: boolean }, kept?: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const copies = tabs.filter(
    ({ input }) =>
      input instanceof vscode.TabInputText &&
      input.uri.scheme === SCHEME &&
      input.uri.toString() !== kept?.toString(),
  );
  await vscode.window.tabGroups.close(copies, preserveFocus);
}

/** The path that a person knows, for the tab and the breadcrumbs; the file's own address beside it. */
function copyOf(uri: vscode.Uri): vscode.Uri {
  const path = `/${vscode.workspace.asRelativePath(uri).replace(/^\//, '')}`;
  return vscode.Uri.from({ scheme: SCHEME, path, query: uri.toString() });
}

/** A file's text as its editor shows it, where there is one. */
async function textOf(uri: vscode.Uri): Promise<string> {
  const shown = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  return shown?.getText() ?? vscode.workspace.decode(await vscode.workspace.fs.readFile(uri), { uri });
}

function rangeOf({ range: { start, end } }: SearchHit): vscode.Range {
  // A range of whole lines ends at the beginning of the next one, which is not part of it.
  const lastLine = end.character === 0 ? Math.max(start.line, end.line - 1) : end.line;
  return new vscode.Range(start.line, start.character, lastLine, 0);
}
