import type { StoredFile, UploadQueue } from "@broker/client";
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { storedFile } from "../../packages/client/testing/stored-file.ts";
import { THUMBNAILS_KEY } from "../features/files/thumbnails.ts";
import { PageBroker } from "../shared/page-broker.ts";
import { followThumbnails } from "./follow-thumbnails.ts";

type Listener = Parameters<UploadQueue["onSettled"]>[0];

function follow(store: (file: StoredFile) => Promise<void> = async () => {}) {
  const listeners: Listener[] = [];
  const queries = new QueryClient();
  const stored: string[] = [];
  followThumbnails(
    {
      broker: new PageBroker({ token: () => null }),
      queue: {
        onSettled: (listener) => {
          listeners.push(listener);
          return () => true;
        },
      },
      idle: async () => {},
      store: async (_, file) => {
        stored.push(file.name);
        await store(file);
      },
    },
    queries,
  );
  const complete = (source: File) => {
    const { name, size, type } = source;
    const file = storedFile({ id: name, name, type, size });
    const item = { id: 1, name, folder: "", size, type, batch: 1 };
    for (const listener of listeners) {
      listener({ ...item, state: { status: "completed", file } }, source);
    }
  };
  return { complete, stored, queries };
}

function picture(name: string, type = "image/png"): File {
  return new File(["12345"], name, { type });
}

test("pictures get a thumbnail, one after the other; other files none", async () => {
  let running = 0;
  let most = 0;
  const { complete, stored } = follow(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running -= 1;
  });

  complete(picture("a.png"));
  complete(picture("b.txt", "text/plain"));
  complete(picture("c.png"));
  complete(picture("d.svg", "image/svg+xml"));

  await expect.poll(() => stored).toEqual(["a.png", "c.png"]);
  expect(most).toBe(1);
});

test("one that cannot be made keeps no other from its turn", async () => {
  const { complete, stored, queries } = follow(async ({ name }) => {
    if (name === "a.png") {
      throw new Error("not a picture");
    }
  });
  const isStale = (id: string) => queries.getQueryState([...THUMBNAILS_KEY, id])?.isInvalidated;
  for (const id of ["a.png", "b.png"]) {
    queries.setQueryData([...THUMBNAILS_KEY, id], "");
    complete(picture(id));
  }

  await expect.poll(() => isStale("b.png")).toBe(true);
  expect(isStale("a.png")).toBe(false);
  expect(stored).toEqual(["a.png", "b.png"]);
});

test("nothing large is read", async () => {
  const { complete, stored } = follow();

  complete(Object.defineProperty(picture("large.png"), "size", { value: 50_000_001 }));
  complete(picture("small.png"));

  await expect.poll(() => stored).toEqual(["small.png"]);
});
