import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine, differs, type Facts, resolve } from '../src/launch';

const nothing: Facts = {
  trusted: true,
  serverPath: '',
  serverArguments: [],
  workspacePython: undefined,
  onPath: undefined,
  managedPython: undefined,
};
const everything: Facts = {
  ...nothing,
  serverPath: '/opt/trivium',
  workspacePython: '/ws/.venv/bin/python',
  onPath: '/usr/bin/trivium',
  managedPython: '/storage/environment/bin/python',
};

function origin(facts: Facts): string {
  const found = resolve(facts);
  return found.kind === 'launch' ? found.origin : found.reason;
}

test('the first of setting, workspace, PATH and managed environment is launched', () => {
  assert.equal(origin(everything), 'setting');
  assert.equal(origin({ ...everything, serverPath: '' }), 'workspace');
  assert.equal(origin({ ...nothing, onPath: '/usr/bin/trivium', managedPython: '/m' }), 'path');
  assert.equal(origin({ ...nothing, managedPython: '/m' }), 'managed');
  assert.equal(origin(nothing), 'not-installed');
});

test('an untrusted workspace launches nothing, whatever its settings say', () => {
  assert.equal(origin({ ...everything, trusted: false }), 'untrusted');
});

test('a module is run through its interpreter', () => {
  const found = resolve({ ...nothing, managedPython: '/m/python' });
  assert.deepEqual(found.kind === 'launch' && [found.command, ...found.args], [
    '/m/python',
    '-P',
    '-m',
    'trivium_server',
    'serve',
    '--stdio',
  ]);
});

test('other commands keep what stands before `serve`', () => {
  const given = resolve({ ...nothing, serverPath: 'python', serverArguments: ['-m', 'trivium_server', 'serve'] });
  assert.equal(given.kind, 'launch');
  const { command, args } = commandLine(given as Parameters<typeof commandLine>[0], ['models', 'list']);
  assert.deepEqual([command, ...args], ['python', '-m', 'trivium_server', 'models', 'list']);
});

test('only another launch is a reason to restart', () => {
  assert.equal(differs(resolve(everything), resolve({ ...everything })), false);
  assert.equal(differs(resolve(everything), resolve({ ...everything, serverPath: '/other' })), true);
  assert.equal(differs(undefined, resolve(nothing)), true);
});
