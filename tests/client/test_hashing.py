"""What the Python client hashes, by the examples that all clients run."""

import json
from pathlib import Path

import pytest

from broker.client.hashing import fingerprint
from broker.client.sources import BytesSource

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "fingerprint.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["fingerprints"], ids=lambda vector: str(vector["size"]))
def test_a_fingerprint_is_the_same_in_every_client(vector: dict[str, object]) -> None:
    size = vector["size"]
    assert isinstance(size, int)
    body = bytes((at * 31 + (at >> 8) * 7) & 255 for at in range(size))

    assert fingerprint(BytesSource(body, "a")) == vector["fingerprint"]
