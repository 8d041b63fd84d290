import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { complaint, missingModel } from '../src/complaint';
import { note } from '../src/found';
import { remember } from '../src/history';
import { failure } from '../src/launch';
import { mapPage } from '../src/mapPage';
import { byArt, bytes, modelText, readModels, readSuggestions, suggestionText } from '../src/modelText';
import { linesChanged } from '../src/preview';
import type { IndexState, SearchResult, Status } from '../src/protocol';
import { reasonText } from '../src/reason';
import { Crashes, isLost } from '../src/crashes';
import { asNumber, asString, asStrings, forServer } from '../src/settings';
import { percent, statusText } from '../src/statusText';
import { actionTitle } from '../src/titles';

function status(index: Partial<IndexState>[], engine = 'ready'): Status {
  const folder = { folder: '/ws', state: 'ready', files: 0, totalFiles: 0, chunks: 0, bytes: 0 };
  return {
    engine: { state: engine, models: [], ...(engine === 'error' ? { message: 'it is broken' } : {}) },
    index: index.map((given) => ({ ...folder, ...given })),
    completion: {},
    version: '1',
  };
}

function shown(given: Status): string {
  const { message, args } = statusText({ kind: 'running', status: given });
  return message.replace('{0}', String(args[0]));
}

test('the status bar names the state that matters most', () => {
  assert.equal(statusText({ kind: 'starting' }).message, 'starting');
  assert.equal(shown(status([{ state: 'busy', files: 43, totalFiles: 100 }])), 'indexing 43 %');
  assert.equal(shown(status([{ state: 'paused', files: 43, totalFiles: 100 }])), 'paused');
  assert.equal(shown(status([{}], 'busy')), 'busy');
  assert.equal(shown(status([{}], 'error')), 'error: it is broken');
  assert.equal(shown(status([{}])), 'ready');
  assert.equal(statusText({ kind: 'running', status: undefined }).message, 'starting');
});

test('indexing starts at nothing', () => {
  assert.equal(percent(status([])), 0);
  assert.equal(percent(status([{ files: 1, totalFiles: 3 }, { files: 1, totalFiles: 1 }])), 50);
});

test('a query is remembered once, newest first', () => {
  assert.deepEqual(remember(['a', 'b'], ' b '), ['b', 'a']);
  assert.deepEqual(remember(['a'], '  '), ['a']);
  assert.equal(remember(Array.from({ length: 40 }, String), 'new').length, 30);
});

test('a suggestion says what it costs and why, and marks what is an estimate', () => {
  const facts = { art: 'encoder', model: 'm', quality: 'good', unit: 'a chunk', memory: 45e6, why: 'Because.' };
  const [known, guessed] = readSuggestions(
    JSON.stringify([
      { ...facts, seconds: 0.01234, measured: true },
      { ...facts, seconds: 1.5, measured: false },
    ]),
  ).map(suggestionText);
  assert.deepEqual(known, { label: 'm', description: 'encoder · good · 0.012 s / a chunk · 45.0 MB', detail: 'Because.' });
  assert.equal(guessed?.description, 'encoder · good · ≈ 1.5 s / a chunk · 45.0 MB');
  assert.throws(() => readSuggestions('{}'), /should print a list/);
});

test('models are described by what people ask first', () => {
  const [model] = readModels(
    '[{"name":"m","art":"encoder","family":"MiniLM","size":"small","parameters":22700000,' +
      '"disk":91600000,"licence":"Apache-2.0","state":"ready","message":"","origin":"wheel"}]',
  );
  assert.ok(model);
  assert.equal(modelText(model, 'in use').description, 'in use · 91.6 MB · Apache-2.0');
  assert.throws(() => readModels('{}'));
  assert.equal(bytes(1_500), '1.5 kB');
});

test('models stand under their art, those on this machine first', () => {
  const model = (name: string, art: string, state: string): string => JSON.stringify({ name, art, state });
  const listed = [
    model('far', 'encoder', 'missing'),
    model('near', 'encoder', 'ready'),
    model('writer', 'decoder', 'missing'),
  ];
  const found = byArt(readModels(`[${listed.join(',')}]`));
  const names = found.map(([art, models]) => [art, ...models.map(({ name }) => name)]);
  assert.deepEqual(names, [['encoder', 'near', 'far'], ['decoder', 'writer'], ['rewriter']]);
});

test('why a place was found is said in the user’s language', () => {
  const german = (message: string, rest = ''): string =>
    message.replace('defines', 'definiert').replace('words', 'Wörter').replace('{0}', rest);
  const text = reasonText('defines Cart · words: a, b · meaning 0.41 · new', german);
  assert.equal(text, 'definiert Cart · Wörter: a, b · meaning 0.41 · new');
});

test('why a place was found by filters alone is said in the user’s language', () => {
  assert.equal(reasonText('passes the filters', bundle('.de')), 'erfüllt die Filter');
});

test('work that a keystroke makes does not count as a state to be shown at once', () => {
  const passing = (given: Status): boolean => statusText({ kind: 'running', status: given }).passing;
  assert.ok(passing(status([{}], 'busy')));
  assert.ok(!passing(status([{ state: 'busy' }], 'busy')));
  assert.ok(!passing(status([{}], 'error')));
});

test('lines are counted once however many edits touch them', () => {
  assert.equal(linesChanged([[1, 3], [3, 4]]), 4);
  assert.equal(linesChanged([]), 0);
});

