const POLYNOMIAL = 0x82f63b78; // Castagnoli, reflected (RFC 3720 §12.1)
const TABLES = createTables();

/**
 * Compute the CRC-32C of `bytes`, or carry on from the CRC of what came before them.
 *
 * Slicing-by-8, so that it needs neither WebAssembly (a CSP exception) nor a secure context.
 *
 * @example crc32c(new TextEncoder().encode("123456789")) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = TABLES;
  const whole = view.byteLength - (view.byteLength % 8);
  let crc = ~before;
  let offset = 0;

  for (; offset < whole; offset += 8) {
    const low = crc ^ view.getUint32(offset, true);
    const high = view.getUint32(offset + 4, true);
    crc =
      tables.getUint32(0x1c00 + ((low & 0xff) << 2), true) ^
      tables.getUint32(0x1800 + ((low >>> 6) & 0x3fc), true) ^
      tables.getUint32(0x1400 + ((low >>> 14) & 0x3fc), true) ^
      tables.getUint32(0x1000 + ((low >>> 24) << 2), true) ^
      tables.getUint32(0x0c00 + ((high & 0xff) << 2), true) ^
      tables.getUint32(0x0800 + ((high >>> 6) & 0x3fc), true) ^
      tables.getUint32(0x0400 + ((high >>> 14) & 0x3fc), true) ^
      tables.getUint32((high >>> 24) << 2, true);
  }
  for (; offset < view.byteLength; offset += 1) {
    crc = tables.getUint32(((crc ^ view.getUint8(offset)) & 0xff) << 2, true) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Write a CRC as the broker and S3 do: base64 of its four big-endian bytes. */
export function formatCrc32c(crc: number): string {
  const bytes = [crc >>> 24, crc >>> 16, crc >>> 8, crc].map((byte) => byte & 0xff);
  return `crc32c:${btoa(String.fromCharCode(...bytes))}`;
}

/** Eight tables of 256 little-endian words; table n moves a byte over n more bytes of zeros. */
function createTables(): DataView {
  const tables = new DataView(new ArrayBuffer(8 * 256 * 4));
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    }
    tables.setUint32(byte * 4, crc, true);
  }
  for (let index = 256; index < 8 * 256; index += 1) {
    const previous = tables.getUint32((index - 256) * 4, true);
    tables.setUint32(index * 4, tables.getUint32((previous & 0xff) * 4, true) ^ (previous >>> 8), true);
  }
  return tables;
}
