// Why a program or a request failed, in words that say what to do. Knows nothing of VS Code.

import type { Translate } from './reason';

/** Why one of the programs that set up an environment failed, from what it printed. */
export function complaint(printed: string, t: Translate): string | undefined {
  // Once all tries are used up, pip says of the network only that it found no version.
  if (printed.includes('Retry(total=0')) {
    return t('pip could not reach its package index; is there a network, or a proxy to be set?');
  }
  // On Debian and Ubuntu the module is there, but not what it needs.
  const [, install] = /ensurepip is not\s+available[^]*?(apt(?:-get)? install \S+)/.exec(printed) ?? [];
  if (install !== undefined) {
    return t('This Python cannot make environments yet: run “{0}”.', install);
  }
  const lines = printed.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /^error\b/i.test(line)) ?? lines.at(-1))?.trim();
}

/** The model that has to be downloaded first, where the server says so. */
export function missingModel(message: string): string | undefined {
  return /`trivium models pull (\S+)`/.exec(message)?.[1];
}