test('a file name cannot break out of the map’s script', () => {
  const point = { uri: 'file:///x', path: '</script><b>', x: 0, y: 0, cluster: 0 };
  const page = mapPage({ points: [point], clusters: ['"<x>'] }, 'find "it"', 'n0nce');
  assert.equal(page.split('</script>').length, 2);
  assert.ok(page.includes("script-src 'nonce-n0nce'"));
});

test('the server is not told what is the client’s own business', () => {
  const section = { models: { encoder: 'fake' }, server: { path: '/x' }, rewrite: { hover: true, result: 'panel' } };
  assert.deepEqual(forServer(section), { models: { encoder: 'fake' }, rewrite: { hover: true } });
  assert.equal(section.server.path, '/x');
  assert.equal(forServer(null), null);
});

test('a server that ends again and again is left alone, until time has passed', () => {
  const crashes = new Crashes();
  const again = [0, 1, 2, 3, 4].map((time) => crashes.count(time).again);
  assert.deepEqual(again, [true, true, true, true, false]);
  assert.equal(crashes.count(200_000).again, true);
});

test('a question is lost when the server went away, not when it was refused', () => {
  const failed = (code: number): Error => Object.assign(new Error('no'), { code });
  assert.ok(isLost(failed(-32097)));
  assert.ok(!isLost(failed(-32602)));
  assert.ok(!isLost(new Error('no')));
});

test('settings of wrong types count as not set', () => {
  assert.equal(asString(5), '');
  assert.deepEqual(asStrings('de'), []);
  assert.deepEqual(asStrings(['de', 5]), ['de']);
  assert.equal(asNumber('many', 3), 3);
});

/** The messages of a bundle, filled as VS Code fills them. */
function bundle(language: string): (message: string, ...args: string[]) => string {
  const texts = JSON.parse(readFileSync(`l10n/bundle.l10n${language}.json`, 'utf8')) as Record<string, string>;
  return (message, ...args) => String(texts[message]).replace(/\{(\d)\}/g, (_, index) => String(args[Number(index)]));
}

test('a text action says in the user’s language what it does', () => {
  const actions = [
    { verb: 'summarize', subject: 'function', form: 'docstring', result: 'insert' },
    { verb: 'summarize', subject: '3 functions', result: 'show' },
    { verb: 'translate', subject: 'table cell', target: 'de', result: 'insert below' },
    { verb: 'explain', subject: 'comment', source: 'fr', target: 'en', result: 'show' },
    { verb: 'own', subject: 'Make it rhyme', result: 'replace' },
  ];
  const [english, german, french] = [
    actions.map((said) => actionTitle(said, 'en', bundle(''))),
    actions.map((said) => actionTitle(said, 'de', bundle('.de'))),
    actions.map((said) => actionTitle(said, 'fr', bundle('.fr'))),
  ];
  assert.deepEqual(english, [
    'Summarize function as docstring (insert)',
    'Summarize 3 functions (show)',
    'Translate table cell to German (insert below)',
    'Explain French comment in English (show)',
    'Make it rhyme (replace)',
  ]);
  assert.deepEqual(german, [
    'Funktion als Docstring zusammenfassen (einfügen)',
    '3 Funktionen zusammenfassen (anzeigen)',
    'Tabellenzelle übersetzen: Deutsch (darunter einfügen)',
    'Kommentar (Französisch) auf Englisch erklären (anzeigen)',
    'Make it rhyme (ersetzen)',
  ]);
  assert.equal(french[2], 'Traduire en allemand : cellule de tableau (insérer en dessous)');
});

test('a list says why it is short, and what helps', () => {
  const said = (found: Partial<SearchResult>, trouble?: string, folder = true): string | undefined =>
    note({ hits: [], complete: true, indexedFiles: 1, totalFiles: 2, unmet: [], ...found }, trouble, folder, bundle(''))?.text;
  assert.equal(said({}), 'No results.');
  assert.equal(said({ complete: false }), '1 of 2 files searched by meaning so far');
  assert.equal(said({ complete: false }, 'there is no model'), 'By words only: there is no model');
  assert.equal(said({ unmet: ['lang:klingon'] }), 'Nothing here passes lang:klingon.');
  assert.equal(said({ totalFiles: 0 }), 'There is no file to search here.');
  assert.equal(said({ totalFiles: 0 }, undefined, false), 'Open a folder to search it.');
});

test('what cannot be run is named, and other troubles are told as they are', () => {
  assert.equal(failure('/x', new Error('spawn /x ENOENT'), bundle('')), '/x is not a program that can be run.');
  assert.equal(failure('/x', new Error('it ended'), bundle('')), 'it ended');
});

test('what failed while setting up is told by the line that says why', () => {
  const t = (message: string, ...args: string[]): string => message.replace('{0}', args[0] ?? '');
  const offline = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError()': /simple/x/";
  const debian =
    'The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu ' +
    'systems, you need to install the python3-venv\npackage using the following command.\n\n    apt install python3.12-venv\n';
  const cases: [string, RegExp | undefined][] = [
    [`${offline}\nERROR: No matching distribution found for trivium-ls\n`, /network/],
    ['Collecting x\nERROR: No matching distribution found for x\n[notice] pip is old\n', /^ERROR: No matching/],
    [debian, /“apt install python3\.12-venv”/],
    ['Error: [Errno 28] No space left on device\n', /No space left/],
    ['', undefined],
  ];
  for (const [printed, why] of cases) {
    const said = complaint(printed, t);
    assert.ok(why === undefined ? said === undefined : why.test(said ?? ''), `${printed} → ${said}`);
  }
  assert.equal(missingModel('x is not on this machine: run `trivium models pull x`.'), 'x');
  assert.equal(missingModel('The engine ended.'), undefined);
});
