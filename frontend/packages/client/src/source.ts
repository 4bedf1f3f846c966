import type { Collision } from "./wire.ts";

/** Up to here a file is read, hashed and sent in one go: each takes about a millisecond. */
export const SMALL = 1024 * 1024;

/** Bytes that can be cut and read: a Blob in the browser, a piece of a file on disk in Node.js. */
export interface Bytes {
  readonly size: number;
  slice(start?: number, end?: number): Bytes;
  arrayBuffer(): Promise<ArrayBuffer>;
  /** An iterable's piece may be overwritten as soon as the next but one is asked for. */
  stream(): ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** What is uploaded; a `File` is one. */
export interface Source extends Bytes {
  readonly name: string;
  /** Media type; empty where none is known. */
  readonly type: string;
}

/** Where a file goes, which policy it goes by, and what is to be when its name is taken there. */
export interface Place {
  readonly folder: string;
  readonly policy: string;
  readonly collision?: Collision;
}

export const DEFAULT_PLACE: Place = { folder: "", policy: "default" };
