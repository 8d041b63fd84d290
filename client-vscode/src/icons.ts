// The icon of a kind of definition.

import { ThemeIcon } from 'vscode';

const KNOWN = new Set([
  'class',
  'constant',
  'constructor',
  'enum',
  'function',
  'interface',
  'method',
  'module',
  'namespace',
  'property',
  'struct',
  'variable',
]);

export function icon(kind: string): ThemeIcon {
  return new ThemeIcon(KNOWN.has(kind) ? `symbol-${kind}` : kind === 'section' ? 'symbol-string' : 'file-code');
}
