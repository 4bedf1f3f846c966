import type { Broker, StoredFile } from "@broker/client";
import { useRef, useState } from "react";
import { explainError } from "../../shared/explain-error.ts";
import { messages } from "../../shared/messages.ts";
import type { Toaster } from "../../shared/toaster.ts";
import { type Chosen, nameOf } from "./filing.ts";
import { pickTarget, saveZip } from "./zip.ts";

const PAGE = 1000;

interface Zip {
  /** Bytes that are packed so far; null while none is. */
  readonly progress: number | null;
  readonly start: (chosen: Chosen, folder: string) => Promise<void>;
  readonly cancel: () => void;
}

/** Pack what is chosen, all that is in its folders too. */
export function useZip({ broker, toaster }: { broker: Broker; toaster: Toaster }): Zip {
  const [progress, setProgress] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);

  const start = async (chosen: Chosen, folder: string) => {
    if (running.current !== null) {
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    running.current = controller;
    try {
      const only = chosen.folders.length === 1 && chosen.files.length === 0 ? chosen.folders[0] : undefined;
      const name = `${nameOf(only ?? folder) || messages.product}.zip`;
      const target = await pickTarget(name);
      setProgress(0);
      const files = [...chosen.files, ...(await filesBelow(broker, chosen.folders, signal))];
      await saveZip(target, name, { broker, files, folder, signal, onProgress: setProgress });
      toaster.show(messages.files.zipped(name));
    } catch (error) {
      const isUnwanted = signal.aborted || (error instanceof DOMException && error.name === "AbortError");
      if (!isUnwanted) {
        toaster.fail(explainError(error));
      }
    } finally {
      running.current = null;
      setProgress(null);
    }
  };

  return { progress, start, cancel: () => running.current?.abort() };
}

async function filesBelow(
  broker: Broker,
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
