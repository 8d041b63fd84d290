// Shows hits in the editor while one moves through a list, and puts back what was there before.

import * as vscode from 'vscode';
import type { SearchHit } from '../protocol';

export class Peek implements vscode.Disposable {
  private readonly before = vscode.window.activeTextEditor;
  private readonly selection = this.before?.selection;
  private readonly visible = this.before?.visibleRanges[0];
  private readonly mark = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private latest: SearchHit | undefined;
  private moved = false;
  private opened: vscode.Uri | undefined;
  private order: Promise<void> = Promise.resolve();

  /** Show a hit beside the list that keeps the focus; one that was passed already is left out. */
  show(hit: SearchHit): Promise<void> {
    this.latest = hit;
    this.order = this.order.then(async () => {
      if (this.latest === hit) {
        await this.open(hit, true);
      }
    });
    return this.order;
  }

  /** Show a hit for good. */
  async accept(hit: SearchHit): Promise<void> {
    this.latest = undefined;
    await this.order;
    await this.open(hit, false);
  }

  /** Back to the editor, the caret and the place that were there before. */
  async restore(): Promise<void> {
    this.latest = undefined;
    await this.order;
    if (this.before === undefined) {
      const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
      // Only what was opened to be looked at: the user may have gone on to open and change a file.
      if (tab?.isPreview && !tab.isDirty && this.isOpened(tab)) {
        await vscode.window.tabGroups.close(tab);
      }
      return;
    }
    const { document, viewColumn } = this.before;
    if (!this.moved) {
      return; // The focus is back by itself, and perhaps in what the user opened next.
    }
    const editor = await vscode.window.showTextDocument(document, {
      ...(viewColumn === undefined ? {} : { viewColumn }),
      ...(this.selection === undefined ? {} : { selection: this.selection }),
    });
    if (this.visible !== undefined) {
      editor.revealRange(this.visible, vscode.TextEditorRevealType.AtTop);
    }
  }

  dispose(): void {
    this.mark.dispose();
  }

  private isOpened({ input }: vscode.Tab): boolean {
    return input instanceof vscode.TabInputText && input.uri.toString() === this.opened?.toString();
  }

  private async open(hit: SearchHit, preserveFocus: boolean): Promise<void> {
    this.moved = true;
    const { start, end } = hit.range;
    // A range of whole lines ends at the beginning of the next one, which is not part of it.
    const lastLine = end.character === 0 ? Math.max(start.line, end.line - 1) : end.line;
    const range = new vscode.Range(start.line, start.character, lastLine, 0);
    const selection = new vscode.Range(range.start, range.start);
    try {
      const uri = vscode.Uri.parse(hit.uri);
      this.opened = uri;
      const editor = await vscode.window.showTextDocument(uri, { preview: true, preserveFocus, selection });
      editor.setDecorations(this.mark, preserveFocus ? [range] : []);
      // Its first line says what it is, and the list covers all that stands above the middle.
      editor.revealRange(selection, vscode.TextEditorRevealType.InCenter);
    } catch {
      // The file went away since it was found; the next search will not name it.
    }
  }
}
