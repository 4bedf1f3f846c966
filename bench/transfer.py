"""How fast files travel: the page in a real Chromium against native clients, side by side on one store.

`python -m bench.transfer [GIBIBYTES]`. The page works as for a user: files are dropped on it. Everything
shares the processors of one machine, so only the ratios say something, and of the page also how it compares
with the least that Chromium can do: to send the same parts of the same file, not hashed.

Of a large file, all are compared with the fastest native client that sends it in parts. curl sends it in one
piece, with which nobody could resume.

Without a line between them that measures processors, not networks; so all is done once more by a line such as
users have, with fewer files one by one, for they take long there.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import boto3
from minio import Minio

from bench.devtools import Tab, open_tab
from bench.line import Speed
from bench.site import PASSWORD, Site, serving_site
from broker.client import Client
from broker.stores.sdk import connect

NODE_CLIENT = Path(__file__).parents[1] / "frontend" / "packages" / "client" / "dist" / "node.js"

GIB = 1024**3
KIB = 1024
SMALL_FILES = 1000
SMALL_SIZE = 100 * KIB
PART_SIZE = 8 * 1024**2  # as the broker chooses for a file of 1 GiB
PARTS_AT_ONCE = 4
LINE = Speed(bytes_per_second=50e6, round_trip=0.02)
FEW_FILES = 100
TURNS = 5  # without a line: one client differs by a fifth from one turn to the next

# one create, one PUT, one complete, and only then the next file
ONE_BY_ONE = """async ([count, size, token]) => {
  const call = async (path, body) => {
    const headers = {authorization: `Bearer ${token}`, "content-type": "application/json"};
    const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
    if (!answer.ok) throw new Error(`${path} ${answer.status}`);
    return answer.json();
  };
  const begun = performance.now();
  for (let index = 0; index < count; index += 1) {
    const body = new Blob([crypto.getRandomValues(new Uint8Array(65536)), new Uint8Array(size - 65536)]);
    const {id, request} = await call("/v1/uploads", {name: `sequence-${index}`, size, type: "a/b"});
    const {"content-length": _, ...headers} = request.headers;
    const stored = await fetch(request.url, {method: "PUT", headers, body});
    if (!stored.ok) throw new Error(`PUT ${stored.status}`);
    await call(`/v1/uploads/${id}/complete`, {});
  }
  return (performance.now() - begun) / 1000;
}"""

ALL_COMPLETED = """(count) =>
  document.querySelector("[aria-labelledby=uploads-heading]")?.textContent
    .includes(`${count.toLocaleString("en")} uploaded`)"""

# Chromium has worked for long when it tells the page of a drop of so many files
WATCH = """() => {
  window.longTasks = [];
  window.addEventListener("drop", () => { window.told = performance.now(); }, {capture: true});
  const note = (list) => window.longTasks.push(...list.getEntries());
  new PerformanceObserver(note).observe({type: "longtask"});
}"""

CAN_SIGN_IN = "() => document.querySelector('input[type=password]') !== null"

# React hears of what is typed, not of what is set
SIGN_IN = """(values) => {
  const {set} = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  for (const [index, input] of document.querySelectorAll("form input").entries()) {
    set.call(input, values[index]);
    input.dispatchEvent(new Event("input", {bubbles: true}));
  }
  document.querySelector("form").requestSubmit();
}"""

CAN_DROP = "() => document.body.innerText.includes('Drop files anywhere')"

CLEAR = """() => {
  const buttons = [...document.querySelectorAll("[aria-labelledby=uploads-heading] button")];
  buttons.find((button) => (button.ariaLabel ?? button.textContent).startsWith("Clear")).click();
}"""

ADD_INPUT = (
    "() => document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'bare'}))"
)

# the least that sends a file in parts
SEND_BARE = """async ([urls, partSize, atOnce]) => {
  const [file] = document.querySelector("#bare").files;
  const parts = urls.entries();
  const lane = async () => {
    for (const [index, url] of parts) {
      const body = file.slice(index * partSize, (index + 1) * partSize);
      const put = () => fetch(url, {method: "PUT", body});
      const stored = await put().catch(put);  // an idle connection may be closed just as it is used
      if (!stored.ok) throw new Error(`PUT ${stored.status}`);
    }
  };
  await Promise.all(Array.from({length: atOnce}, lane));
}"""

SINCE_DROP = "() => (performance.now() - window.told) / 1000"

LONGEST_TASK = """() => {
  const ofPage = ({startTime, duration}) => startTime + duration - Math.max(startTime, window.told);
  return Math.max(0, ...window.longTasks.map(ofPage));
}"""


def main(gibibytes: float) -> None:
    frontend = NODE_CLIENT.parents[3]
    subprocess.run(["npx", "tsc", "-p", "packages/client"], cwd=frontend, check=True)
    size = int(gibibytes * GIB)
    print("Without a line between them\n")
    measure(None, one_by_one=SMALL_FILES, size=size, turns=TURNS)
    print(f"\nBy a line of {LINE}\n")
    measure(LINE, one_by_one=FEW_FILES, size=size, turns=1)


def measure(line: Speed | None, *, one_by_one: int, size: int, turns: int) -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        site = stack.enter_context(serving_site(directory, by=line))
        tab = stack.enter_context(open_tab())
        sign_in(tab, site)
        client = stack.enter_context(Client(site.url, username="alice", password=PASSWORD))
        measure_small(tab, client, site, directory, one_by_one=one_by_one)
        node = stack.enter_context(node_client(site))
        large = directory / "large.bin"
        with large.open("wb") as file:
            for _ in range(0, size, 16 * KIB * KIB):
                file.write(os.urandom(16 * KIB * KIB))
        measure_large(tab, client, node, site, large, turns=turns)


def sign_in(tab: Tab, site: Site) -> None:
    tab.open(site.url)
    tab.wait_for(CAN_SIGN_IN)
    tab.evaluate(SIGN_IN, ["alice", PASSWORD])
    tab.wait_for(CAN_DROP)


def measure_small(tab: Tab, client: Client, site: Site, directory: Path, *, one_by_one: int) -> None:
    small = directory / "small"
    small.mkdir()
    for index in range(SMALL_FILES):
        (small / f"{index:04}.bin").write_bytes(os.urandom(SMALL_SIZE))
    sequence = tab.evaluate(ONE_BY_ONE, [one_by_one, SMALL_SIZE, site.broker.token()]) / one_by_one
    tab.evaluate(WATCH)
    together = send(tab, sorted(small.iterdir())) / SMALL_FILES
    native = timed(lambda: client.upload_many(sorted(small.iterdir()))) / SMALL_FILES
    longest = tab.evaluate(LONGEST_TASK)

    print(f"Files of {SMALL_SIZE // KIB} KiB from Chromium")
    print(f"  create, PUT, complete, {one_by_one:,} one by one{sequence * 1000:10.1f} ms each")
    times = f"{sequence / together:.1f} x as fast"
    print(f"  {SMALL_FILES:,} dropped on the page             {together * 1000:10.1f} ms each   {times}")
    print(f"  {SMALL_FILES:,} by broker.client, upload_many   {native * 1000:10.1f} ms each")
    print(f"  longest task of the page            {longest:10.0f} ms from the drop on\n")


@contextmanager
def node_client(site: Site) -> Iterator[Callable[[Path], None]]:
    """Yield what has the built package, in a process that runs already, upload a file."""
    script = f"""
        import {{ createInterface }} from "node:readline";
        import {{ createClient }} from "{NODE_CLIENT}";
        const [baseUrl, token] = process.argv.slice(-2);
        const client = createClient({{ baseUrl, token }});
        for await (const path of createInterface({{ input: process.stdin }})) {{
            console.log((await client.upload(path)).id);
        }}
    """
    command = ["node", "--input-type=module", "-e", script, site.url, site.broker.token()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        told, heard = node.stdin, node.stdout

        def upload(path: Path) -> None:
            print(path, file=told, flush=True)
            if not heard.readline():
                raise RuntimeError("Node.js has ended")

        yield upload


def measure_large(
    tab: Tab, client: Client, node: Callable[[Path], None], site: Site, path: Path, *, turns: int
) -> None:
    store = replace(site.store, url=site.store.public_url)  # as clients reach it
    size = path.stat().st_size
    sdk: Minio = connect(store, store.control)
    s3 = boto3.client(
        "s3",
        endpoint_url=store.url,
        region_name=store.region,
        aws_access_key_id=store.control.access_key,
        aws_secret_access_key=store.control.secret_key,
    )

    def sign(key: str) -> str:
        return str(
            s3.generate_presigned_url("put_object", {"Bucket": store.bucket, "Key": key}, ExpiresIn=3600)
        )

    tab.evaluate(ADD_INPUT)
    tab.choose("#bare", path)
    parts = [sign(f"bench/bare/{index}") for index in range(-(-size // PART_SIZE))]
    # the page asks about a name that it has
    links = [path.with_name(f"large-{turn}.bin") for turn in range(turns)]
    for link in links:
        link.hardlink_to(path)
    native: dict[str, Callable[[], object]] = {
        "@broker/client, Node.js": lambda: node(path),
        "broker.client, Python": lambda: client.upload(path),
        "minio-py, fput_object": lambda: sdk.fput_object(store.bucket, "bench/minio", str(path)),
        "boto3, upload_file": lambda: s3.upload_file(str(path), store.bucket, "bench/boto3"),
    }
    others: dict[str, Callable[[], object]] = {
        "Chromium, bare parts": lambda: tab.evaluate(SEND_BARE, [parts, PART_SIZE, PARTS_AT_ONCE]),
        **native,
        "curl, one PUT": lambda: subprocess.run(["curl", "-fsST", str(path), sign("bench/curl")], check=True),
    }
    ways: dict[str, Callable[[], float]] = {
        "the page in Chromium": lambda: send(tab, [links.pop()]),
        **{name: partial(timed, action) for name, action in others.items()},
    }
    medians = f"medians of {turns} turns, " if turns > 1 else ""
    print(
        f"One file of {size / GIB:.1f} GiB, {medians}compared with the fastest native client that sends parts"
    )
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        for name in list(ways)[:: -1 if turn % 2 else 1]:
            times[name].append(ways[name]())
    seconds = {name: statistics.median(each) for name, each in times.items()}
    fastest = min(seconds[name] for name in native)
    for name, taken in seconds.items():
        speed = size / taken / 1e6
        print(f"  {name:<24} {taken:6.1f} s  {speed:7.0f} MB/s  {fastest / taken:5.0%}")


def send(tab: Tab, paths: list[Path]) -> float:
    """Drop files on the page and wait until all of them are stored: so many seconds after the drop."""
    os.sync()
    tab.drop(paths)
    tab.wait_for(ALL_COMPLETED, len(paths))
    taken: float = tab.evaluate(SINCE_DROP)
    tab.evaluate(CLEAR)
    return taken


def timed(action: Callable[[], object]) -> float:
    os.sync()  # what an earlier one wrote is not to slow this one down
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
