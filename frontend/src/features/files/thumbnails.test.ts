import { expect, test } from "vitest";
import { PageBroker } from "../../shared/page-broker.ts";
import { thumbnailKind, thumbnailReader } from "./thumbnails.ts";

const { signal } = new AbortController();

test("thumbnails that are wanted in the same breath are asked for together", async () => {
  const asked: unknown[] = [];
  const read = thumbnailReader(
    new PageBroker({
      token: () => "t",
      fetch: async (_, request) => {
        asked.push(JSON.parse(String(request?.body)));
        return Response.json({ items: [{ file: "b", request: { url: "https://store.example/b" } }] });
      },
    }),
  );

  const found = await Promise.all(["a", "b", "c"].map((id) => read(id, { signal })));

  expect(found).toEqual(["", "https://store.example/b", ""]);
  expect(asked).toEqual([{ ids: ["a", "b", "c"] }]);
});

test("only of pictures and films that a browser shows is there a thumbnail", () => {
  expect(thumbnailKind({ name: "a.png", type: "image/png" })).toBe("image");
  expect(thumbnailKind({ name: "a.webm", type: "video/webm" })).toBe("video");
  expect(thumbnailKind({ name: "a.svg", type: "image/svg+xml" })).toBeNull();
  expect(thumbnailKind({ name: "a.txt", type: "text/plain" })).toBeNull();
});
