// Tells the user that something failed, with a button that helps where there is one.

import * as vscode from 'vscode';
import { missingModel } from './complaint';

export async function tell(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const missing = missingModel(message);
  const download = vscode.l10n.t('Download the models');
  const buttons = missing === undefined ? [] : [download];
  if ((await vscode.window.showErrorMessage(message, ...buttons)) === download) {
    await vscode.commands.executeCommand('trivium.models.pullUsed', missing);
  }
}
