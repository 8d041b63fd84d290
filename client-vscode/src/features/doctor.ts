// `trivium doctor` with the settings that hold here, its report in a read-only document.

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Host } from '../host';
import { forServer } from '../settings';
import { Shown } from './shown';

export function register(host: Host): vscode.Disposable[] {
  const shown = new Shown('trivium-doctor');
  return [
    shown,
    vscode.commands.registerCommand('trivium.doctor', async () => {
      const command = host.commandLine('doctor', '--settings', await settingsFile(host), ...root());
      if (command === undefined) {
        await vscode.commands.executeCommand('trivium.menu');
        return;
      }
      const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Running the doctor') };
      const report = await vscode.window.withProgress(options, () => output(command));
      await shown.show(report, `${vscode.l10n.t('Doctor')}.txt`);
    }),
  ];
}

function root(): string[] {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  return folder === undefined ? [] : ['--root', folder];
}

/** The settings as they hold here, in a file that the command line can read. */
async function settingsFile(host: Host): Promise<string> {
  const folder = host.context.globalStorageUri.fsPath;
  const file = path.join(folder, 'settings.json');
  const trivium = forServer(vscode.workspace.getConfiguration().get('trivium'));
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify({ trivium }));
  return file;
}

/** What a command prints, its complaints included: a sick patient's report is a report too. */
function output(command: { command: string; args: string[] }): Promise<string> {
  return new Promise((resolve) => {
    execFile(command.command, command.args, (error, stdout, stderr) => {
      resolve(stdout + stderr || String(error));
    });
  });
}
