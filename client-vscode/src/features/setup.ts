// Commands around the environment that the extension makes on the user's word.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { managedPython, removeManaged, setUp } from '../managed';

export function register(host: Host): vscode.Disposable[] {
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, run);
  void tellPalette(host);
  return [
    on('setup', async () => {
      if (await setUp(host.context, host.log)) {
        await host.restart();
        await tellPalette(host);
      }
    }),
    on('removeSetup', () => remove(host)),
    vscode.commands.registerCommand('trivium.openSettings', (query = '@ext:trivium.trivium') =>
      vscode.commands.executeCommand('workbench.action.openSettings', query),
    ),
  ];
}

/** The way back; the server may run out of what is removed, so it is stopped first. */
async function remove(host: Host): Promise<void> {
  const yes = vscode.l10n.t('Remove');
  const text = vscode.l10n.t('Remove the environment that was made for Trivium?');
  if ((await vscode.window.showWarningMessage(text, { modal: true }, yes)) === yes) {
    await host.stop();
    await removeManaged(host.context);
    await host.restart();
    await tellPalette(host);
  }
}

/** Only what was set up can be removed. */
async function tellPalette({ context }: Host): Promise<void> {
  const isSetUp = (await managedPython(context)) !== undefined;
  await vscode.commands.executeCommand('setContext', 'trivium.isSetUp', isSetUp);
}
