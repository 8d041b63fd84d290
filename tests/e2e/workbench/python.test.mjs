// The server is found in the environment that the Python extension names. A stand-in of its id exports
// the part of its documented API (api.environments) that is relied on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startWorkbench } from './harness.mjs';

const { TRIVIUM_PYTHON, TRIVIUM_VSIX } = process.env;
const FAKES = ['encoder', 'decoder', 'rewriter'].map((art) => [`trivium.models.${art}`, 'fake']);
const MANIFEST = {
  name: 'python',
  publisher: 'ms-python',
  version: '2026.1.0',
  engines: { vscode: '^1.100.0' },
  main: './main.js',
  activationEvents: [],
  contributes: { commands: [{ command: 'stand-in.pick', title: 'Stand-In: Pick the Other Interpreter' }] },
};
const MAIN = `
const vscode = require('vscode');
exports.activate = () => {
  const [first, second] = process.env.STAND_IN_PYTHONS.split(':');
  const changed = new vscode.EventEmitter();
  let active = first;
  vscode.commands.registerCommand('stand-in.pick', () => {
    active = active === first ? second : first;
    changed.fire({ id: active, path: active });
  });
  return {
    environments: {
      getActiveEnvironmentPath: () => ({ id: active, path: active }),
      resolveEnvironment: async ({ path }) => ({ executable: { uri: vscode.Uri.file(path) } }),
      onDidChangeActiveEnvironmentPath: changed.event,
    },
  };
};
`;
const PACK = `
import json, sys, zipfile
vsix, manifest, main = sys.argv[1:]
known = json.loads(manifest)
identity = f'<Identity Language="en-US" Id="{known["name"]}" Version="{known["version"]}" Publisher="{known["publisher"]}"/>'
package = f"""<?xml version="1.0"?><PackageManifest Version="2.0.0"
xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>{identity}<DisplayName>stand-in</DisplayName></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>"""
with zipfile.ZipFile(vsix, "w") as archive:
    archive.writestr("extension.vsixmanifest", package)
    archive.writestr("extension/package.json", manifest)
    archive.writestr("extension/main.js", main)
`;

const shelf = fs.mkdtempSync(path.join(os.tmpdir(), 'py-'));
let vs;

before(async () => {
  const standIn = path.join(shelf, 'python.vsix');
  execFileSync(TRIVIUM_PYTHON, ['-c', PACK, standIn, JSON.stringify(MANIFEST), MAIN]);
  // The first interpreter is one without Trivium, as a new workspace's is.
  const bare = path.join(shelf, 'bare');
  fs.writeFileSync(bare, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  process.env.STAND_IN_PYTHONS = `${bare}:${TRIVIUM_PYTHON}`;
  vs = await startWorkbench({
    vsix: TRIVIUM_VSIX,
    others: [standIn],
    files: { 'a.py': 'x = 1\n' },
    settings: Object.fromEntries(FAKES),
    searchPath: '/usr/bin:/bin',
  });
  await vs.workbench.ready();
});

after(async () => {
  await vs?.stop();
  fs.rmSync(shelf, { recursive: true, force: true });
});

test('an interpreter without Trivium is not launched', async () => {
  await vs.workbench.status('Trivium: not set up').waitFor();
  assert.deepEqual(vs.serverPids(), []);
});

test('the server runs out of the interpreter that the user picks, and ends when they pick another', async () => {
  await vs.workbench.command('Stand-In: Pick the Other Interpreter');
  await vs.workbench.status('Trivium: ready').waitFor();
  assert.equal(vs.serverPids().length, 1);
  await vs.workbench.command('Stand-In: Pick the Other Interpreter');
  await vs.workbench.status('Trivium: not set up').waitFor();
  assert.deepEqual(vs.serverPids(), []);
});
