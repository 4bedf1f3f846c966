"""A million rows in the registry: what pages and single looks cost then, and what they do to memory.

`python -m bench.registry`. The rows are one owner's: the most that a page could have to do with. No store is
needed. The rows are made by SQLite itself, faster than through the broker.
"""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.dialects import sqlite

from bench import load
from bench.processes import REGISTRY, Server, serving_broker, token_for
from broker import registry, upload_rows
from broker.auth import Claims
from broker.file_registry import Filter, select_files
from broker.settings import Identity, StoreSettings
from broker.sqlite import SqliteDatabase

STEPS = (1_000, 100_000, 1_000_000)  # rows, half of them uploads, half files
CALLS = 200
PAGE = 1000
MIB = 1024**2

NOBODY = Identity(access_key="nobody", secret_key="nothing-and-nothing-more")
NO_STORE = StoreSettings(
    url="http://127.0.0.1:9",
    public_url="http://127.0.0.1:9",
    bucket="files",
    put_signer=NOBODY,
    get_signer=NOBODY,
    control=NOBODY,
)

_NUMBERS = "WITH RECURSIVE n(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM n WHERE n < :last)"
_AT = "'2026-01-01 00:00:00.000000'"
FILL = (
    f"""{_NUMBERS} INSERT INTO uploads (id, tenant, owner, key, name, size, type, status, created_at,
    expires_at, settled_at) SELECT printf('%026d', n), 'acme', 'alice', printf('uploads/acme/%026d', n),
    'photo.jpg', 1000, 'image/jpeg', 'completed', {_AT}, {_AT}, {_AT} FROM n""",
    f"""{_NUMBERS} INSERT INTO files (id, tenant, owner, upload_id, key, name, size, type, etag, created_at)
    SELECT printf('%026d', n), 'acme', 'alice', printf('%026d', n), printf('uploads/acme/%026d', n),
    'photo.jpg', 1000, 'image/jpeg', 'etag', {_AT} FROM n""",
)

ALICE = Claims(subject="alice", tenant="acme", scopes=frozenset())
QUERIES = {
    "list files": select_files(ALICE, Filter(), order="-created", after=("", "9")),
    "files of a folder": select_files(ALICE, Filter(folder="a"), order="name", after=("a", "1")),
    "look for a name": select_files(ALICE, Filter(q="photo"), order="name"),
    "trash": select_files(ALICE, Filter(is_trashed=True), order="-created"),
    "list unfinished": registry.LIST_PENDING,
    "find an upload": registry.FIND_UPLOAD,
    "find a file": registry.FIND_FILE,
    "file of an upload": upload_rows.FIND_FILE_OF_UPLOAD,
    "uploads to visit": registry.LIST_DUE,
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="broker-bench-") as name:
        directory = Path(name)
        SqliteDatabase(f"sqlite:///{directory / REGISTRY}").close()
        filled = 0
        rows = []
        for step in STEPS:
            began = time.perf_counter()
            fill(directory / REGISTRY, filled, step // 2)
            filled = step // 2
            print(f"{step:,} rows are there ({time.perf_counter() - began:.1f} s)", flush=True)
            with serving_broker(NO_STORE, directory, path="/livez") as broker:
                rows.append(measure(broker, filled))
        print(*table(rows), *plans(directory / REGISTRY), sep="\n")


def fill(path: Path, have: int, want: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for statement in FILL:
            with connection:
                connection.execute(statement, {"first": have + 1, "last": want})
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def measure(broker: Server, count: int) -> dict[str, float]:
    """Time each call in ms (the median of many), then read the pages of all files and look at memory."""
    token = token_for(broker)

    def get(path: str) -> bytes:
        return broker.call("GET", path, token=token)

    spread = [f"{max(count * i // CALLS, 1):026d}" for i in range(1, CALLS + 1)]
    calls = {
        "first page of 100": [get("/v1/files?limit=100")] * CALLS,
        "any page of 100": [get(f"/v1/files?limit=100&cursor={key}") for key in spread],
        "unfinished": [get("/v1/uploads?limit=100")] * CALLS,
        "status": [get(f"/v1/uploads/{key}") for key in spread],
        "file": [get(f"/v1/files/{key}") for key in spread],
        "me": [get("/v1/me")] * CALLS,
    }
    figures = {name: timed(broker, requests) for name, requests in calls.items()}
    timed(broker, [get(f"/v1/files?limit={PAGE}")] * 10)
    before = broker.process.memory_info().rss
    cursors = range(count, 0, -PAGE)
    timed(broker, [get(f"/v1/files?limit={PAGE}&cursor={cursor + 1:026d}") for cursor in cursors])
    return figures | {"MiB before": before / MIB, "MiB after": broker.process.memory_info().rss / MIB}


def timed(broker: Server, requests: list[bytes]) -> float:
    result = load.run(load.Job(broker.port, requests, connections=1))
    if set(result.statuses) != {200}:
        raise SystemExit(f"Answered with {dict(result.statuses)}: {result.last_answer[-500:]!r}")
    return result.percentile(0.5)


def table(columns: list[dict[str, float]]) -> Iterator[str]:
    yield f"\n{'ms, one call at a time':<30}" + "".join(f"{f'{step:,} rows':>18}" for step in STEPS)
    for name in columns[0]:
        yield f"  {name:<28}" + "".join(f"{column[name]:>18.2f}" for column in columns)


def plans(path: Path) -> Iterator[str]:
    """Show how SQLite finds what each query asks for: SEARCH uses an index, SCAN reads a table."""
    yield "\nQuery plans"
    with closing(sqlite3.connect(path)) as connection:
        for name, query in QUERIES.items():
            compiled = query.compile(dialect=sqlite.dialect(paramstyle="named"))
            # SQLite looks at what is bound: `status = 'pending'` lets it take an index of those alone
            values = {key: 1 if value is None else value for key, value in compiled.params.items()}
            steps = connection.execute(f"EXPLAIN QUERY PLAN {compiled}", values).fetchall()
            yield f"  {name:<20} " + "; ".join(step[-1] for step in steps)


if __name__ == "__main__":
    main()
