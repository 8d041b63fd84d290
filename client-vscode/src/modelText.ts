// How a model is described in its row, and how `trivium models list --json` is read.
// Knows nothing of VS Code.

export interface Model {
  name: string;
  art: string;
  family: string;
  size: string;
  parameters: number;
  disk: number;
  licence: string;
  state: string;
  message: string;
  origin: string;
}

export function readModels(json: string): Model[] {
  const found: unknown = JSON.parse(json);
  if (!Array.isArray(found)) {
    throw new Error('`trivium models list --json` should print a list.');
  }
  return found as Model[];
}

export function modelText(model: Model): { description: string; tooltip: string } {
  const size = model.disk > 0 ? bytes(model.disk) : `${Math.round(model.parameters / 1e6)} M`;
  const description = [model.art, size, model.licence, model.state].filter(Boolean).join(' · ');
  const tooltip = [`${model.family} ${model.size}`.trim(), model.origin, model.message];
  return { description, tooltip: tooltip.filter(Boolean).join('\n') };
}

export function bytes(size: number): string {
  const [unit, divisor] = size < 1e6 ? ['kB', 1e3] : size < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(size / Number(divisor)).toFixed(1)} ${unit}`;
}
