// The page of the semantic map: one canvas, no network. Knows nothing of VS Code.

import type { MapResult } from './protocol';

const SCRIPT = `
const code = acquireVsCodeApi();
const canvas = document.querySelector('canvas');
const find = document.querySelector('input');
const label = document.querySelector('#label');
const pen = canvas.getContext('2d');
const hue = (cluster) => 'hsl(' + (cluster * 137.5) % 360 + ' 65% 55%)';
const font = getComputedStyle(document.body).fontFamily;
const FEW = 150; // files that all carry their names
let hovered = -1;
function place(point) {
  const margin = 24;
  return [margin + point.x * (canvas.clientWidth - 2 * margin), margin + point.y * (canvas.clientHeight - 2 * margin)];
}
function wanted(point) {
  return find.value !== '' && point.path.toLowerCase().includes(find.value.toLowerCase());
}
function marked(index) {
  return wanted(points[index]) || index === hovered;
}
let taken = []; // boxes of the names that are drawn already
const HERE = [0];
const NEAR = [0, -14, 14, -28, 28]; // a line up or down, then two
function free(box) {
  return taken.every((other) =>
    box[2] < other[0] || other[2] < box[0] || box[3] < other[1] || other[3] < box[1]);
}
// A name moves aside, or is left out, where it would cover another; the mouse shows it.
function write(text, x, y, align, lines, must) {
  const width = pen.measureText(text).width;
  const wish = align === 'left' ? x : align === 'right' ? x - width : x - width / 2;
  const left = Math.max(2, Math.min(wish, canvas.clientWidth - width - 2));
  const box = (line) => [left, y + line - 10, left + width, y + line + 3];
  const line = lines.find((each) => free(box(each))) ?? (must ? 0 : undefined);
  if (line === undefined) return;
  taken.push(box(line));
  pen.fillText(text, left, y + line);
}
function writeFile(index) {
  const [x, y] = place(points[index]);
  const strong = marked(index);
  pen.font = '11px ' + font;
  pen.globalAlpha = strong ? 1 : 0.6;
  if (find.value !== '' && !strong) pen.globalAlpha = 0.12;
  const room = x < canvas.clientWidth - 120;
  write(points[index].path.split('/').pop(), room ? x + 10 : x - 10, y + 4, room ? 'left' : 'right', strong ? NEAR : HERE, index === hovered);
}
function writeCluster(name, cluster) {
  pen.font = 'bold 12px ' + font;
  pen.globalAlpha = 0.9;
  const x = middle(cluster, 0);
  if (x >= 0) write(name, x, middle(cluster, 1) - 10, 'center', NEAR, true);
}
function middle(cluster, axis) {
  const own = points.filter((point) => point.cluster === cluster).map(place);
  return own.length === 0 ? -1 : own.reduce((sum, spot) => sum + spot[axis], 0) / own.length;
}
function draw() {
  taken = [];
  const scale = window.devicePixelRatio;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  pen.scale(scale, scale);
  points.forEach(dot);
  pen.fillStyle = getComputedStyle(document.body).color;
  // What is looked for has its name before anything else takes the room.
  const files = points.map((_, index) => index);
  files.filter(marked).sort((one, other) => (other === hovered) - (one === hovered)).forEach(writeFile);
  clusters.forEach(writeCluster);
  if (points.length <= FEW) files.filter((index) => !marked(index)).forEach(writeFile);
}
function dot(point, index) {
  const [x, y] = place(point);
  pen.globalAlpha = find.value === '' || marked(index) ? 1 : 0.2;
  pen.fillStyle = hue(point.cluster);
  pen.beginPath();
  pen.arc(x, y, marked(index) ? 8 : 5, 0, 7);
  pen.fill();
}
function nearest(event) {
  let best = -1;
  let distance = 14;
  points.forEach((point, index) => {
    const [x, y] = place(point);
    const away = Math.hypot(x - event.offsetX, y - event.offsetY);
    if (away < distance) {
      distance = away;
      best = index;
    }
  });
  return best;
}
canvas.addEventListener('mousemove', (event) => {
  hovered = nearest(event);
  label.textContent = hovered < 0 ? '' : points[hovered].path;
  canvas.style.cursor = hovered < 0 ? 'default' : 'pointer';
  draw();
});
canvas.addEventListener('click', (event) => {
  const index = nearest(event);
  if (index >= 0) code.postMessage(index);
});
find.addEventListener('input', () => {
  label.textContent = points.find(wanted)?.path ?? ''; // what Enter opens
  draw();
});
find.addEventListener('keydown', (event) => {
  const index = points.findIndex(wanted);
  if (event.key === 'Enter' && index >= 0) code.postMessage(index);
});
window.addEventListener('resize', draw);
// Another theme changes both; its colours are in what was drawn.
const themed = new MutationObserver(draw);
for (const each of [document.documentElement, document.body]) themed.observe(each, { attributes: true });
window.addEventListener('focus', () => find.focus()); // the only thing here that takes keys
draw();
`;

const STYLE = `
body { margin: 0; height: 100vh; display: flex; flex-direction: column; }
header { display: flex; gap: 1em; padding: 6px; align-items: center; }
input { width: 18em; color: var(--vscode-input-foreground); background: var(--vscode-input-background);
  border: 1px solid var(--vscode-input-border, transparent); padding: 3px; }
canvas { flex: 1; min-height: 0; width: 100%; }
`;

/** The whole page; only scripts and styles that carry the nonce may run. */
export function mapPage(found: MapResult, placeholder: string, nonce: string): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  const data = `const points = ${json(found.points)}; const clusters = ${json(found.clusters)};`;
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style nonce="${nonce}">${STYLE}</style></head>
<body><header><input placeholder="${escape(placeholder)}" aria-label="${escape(placeholder)}">
<span id="label" aria-live="polite"></span></header>
<canvas role="img" aria-label="${escape(found.clusters.join(', '))}"></canvas><script nonce="${nonce}">${data}${SCRIPT}</script></body></html>`;
}

/** JSON that cannot end the script element it stands in. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
