// All that needs the language client's code, in a module of its own: it is loaded when a server is
// started, since it would cost more than everything else that an activation does.

import * as vscode from 'vscode';
import {
  type CancellationToken,
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  ProgressType,
  State,
} from 'vscode-languageclient/node';
import { SELECTOR } from './documents';
import { tell } from './failures';
import type { Launch } from './launch';
import { type Method, type Said, type Status, statusChanged } from './protocol';
import { forServer } from './settings';
import { actionTitle } from './titles';

/** What the owner of a connection is told. */
export interface Listener {
  running(): void;
  heard(status: Status): void;
  /** The server ended by itself. */
  ended(): void;
}

/** A client that logs its troubles: the owner of the connection tells them, once and in plain words. */
class Quiet extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Connection {
  private nextToken = 0;

  private constructor(readonly client: LanguageClient) {}

  /** A connection that is not started yet. */
  static to({ command, args }: Launch, section: unknown, log: vscode.LogOutputChannel, listener: Listener): Connection {
    const client = new Quiet('trivium', 'Trivium', { command, args }, options(section, log, listener));
    client.onNotification(statusChanged, (status: Status) => listener.heard(status));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        listener.running();
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
    documentSelector: SELECTOR,
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
      provideCodeActions: async (document, range, context, token, next) => {
        const found = await next(document, range, context, token);
        for (const action of found ?? []) {
          const said = partsOf(action);
          action.title = said ? actionTitle(said, vscode.env.language, vscode.l10n.t) : action.title;
        }
        return found?.length && context.only === undefined ? [...found, more()] : found;
      },
      resolveCodeAction: async (action, token, next) => {
        if (action.command !== undefined) {
          return action;
        }
        done('rewritten');
        try {
          return await next(action, token);
        } catch (error) {
          // VS Code itself would say nothing, and the action would seem to do nothing.
          tellUnresolved(error, token);
          throw error;
        }
      },
      executeCommand: (command, args, next) => {
        if (command === 'trivium.completion.accepted') {
          done('suggested');
        }
        return next(command, args);
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
      // It is started again by the owner, in the queue of all its starts.
      closed: () => {
        listener.ended();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
  };
}

/** What one of the server's actions does; the language client keeps its data beside VS Code's own fields. */
function partsOf(action: vscode.Command | vscode.CodeAction): Said | undefined {
  return (action as { data?: { said?: Said } }).data?.said;
}

/** Why an action does nothing; the language client cancels one whose document has moved on. */
function tellUnresolved(error: unknown, token: CancellationToken): void {
  if (token.isCancellationRequested) {
    return;
  }
  if (error instanceof vscode.CancellationError) {
    void vscode.window.showWarningMessage(vscode.l10n.t('The document changed meanwhile; nothing was replaced.'));
  } else {
    void tell(error);
  }
}

/** Tell the walkthrough what the user did, where no command of the palette tells it. */
function done(what: string): void {
  void vscode.commands.executeCommand('setContext', `trivium.${what}`, true);
}

/** The way from a light bulb's few actions to all of them. */
function more(): vscode.CodeAction {
  const title = vscode.l10n.t('More text actions…');
  const kind = vscode.CodeActionKind.RefactorRewrite.append('trivium');
  const action = new vscode.CodeAction(title, kind);
  action.command = { command: 'trivium.rewrite', title };
  return action;
}
