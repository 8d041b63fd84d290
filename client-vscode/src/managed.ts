// The environment that the extension makes on the user's word, fills with pip, and can take away.

import { spawn } from 'node:child_process';
import { access, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { complaint } from './complaint';
import { asString } from './settings';

const NEW_ENOUGH =
  "import sys; sys.exit(sys.version_info < (3, 11) and f'Python {sys.version} is too old.')";

const REMOVED = { recursive: true, force: true, maxRetries: 5 }; // what was cancelled may still write
const PYTHONS =
  process.platform === 'win32'
    ? ['py', 'python']
    : ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

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

/** Ask, then make the environment; whether it is there now. A failure can be tried again. */
export async function setUp(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<boolean> {
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
  const { done, why } = await install(context, log, source);
  return done || (why !== undefined && explain(context, log, why));
}

/** Made aside and renamed, so that half of an environment is never used; cancelled, there is no `why`. */
function install(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  source: string,
): Thenable<{ done: boolean; why?: string }> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: vscode.l10n.t('Setting up Trivium'),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const aside = folderOf(context) + '.partial';
    const run = (command: string, ...args: string[]): Promise<void> => runLogged(log, token, command, args);
    const step = (message: string): void => progress.report({ message });
    try {
      await rm(aside, REMOVED);
      step(vscode.l10n.t('looking for Python 3.11 or newer'));
      const python = await newEnough(run);
      step(vscode.l10n.t('making the environment'));
      await run(python, '-m', 'venv', aside);
      step(vscode.l10n.t('installing'));
      await run(pythonIn(aside), '-m', 'pip', 'install', source);
      await removeManaged(context);
      await rename(aside, folderOf(context));
      return { done: true };
    } catch (error) {
      await rm(aside, REMOVED);
      return { done: false, ...(token.isCancellationRequested ? {} : { why: (error as Error).message }) };
    }
  });
}

/** The first Python that is new enough; the plain name may be an old one beside newer ones. */
async function newEnough(run: (command: string, ...args: string[]) => Promise<void>): Promise<string> {
  for (const python of PYTHONS) {
    try {
      await run(python, '-c', NEW_ENOUGH);
      return python;
    } catch {
      // The log says whether it is missing or too old.
    }
  }
  throw new Error(vscode.l10n.t('No Python 3.11 or newer was found; install one first.'));
}

/** Take the environment away; the way back. */
export async function removeManaged(context: vscode.ExtensionContext): Promise<void> {
  await rm(folderOf(context), REMOVED);
}

/** Say why it failed; whether another try, if the user wants one, had more luck. */
async function explain(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  why: string,
): Promise<boolean> {
  const again = vscode.l10n.t('Try Again');
  const open = vscode.l10n.t('Open Log');
  const text = vscode.l10n.t('Trivium could not be set up: {0}', why);
  const chosen = await vscode.window.showErrorMessage(text, again, open);
  if (chosen === open) {
    log.show();
  }
  return chosen === again && setUp(context, log);
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
    let printed = '';
    const cancel = token.onCancellationRequested(() => child.kill());
    const heard = (data: Buffer): string => ((printed += data.toString()), data.toString().trimEnd());
    child.stdout.on('data', (data: Buffer) => log.info(heard(data)));
    child.stderr.on('data', (data: Buffer) => log.warn(heard(data)));
    child.on('error', reject);
    child.on('close', (code) => {
      cancel.dispose();
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(complaint(printed, vscode.l10n.t) ?? `${path.basename(command)} ended with status ${code}`));
      }
    });
  });
}

// A virtual environment holds absolute paths in its scripts, so only `python -m …` is used from it.
function pythonIn(folder: string): string {
  const windows = process.platform === 'win32';
  return path.join(folder, windows ? 'Scripts' : 'bin', windows ? 'python.exe' : 'python');
}

function folderOf(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'environment');
}
