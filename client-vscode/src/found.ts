// What a list of results says below its hits, or instead of them. Knows nothing of VS Code.

import type { SearchResult } from './protocol';
import type { Translate } from './reason';

export interface Note {
  text: string;
  /** Name of an icon. */
  icon: string;
  /** What helps. */
  command?: string;
}

/** `trouble` is what keeps the index from growing; `folder`, whether there is one to be searched. */
export function note(
  found: SearchResult,
  trouble: string | undefined,
  folder: boolean,
  t: Translate,
): Note | undefined {
  if (!found.complete && trouble !== undefined) {
    return { text: t('By words only: {0}', trouble), icon: 'warning', command: 'trivium.menu' };
  }
  if (!found.complete) {
    const counts = [found.indexedFiles, found.totalFiles].map(String);
    return { text: t('{0} of {1} files searched by meaning so far', ...counts), icon: 'sync~spin' };
  }
  if (found.hits.length > 0) {
    return undefined;
  }
  if (!folder) {
    return { text: t('Open a folder to search it.'), icon: 'folder', command: 'workbench.action.files.openFolder' };
  }
  if (found.totalFiles > 0 && found.unmet.length > 0) {
    return { text: t('Nothing here passes {0}.', found.unmet.join(', ')), icon: 'info' };
  }
  return { text: found.totalFiles === 0 ? t('There is no file to search here.') : t('No results.'), icon: 'info' };
}
