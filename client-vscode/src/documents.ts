// Which documents the server is told of.

import * as vscode from 'vscode';

export const SELECTOR = [{ scheme: 'file' }, { scheme: 'untitled' }];

/** The active editor, if the server knows its text; where it does not, the user is told. */
export function activeEditor(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor !== undefined && vscode.languages.match(SELECTOR, editor.document) > 0) {
    return editor;
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('This works in files and in untitled documents only.'),
  );
  return undefined;
}
