// The menu behind the status bar item, and the short commands in it.

import * as vscode from 'vscode';
import { missingModel } from '../complaint';
import type { Host, State } from '../host';
import { type EngineState, type Status, status as statusRequest } from '../protocol';
import { asStrings } from '../settings';

interface Entry extends vscode.QuickPickItem {
  command: string;
  /** What the command is told. */
  argument?: string;
}

export function register(host: Host): vscode.Disposable[] {
  const on = (name: string, run: () => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.${name}`, run);
  const server = (command: string) => async (): Promise<void> => {
    await (await host.needed())?.sendRequest('workspace/executeCommand', { command, arguments: [] });
  };
  return [
    on('menu', async () => {
      const chosen = await vscode.window.showQuickPick(entries(host), { title: 'Trivium', matchOnDetail: true });
      if (chosen !== undefined) {
        await vscode.commands.executeCommand(chosen.command, ...(chosen.argument ? [chosen.argument] : []));
      }
    }),
    on('pauseIndexing', server('trivium.index.pause')),
    on('resumeIndexing', server('trivium.index.resume')),
    on('rebuildIndex', server('trivium.index.rebuild')),
    on('restart', () => host.restart()),
    on('openLog', () => host.log.show()),
  ];
}

async function entries(host: Host): Promise<Entry[]> {
  const state = host.state();
  const status = state.kind === 'running' ? await host.ask(statusRequest, {}) : undefined;
  return [
    ...trouble(state, status),
    ...(status === undefined ? [] : working(status)),
    entry('debug-restart', vscode.l10n.t('Restart the server'), 'trivium.restart'),
    entry('output', vscode.l10n.t('Open the log'), 'trivium.openLog'),
  ];
}

/** What is wrong, with its cause, first. */
function trouble(state: State, status: Status | undefined): Entry[] {
  switch (state.kind) {
    case 'untrusted':
      return [entry('shield', vscode.l10n.t('Trust this workspace…'), 'workbench.trust.manage')];
    case 'not-installed':
      return [
        entry('cloud-download', vscode.l10n.t('Set up an environment'), 'trivium.setup'),
        serverPath(),
      ];
    case 'failed':
      return [
        entry('error', vscode.l10n.t('The server does not run.'), 'trivium.openLog', state.message),
        ...(state.set ? [serverPath()] : []),
      ];
    default:
      return status === undefined ? [] : troubleOf(status);
  }
}

/** What failed, and what works otherwise than one expects; about a model, the view of models helps. */
function troubleOf({ engine, index }: Status): Entry[] {
  const ofModels = engine.models.map(({ message }) => message);
  const told = new Map([engine, ...index].map(({ state, message }) => [message, state]));
  return [...told].flatMap(([message, state]) => {
    const missing = missingModel(message ?? '');
    if (missing !== undefined) {
      const label = vscode.l10n.t('Download the models');
      return [{ ...entry('cloud-download', label, 'trivium.models.pullUsed', message), argument: missing }];
    }
    const helps = ofModels.includes(message ?? '') ? 'trivium.models.focus' : 'trivium.openLog';
    return message ? [entry(state === 'error' ? 'error' : 'info', message, helps)] : [];
  });
}

function serverPath(): Entry {
  const label = vscode.l10n.t('Set the path of the server');
  return { ...entry('settings', label, 'trivium.openSettings'), argument: 'trivium.server.path' };
}

function working(status: Status): Entry[] {
  const paused = status.index.some((folder) => folder.state === 'paused');
  const reason = status.completion.lastReason;
  const chunks = status.index.reduce((sum, folder) => sum + folder.chunks, 0);
  const files = status.index.reduce((sum, folder) => sum + (folder.readFiles ?? 0), 0);
  return [
    entry(
      'search',
      vscode.l10n.t('Search by meaning'),
      'trivium.search',
      vscode.l10n.t('{0} files in {1} parts', files, chunks),
    ),
    paused
      ? entry('debug-start', vscode.l10n.t('Resume indexing'), 'trivium.resumeIndexing')
      : entry('debug-pause', vscode.l10n.t('Pause indexing'), 'trivium.pauseIndexing'),
    entry('refresh', vscode.l10n.t('Rebuild the index'), 'trivium.rebuildIndex'),
    entry('type-hierarchy', vscode.l10n.t('Show the semantic map'), 'trivium.map'),
    entry(
      'lightbulb',
      toggleLabel(),
      'trivium.completion.toggleLanguage',
      reason ? vscode.l10n.t('Last time nothing was suggested: {0}', reason) : undefined,
    ),
    entry('package', vscode.l10n.t('Models'), 'trivium.models.focus', models(status.engine)),
    entry('pulse', vscode.l10n.t('Doctor: what works here?'), 'trivium.doctor'),
  ];
}

/** What choosing the entry would do, with the language's name where there is an editor. */
function toggleLabel(): string {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined) {
    return vscode.l10n.t('Why was nothing suggested?');
  }
  const off = asStrings(vscode.workspace.getConfiguration('trivium.completion').get('disabledLanguages'));
  return off.includes(language)
    ? vscode.l10n.t('Turn suggestions on for {0}', language)
    : vscode.l10n.t('Turn suggestions off for {0}', language);
}

function models(engine: EngineState): string {
  return engine.models.map(({ id, state }) => `${id}: ${modelState(state)}`).join(' · ');
}

function modelState(state: string): string {
  switch (state) {
    case 'off':
      return vscode.l10n.t('asleep');
    case 'loading':
      return vscode.l10n.t('loading');
    case 'ready':
      return vscode.l10n.t('ready');
    case 'error':
      return vscode.l10n.t('does not work');
    default:
      return state;
  }
}

function entry(icon: string, label: string, command: string, detail?: string): Entry {
  return { label: `$(${icon}) ${label}`, command, ...(detail ? { detail } : {}) };
}
