import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Download } from "../src/wire.ts";

/** Run a store on loopback for the length of `work`, which is told how its object of `size` bytes is fetched. */
export async function serving(
  { size, answer }: { size: number; answer: RequestListener },
  work: (download: Download) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work({
      method: "GET",
      url: `http://127.0.0.1:${port}/`,
      headers: {},
      expires_at: "2026-11-22T12:05:00Z",
      size,
      checksum: null,
      part_size: null,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
