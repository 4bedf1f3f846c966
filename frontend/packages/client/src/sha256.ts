const BLOCK = 64;
const PRIMES = listPrimes(64);

// FIPS 180-4 §4.2.2 and §5.3.3: what stands behind the point of the cube and square roots of the first primes
const CONSTANTS = Int32Array.from(PRIMES, (prime) => Math.cbrt(prime) * 2 ** 32);
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => Math.sqrt(prime) * 2 ** 32);

/** Shared by all: a block is done before another one begins. */
const WORDS = new Int32Array(64);

/**
 * SHA-256, piece by piece: `crypto.subtle` takes all bytes at once, and is not there on pages by plain http.
 *
 * https://csrc.nist.gov/pubs/fips/180-4/upd1/final
 */
export class Sha256 {
  readonly #state = INITIAL.slice();
  /** What is left of the bytes until they fill a block. */
  readonly #rest = new Uint8Array(BLOCK);
  #length = 0;

  update(bytes: Uint8Array): void {
    const held = this.#length % BLOCK;
    this.#length += bytes.length;
    let offset = 0;
    if (held > 0) {
      const filling = bytes.subarray(0, BLOCK - held);
      this.#rest.set(filling, held);
      offset = filling.length;
      if (held + offset < BLOCK) {
        return;
      }
      this.#compress(viewOf(this.#rest), 0);
    }
    const view = viewOf(bytes);
    for (; offset + BLOCK <= bytes.length; offset += BLOCK) {
      this.#compress(view, offset);
    }
    this.#rest.set(bytes.subarray(offset));
  }

  /** End it: nothing may be added any more. */
  digest(): Uint8Array {
    const length = this.#length;
    const held = length % BLOCK;
    const padding = new Uint8Array((held < 56 ? 64 : 128) - held);
    padding[0] = 0x80;
    const view = viewOf(padding);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length % 2 ** 29) * 8);
    this.update(padding);
    const digest = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, index) => {
      digest.setInt32(index * 4, word);
    });
    return new Uint8Array(digest.buffer);
  }

  #compress(view: DataView, offset: number): void {
    const words = WORDS;
    for (let t = 0; t < 16; t += 1) {
      words[t] = view.getInt32(offset + t * 4);
    }
    for (let t = 16; t < 64; t += 1) {
      const w15 = words[t - 15] as number;
      const w2 = words[t - 2] as number;
      const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
      const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
      words[t] = (words[t - 16] as number) + s0 + (words[t - 7] as number) + s1;
    }
    const state = this.#state;
    // an iterator over them would take longer than the rounds
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
    let e = state[4] as number;
    let f = state[5] as number;
    let g = state[6] as number;
    let h = state[7] as number;
    for (let t = 0; t < 64; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (CONSTANTS[t] as number) + (words[t] as number)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] = (state[0] as number) + a;
    state[1] = (state[1] as number) + b;
    state[2] = (state[2] as number) + c;
    state[3] = (state[3] as number) + d;
    state[4] = (state[4] as number) + e;
    state[5] = (state[5] as number) + f;
    state[6] = (state[6] as number) + g;
    state[7] = (state[7] as number) + h;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function listPrimes(count: number): readonly number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) {
      primes.push(candidate);
    }
  }
  return primes;
}
