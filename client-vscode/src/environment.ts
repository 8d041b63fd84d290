// Gathers the facts that launch.ts decides on: settings, the Python extension, PATH, our own environment.

import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import type { Facts } from './launch';
import { managedPython } from './managed';
import { asString, asStrings } from './settings';

const run = promisify(execFile);

/** Part of the Python extension's API (ms-python.python), the only part used here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(environment: { path: string }): Promise<
      { executable: { uri?: vscode.Uri } } | undefined
    >;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

export async function gatherFacts(context: vscode.ExtensionContext): Promise<Facts> {
  const settings = vscode.workspace.getConfiguration('trivium.server');
  const trusted = vscode.workspace.isTrusted;
  return {
    trusted,
    serverPath: asString(settings.get('path')),
    serverArguments: asStrings(settings.get('arguments')),
    workspacePython: trusted ? await workspacePython() : undefined,
    onPath: await findOnPath('trivium'),
    managedPython: await managedPython(context),
  };
}

/** Calls back when the user picks another interpreter; does nothing without the Python extension. */
export async function onDidChangePython(changed: () => unknown): Promise<vscode.Disposable> {
  const api = vscode.workspace.isTrusted ? await pythonApi() : undefined;
  const nothing = new vscode.Disposable(() => undefined);
  return api?.environments.onDidChangeActiveEnvironmentPath(() => changed()) ?? nothing;
}

/** The workspace's interpreter, if Trivium is installed in it. */
async function workspacePython(): Promise<string | undefined> {
  const api = await pythonApi();
  if (api === undefined) {
    return undefined;
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const active = api.environments.getActiveEnvironmentPath(folder);
  const resolved = await api.environments.resolveEnvironment(active);
  const python = resolved?.executable.uri?.fsPath;
  return python !== undefined && (await hasTrivium(python)) ? python : undefined;
}

/** The Python extension's API; undefined where it is missing or cannot start. */
async function pythonApi(): Promise<PythonApi | undefined> {
  try {
    return await vscode.extensions.getExtension<PythonApi>('ms-python.python')?.activate();
  } catch {
    return undefined;
  }
}

async function hasTrivium(python: string): Promise<boolean> {
  const probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('trivium_server') is None)";
  try {
    await run(python, ['-P', '-c', probe], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

async function findOnPath(name: string): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, name + suffix);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
