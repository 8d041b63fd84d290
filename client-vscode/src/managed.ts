// The environment that the extension makes on the user's word, fills with pip, and can take away.

import { spawn } from 'node:child_process';
import { access, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { asString } from './settings';

const NEW_ENOUGH =
  "import sys; sys.exit(sys.version_info < (3, 11) and f'Python {sys.version} is too old.')";

/** The interpreter of the complete environment, if there is one. */
export async function managedPython(
  context: vscode.ExtensionContext,
): Promise<string | undefined> {
  const python = pythonIn(folderOf(context));
  try {
    await access(python);
    return python;
  } catch {
    return undefined;
  }
}

/** Ask, then make the environment aside and rename it, so that half of one is never used. */
export async function setUp(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
): Promise<boolean> {
  const make = vscode.l10n.t('Set up');
  const source = asString(vscode.workspace.getConfiguration('trivium.setup').get('source')) || 'trivium-ls';
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t('Make a Python environment for Trivium and install “{0}” with pip? It needs about 2 GB.', source),
    { modal: true },
    make,
  );
  if (answer !== make) {
    return false;
  }
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Setting up Trivium'),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const aside = folderOf(context) + '.partial';
    const step = (message: string, command: string, args: string[]): Promise<void> => {
      progress.report({ message });
      return runLogged(log, token, command, args);
    };
    try {
      await rm(aside, { recursive: true, force: true });
      await step(vscode.l10n.t('looking for Python 3.11 or newer'), basePython(), ['-c', NEW_ENOUGH]);
      await step(vscode.l10n.t('making the environment'), basePython(), ['-m', 'venv', aside]);
      await step(vscode.l10n.t('installing'), pythonIn(aside), ['-m', 'pip', 'install', source]);
      await removeManaged(context);
      await rename(aside, folderOf(context));
      return true;
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      if (!token.isCancellationRequested) {
        await explain(log, error);
      }
      return false;
    }
  });
}

/** Take the environment away; the way back. */
export async function removeManaged(context: vscode.ExtensionContext): Promise<void> {
  await rm(folderOf(context), { recursive: true, force: true });
}

async function explain(log: vscode.LogOutputChannel, error: unknown): Promise<void> {
  const open = vscode.l10n.t('Open Log');
  const text = vscode.l10n.t('Trivium could not be set up: {0}', String(error));
  if ((await vscode.window.showErrorMessage(text, open)) === open) {
    log.show();
  }
}

function runLogged(
  log: vscode.LogOutputChannel,
  token: vscode.CancellationToken,
  command: string,
  args: string[],
): Promise<void> {
  log.info(`> ${command} ${args.join(' ')}`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args);
    const cancel = token.onCancellationRequested(() => child.kill());
    child.stdout.on('data', (data: Buffer) => log.info(data.toString().trimEnd()));
    child.stderr.on('data', (data: Buffer) => log.warn(data.toString().trimEnd()));
    child.on('error', reject);
    child.on('close', (code) => {
      cancel.dispose();
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`${path.basename(command)} ended with status ${code}`));
      }
    });
  });
}

function basePython(): string {
  return process.platform === 'win32' ? 'python' : 'python3';
}

// A virtual environment holds absolute paths in its scripts, so only `python -m …` is used from it.
function pythonIn(folder: string): string {
  const windows = process.platform === 'win32';
  return path.join(folder, windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
}

function folderOf(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'environment');
}
