// The view of models: what is on this machine, what can be fetched, with size, licence and state.
// Works through the command line, so it is usable while no server runs; only `pull` uses the network.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Host } from '../host';
import { type Model, modelText, readModels } from '../modelText';

const run = promisify(execFile);

export function register(host: Host): vscode.Disposable[] {
  const tree = new Models(host);
  const on = (name: string, work: (model: Model) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.models.${name}`, work);
  return [
    vscode.window.registerTreeDataProvider('trivium.models', tree),
    host.onState((state) => state.kind === 'running' && state.status === undefined && tree.refresh()),
    on('refresh', () => tree.refresh()),
    on('pull', async (model) => {
      await pull(host, model);
      tree.refresh();
    }),
    on('remove', async (model) => {
      await remove(host, model);
      tree.refresh();
    }),
  ];
}

class Models implements vscode.TreeDataProvider<Model> {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly host: Host) {}

  refresh(): void {
    this.changed.fire();
  }

  getTreeItem(model: Model): vscode.TreeItem {
    const { description, tooltip } = modelText(model);
    const item = new vscode.TreeItem(model.name);
    item.description = description;
    item.tooltip = tooltip;
    item.contextValue = model.state;
    item.iconPath = new vscode.ThemeIcon(
      model.state === 'ready' ? 'check' : model.state === 'damaged' ? 'warning' : 'circle-outline',
    );
    return item;
  }

  async getChildren(model?: Model): Promise<Model[]> {
    const command = this.host.commandLine('models', 'list', '--json');
    if (model !== undefined || command === undefined) {
      return [];
    }
    const { stdout } = await run(command.command, command.args, { maxBuffer: 1 << 24 });
    const models = readModels(stdout);
    const here = ({ state }: Model): number => (state === 'missing' ? 1 : 0);
    return models.sort((one, other) => here(one) - here(other));
  }
}

async function pull(host: Host, model: Model): Promise<void> {
  const command = host.commandLine('models', 'pull', '--progress', model.name);
  if (command === undefined) {
    return;
  }
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Downloading {0}', model.name),
    cancellable: true,
  };
  await vscode.window.withProgress(options, (progress, token) => {
    return new Promise<void>((resolve) => {
      const child = spawn(command.command, command.args);
      const words: string[] = [];
      const cancel = token.onCancellationRequested(() => child.kill());
      const tell = (data: Buffer): void => {
        const line = data.toString().trim();
        words.push(line);
        host.log.info(line);
        progress.report({ message: line.split(/[\r\n]/).pop() ?? '' });
      };
      child.stdout.on('data', tell);
      child.stderr.on('data', tell);
      child.on('error', (error) => words.push(String(error)));
      child.on('close', (code) => {
        cancel.dispose();
        if (code !== 0 && !token.isCancellationRequested) {
          void vscode.window.showErrorMessage(words.pop() ?? vscode.l10n.t('The download failed.'));
        }
        resolve();
      });
    });
  });
}

async function remove(host: Host, model: Model): Promise<void> {
  const yes = vscode.l10n.t('Remove');
  const text = vscode.l10n.t('Remove {0} from this machine?', model.name);
  const command = host.commandLine('models', 'remove', model.name);
  if (command && (await vscode.window.showWarningMessage(text, { modal: true }, yes)) === yes) {
    await run(command.command, command.args);
  }
}
