// The status bar item: the engine's and the index's state in a few words.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { statusText } from '../statusText';

export function register(host: Host): vscode.Disposable[] {
  const item = vscode.window.createStatusBarItem('trivium.status', vscode.StatusBarAlignment.Right, 50);
  item.name = 'Trivium';
  item.command = 'trivium.menu';
  const show = (): void => {
    const { icon, message, args, severity } = statusText(host.state());
    const text = vscode.l10n.t(message, ...args);
    item.text = `$(${icon}) Trivium: ${shorten(text)}`;
    item.tooltip = text;
    item.backgroundColor =
      severity === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  };
  show();
  item.show();
  return [item, host.onState(show)];
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
