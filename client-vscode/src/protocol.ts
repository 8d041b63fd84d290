// Trivium's own methods on the wire.
// Mirrors server/trivium_server/lsp/protocol.py; tests/test_client.py compares the two.
// The server leaves out what is empty, 0, false or null where that is the default.

import type { Range, TextDocumentIdentifier, WorkspaceEdit } from 'vscode-languageclient/node';

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
  unmet: string[];
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
  edit?: WorkspaceEdit;
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
  message?: string;
  context?: number;
  truncated?: number;
}

export interface EngineState {
  state: string;
  models: ModelState[];
  pid?: number;
  residentBytes?: number;
  message?: string;
}

export interface IndexState {
  folder: string;
  state: string;
  files: number;
  totalFiles: number;
  chunks: number;
  bytes: number;
  message?: string;
  /** Files that can be found by their words; `files` can be found by meaning as well. */
  readFiles?: number;
  /** The folder is looked over: `totalFiles` are those found so far. */
  looking?: boolean;
  /** How many files and folders cannot be indexed, by reason. */
  leftOut?: Record<string, number>;
}

export interface CompletionState {
  lastReason?: string;
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

/** What a text action does, in the parts of its English title; languages are codes. */
export interface Said {
  verb: string;
  subject: string;
  result: string;
  form?: string;
  source?: string;
  target?: string;
}

/** A method by its name, with the types of its parameters and its result. */
export type Method<P, R> = { readonly name: string; readonly types?: (params: P) => R };

export const search: Method<SearchParams, SearchResult> = { name: 'trivium/search' };
export const similar: Method<SimilarParams, SearchResult> = { name: 'trivium/similar' };
export const rewrite: Method<RewriteParams, RewriteResult> = { name: 'trivium/rewrite' };
export const status: Method<object, Status> = { name: 'trivium/status' };
export const map: Method<object, MapResult> = { name: 'trivium/map' };
export const label: Method<LabelParams, LabelResult> = { name: 'trivium/label' };
export const similarity: Method<SimilarityParams, SimilarityResult> = { name: 'trivium/similarity' };
export const prompt: Method<PromptParams, PromptResult> = { name: 'trivium/prompt' };
export const statusChanged = 'trivium/statusChanged';
