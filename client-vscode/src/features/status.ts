// The status bar item: the engine's and the index's state in a few words.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { statusText } from '../statusText';

const PASSING = 1000; // milliseconds that must go by before what is often over sooner is shown

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
  // Every keystroke makes the engine busy for a moment; an item that tells so would flicker all day.
  let timer: NodeJS.Timeout | undefined;
  const follow = (): void => {
    if (statusText(host.state()).passing) {
      timer ??= setTimeout(show, PASSING);
    } else {
      clearTimeout(timer);
      timer = undefined;
      show();
    }
  };
  show();
  item.show();
  return [item, host.onState(follow), new vscode.Disposable(() => clearTimeout(timer))];
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
