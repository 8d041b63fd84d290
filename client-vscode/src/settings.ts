// Which settings the server may know: all of the section but what only this extension uses.
// Those that it uses itself are read with their types, since VS Code hands out whatever stands in
// settings.json. Knows nothing of VS Code.

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

/** A setting that should be a string; anything else counts as not set. */
export function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A setting that should be a list of strings; what is none is left out. */
export function asStrings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** A setting that should be a number. */
export function asNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
