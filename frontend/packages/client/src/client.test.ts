import { expect, test } from "vitest";
import { FakeService, problem } from "../testing/fake-service.ts";
import { Broker } from "./broker.ts";
import { Client } from "./client.ts";
import { BrokerUnreachable, StoreRefused, UploadClosed } from "./failures.ts";

type Uploads = FakeService["uploads"];

const FILE = new File([new Uint8Array(500)], "film.mp4");

/** A client of a service that has files of more than 100 bytes sent in parts. */
function open(service: FakeService): Client {
  service.singlePutMax = 100;
  return new Client(new Broker({ token: () => null }), service);
}

test("an upload that failed is gone on with by the same call", async () => {
  const service = new FakeService();
  service.partFaults.set(5, [{ status: 400 }]);
  const client = open(service);
  await expect(client.upload(FILE)).rejects.toBeInstanceOf(StoreRefused);
  expect(service.count("read")).toBe(0); // nothing says that it is over

  const file = await client.upload(FILE);

  expect([...service.uploads]).toEqual([[file.id, "completed"]]);
});

test("an upload that is refused is not looked up", async () => {
  const service = new FakeService();
  service.faults.complete = [problem("quota-exceeded", 403)];

  await expect(open(service).upload(FILE)).rejects.toMatchObject({ slug: "quota-exceeded" });
  expect(service.count("read")).toBe(0);
});

test("an upload that was aborted is gone on with by the same call", async () => {
  const service = new FakeService();
  service.partFaults.set(5, ["hangs"]);
  const client = open(service);
  const controller = new AbortController();
  const aborted = client.upload(FILE, { signal: controller.signal });
  await expect.poll(() => service.sentParts.length).toBe(5);
  controller.abort(new Error("not now"));
  await expect(aborted).rejects.toThrow("not now");

  const file = await client.upload(FILE);

  expect([...service.uploads]).toEqual([[file.id, "completed"]]);
});

test("an upload that is under way is left to whoever began it", async () => {
  const service = new FakeService();
  const client = open(service);

  const files = await Promise.all([client.upload(FILE), client.upload(FILE)]);

  expect(new Set(files.map(({ id }) => id)).size).toBe(2);
});

test("an upload that the store has lost is begun anew", async () => {
  const service = new FakeService();
  service.partFaults.set(3, [{ status: 404, code: "NoSuchUpload" }]);

  const file = await open(service).upload(FILE);

  expect(file.id).toBe("upload-2");
  expect([...service.objects]).toEqual([["upload-2", 500]]);
});

test("an upload that has expired meanwhile is begun anew", async () => {
  const service = new FakeService();
  service.faults.complete = [problem("upload-expired", 410)];

  expect((await open(service).upload(FILE)).id).toBe("upload-2");
});

test("an upload that the store has lost is begun anew, though the broker is in trouble", async () => {
  const service = new FakeService();
  service.partFaults.set(3, [{ status: 404, code: "NoSuchUpload" }]);
  service.faults.read = [problem("store-unavailable", 503), new BrokerUnreachable("no network")];

  expect((await open(service).upload(FILE)).id).toBe("upload-2");
});

test.each([
  ["that somebody gave up elsewhere", (id: string, all: Uploads) => all.set(id, "aborted")],
  ["whose file was deleted elsewhere", (id: string, all: Uploads) => all.delete(id)],
])("an upload %s is not begun anew", async (_, end) => {
  const service = new FakeService();
  const send = async () => {
    end("upload-1", service.uploads);
    return { status: 404, code: "NoSuchUpload" };
  };

  const uploading = open(Object.assign(service, { send })).upload(FILE);

  await expect(uploading).rejects.toBeInstanceOf(UploadClosed);
  expect(service.calls.filter((call) => call === "create")).toHaveLength(1);
});

test("an upload that is aborted before it began takes no other along", async () => {
  const service = new FakeService();
  const { readPolicies } = service.broker;
  let answer = () => {};
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  service.broker.readPolicies = async (options) => {
    await answering;
    return await readPolicies(options);
  };
  const client = open(service);
  const controller = new AbortController();
  const first = client.upload(FILE, { signal: controller.signal });
  const second = client.upload(new File(["some"], "a.txt"));

  controller.abort(new Error("not now"));
  answer();

  await expect(first).rejects.toThrow("not now");
  expect((await second).name).toBe("a.txt");
});

test("policies are read once for all, though the broker is in trouble", async () => {
  const service = new FakeService();
  service.faults.policies = [new BrokerUnreachable("no network")];
  const client = open(service);

  await Promise.all([client.upload(FILE), client.upload(FILE)]);
  await client.upload(FILE);

  expect(service.count("policies")).toBe(2);
});

test("a policy that changes is read again, and what comes after goes by it", async () => {
  const service = new FakeService();
  const client = open(service);
  const upload = async (name: string) => (await client.upload(new File(["some"], name))).checksum;
  await upload("before.txt");
  service.checksumAlgorithm = "sha256";

  const checksums = [await upload("a.txt"), await upload("b.txt")];

  expect(checksums).toEqual(Array(2).fill("sha256:prRt0NGuXobLyPN+dc7rZ2AjDByk/7ywyXuW3X2cRks="));
  expect([service.count("policies"), service.count("create")]).toEqual([2, 4]);
});

test("a policy that was not there yet is looked for again", async () => {
  const service = new FakeService();
  const client = open(service);
  const { readPolicies } = service.broker;
  await expect(client.upload(FILE, { policy: "films" })).rejects.toThrow("There is no policy films for you");
  service.broker.readPolicies = async (options) =>
    (await readPolicies(options)).map((policy) => ({ ...policy, name: "films" }));

  expect((await client.upload(FILE, { policy: "films" })).name).toBe("film.mp4");
});
