// The semantic map: files as points, near where their meaning is near, on a canvas; click to open.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { map, type MapResult } from '../protocol';
import { mapPage } from '../mapPage';

export function register(host: Host): vscode.Disposable[] {
  let panel: vscode.WebviewPanel | undefined;
  return [
    vscode.commands.registerCommand('trivium.map', async () => {
      const found = await ask(host);
      if (found !== undefined) {
        panel?.dispose(); // One map, that of today.
        panel = show(found);
      }
    }),
  ];
}

async function ask(host: Host): Promise<MapResult | undefined> {
  if ((await host.needed()) === undefined) {
    return undefined;
  }
  const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Drawing the map') };
  const found = await vscode.window.withProgress(options, () => host.ask(map, {}));
  if (found.points.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing is indexed by meaning yet.'));
    return undefined;
  }
  return found;
}

function show(found: MapResult): vscode.WebviewPanel {
  const title = vscode.l10n.t('Semantic Map');
  const panel = vscode.window.createWebviewPanel('trivium.map', title, vscode.ViewColumn.Active, {
    enableScripts: true,
    localResourceRoots: [],
  });
  panel.webview.onDidReceiveMessage((index: unknown) => open(found, index));
  panel.webview.html = mapPage(found, vscode.l10n.t('Find a file'), nonce());
  return panel;
}

async function open(found: MapResult, index: unknown): Promise<void> {
  const point = typeof index === 'number' ? found.points[index] : undefined;
  if (point !== undefined) {
    await vscode.window.showTextDocument(vscode.Uri.parse(point.uri), {
      viewColumn: vscode.ViewColumn.Beside,
      preview: true,
    });
  }
}

function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join('');
}
