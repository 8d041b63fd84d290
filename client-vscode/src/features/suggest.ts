// `trivium models suggest`: measures this machine and offers a model for each art to the settings.
// Works through the command line, as the view of models does, and fetches nothing.

import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import type { Host } from '../host';
import { readSuggestions, type Suggestion, suggestionText } from '../modelText';

export function register(host: Host): vscode.Disposable[] {
  return [vscode.commands.registerCommand('trivium.models.suggest', () => suggest(host))];
}

async function suggest(host: Host): Promise<void> {
  const command = host.commandLine('models', 'suggest', '--json');
  if (command === undefined) {
    await vscode.commands.executeCommand('trivium.menu');
    return;
  }
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Measuring this machine'),
    cancellable: true,
  };
  const found = await vscode.window.withProgress(options, (_, token) => measured(command, token));
  const rows = found.map((each) => ({ ...suggestionText(each), each }));
  const title = vscode.l10n.t('Models that suit this machine; choose one to use it');
  const chosen = rows.length > 0 ? await vscode.window.showQuickPick(rows, { title }) : undefined;
  if (chosen !== undefined) {
    await use(chosen.each);
  }
}

/** What was recommended; nothing when the user gave up or it failed, which is said. */
function measured(
  { command, args }: { command: string; args: string[] },
  token: vscode.CancellationToken,
): Promise<Suggestion[]> {
  return new Promise((resolve) => {
    const child = execFile(command, args, (error, stdout, stderr) => {
      cancel.dispose();
      if (error !== null && !token.isCancellationRequested) {
        void vscode.window.showErrorMessage(stderr.trim() || error.message);
      }
      resolve(error === null ? readSuggestions(stdout) : []);
    });
    const cancel = token.onCancellationRequested(() => child.kill('SIGINT'));
  });
}

/** The view of models shows whether it has to be downloaded yet. */
async function use({ art, model }: Suggestion): Promise<void> {
  const settings = vscode.workspace.getConfiguration('trivium.models');
  await settings.update(art, model, vscode.ConfigurationTarget.Global);
  await vscode.commands.executeCommand('trivium.models.focus');
}
