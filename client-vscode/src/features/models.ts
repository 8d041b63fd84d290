// The view of models: what is on this machine, what can be fetched, with size, licence and state.
// Works through the command line, so it is usable while no server runs; only `pull` uses the network.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Host } from '../host';
import { failure } from '../launch';
import { byArt, type Model, modelText, readModels } from '../modelText';
import { asString } from '../settings';

const run = promisify(execFile);

export function register(host: Host): vscode.Disposable[] {
  const tree = new Models(host);
  const on = (name: string, work: (model: Model) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`trivium.models.${name}`, (node?: Node) => {
      return node?.kind === 'model' ? work(node.model) : undefined;
    });
  const fetch = async (names: string[]): Promise<void> => {
    const done = await pull(host, names);
    tree.refresh();
    // A server that met the gap would not look again before it is asked for something.
    if (done && names.some((name) => ARTS.map(inUse).includes(name))) {
      await host.restart();
    }
  };
  return [
    vscode.window.registerTreeDataProvider('trivium.models', tree),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('trivium.models')) {
        tree.refresh();
      }
    }),
    host.onState((state) => (state.kind === 'failed' || (state.kind === 'running' && !state.status)) && tree.refresh()),
    vscode.commands.registerCommand('trivium.models.refresh', () => tree.refresh()),
    on('pull', (model) => fetch([model.name])),
    vscode.commands.registerCommand('trivium.models.pullUsed', async (wanted?: string) => {
      const names = await lacking(host, wanted);
      if (names === undefined) {
        await vscode.commands.executeCommand('trivium.menu'); // It shows why nothing is launched.
      } else if (names.length > 0) {
        await fetch(names);
      } else {
        void vscode.window.showInformationMessage(vscode.l10n.t('The models in use are on this machine.'));
      }
    }),
    on('remove', async (model) => {
      await remove(host, model);
      tree.refresh();
    }),
  ];
}

const ARTS = ['encoder', 'decoder', 'rewriter'];

type Node =
  | { kind: 'art'; art: string; models: Model[] }
  | { kind: 'model'; model: Model }
  | { kind: 'trouble'; cause: string };

const LISTED_WITHIN = 60_000; // milliseconds, after which what runs is taken for no Trivium

class Models implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly host: Host) {}

  refresh(): void {
    this.changed.fire();
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'art':
        return artItem(node.art);
      case 'model':
        return modelItem(node.model);
      default:
        return troubleItem(node.cause);
    }
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node !== undefined) {
      return node.kind === 'art' ? node.models.map((model) => ({ kind: 'model', model })) : [];
    }
    const command = this.host.commandLine('models', 'list', '--json');
    if (command === undefined) {
      return [];
    }
    try {
      return byArt(await listed(command)).map(([art, models]) => ({ kind: 'art', art, models }));
    } catch (error) {
      this.host.log.warn(`The models cannot be listed: ${String(error)}`);
      return [{ kind: 'trouble', cause: failure(command.command, error, vscode.l10n.t) }];
    }
  }
}

async function listed({ command, args }: { command: string; args: string[] }): Promise<Model[]> {
  const { stdout } = await run(command, args, { maxBuffer: 1 << 24, timeout: LISTED_WITHIN });
  return readModels(stdout);
}

/** Of the models that the settings name, those that are not on this machine; `wanted`, if given, first. */
async function lacking(host: Host, wanted: string | undefined): Promise<string[] | undefined> {
  const command = host.commandLine('models', 'list', '--json');
  if (command === undefined) {
    return undefined;
  }
  const missing = (await listed(command)).filter(({ name, art, state }) => state !== 'ready' && name === inUse(art));
  return [...new Set([...(wanted === undefined ? [] : [wanted]), ...missing.map(({ name }) => name)])];
}

/** What is launched may be no Trivium: the menu has the cause and what can be done. */
function troubleItem(cause: string): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('The models cannot be listed.'));
  item.description = cause;
  item.tooltip = cause;
  item.iconPath = new vscode.ThemeIcon('warning');
  item.command = { command: 'trivium.menu', title: '' };
  return item;
}

function artItem(art: string): vscode.TreeItem {
  const names: Record<string, string> = {
    encoder: vscode.l10n.t('Find'),
    decoder: vscode.l10n.t('Continue'),
    rewriter: vscode.l10n.t('Rewrite'),
  };
  const item = new vscode.TreeItem(names[art] ?? art, vscode.TreeItemCollapsibleState.Expanded);
  item.description = inUse(art);
  return item;
}

function modelItem(model: Model): vscode.TreeItem {
  const { description, tooltip } = modelText(model, stateName(model));
  const item = new vscode.TreeItem(model.name);
  item.description = description;
  item.tooltip = tooltip;
  item.contextValue = model.state;
  item.iconPath = new vscode.ThemeIcon(
    model.state === 'ready' ? 'check' : model.state === 'damaged' ? 'warning' : 'circle-outline',
  );
  return item;
}

/** The model that the settings name for an art. */
function inUse(art: string): string {
  return asString(vscode.workspace.getConfiguration('trivium.models').get(art));
}

function stateName({ name, art, state }: Model): string {
  switch (state) {
    case 'ready':
      return name === inUse(art) ? vscode.l10n.t('in use') : vscode.l10n.t('downloaded');
    case 'damaged':
      return vscode.l10n.t('damaged');
    default:
      return ''; // Most are not here; the icon says so.
  }
}

/** Download models; whether they are here now. */
async function pull(host: Host, names: string[]): Promise<boolean> {
  const command = host.commandLine('models', 'pull', '--progress', ...names);
  if (command === undefined) {
    return false;
  }
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Downloading {0}', names.join(', ')),
    cancellable: true,
  };
  return vscode.window.withProgress(options, (progress, token) => {
    return new Promise<boolean>((resolve) => {
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
        resolve(code === 0);
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
