// How much an edit changes, to decide whether it wants a preview. Knows nothing of VS Code.

/** The number of lines that edits touch, each given as its first and last line. */
export function linesChanged(spans: readonly (readonly [number, number])[]): number {
  const touched = new Set<number>();
  for (const [first, last] of spans) {
    for (let line = first; line <= last; line += 1) {
      touched.add(line);
    }
  }
  return touched.size;
}
