import type { Bytes, Source } from "./source.ts";

/**
 * A source as it was when it was chosen; once it has changed, it cannot be read.
 *
 * Chromium asks the disk for the size of a `File` whenever it is read or the file is cut, and the page waits. A
 * slice knows its own, so everything is cut from one that holds all.
 */
export class PinnedSource implements Source {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly #all: Bytes;

  constructor(file: Source) {
    this.name = file.name;
    this.type = file.type;
    this.size = file.size;
    this.#all = file.slice(0, this.size);
  }

  /** What is cut is registered with the browser, for which the page waits as well: the whole needs no cut. */
  slice(start = 0, end = this.size): Bytes {
    return start === 0 && end >= this.size ? this.#all : this.#all.slice(start, end);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#all.arrayBuffer();
  }

  stream(): ReadableStream<Uint8Array> {
    return this.#all.stream();
  }
}
