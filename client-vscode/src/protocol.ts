// Trivium's own methods on the wire.
// Mirrors server/trivium_server/lsp/protocol.py; tests/test_client.py compares the two.

import {
  NotificationType,
  type Range,
  RequestType,
  type TextDocumentIdentifier,
  type WorkspaceEdit,
} from 'vscode-languageclient/node';

export type ProgressToken = number | string;

export interface SearchParams {
  query: string;
  limit?: number;
  path?: string;
  partialResultToken?: ProgressToken;
  workDoneToken?: ProgressToken;
}

export interface SimilarParams {
  textDocument: TextDocumentIdentifier;
  range: Range;
  limit?: number;
  partialResultToken?: ProgressToken;
  workDoneToken?: ProgressToken;
}

export interface SearchHit {
  uri: string;
  range: Range;
  score: number;
  symbol: string;
  kind: string;
  reason: string;
  snippet: string;
}

export interface SearchResult {
  hits: SearchHit[];
  complete: boolean;
  indexedFiles: number;
  totalFiles: number;
}

export type RewriteMode = 'show' | 'replace' | 'insert';

export interface RewriteParams {
  textDocument: TextDocumentIdentifier & { version?: number | null };
  range: Range;
  task: string;
  mode: RewriteMode;
  target?: string;
  partialResultToken?: ProgressToken;
  workDoneToken?: ProgressToken;
}

export interface Kept {
  range: Range;
  reason: string;
}

export interface RewriteResult {
  text: string;
  kept: Kept[];
  model: string;
  edit: WorkspaceEdit | null;
}

export interface LabelExample {
  label: string;
  text: string;
}

export interface LabelParams {
  text: string;
  examples: LabelExample[];
}

export interface FoundLabel {
  label: string;
  score: number;
  example: number;
}

export interface LabelResult {
  labels: FoundLabel[];
  model: string;
}

export interface SimilarityParams {
  first: string;
  second: string;
}

export interface SimilarityResult {
  similarity: number;
  model: string;
}

export interface PromptParams {
  prompt: string;
  text: string;
  maxTokens?: number;
  partialResultToken?: ProgressToken;
  workDoneToken?: ProgressToken;
}

export interface PromptResult {
  text: string;
  model: string;
}

export interface ModelState {
  id: string;
  art: string;
  state: string;
  message: string;
  context?: number;
  truncated?: number;
}

export interface EngineState {
  state: string;
  models: ModelState[];
  pid: number | null;
  residentBytes: number | null;
  message: string;
}

export interface IndexState {
  folder: string;
  state: string;
  files: number;
  totalFiles: number;
  chunks: number;
  bytes: number;
  message: string;
}

export interface CompletionState {
  lastReason: string;
}

export interface Status {
  engine: EngineState;
  index: IndexState[];
  completion: CompletionState;
  version: string;
}

export interface MapPoint {
  uri: string;
  path: string;
  x: number;
  y: number;
  cluster: number;
}

export interface MapResult {
  points: MapPoint[];
  clusters: string[];
}

export const search = new RequestType<SearchParams, SearchResult, void>('trivium/search');
export const similar = new RequestType<SimilarParams, SearchResult, void>('trivium/similar');
export const rewrite = new RequestType<RewriteParams, RewriteResult, void>('trivium/rewrite');
export const status = new RequestType<object, Status, void>('trivium/status');
export const statusChanged = new NotificationType<Status>('trivium/statusChanged');
export const map = new RequestType<object, MapResult, void>('trivium/map');
export const label = new RequestType<LabelParams, LabelResult, void>('trivium/label');
export const similarity = new RequestType<SimilarityParams, SimilarityResult, void>(
  'trivium/similarity',
);
export const prompt = new RequestType<PromptParams, PromptResult, void>('trivium/prompt');
