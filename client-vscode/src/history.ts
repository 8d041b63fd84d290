// The queries that were asked, newest first, each once. Knows nothing of VS Code.

const MOST = 30;

export function remember(asked: readonly string[], query: string): string[] {
  const trimmed = query.trim();
  if (trimmed === '') {
    return [...asked];
  }
  return [trimmed, ...asked.filter((other) => other !== trimmed)].slice(0, MOST);
}
