import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { SourceUnreadable } from "../failures.ts";
import type { Bytes, Source } from "../source.ts";

const CHUNK = 1024 * 1024;

/** What a file on disk was when it was chosen. */
interface Origin {
  readonly path: string;
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly changedAt: bigint;
}

/**
 * Some bytes of a file on disk. `fs.openAsBlob` would do, but cuts sizes off at 32 bits.
 *
 * They can be read as long as the file is what it was: parts of what it was and of what it is are no file.
 */
export class DiskBytes implements Bytes {
  readonly size: number;
  readonly #origin: Origin;
  readonly #start: number;

  constructor(origin: Origin, start: number, size: number) {
    this.size = size;
    this.#origin = origin;
    this.#start = start;
  }

  slice(start = 0, end = this.size): DiskBytes {
    const size = Math.max(0, Math.min(end, this.size) - start);
    return new DiskBytes(this.#origin, this.#start + start, size);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const content = new Uint8Array(this.size);
    let at = 0;
    for await (const piece of this.stream()) {
      content.set(piece, at);
      at += piece.byteLength;
    }
    return content.buffer;
  }

  /** Read into two buffers in turn: one is filled while the other is sent. A new one each time costs more than reading. */
  async *stream(): AsyncGenerator<Uint8Array, void> {
    const file = await open(this.#origin.path);
    const create = () => Buffer.allocUnsafeSlow(Math.min(CHUNK, this.size));
    let [piece, other] = [create(), create()];
    try {
      for (let at = 0; at < this.size; [piece, other] = [other, piece]) {
        const length = Math.min(piece.byteLength, this.size - at);
        const { bytesRead } = await file.read(piece, 0, length, this.#start + at);
        at += bytesRead;
        // after the last read: only then is all that was read older than any change, and without it all is void
        if (bytesRead === 0 || (at === this.size && (await this.#isChanged(file)))) {
          throw new Error(`${this.#origin.path} was changed`);
        }
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async #isChanged(file: FileHandle): Promise<boolean> {
    const { size, mtimeNs } = await file.stat({ bigint: true });
    return Number(size) !== this.#origin.size || mtimeNs !== this.#origin.changedAt;
  }
}

/** A file on disk that is uploaded. */
export class DiskFile extends DiskBytes implements Source {
  readonly name: string;
  readonly type: string;

  private constructor(origin: Origin, { name, type }: { name: string; type: string }) {
    super(origin, 0, origin.size);
    this.name = name;
    this.type = type;
  }

  /** @throws SourceUnreadable for what has no size of its own, such as a pipe or a directory. */
  static async open(path: string, { name = basename(path), type = "" } = {}): Promise<DiskFile> {
    const state = await stat(path, { bigint: true });
    if (!state.isFile()) {
      throw new SourceUnreadable(`${path} is not a regular file`); // a pipe would do as an empty one
    }
    return new DiskFile({ path, size: Number(state.size), changedAt: state.mtimeNs }, { name, type });
  }
}
