// Activation: builds the client, registers the features, starts the server without waiting for it.

import * as vscode from 'vscode';
import { Client } from './client';
import { onDidChangePython } from './environment';
import * as completion from './features/completion';
import * as doctor from './features/doctor';
import * as map from './features/map';
import * as menu from './features/menu';
import * as models from './features/models';
import * as rewrite from './features/rewrite';
import * as search from './features/search';
import * as setup from './features/setup';
import * as status from './features/status';
import * as suggest from './features/suggest';
import * as texts from './features/texts';

const FEATURES = [status, menu, search, completion, rewrite, texts, models, suggest, map, doctor, setup];

// The only mutable state of the module: what `deactivate` must end.
let running: Client | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const started = performance.now();
  const log = vscode.window.createOutputChannel('Trivium', { log: true });
  const client = new Client(context, log);
  running = client;
  context.subscriptions.push(log, client);
  for (const feature of FEATURES) {
    context.subscriptions.push(...feature.register(client));
  }
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(() => client.restart()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration('trivium.server')) {
        await client.follow();
      }
    }),
  );
  void client.restart().then(async () => {
    context.subscriptions.push(await onDidChangePython(() => client.follow()));
  });
  log.info(`Activated in ${(performance.now() - started).toFixed(1)} ms.`);
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
