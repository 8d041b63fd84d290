// All that needs the language client's code, in a module of its own: it is loaded when a server is
// started, since it would cost more than everything else that an activation does.

import type * as vscode from 'vscode';
import {
  type CancellationToken,
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  ProgressType,
  State,
} from 'vscode-languageclient/node';
import type { Launch } from './launch';
import { type Method, type Status, statusChanged } from './protocol';
import { forServer } from './settings';

/** What the owner of a connection is told. */
export interface Listener {
  running(): void;
  /** It stands still but may come again. */
  interrupted(): void;
  heard(status: Status): void;
  /** The server ended by itself; whether it shall be started again. */
  ended(): boolean;
}

export class Connection {
  private nextToken = 0;

  private constructor(readonly client: LanguageClient) {}

  /** A connection that is not started yet. */
  static to({ command, args }: Launch, section: unknown, log: vscode.LogOutputChannel, listener: Listener): Connection {
    const client = new LanguageClient('trivium', 'Trivium', { command, args }, options(section, log, listener));
    client.onNotification(statusChanged, (status: Status) => listener.heard(status));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        listener.running();
      } else if (newState === State.Stopped) {
        listener.interrupted();
      }
    });
    return new Connection(client);
  }

  /** Send a request; with `onPart` its result may come in parts, which are then left out of the end. */
  async ask<P extends object, R, Part>(
    method: Method<P, R>,
    params: P,
    token?: CancellationToken,
    onPart?: (part: Part) => void,
  ): Promise<R> {
    if (onPart === undefined) {
      return this.send(method.name, params, token);
    }
    this.nextToken += 1;
    const partialResultToken = `trivium-part-${this.nextToken}`;
    const listening = this.client.onProgress(new ProgressType<Part>(), partialResultToken, onPart);
    try {
      return await this.send(method.name, { ...params, partialResultToken }, token);
    } finally {
      listening.dispose();
    }
  }

  // An `undefined` in the token's place would go over the wire as a second parameter.
  private send<R>(method: string, params: object, token: CancellationToken | undefined): Promise<R> {
    return token === undefined
      ? this.client.sendRequest(method, params)
      : this.client.sendRequest(method, params, token);
  }
}

function options(section: unknown, log: vscode.LogOutputChannel, listener: Listener): LanguageClientOptions {
  return {
    documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
    outputChannel: log,
    initializationOptions: forServer(section),
    initializationFailedHandler: () => false,
    middleware: {
      // What the server reports unasked is indexing, and the status bar item tells that already.
      handleWorkDoneProgress: (token, params, next) => {
        if (params.kind === 'end') {
          next(token, params);
        }
      },
      workspace: {
        configuration: async (params, token, next) => {
          const found = await next(params, token);
          return Array.isArray(found) ? found.map(forServer) : found;
        },
      },
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({
        action: listener.ended() ? CloseAction.Restart : CloseAction.DoNotRestart,
        handled: true,
      }),
    },
  };
}
