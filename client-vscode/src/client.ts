// Starts, restarts and stops the language client; restarts are queued, at most one is waiting.

import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  State as ClientState,
} from 'vscode-languageclient/node';
import { gatherFacts } from './environment';
import type { Host, State } from './host';
import { commandLine, type Launch, resolve } from './launch';
import * as protocol from './protocol';

export class Client implements Host, vscode.Disposable {
  private running: LanguageClient | undefined;
  private launched: Launch | undefined;
  private current: State = { kind: 'stopped' };
  private queue: Promise<void> = Promise.resolve();
  private waiting = false;
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

  /** What was launched last, to tell whether new settings would launch something else. */
  launch(): Launch | undefined {
    return this.launched;
  }

  commandLine(...words: string[]): { command: string; args: string[] } | undefined {
    return this.launched && commandLine(this.launched, words);
  }

  /** Stop what runs and start anew; calls while one is waiting join it. */
  restart(): Promise<void> {
    if (!this.waiting) {
      this.waiting = true;
      this.queue = this.queue.then(async () => {
        this.waiting = false;
        await this.stopNow();
        await this.startNow();
      });
    }
    return this.queue;
  }

  /** Stop for good. */
  stop(): Promise<void> {
    this.queue = this.queue.then(() => this.stopNow());
    return this.queue;
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async startNow(): Promise<void> {
    const found = resolve(await gatherFacts(this.context));
    if (found.kind === 'absent') {
      this.become({ kind: found.reason });
      return;
    }
    this.log.info(`Starting the server found by ${found.origin}: ${found.command} ${found.args.join(' ')}`);
    this.launched = found;
    this.become({ kind: 'starting' });
    const client = new LanguageClient('trivium', 'Trivium', server(found), this.options());
    this.running = client;
    client.onNotification(protocol.statusChanged, (status) => {
      if (this.running === client) {
        this.become({ kind: 'running', status });
      }
    });
    client.onDidChangeState(({ newState }) => {
      if (newState === ClientState.Stopped && this.running === client && this.current.kind === 'running') {
        this.become({ kind: 'starting' });
      } else if (newState === ClientState.Running && this.running === client) {
        this.become({ kind: 'running', status: undefined });
      }
    });
    try {
      await client.start();
      this.become({ kind: 'running', status: undefined });
      this.become({ kind: 'running', status: await client.sendRequest(protocol.status, {}) });
    } catch (error) {
      this.become({ kind: 'failed', message: String(error) });
      void this.explain(vscode.l10n.t('Trivium’s server could not be started: {0}', String(error)));
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.running;
    this.running = undefined;
    if (client !== undefined) {
      try {
        await client.stop(5000);
      } catch (error) {
        this.log.warn(`The server did not end in order: ${String(error)}`);
      }
      await client.dispose();
      this.become({ kind: 'stopped' });
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: 'file' }, { scheme: 'untitled' }],
      outputChannel: this.log,
      synchronize: { configurationSection: 'trivium' },
      initializationOptions: vscode.workspace.getConfiguration('trivium'),
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.crashed(),
      },
    };
  }

  private readonly crashes: number[] = [];

  /** The server ended by itself: start it again, but not for ever. */
  private crashed(): { action: CloseAction; handled: boolean } {
    const now = Date.now();
    this.crashes.push(now);
    const recent = this.crashes.filter((time) => now - time < 180_000).length;
    const again = recent <= 4;
    void this.explain(
      again
        ? vscode.l10n.t('Trivium’s server ended unexpectedly and is started again.')
        : vscode.l10n.t('Trivium’s server ended {0} times within three minutes and is left alone.', recent),
    );
    if (!again) {
      this.become({ kind: 'failed', message: vscode.l10n.t('it ended too often') });
    }
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  }

  private async explain(text: string): Promise<void> {
    const open = vscode.l10n.t('Open Log');
    if ((await vscode.window.showWarningMessage(text, open)) === open) {
      this.log.show();
    }
  }

  private become(state: State): void {
    this.current = state;
    void vscode.commands.executeCommand('setContext', 'trivium.running', state.kind === 'running');
    this.changed.fire(state);
  }
}

function server(found: Launch): { command: string; args: string[] } {
  return { command: found.command, args: found.args };
}
