// What the status bar says, computed from the state alone; knows nothing of VS Code.

import type { State } from './host';
import type { Status } from './protocol';

export interface StatusText {
  icon: string;
  /** A key of the message and its arguments, to be localised by the caller. */
  message: string;
  args: (string | number)[];
  severity: 'none' | 'warning' | 'error';
  /** Whether it is often over before it can be read. */
  passing: boolean;
}

export function statusText(state: State): StatusText {
  switch (state.kind) {
    case 'stopped':
      return text('circle-slash', 'stopped');
    case 'untrusted':
      return text('workspace-untrusted', 'waits for trust', 'warning');
    case 'not-installed':
      return text('warning', 'not set up', 'warning');
    case 'starting':
      return text('loading~spin', 'starting');
    case 'failed':
      return { ...text('error', 'error: {0}', 'error'), args: [state.message] };
    case 'running':
      return state.status === undefined ? text('loading~spin', 'starting') : ofStatus(state.status);
  }
}

/** Files found by meaning so far, in whole per cent; 0 while nobody knows how many there are. */
export function percent(status: Status): number {
  const total = status.index.reduce((sum, folder) => sum + folder.totalFiles, 0);
  const done = status.index.reduce((sum, folder) => sum + folder.files, 0);
  return total === 0 ? 0 : Math.floor((100 * done) / total);
}

/** What is wrong with a server that runs: the first part of it that is in trouble says it. */
export function trouble(status: Status): string | undefined {
  const failed = [status.engine, ...status.index].find((part) => part.state === 'error');
  return failed && (failed.message ?? '');
}

function ofStatus(status: Status): StatusText {
  const message = trouble(status);
  if (message !== undefined) {
    return { ...text('error', 'error: {0}', 'error'), args: [message] };
  }
  if (status.index.some((folder) => folder.state === 'paused')) {
    return text('debug-pause', 'paused');
  }
  if (status.index.some((folder) => folder.state === 'busy' || folder.state === 'starting')) {
    return { ...text('sync~spin', 'indexing {0} %'), args: [percent(status)] };
  }
  return status.engine.state === 'busy' ? { ...text('pulse', 'busy'), passing: true } : text('check', 'ready');
}

function text(icon: string, message: string, severity: StatusText['severity'] = 'none'): StatusText {
  return { icon, message, args: [], severity, passing: false };
}
