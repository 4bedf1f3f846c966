"""The issuing calls next to an empty route of Starlette and Uppy Companion: `python -m bench.issue`.

All of them run as processes of their own: the empty route and the broker on the same uvicorn (the route once
as it comes and once with the broker's own protocol class), the broker with its durable registry, broker and
Companion on the same real store. One generator loads one of them at a time.
The contenders take turns, so that a busy machine slows them alike: the ratios are of the same turn. CPU is
user and system time of the server's process per request, what it put off included: the steadiest figure.
"""

import json
import multiprocessing
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from bench import load
from bench.processes import SECRET_KEY, Server, serving, serving_broker, token_for
from broker.bootstrap import bootstrap
from broker.settings import StoreSettings
from broker.stores.embedded import EmbeddedStore

TURNS = 7
SECONDS = 2.0
WARM_UP_SECONDS = 0.5
COMPLETIONS = 300  # of a turn

COMPANION = Path(__file__).parent / "companion"
CHECKSUM = "crc32c:AAAAAA=="  # of no bytes, and of four zeros that nobody sends
NEW = {"name": "photo.jpg", "size": 0, "type": "image/jpeg", "checksum": CHECKSUM}
PARTS = 1000
LARGE = NEW | {"size": PARTS * 20 * 1024**2, "type": "video/mp4"}


@dataclass(frozen=True)
class Turn:
    per_second: float
    cpu: float  # µs per request
    p50: float  # ms
    p99: float


def wait_until_idle(server: Server) -> None:
    """Return when a server has done next to nothing for a second: nothing is put off longer (audit.py)."""
    began = since = time.monotonic()
    seen = -1.0
    while time.monotonic() < since + 1:
        spent = server.process.cpu_times()
        if spent.user + spent.system > seen:
            seen, since = spent.user + spent.system + 0.02, time.monotonic()
        if since > began + 30:
            raise SystemExit("A server does not come to rest.")
        time.sleep(0.05)


@dataclass
class Contender:
    """One call of one server; `bar` is the least share of the empty route's requests per second."""

    name: str
    server: Server
    request: bytes
    rival: "Contender | None" = None
    bar: float | None = None
    turns: list[Turn] = field(default_factory=list)

    def median(self, figure: str) -> float:
        return float(statistics.median(getattr(turn, figure) for turn in self.turns))

    def ratio(self, other: "Contender") -> float:
        """Compare the requests per second, turn by turn."""
        pairs = zip(self.turns, other.turns, strict=True)
        return statistics.median(mine.per_second / theirs.per_second for mine, theirs in pairs)


