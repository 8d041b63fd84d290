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
  note: string;
}

export const readModels = (json: string): Model[] => list<Model>(json, 'list');

function list<T>(json: string, verb: string): T[] {
  const found: unknown = JSON.parse(json);
  if (!Array.isArray(found)) {
    throw new Error(`\`trivium models ${verb} --json\` should print a list.`);
  }
  return found as T[];
}

/** Models of each art, in the order in which the arts are named; those on this machine first. */
export function byArt(models: readonly Model[]): [string, Model[]][] {
  const away = ({ state }: Model): number => (state === 'missing' ? 1 : 0);
  const sorted = [...models].sort((one, other) => away(one) - away(other));
  return ['encoder', 'decoder', 'rewriter'].map((art) => [art, sorted.filter((model) => model.art === art)]);
}

/** What stands beside a model's name: its state in the user's language, then size and licence. */
export function modelText(model: Model, state: string): { description: string; tooltip: string } {
  const parameters = `${Math.round(model.parameters / 1e6)} M`;
  const size = model.disk > 0 ? bytes(model.disk) : model.parameters > 0 ? parameters : '';
  const description = [state, size, model.licence].filter(Boolean).join(' · ');
  const tooltip = [`${model.name} · ${parameters}`, model.note, model.origin, model.message];
  return { description, tooltip: tooltip.filter(Boolean).join('\n') };
}

/** A model that `trivium models suggest --json` recommends for an art. */
export interface Suggestion {
  art: string;
  model: string;
  quality: string;
  seconds: number;
  unit: string;
  measured: boolean;
  memory: number;
  why: string;
}

export const readSuggestions = (json: string): Suggestion[] => list<Suggestion>(json, 'suggest');

/** A suggestion as a row to choose from: what it costs beside its name, and why below. */
export function suggestionText(given: Suggestion): { label: string; description: string; detail: string } {
  const about = given.measured ? '' : '≈ ';
  const seconds = `${about}${Number(given.seconds.toPrecision(2))} s / ${given.unit}`;
  const description = [given.art, given.quality, seconds, bytes(given.memory)].join(' · ');
  return { label: given.model, description, detail: given.why };
}

export function bytes(size: number): string {
  const [unit, divisor] = size < 1e6 ? ['kB', 1e3] : size < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(size / Number(divisor)).toFixed(1)} ${unit}`;
}
