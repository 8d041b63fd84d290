// Starts, restarts and stops the language client; restarts are queued, at most one is waiting.

import * as vscode from 'vscode';
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  State as ClientState,
} from 'vscode-languageclient/node';
import { Crashes } from './crashes';
import { gatherFacts } from './environment';
import type { Host, State } from './host';
import { commandLine, differs, type Launch, resolve } from './launch';
import * as protocol from './protocol';
import { forServer } from './settings';

const STOP_WITHIN = 5000; // milliseconds for an orderly end

export class Client implements Host, vscode.Disposable {
  private running: LanguageClient | undefined;
  private launched: Launch | undefined;
  private current: State = { kind: 'stopped' };
  private queue: Promise<void> = Promise.resolve();
  private waiting = false;
  private readonly crashes = new Crashes();
  private readonly changed = new vscode.EventEmitter<State>();
  readonly onState = this.changed.event;

  constructor(
    readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {}

  client(): LanguageClient | undefined {
    return this.current.kind === 'running' ? this.running : undefined;
  }

  state(): State {
    return this.current;
  }

  commandLine(...words: string[]): { command: string; args: string[] } | undefined {
    return this.launched && commandLine(this.launched, words);
  }

  /** Stop what runs and start anew; calls while one is waiting join it. */
  restart(): Promise<void> {
    if (!this.waiting) {
      this.waiting = true;
      this.enqueue(async () => {
        this.waiting = false;
        await this.stopNow();
        await this.startNow();
      });
    }
    return this.queue;
  }

  /** Restart if settings or environments changed so that something else would be launched. */
  async follow(): Promise<void> {
    const found = resolve(await gatherFacts(this.context));
    if (differs(this.launched, found)) {
      await this.restart();
    }
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** Work in order; what fails is told and does not hold up what comes after it. */
  private enqueue(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((error: unknown) => this.failed(String(error)));
    return this.queue;
  }

  private async startNow(): Promise<void> {
    const found = resolve(await gatherFacts(this.context));
    this.launched = found.kind === 'launch' ? found : undefined;
    if (found.kind === 'absent') {
      this.become({ kind: found.reason });
      return;
    }
    const { command, args, origin } = found;
    this.log.info(`Starting the server (${origin}): ${command} ${args.join(' ')}`);
    this.become({ kind: 'starting' });
    const client = new LanguageClient('trivium', 'Trivium', { command, args }, this.options());
    this.running = client;
    client.onNotification(protocol.statusChanged, (status) => this.heard(client, status));
    client.onDidChangeState(({ newState }) => this.moved(client, newState));
    try {
      await client.start();
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.running;
    this.running = undefined;
    if (client !== undefined) {
      try {
        await client.dispose(STOP_WITHIN);
      } catch (error) {
        this.log.warn(`The server did not end in order: ${String(error)}`);
      }
      this.become({ kind: 'stopped' });
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
      outputChannel: this.log,
      initializationOptions: forServer(vscode.workspace.getConfiguration().get('trivium')),
      initializationFailedHandler: () => false,
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const found = await next(params, token);
            return Array.isArray(found) ? found.map(forServer) : found;
          },
        },
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.ended(),
      },
    };
  }

  private moved(client: LanguageClient, state: ClientState): void {
    if (this.running !== client) {
      return;
    }
    if (state === ClientState.Running) {
      void this.ask(client);
    } else if (state === ClientState.Stopped && this.current.kind === 'running') {
      this.become({ kind: 'starting' });
    }
  }

  /** The first status; later ones come by themselves. */
  private async ask(client: LanguageClient): Promise<void> {
    this.become({ kind: 'running', status: undefined });
    try {
      this.heard(client, await client.sendRequest(protocol.status, {}));
    } catch (error) {
      this.log.warn(`The server did not tell its status: ${String(error)}`);
    }
  }

  private heard(client: LanguageClient, status: protocol.Status): void {
    if (this.running === client) {
      this.become({ kind: 'running', status });
    }
  }

  /** The server ended by itself: start it again if it ever ran, but not for ever. */
  private ended(): CloseHandlerResult {
    const ran = this.current.kind === 'running';
    const { recent, again } = this.crashes.count(Date.now());
    if (ran && again) {
      void this.explain(vscode.l10n.t('Trivium’s server ended unexpectedly and is started again.'));
      return { action: CloseAction.Restart, handled: true };
    }
    if (ran) {
      this.failed(vscode.l10n.t('It ended {0} times within three minutes.', recent));
    } else {
      this.become({ kind: 'failed', message: vscode.l10n.t('It ended while starting.') });
    }
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private failed(message: string): void {
    this.become({ kind: 'failed', message });
    void this.explain(vscode.l10n.t('Trivium’s server does not run. {0}', message));
  }

  private async explain(text: string): Promise<void> {
    const open = vscode.l10n.t('Open Log');
    if ((await vscode.window.showWarningMessage(text, open)) === open) {
      this.log.show();
    }
  }

  private become(state: State): void {
    const before = this.current;
    this.current = state;
    if (before.kind !== state.kind) {
      void vscode.commands.executeCommand('setContext', 'trivium.running', state.kind === 'running');
    }
    this.changed.fire(state);
  }
}
