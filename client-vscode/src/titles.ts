// What a text action does, in the user's language: the server says it in English, in parts that are
// taken apart here; a title of the user's own stays as it is. Knows nothing of VS Code.

import type { Translate } from './reason';

/** Codes of the languages that the server names (ISO 639-1). */
export const LANGUAGES = 'en de fr es it ro pt nl ru el he ar hi th ko ja zh pl cs sv da fi tr uk hu no'.split(' ');

/** A title as the server gives it, for a user who reads the language of `locale`. */
export function actionTitle(title: string, locale: string, t: Translate): string {
  const [, what = '', end = ''] = /^(.*) \(([^()]*)\)$/.exec(title) ?? [];
  const how = result(end, t);
  const said = how && action(what, (name) => language(name, locale), t);
  return said ? `${said} (${how})` : title;
}

function action(what: string, name: (english: string) => string, t: Translate): string | undefined {
  const [, source = '', foreign = '', own = ''] = /^Explain (\S+) (.+) in (\S+)$/.exec(what) ?? [];
  if (foreign !== '') {
    return t('Explain {0} {1} in {2}', name(source), noun(foreign, t), name(own));
  }
  const [, translated = '', target = ''] = /^Translate (.+) to (\S+)$/.exec(what) ?? [];
  if (translated !== '') {
    return t('Translate {0} to {1}', noun(translated, t), name(target));
  }
  const [, summed = '', as = ''] = /^Summarize (.+?)(?: as (docstring|comment))?$/.exec(what) ?? [];
  if (summed === '') {
    return undefined;
  }
  return as === ''
    ? t('Summarize {0}', noun(summed, t))
    : t('Summarize {0} as {1}', noun(summed, t), noun(as, t));
}

function result(end: string, t: Translate): string {
  const known: Record<string, string> = {
    replace: t('replace'),
    insert: t('insert'),
    'insert above': t('insert above'),
    'insert below': t('insert below'),
    show: t('show'),
  };
  return known[end] ?? '';
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

function language(english: string, locale: string): string {
  const inEnglish = new Intl.DisplayNames('en', { type: 'language' });
  const code = LANGUAGES.find((each) => inEnglish.of(each) === english);
  return (code && new Intl.DisplayNames([locale, 'en'], { type: 'language' }).of(code)) ?? english;
}
