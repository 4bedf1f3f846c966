"""Every requirement of the security checklist has a test whose name carries its number."""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parent.parent
NUMBERS = range(1, 62)  # docs/security.md lists them
SECURITY = TESTS.parent / "docs" / "security.md"
_NAMED = re.compile(r"test_c(\d\d)_")


def find_numbered() -> dict[int, set[str]]:
    """Find the tests, but for those that are skipped or expected to fail."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                number := _NAMED.match(node.name)
            ):
                marks = " ".join(map(ast.unparse, node.decorator_list))
                if not re.search(r"mark\.(skip|xfail)", marks):
                    found[int(number[1])].add(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def test_every_number_has_a_test_and_no_test_another_number() -> None:
    assert sorted(find_numbered()) == list(NUMBERS)


def test_the_docs_list_every_number_once() -> None:
    listed = re.findall(r"^\| (\d+) \|", SECURITY.read_text(), re.MULTILINE)

    assert [int(number) for number in listed] == list(NUMBERS)
