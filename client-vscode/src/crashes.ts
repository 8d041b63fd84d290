// Whether a server that ended by itself is started again. Knows nothing of VS Code.

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
