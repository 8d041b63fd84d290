// `trivium doctor`, its report in a document.

import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import type { Host } from '../host';

export function register(host: Host): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('trivium.doctor', async () => {
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
      const words = folder === undefined ? ['doctor'] : ['doctor', '--root', folder];
      const command = host.commandLine(...words);
      if (command === undefined) {
        await vscode.commands.executeCommand('trivium.menu');
        return;
      }
      const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Examining') };
      const report = await vscode.window.withProgress(options, () => output(command));
      const document = await vscode.workspace.openTextDocument({ content: report });
      await vscode.window.showTextDocument(document, { preview: true });
    }),
  ];
}

/** What a command prints, its complaints included: a sick patient's report is a report too. */
function output(command: { command: string; args: string[] }): Promise<string> {
  return new Promise((resolve) => {
    execFile(command.command, command.args, (error, stdout, stderr) => {
      resolve(stdout + stderr || String(error));
    });
  });
}
