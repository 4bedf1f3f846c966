const POLYNOMIAL = 0x82f63b78; // Castagnoli, reflected (RFC 3720 §12.1)

/** Bytes of each half of a block: a power of two, for tables are doubled until they reach it. */
const HALF = 1024;

/** Three times four tables of 256 little-endian words. */
const TABLES = new DataView(new ArrayBuffer(3 * 0x1000));

/** Where the four tables begin that move a CRC over so many bytes of zeros. */
const OVER_FOUR = 0;
const OVER_EIGHT = 0x1000;
const OVER_HALF = 0x2000;
fillTables();

/**
 * Compute the CRC-32C of `bytes`, or carry on from the CRC of what came before them.
 *
 * Slicing-by-8, so that it needs neither WebAssembly (a CSP exception) nor a secure context. Both halves of a block
 * are gone through side by side: of one alone each step waits for the last. Words are signed, or Chromium takes twice
 * as long.
 *
 * @example crc32c(new TextEncoder().encode("123456789")) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = ~before;
  let at = 0;

  for (; at + 2 * HALF <= view.byteLength; at += HALF) {
    let second = 0;
    for (const end = at + HALF; at < end; at += 8) {
      crc = carryOn(crc, view, at);
      second = carryOn(second, view, at + HALF);
    }
    crc = move(OVER_HALF, crc) ^ second;
  }
  for (; at + 8 <= view.byteLength; at += 8) {
    crc = carryOn(crc, view, at);
  }
  for (; at < view.byteLength; at += 1) {
    crc = TABLES.getInt32(((crc ^ view.getUint8(at)) & 0xff) << 2, true) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Carry on over eight bytes. */
function carryOn(crc: number, view: DataView, at: number): number {
  return move(OVER_EIGHT, crc ^ view.getInt32(at, true)) ^ move(OVER_FOUR, view.getInt32(at + 4, true));
}

/** Make of a CRC what it is after the zeros that the four tables are for: a table for each of its bytes. */
function move(tables: number, crc: number): number {
  return (
    TABLES.getInt32(tables + 0xc00 + ((crc & 0xff) << 2), true) ^
    TABLES.getInt32(tables + 0x800 + ((crc >>> 6) & 0x3fc), true) ^
    TABLES.getInt32(tables + 0x400 + ((crc >>> 14) & 0x3fc), true) ^
    TABLES.getInt32(tables + ((crc >>> 24) << 2), true)
  );
}

/** Write a CRC as the broker and S3 do: base64 of its four big-endian bytes. */
export function formatCrc32c(crc: number): string {
  const bytes = [crc >>> 24, crc >>> 16, crc >>> 8, crc].map((byte) => byte & 0xff);
  return `crc32c:${btoa(String.fromCharCode(...bytes))}`;
}

function fillTables(): void {
  for (let index = 0; index < 4 * 256; index += 1) {
    let crc = index & 0xff;
    for (let bit = -8; bit < (index >>> 8) * 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    }
    TABLES.setInt32(index * 4, crc, true);
  }
  double(OVER_FOUR, OVER_EIGHT);
  double(OVER_EIGHT, OVER_HALF);
  for (let over = 16; over < HALF; over *= 2) {
    double(OVER_HALF, OVER_HALF);
  }
}

/** Fill four tables that move over twice as many bytes as four others, whose place they may take. */
function double(tables: number, twice: number): void {
  const words = Array.from({ length: 4 * 256 }, (_, index) =>
    move(tables, TABLES.getInt32(tables + index * 4, true)),
  );
  for (const [index, word] of words.entries()) {
    TABLES.setInt32(twice + index * 4, word, true);
  }
}
