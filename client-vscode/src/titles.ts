// What a text action does, in the user's language: the server says it in parts, beside its English title.
// A title of the user's own stays as it is. Knows nothing of VS Code.

import type { Said } from './protocol';
import type { Translate } from './reason';

/** The title of an action, for a user who reads the language of `locale`. */
export function actionTitle(said: Said, locale: string, t: Translate): string {
  return `${what(said, (code) => language(code ?? '', locale), t)} (${result(said.result, t)})`;
}

function what({ verb, subject, form, source, target }: Said, name: (code?: string) => string, t: Translate): string {
  switch (verb) {
    case 'explain':
      return t('Explain {0} {1} in {2}', name(source), noun(subject, t), name(target));
    case 'translate':
      return t('Translate {0} to {1}', noun(subject, t), name(target));
    case 'summarize':
      return form
        ? t('Summarize {0} as {1}', noun(subject, t), noun(form, t))
        : t('Summarize {0}', noun(subject, t));
    default:
      return subject;
  }
}

function result(english: string, t: Translate): string {
  const known: Record<string, string> = {
    replace: t('replace'),
    insert: t('insert'),
    'insert above': t('insert above'),
    'insert below': t('insert below'),
    show: t('show'),
  };
  return known[english] ?? english;
}

/** What a person calls a place; one that is not known here stays English. */
function noun(english: string, t: Translate): string {
  const [, count = '', many = ''] = /^(\d+) (functions|definitions)$/.exec(english) ?? [];
  if (count !== '') {
    return many === 'functions' ? t('{0} functions', count) : t('{0} definitions', count);
  }
  const known: Record<string, string> = {
    class: t('class'),
    comment: t('comment'),
    comments: t('comments'),
    constructor: t('constructor'),
    docstring: t('docstring'),
    document: t('document'),
    enum: t('enum'),
    function: t('function'),
    heading: t('heading'),
    interface: t('interface'),
    method: t('method'),
    module: t('module'),
    paragraph: t('paragraph'),
    selection: t('selection'),
    struct: t('struct'),
    'table cell': t('table cell'),
    text: t('text'),
    type: t('type'),
  };
  return Object.hasOwn(known, english) ? String(known[english]) : english;
}

// A model may name a language otherwise than by its code, which `Intl` refuses.
function language(code: string, locale: string): string {
  const names = new Intl.DisplayNames([locale, 'en'], { type: 'language' });
  return (/^[a-z]{2,3}$/.test(code) && names.of(code)) || code;
}
