"""What the doctor says, and the command without a store."""

import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.doctor import examination, report
from broker.doctor.examination import Examination
from broker.doctor.findings import BINDING, Finding, Outcome
from tests.test_settings import GOOD

LONG = "a sentence of words that goes on and on until it does not fit into a single line of the screen any more"


def finding(name: str, outcome: Outcome, *, fix: str = "", is_abuse: bool = False) -> Finding:
    return Finding(name=name, outcome=outcome, detail=f"{LONG}.", fix=fix, is_abuse=is_abuse)


def examined(*findings: Finding) -> Examination:
    return Examination(findings=findings, server="MinIO", clock_skew=0.1)


def test_a_row_wraps_below_itself_and_its_fix_stands_below_it() -> None:
    rows = report.as_table(examined(finding("clock", "failed", fix="Set both clocks.")), width=80)

    assert [line.rstrip() for line in click_free(rows)] == [
        "failed   clock  a sentence of words that goes on and on until it does not fit",
        "                into a single line of the screen any more.",
        "                Fix: Set both clocks.",
        "",
        "MinIO: 1 failed. It is not ready for use.",
    ]


def click_free(rows: object) -> list[str]:
    import re

    return re.sub(r"\x1b\[\d+m", "", "\n".join(rows)).splitlines()  # type: ignore[arg-type]
