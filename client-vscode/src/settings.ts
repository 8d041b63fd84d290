// Which settings the server may know: all of the section but what only this extension uses.
// Knows nothing of VS Code.

/** Settings of the extension itself; the server would report them as unknown. */
export const CLIENT_ONLY = ['server', 'setup', 'rewrite.result', 'rewrite.previewLines'] as const;

/** The section `trivium` as plain JSON, without what is the client's own business. */
export function forServer(section: unknown): unknown {
  if (!isObject(section)) {
    return section;
  }
  // VS Code hands out proxies, which structuredClone refuses.
  const copy = JSON.parse(JSON.stringify(section)) as Record<string, unknown>;
  for (const path of CLIENT_ONLY) {
    const [parent, child] = path.split('.') as [string, string?];
    const inner = copy[parent];
    if (child === undefined) {
      delete copy[parent];
    } else if (isObject(inner)) {
      delete inner[child];
    }
  }
  return copy;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
