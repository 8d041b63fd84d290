// Starts, restarts and stops the language client; restarts are queued, at most one is waiting.
// A server that ended by itself is started in the same way, and who asks meanwhile is answered by it.

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Connection, Listener } from './connection';
import { Crashes, isLost } from './crashes';
import { gatherFacts } from './environment';
import type { Host, State } from './host';
import { commandLine, differs, failure, type Launch, resolve } from './launch';
import * as protocol from './protocol';

const STOP_WITHIN = 5000; // milliseconds for an orderly end

export class Client implements Host, vscode.Disposable {
  private running: Connection | undefined;
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
    return this.current.kind === 'running' ? this.running?.client : undefined;
  }

  /** The running client, waited for while it starts; where there is none, the menu shows why. */
  async needed(): Promise<LanguageClient | undefined> {
    if (this.current.kind === 'starting') {
      const options = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Trivium is starting') };
      await vscode.window.withProgress(options, () => this.until(({ kind }) => kind !== 'starting'));
    }
    const client = this.client();
    if (client === undefined) {
      await vscode.commands.executeCommand('trivium.menu');
    }
    return client;
  }

  /** Ask what runs or is being started; a question that a crash left open is asked once more. */
  async ask<P extends object, R, Part>(
    method: protocol.Method<P, R>,
    params: P,
    token?: vscode.CancellationToken,
    onPart?: (part: Part) => void,
  ): Promise<R> {
    let begun = false;
    const heard = onPart && ((part: Part): void => ((begun = true), onPart(part)));
    const connection = await this.settled(token);
    try {
      return await connection.ask(method, params, token, heard);
    } catch (error) {
      if (begun || !isLost(error)) {
        throw error;
      }
    }
    await this.until(({ kind }) => kind !== 'running' || this.running !== connection, token);
    return (await this.settled(token)).ask(method, params, token, onPart);
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
        this.become({ kind: 'starting' });
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
    return this.enqueue(async () => {
      await this.stopNow();
      this.become({ kind: 'stopped' });
    });
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
    const { Connection } = await import('./connection.js');
    const section = vscode.workspace.getConfiguration().get('trivium');
    const listener = this.listener(() => this.running === connection);
    const connection: Connection = Connection.to(found, section, this.log, listener);
    this.running = connection;
    try {
      await connection.client.start();
    } catch (error) {
      // Where it ended while starting that was told already, in better words than the connection's.
      const ended = this.current.kind === 'failed' ? this.current.message : undefined;
      this.failed(ended ?? failure(command, error, vscode.l10n.t));
    }
  }

  private async stopNow(): Promise<void> {
    const connection = this.running;
    this.running = undefined;
    if (connection !== undefined) {
      try {
        await connection.client.dispose(STOP_WITHIN);
      } catch (error) {
        this.log.warn(`The server did not end in order: ${String(error)}`);
      }
    }
  }

  /** The connection that runs, waited for while it starts. */
  private async settled(token?: vscode.CancellationToken): Promise<Connection> {
    await this.until(({ kind }) => kind !== 'starting', token);
    if (this.running === undefined || this.current.kind !== 'running') {
      throw new Error(vscode.l10n.t('The server does not run.'));
    }
    return this.running;
  }

  /** Wait for a state; throws when the wait is cancelled. */
  private async until(wanted: (state: State) => boolean, token?: vscode.CancellationToken): Promise<void> {
    const listening: vscode.Disposable[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => void (wanted(this.current) && resolve());
        this.onState(look, undefined, listening);
        token?.onCancellationRequested(() => reject(new vscode.CancellationError()), undefined, listening);
        look();
      });
    } finally {
      listening.forEach((each) => each.dispose());
    }
  }

  /** What a connection is to tell, as long as it is the one that counts. */
  private listener(counts: () => boolean): Listener {
    return {
      running: () => counts() && void this.hearFirst(),
      heard: (status) => counts() && this.become({ kind: 'running', status }),
      ended: () => counts() && this.ended(),
    };
  }

  /** The first status; later ones come by themselves. */
  private async hearFirst(): Promise<void> {
    const connection = this.running;
    this.become({ kind: 'running', status: undefined });
    try {
      const status = await this.ask(protocol.status, {});
      if (this.running === connection) {
        this.become({ kind: 'running', status });
      }
    } catch (error) {
      this.log.warn(`The server did not tell its status: ${String(error)}`);
    }
  }

  /** The server ended by itself: it is started again if it ever ran, but not for ever. */
  private ended(): void {
    const ran = this.current.kind === 'running';
    const { recent, again } = this.crashes.count(Date.now());
    if (ran && again) {
      // Before anything else, so that whoever asks from now on waits for the next server.
      this.become({ kind: 'starting' });
      void this.restart();
      void this.explain(vscode.l10n.t('Trivium’s server ended unexpectedly and is started again.'));
    } else if (ran) {
      this.failed(vscode.l10n.t('It ended {0} times within three minutes.', recent));
    } else {
      this.become(this.failure(vscode.l10n.t('It ended while starting.')));
    }
  }

  private failed(message: string): void {
    const state = this.failure(message);
    this.become(state);
    void this.explain(vscode.l10n.t('Trivium’s server does not run. {0}', message), state.set);
  }

  private failure(message: string): State & { kind: 'failed' } {
    return { kind: 'failed', message, set: this.launched?.origin === 'setting' };
  }

  private async explain(text: string, set = false): Promise<void> {
    const open = vscode.l10n.t('Open Log');
    const path = vscode.l10n.t('Set the path of the server');
    const chosen = await vscode.window.showWarningMessage(text, open, ...(set ? [path] : []));
    if (chosen === open) {
      this.log.show();
    } else if (chosen === path) {
      await vscode.commands.executeCommand('trivium.openSettings', 'trivium.server.path');
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
