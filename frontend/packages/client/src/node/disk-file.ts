import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import type { Bytes, Source } from "../source.ts";

/** Some bytes of a file on disk. `fs.openAsBlob` would do, but cuts sizes off at 32 bits. */
export class DiskBytes implements Bytes {
  readonly path: string;
  readonly size: number;
  readonly #start: number;

  constructor(path: string, start: number, size: number) {
    this.path = path;
    this.size = size;
    this.#start = start;
  }

  slice(start = 0, end = this.size): DiskBytes {
    const from = Math.min(start, this.size);
    return new DiskBytes(this.path, this.#start + from, Math.max(0, Math.min(end, this.size) - from));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const file = await open(this.path);
    try {
      const buffer = new ArrayBuffer(this.size);
      const { bytesRead } = await file.read(new Uint8Array(buffer), 0, this.size, this.#start);
      if (bytesRead < this.size) {
        throw new Error(`${this.path} has become shorter`);
      }
      return buffer;
    } finally {
      await file.close();
    }
  }

  /** Read them piece by piece. */
  stream(): Readable {
    const end = this.#start + this.size - 1; // the last one that is read
    return createReadStream(this.path, { start: this.#start, end, highWaterMark: 256 * 1024 });
  }
}

/** A file on disk that is uploaded. */
export class DiskFile extends DiskBytes implements Source {
  readonly name: string;
  readonly type: string;

  private constructor(path: string, size: number, { name, type }: { name: string; type: string }) {
    super(path, 0, size);
    this.name = name;
    this.type = type;
  }

  static async open(path: string, { name = basename(path), type = "" } = {}): Promise<DiskFile> {
    const { size } = await stat(path);
    return new DiskFile(path, size, { name, type });
  }
}
