// What to launch, as a value: computed here from plain facts, run in client.ts.
// Knows nothing of VS Code, so that every decision can be tested.

import type { Translate } from './reason';

/** The facts that the decision needs, gathered by environment.ts. */
export interface Facts {
  /** Whether the user trusts the workspace; settings of an untrusted one are never followed. */
  trusted: boolean;
  /** The setting `trivium.server.path`, empty when not set. */
  serverPath: string;
  /** The setting's arguments. */
  serverArguments: string[];
  /** The workspace's Python interpreter as the Python extension names it, if it has Trivium. */
  workspacePython: string | undefined;
  /** `trivium` as found on PATH. */
  onPath: string | undefined;
  /** The interpreter of the environment that the extension made, if it is complete. */
  managedPython: string | undefined;
}

export interface Launch {
  kind: 'launch';
  /** Where the server was found, for the log and the status menu. */
  origin: 'setting' | 'workspace' | 'path' | 'managed';
  command: string;
  args: string[];
}

export interface Absent {
  kind: 'absent';
  reason: 'untrusted' | 'not-installed';
}

export type Resolution = Launch | Absent;

const SERVE = ['serve', '--stdio'];

/** The first of: setting, workspace environment, PATH, managed environment. */
export function resolve(facts: Facts): Resolution {
  if (!facts.trusted) {
    return { kind: 'absent', reason: 'untrusted' };
  }
  if (facts.serverPath !== '') {
    const args = facts.serverArguments.length > 0 ? facts.serverArguments : SERVE;
    return { kind: 'launch', origin: 'setting', command: facts.serverPath, args };
  }
  if (facts.workspacePython !== undefined) {
    return module('workspace', facts.workspacePython);
  }
  if (facts.onPath !== undefined) {
    return { kind: 'launch', origin: 'path', command: facts.onPath, args: SERVE };
  }
  if (facts.managedPython !== undefined) {
    return module('managed', facts.managedPython);
  }
  return { kind: 'absent', reason: 'not-installed' };
}

/** Another command of the same Trivium: what stands before `serve`, then the words given. */
export function commandLine(launch: Launch, words: string[]): { command: string; args: string[] } {
  const serve = launch.args.indexOf('serve');
  const before = serve < 0 ? launch.args : launch.args.slice(0, serve);
  return { command: launch.command, args: [...before, ...words] };
}

/** Why a program could not be run, or what went wrong with it. */
export function failure(command: string, error: unknown, t: Translate): string {
  const said = error instanceof Error ? error.message : String(error);
  return /\b(ENOENT|EACCES|ENOTDIR)\b/.test(said) ? t('{0} is not a program that can be run.', command) : said;
}

/** Whether a running server would have to be restarted to follow a new resolution. */
export function differs(before: Resolution | undefined, after: Resolution): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

// -P keeps the current folder, which is the workspace, out of Python's import path: a `json.py`
// of the user's must not become the server's.
function module(origin: 'workspace' | 'managed', python: string): Launch {
  return { kind: 'launch', origin, command: python, args: ['-P', '-m', 'trivium_server', ...SERVE] };
}
