import { downloadStream, type StoredFile } from "@broker/client";
import { useCallback, useRef, useState } from "react";
import { explainError } from "../../shared/explain-error.ts";
import { formatSize } from "../../shared/format.ts";
import { messages } from "../../shared/messages.ts";
import type { PageBroker } from "../../shared/page-broker.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { type Chosen, nameOf } from "./filing.ts";
import { pickTarget, saveStream } from "./save-stream.ts";
import { zip } from "./zip.ts";

const PAGE = 1000;

interface Saving {
  /** How far it is, in words; null while nothing is saved. */
  readonly progress: string | null;
  readonly saveZip: (chosen: Chosen, folder: string) => Promise<void>;
  readonly saveVerified: (file: StoredFile) => Promise<void>;
  readonly cancel: () => void;
}

interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** Save what the page itself fetches and verifies, one at a time: a file, or what is chosen as a ZIP. */
export function useSaving({ broker, toaster }: { broker: PageBroker; toaster: Toaster }): Saving {
  const [progress, setProgress] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);

  const save = useCallback(
    async (
      name: string,
      describe: (size: string) => string,
      open: (work: Work) => Promise<ReadableStream<Uint8Array>>,
    ) => {
      if (running.current !== null) {
        return;
      }
      const controller = new AbortController();
      const { signal } = controller;
      running.current = controller;
      const onProgress = (bytes: number) => setProgress(describe(formatSize(bytes)));
      try {
        const target = await pickTarget(name);
        onProgress(0);
        await saveStream(target, name, await open({ signal, onProgress }), signal);
        toaster.show(messages.files.saved(name));
      } catch (error) {
        const isUnwanted = signal.aborted || (error instanceof DOMException && error.name === "AbortError");
        if (!isUnwanted) {
          toaster.fail(messages.files.downloadFailed(name, explainError(error)));
        }
      } finally {
        running.current = null;
        setProgress(null);
      }
    },
    [toaster],
  );

  const saveZip = useCallback(
    async (chosen: Chosen, folder: string) => {
      const only = chosen.folders.length === 1 && chosen.files.length === 0 ? chosen.folders[0] : undefined;
      const name = `${nameOf(only ?? folder) || messages.product}.zip`;
      await save(name, messages.files.zipping, async (work) => {
        const files = [...chosen.files, ...(await filesBelow(broker, chosen.folders, work.signal))];
        return await zip({ broker, files, folder, ...work });
      });
    },
    [broker, save],
  );

  const saveVerified = useCallback(
    async ({ id, name, size }: StoredFile) => {
      const describe = (fetched: string) => messages.files.saving(name, fetched, formatSize(size));
      await save(name, describe, async (work) => downloadStream(broker, id, work));
    },
    [broker, save],
  );

  return { progress, saveZip, saveVerified, cancel: () => running.current?.abort() };
}

async function filesBelow(
  broker: PageBroker,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredFile[]> {
  const found: StoredFile[] = [];
  const left = [...folders];
  for (let folder = left.shift(); folder !== undefined; folder = left.shift()) {
    for (let cursor: string | null | undefined = null; cursor !== undefined; ) {
      const page = await broker.listFiles({ folder, limit: PAGE, cursor }, { signal });
      found.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    }
    for (let cursor: string | null | undefined = null; cursor !== undefined; ) {
      const page = await broker.listFolders({ parent: folder, cursor }, { signal });
      left.push(...page.items.map(({ path }) => path));
      cursor = page.next_cursor ?? undefined;
    }
  }
  return found;
}
