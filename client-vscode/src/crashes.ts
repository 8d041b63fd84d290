// Whether a server that ended by itself is started again, and which questions it left open.
// Knows nothing of VS Code.

const WINDOW = 180_000; // milliseconds in which ends are counted
const MOST = 4;

export class Crashes {
  private times: number[] = [];

  /** Count an end; how many there were lately, and whether that is few enough for another start. */
  count(now: number): { recent: number; again: boolean } {
    this.times = [...this.times.filter((time) => now - time < WINDOW), now];
    return { recent: this.times.length, again: this.times.length <= MOST };
  }
}

/** Codes of vscode-jsonrpc: not written, connection disposed before the answer, connection inactive. */
const LOST = [-32099, -32097, -32096];

/** Whether a question failed because the server went away, not because of what was asked. */
export function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST.includes(Number(error.code));
}
