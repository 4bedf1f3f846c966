"""The examination for a person, and for a program."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import click
import msgspec

from broker.doctor.examination import Examination
from broker.doctor.findings import Finding
from broker.schemas import Outcome

_COLOURS: dict[Outcome, str] = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "blue"}


def as_table(examination: Examination, *, width: int) -> Iterator[str]:
    """Write a row for each finding, the fix below it, in lines of at most `width`; then the sum of it.

    Neighbours of which the same is to be said share a row.
    """
    findings = examination.findings
    first, second = (max(map(len, column)) for column in (_COLOURS, [found.name for found in findings]))
    for (outcome, detail, fix), same in groupby(findings, _said):
        names = [found.name for found in same]
        name = names[0]
        if len(names) > 1:
            name, detail = f"{len(names)} probes", f"{detail.removesuffix('.')}: {', '.join(names)}."
        mark = click.style(f"{outcome:<{first}}", fg=_COLOURS[outcome])
        yield f"{mark}  {name:<{second}}  " + _wrapped(detail, first + second + 4, width)
        if fix:
            indent = " " * (first + second + 4)
            yield indent + _wrapped(f"Fix: {fix}", len(indent), width)
    counted = Counter(found.outcome for found in findings)
    total = ", ".join(f"{counted[outcome]} {outcome}" for outcome in _COLOURS if counted[outcome])
    yield ""
    yield f"{examination.server or 'The store'}: {total}."
    yield _conclusion(examination)


def as_json(examination: Examination) -> str:
    """Write it as an object of `store`, `server`, `clock_skew_seconds`, `is_good` and `findings`."""
    body = {
        "server": examination.server,
        "clock_skew_seconds": examination.clock_skew,
        "is_good": examination.is_good,
        "findings": [msgspec.structs.asdict(found) for found in examination.findings],
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def _said(found: Finding) -> tuple[Outcome, str, str]:
    return found.outcome, found.detail, found.fix


def _wrapped(text: str, column: int, width: int) -> str:
    """Break the text, which begins at this column, into lines that all begin there."""
    lines = textwrap.wrap(text, max(width - column, 20), break_on_hyphens=False, break_long_words=False)
    return f"\n{' ' * column}".join(lines)


def _conclusion(examination: Examination) -> str:
    if any(found.is_hole for found in examination.findings):
        return "Presigned URLs of this store can be abused: do not use it before that is mended."
    if any(found.is_undecided for found in examination.findings):
        return "Whether presigned URLs of this store can be abused is not known."
    return "Nothing was found that keeps it from use." if examination.is_good else "It is not ready for use."
