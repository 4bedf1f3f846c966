"""What the Python client calls an unfinished download, by the examples that all clients run."""

import json
from pathlib import Path

import pytest

from broker.client.partial_name import partial_name

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "partial_name.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["names"], ids=lambda vector: ascii(vector["name"][-12:]))
def test_an_unfinished_download_has_the_same_name_in_every_client(vector: dict[str, str]) -> None:
    assert partial_name(vector["name"]) == vector["partial"]
