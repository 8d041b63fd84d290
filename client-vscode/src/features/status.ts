// The status bar item and its menu.

import * as vscode from 'vscode';
import type { Host } from '../host';
import { removeManaged, setUp } from '../managed';
import { statusText } from '../statusText';

export function register(host: Host): vscode.Disposable[] {
  const item = vscode.window.createStatusBarItem('trivium.status', vscode.StatusBarAlignment.Right, 50);
  item.name = 'Trivium';
  item.command = 'trivium.menu';
  const show = (): void => {
    const { icon, message, args, severity } = statusText(host.state());
    item.text = `$(${icon}) Trivium: ${shorten(vscode.l10n.t(message, ...args))}`;
    item.tooltip = vscode.l10n.t(message, ...args);
    item.backgroundColor =
      severity === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  };
  show();
  item.show();
  return [item, host.onState(show), ...commands(host)];
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

interface Entry extends vscode.QuickPickItem {
  command: string;
}

function entries(host: Host): Entry[] {
  const state = host.state();
  const running = state.kind === 'running';
  const paused = running && (state.status?.index ?? []).some((folder) => folder.state === 'paused');
  const reason = running ? state.status?.completion.lastReason : undefined;
  const entry = (icon: string, label: string, command: string, detail?: string): Entry => ({
    label: `$(${icon}) ${label}`,
    command,
    ...(detail === undefined ? {} : { detail }),
  });
  const working = [
    entry('search', vscode.l10n.t('Search by meaning'), 'trivium.search'),
    paused
      ? entry('debug-start', vscode.l10n.t('Resume indexing'), 'trivium.resumeIndexing')
      : entry('debug-pause', vscode.l10n.t('Pause indexing'), 'trivium.pauseIndexing'),
    entry('refresh', vscode.l10n.t('Rebuild the index'), 'trivium.rebuildIndex'),
    entry('type-hierarchy', vscode.l10n.t('Show the semantic map'), 'trivium.map'),
    entry(
      'lightbulb',
      vscode.l10n.t('Turn suggestions on or off for this language'),
      'trivium.completion.toggleLanguage',
      reason ? vscode.l10n.t('Last time nothing was suggested: {0}', reason) : undefined,
    ),
    entry('package', vscode.l10n.t('Models'), 'trivium.models.focus'),
    entry('pulse', vscode.l10n.t('Doctor: what works here?'), 'trivium.doctor'),
  ];
  return [
    ...(running ? working : []),
    ...(state.kind === 'not-installed'
      ? [entry('cloud-download', vscode.l10n.t('Set up an environment'), 'trivium.setup')]
      : []),
    entry('debug-restart', vscode.l10n.t('Restart the server'), 'trivium.restart'),
    entry('output', vscode.l10n.t('Open the log'), 'trivium.openLog'),
  ];
}

function commands(host: Host): vscode.Disposable[] {
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, run);
  const server = (command: string) => async (): Promise<void> => {
    await host.client()?.sendRequest('workspace/executeCommand', { command, arguments: [] });
  };
  return [
    on('menu', async () => {
      const chosen = await vscode.window.showQuickPick(entries(host), { title: 'Trivium' });
      if (chosen !== undefined) {
        await vscode.commands.executeCommand(chosen.command);
      }
    }),
    on('pauseIndexing', server('trivium.index.pause')),
    on('resumeIndexing', server('trivium.index.resume')),
    on('rebuildIndex', server('trivium.index.rebuild')),
    on('restart', () => host.restart()),
    on('openLog', () => host.log.show()),
    on('setup', async () => {
      if (await setUp(host.context, host.log)) {
        await host.restart();
      }
    }),
    on('removeSetup', async () => {
      await removeManaged(host.context);
      await host.restart();
    }),
  ];
}
