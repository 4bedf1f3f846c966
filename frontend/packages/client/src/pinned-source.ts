import { type Bytes, SMALL, type Source } from "./source.ts";

/**
 * A source as it was when it was chosen; once it has changed, it cannot be read.
 *
 * Chromium asks the disk for the size of a `File` when it is first asked for and whenever the file is cut, and the
 * page waits. A slice knows its own, so a large file is cut once, and its pieces from that. A small one is read whole.
 */
export class PinnedSource implements Source {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly #all: Bytes;
  #read: Promise<ArrayBuffer> | null = null;

  constructor(file: Source) {
    this.name = file.name;
    this.type = file.type;
    this.size = file.size;
    this.#all = this.#isSmall ? file : file.slice(0, this.size);
  }

  /** What is cut is registered with the browser, for which the page waits as well: the whole needs no cut. */
  slice(start = 0, end = this.size): Bytes {
    if (start > 0 || end < this.size) {
      return this.#all.slice(start, end);
    }
    return this.#isSmall ? this : this.#all;
  }

  /** A small file is read once, to be hashed and to be sent, until it is released. */
  arrayBuffer(): Promise<ArrayBuffer> {
    if (!this.#isSmall) {
      return this.#all.arrayBuffer();
    }
    this.#read ??= this.#readAll();
    return this.#read;
  }

  async #readAll(): Promise<ArrayBuffer> {
    const content = await this.#all.arrayBuffer();
    if (content.byteLength !== this.size) {
      throw new Error(`${this.name} was changed`); // not every browser sees to that
    }
    return content;
  }

  /** Let go of what was read. */
  release(): void {
    this.#read = null;
  }

  stream(): ReturnType<Bytes["stream"]> {
    return this.#all.stream();
  }

  get #isSmall(): boolean {
    return this.size <= SMALL;
  }
}
