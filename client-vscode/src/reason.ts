// Why a place was found, in the user's language: the server says it in English, in parts that are
// taken apart here. Knows nothing of VS Code.

export type Translate = (message: string, ...args: string[]) => string;

export function reasonText(reason: string, t: Translate): string {
  return reason
    .split(' · ')
    .map((part) => translated(part, t))
    .join(' · ');
}

function translated(part: string, t: Translate): string {
  if (part === 'passes the filters') {
    return t('passes the filters');
  }
  const [, kind, rest = ''] = /^(defines|words:|meaning|similar:) (.*)$/.exec(part) ?? [];
  switch (kind) {
    case 'defines':
      return t('defines {0}', rest);
    case 'words:':
      return t('words: {0}', rest);
    case 'meaning':
      return t('meaning {0}', rest);
    case 'similar:':
      return t('similar: {0}', rest);
    default:
      return part;
  }
}
