// Commands around ghost text; the suggestions themselves come through the language client.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { asStrings } from '../settings';

export function register(host: Host): vscode.Disposable[] {
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.completion.${name}`, run);
  const editor = (command: string) => () => vscode.commands.executeCommand(command);
  return [
    on('trigger', editor('editor.action.inlineSuggest.trigger')),
    on('acceptWord', editor('editor.action.inlineSuggest.acceptNextWord')),
    on('acceptLine', editor('editor.action.inlineSuggest.acceptNextLine')),
    on('toggleLanguage', () => toggleLanguage(host)),
  ];
}

async function toggleLanguage(host: Host): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    return;
  }
  const settings = vscode.workspace.getConfiguration('trivium.completion');
  const off = asStrings(settings.get('disabledLanguages'));
  const wasOff = off.includes(language);
  const now = wasOff ? off.filter((other) => other !== language) : [...off, language];
  // Where the workspace has a list of its own, a change of the user's list would do nothing.
  const inWorkspace = settings.inspect('disabledLanguages')?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await settings.update('disabledLanguages', now, inWorkspace ? Workspace : Global);
  host.log.info(`Suggestions for ${language} are ${wasOff ? 'on' : 'off'}.`);
  const text = wasOff
    ? vscode.l10n.t('Suggestions for {0} are on.', language)
    : vscode.l10n.t('Suggestions for {0} are off.', language);
  vscode.window.setStatusBarMessage(text, 4000);
}
