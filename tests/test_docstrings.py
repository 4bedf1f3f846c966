"""The examples in docstrings are true."""

import doctest
from types import ModuleType

import pytest

from broker import canonical, checksums, keys, logs, media_types, policy, rules, server, sigv4, sizes, sources
from broker.doctor import findings, fixes

MODULES = [
    canonical,
    checksums,
    findings,
    fixes,
    keys,
    logs,
    media_types,
    policy,
    rules,
    server,
    sigv4,
    sizes,
    sources,
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_are_true(module: ModuleType) -> None:
    results = doctest.testmod(module)

    assert results.attempted > 0
    assert results.failed == 0
