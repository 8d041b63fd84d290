// What features may know of the extension: the client when it runs, the last status, the log.

import type * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Method, Status } from './protocol';

export type State =
  | { kind: 'stopped' }
  | { kind: 'untrusted' }
  | { kind: 'not-installed' }
  | { kind: 'starting' }
  /** `set`: what failed is what a setting names. */
  | { kind: 'failed'; message: string; set: boolean }
  | { kind: 'running'; status: Status | undefined };

export interface Host {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** The running client; undefined while there is none. */
  client(): LanguageClient | undefined;
  /** The running client; where there is none, the menu is opened and shows why. */
  needed(): Promise<LanguageClient | undefined>;
  /** Send a request; with `onPart` its result may come in parts, which are then left out of the end. */
  ask<P extends object, R, Part>(
    method: Method<P, R>,
    params: P,
    token?: vscode.CancellationToken,
    onPart?: (part: Part) => void,
  ): Promise<R>;
  state(): State;
  readonly onState: vscode.Event<State>;
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Another command of the Trivium that runs, as `models list`; undefined when there is none. */
  commandLine(...words: string[]): { command: string; args: string[] } | undefined;
}
