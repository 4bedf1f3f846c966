"""The examples in docstrings are true."""

import doctest
from types import ModuleType

import pytest

from broker import checksums, keys, logs, policy, server


@pytest.mark.parametrize("module", [checksums, keys, logs, policy, server], ids=lambda m: m.__name__)
def test_the_examples_in_docstrings_are_true(module: ModuleType) -> None:
    results = doctest.testmod(module)

    assert results.attempted > 0
    assert results.failed == 0