class Generator:
    """The load, in a process of its own."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def run(self, job: load.Job) -> load.Result:
        return self._pool.submit(load.run, job).result()

    def measure(self, server: Server, job: load.Job) -> Turn:
        before = server.process.cpu_times()
        result = self.run(job)
        wait_until_idle(server)  # it has put off some of the work, such as writing its audit trail
        after = server.process.cpu_times()
        if bad := {status: count for status, count in result.statuses.items() if status >= 300}:
            raise SystemExit(
                f"{job.requests[0][:80]!r} was answered with {bad}: {result.last_answer[-500:]!r}"
            )
        spent = after.user + after.system - before.user - before.system
        requests = len(result.times)
        return Turn(
            result.per_second, spent / requests * 1e6, result.percentile(0.5), result.percentile(0.99)
        )


def main() -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="broker-bench-")))
        pool = stack.enter_context(ProcessPoolExecutor(1, multiprocessing.get_context("spawn")))
        generator = Generator(pool)
        origins = ("http://localhost:5173",)
        store = stack.enter_context(EmbeddedStore(directory / "store", origins=origins)).settings
        for _ in bootstrap(store, admin=store.control, origins=origins, users=False):
            pass
        python = [sys.executable, str(Path(__file__).parent / "servers.py")]
        raw = stack.enter_context(serving(lambda port: [*python, "raw", str(port)], directory / "raw.log"))
        empty = stack.enter_context(
            serving(lambda port: [*python, "empty", str(port)], directory / "empty.log")
        )
        lean = stack.enter_context(serving(lambda port: [*python, "lean", str(port)], directory / "lean.log"))
        broker = stack.enter_context(serving_broker(store, directory))
        companion = stack.enter_context(serving_companion(store, directory))

        print(versions(), f"fdatasync of 4 KiB: {sync_ms(directory):.2f} ms", sep="\n")
        limit = generator.run(load.Job(raw.port, [raw.call("GET", "/")], seconds=1)).per_second
        print(f"The generator sends {limit:,.0f} requests/s where nothing is done with them.")
        token = token_for(broker)
        contenders = list_contenders(empty, broker, companion, token, generator)
        contenders.insert(1, Contender("empty route, our protocol", lean, lean.call("GET", "/")))
        for contender in contenders:
            generator.run(load.Job(contender.server.port, [contender.request], seconds=WARM_UP_SECONDS))
        completions = Contender("complete", broker, b"")
        for _ in range(TURNS):
            for contender in contenders:
                job = load.Job(contender.server.port, [contender.request], seconds=SECONDS)
                contender.turns.append(generator.measure(contender.server, job))
            completions.turns.append(measure_completions(generator, broker, token))
        contenders.insert(-3 if companion else len(contenders), completions)
        print(*table(contenders), sep="\n")


def list_contenders(
    empty: Server, broker: Server, companion: Server | None, token: str, generator: Generator
) -> list[Contender]:
    (answer,) = generator.run(
        load.Job(broker.port, [broker.call("POST", "/v1/uploads", LARGE, token=token)], connections=1)
    ).answers
    upload = json.loads(answer)["id"]

    def sign(count: int) -> bytes:
        parts = [{"number": number, "checksum": CHECKSUM} for number in range(1, count + 1)]
        return broker.call("POST", f"/v1/uploads/{upload}/parts", {"parts": parts}, token=token)

    ours = [
        Contender("create, durable", broker, broker.call("POST", "/v1/uploads", NEW, token=token), bar=0.25),
        Contender("sign 1 part", broker, sign(1), bar=0.6),
        Contender("sign 100 parts", broker, sign(100)),
        Contender(f"sign {PARTS:,} parts", broker, sign(PARTS)),
    ]
    theirs = companion_contenders(companion, generator) if companion else []
    for mine, other in zip(ours, theirs, strict=False):
        mine.rival = other
    return [Contender("empty route", empty, empty.call("GET", "/")), *ours, *theirs]


def companion_contenders(server: Server, generator: Generator) -> list[Contender]:
    new = server.call("POST", "/s3/multipart", {"filename": "film.mp4", "type": "video/mp4", "metadata": {}})
    (answer,) = generator.run(load.Job(server.port, [new], connections=1)).answers
    upload = json.loads(answer)
    path = f"/s3/multipart/{quote(upload['uploadId'], safe='')}"
    key = f"key={quote(upload['key'], safe='')}"
    numbers = ",".join(map(str, range(1, 101)))
    return [
        Contender(
            "Companion: params (POST policy)",
            server,
            server.call("GET", "/s3/params?filename=photo.jpg&type=image%2Fjpeg"),
        ),
        Contender("Companion: sign 1 part", server, server.call("GET", f"{path}/1?{key}")),
        Contender(
            "Companion: batch of 100", server, server.call("GET", f"{path}/batch?{key}&partNumbers={numbers}")
        ),
    ]


def measure_completions(generator: Generator, broker: Server, token: str) -> Turn:
    """Create and send tiny objects, then measure their completion: each can be completed once."""
    new = broker.call("POST", "/v1/uploads", NEW, token=token)
    created = [
        json.loads(answer) for answer in generator.run(load.Job(broker.port, [new] * COMPLETIONS)).answers
    ]
    port = urlsplit(created[0]["request"]["url"]).port
    assert port
    generator.measure(broker, load.Job(port, [put(upload["request"]) for upload in created], connections=8))
    completions = [
        broker.call("POST", f"/v1/uploads/{upload['id']}/complete", {}, token=token) for upload in created
    ]
    return generator.measure(broker, load.Job(broker.port, completions))


def put(request: Mapping[str, object]) -> bytes:
    """Write a presigned PUT of no bytes."""
    url = urlsplit(str(request["url"]))
    headers = request["headers"]
    assert isinstance(headers, dict)
    lines = [f"{name}: {value}" for name, value in {"host": url.netloc, **headers}.items()]
    return "\r\n".join((f"PUT {url.path}?{url.query} HTTP/1.1", *lines, "", "")).encode()


@contextmanager
def serving_companion(
    store: StoreSettings, directory: Path, *, origin: str = "http://localhost:5173"
) -> Iterator[Server | None]:
    """Run Companion's standalone program on the same bucket for pages of an origin, if there is Node.js."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        print("Companion is left out: it needs Node.js.")
        yield None
        return
    if not (COMPANION / "node_modules").exists():
        print("Installing Uppy Companion ...", flush=True)
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
            cwd=COMPANION,
            check=True,
        )

    def environ(port: int) -> dict[str, str]:
        return {
            "NODE_ENV": "production",
            "COMPANION_PORT": str(port),
            "COMPANION_DOMAIN": f"127.0.0.1:{port}",
            "COMPANION_PROTOCOL": "http",
            "COMPANION_SECRET": SECRET_KEY,
            "COMPANION_PREAUTH_SECRET": SECRET_KEY[::-1],
            "COMPANION_DATADIR": str(directory),
            "COMPANION_CLIENT_ORIGINS": origin,
            "COMPANION_UPLOAD_URLS": store.url,
            "COMPANION_AWS_KEY": store.control.access_key,
            "COMPANION_AWS_SECRET": store.control.secret_key,
            "COMPANION_AWS_BUCKET": store.bucket,
            "COMPANION_AWS_ENDPOINT": store.url,
            "COMPANION_AWS_REGION": store.region,
            "COMPANION_AWS_FORCE_PATH_STYLE": "true",
            # else its SDK signs the checksum of no bytes into the URL of each part, and the store refuses it
            "AWS_REQUEST_CHECKSUM_CALCULATION": "WHEN_REQUIRED",
        }

    command = [node, str(COMPANION / "serve.mjs")]
    with serving(lambda _: command, directory / "companion.log", environ=environ) as server:
        yield server


def table(contenders: list[Contender]) -> Iterator[str]:
    empty = contenders[0]
    names = ("req/s", "of empty", "bar", "Companion", "CPU µs", "p50 ms", "p99 ms")
    yield f"\n{'':<33}" + "".join(f"{name:>11}" for name in names)
    for each in contenders:
        figures = (
            f"{each.median('per_second'):,.0f}",
            f"{each.ratio(empty):.1%}",
            "" if each.bar is None else f"{each.bar:.0%}",
            "" if each.rival is None else f"x {each.ratio(each.rival):.1f}",
            f"{each.median('cpu'):,.1f}",
            f"{each.median('p50'):.2f}",
            f"{each.median('p99'):.2f}",
        )
        yield f"  {each.name:<31}" + "".join(f"{figure:>11}" for figure in figures)


def versions() -> str:
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"medians of {TURNS} turns of {SECONDS:.0f} s, 64 connections"
    )


def sync_ms(directory: Path) -> float:
    """Measure what makes a row durable here, in ms: it decides what `create` can reach."""
    times = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
