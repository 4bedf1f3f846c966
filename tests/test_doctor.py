"""What the doctor says, and the command without a store."""

import asyncio
import json
import re
from pathlib import Path

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from broker import configuration
from broker.cli import main
from broker.doctor import examination, report
from broker.doctor.examination import Examination
from broker.doctor.findings import BINDING, Finding
from broker.doctor.lab import Lab
from broker.schemas import Outcome
from tests.test_api import NO_STORE
from tests.test_configuration import GOOD

LONG = "a sentence that goes on and on until it does not fit into a single line of the screen any more"


def finding(name: str, outcome: Outcome, *, fix: str = "", is_abuse: bool = False) -> Finding:
    return Finding(name=name, outcome=outcome, detail=f"{LONG}.", fix=fix, is_abuse=is_abuse)


def examined(*findings: Finding) -> Examination:
    return Examination(findings=findings, server="MinIO", clock_skew=0.1)


def run(*arguments: str, environ: dict[str, str]) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], env=environ)


def test_a_row_wraps_below_itself_with_the_fix_at_its_end() -> None:
    lines = report.as_table(examined(finding("clock", "failed", fix="Set both clocks.")), width=80)

    assert click.unstyle("\n".join(lines)).splitlines() == [
        "failed   clock  a sentence that goes on and on until it does not fit into a",
        "                single line of the screen any more.",
        "                Fix: Set both clocks.",
        "",
        "MinIO: 1 failed.",
        "It is not ready for use.",
    ]


def test_neighbours_of_which_the_same_is_said_share_a_row() -> None:
    findings = (finding("cors", "ok"), finding("clock", "skipped"), finding("lifecycle", "skipped"))

    table = click.unstyle("\n".join(report.as_table(examined(*findings), width=100)))

    rows = [" ".join(row.split()) for row in table.split("\n")]
    assert [row.split(" a sentence")[0] for row in rows if " a sentence" in row] == [
        "ok cors",
        "skipped 2 probes",
    ]
    assert "more: clock, lifecycle." in " ".join(rows)


@pytest.mark.parametrize(
    ("outcome", "is_abuse", "is_good", "conclusion"),
    [
        ("ok", True, True, "Nothing was found"),
        ("warning", True, True, "Nothing was found"),
        ("skipped", False, True, "Nothing was found"),
        ("skipped", True, False, "is not known"),
        ("failed", False, False, "not ready"),
        ("failed", True, False, "can be abused"),
    ],
)
def test_the_sum_says_whether_the_store_may_be_used(
    outcome: Outcome, is_abuse: bool, is_good: bool, conclusion: str
) -> None:
    result = examined(finding("clock", "ok"), finding("copy-source", outcome, is_abuse=is_abuse))

    assert result.is_good == is_good
    assert conclusion in list(report.as_table(result, width=100))[-1]
    assert json.loads(report.as_json(result))["is_good"] == is_good


def test_the_short_form_is_what_capabilities_tell() -> None:
    assert tuple(probe.name for probe in examination.BINDING) == BINDING


def test_the_manual_explains_every_probe() -> None:
    manual = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()
    rows = [line.split("|")[1] for line in manual.splitlines() if line.startswith("| `")]
    explained = [name.strip(" `") for row in rows for name in row.split(",")]

    assert explained == examination.names(configuration.load(GOOD))


def test_the_page_says_in_german_too_what_each_finding_is_about() -> None:
    messages = Path(__file__).parent.parent / "frontend" / "src" / "shared" / "messages.admin.de.ts"
    (probes,) = re.findall(r"probes: new Map\(\[(.*?)\]\),\n", messages.read_text(), re.DOTALL)

    told = re.findall(r'^\s*\["([a-z-]+)",', probes, re.MULTILINE)

    assert told == examination.names(configuration.load(GOOD))


def test_without_settings_the_doctor_names_all_that_is_missing() -> None:
    result = run(environ={})

    assert result.exit_code == 2
    assert all(name in result.output for name in GOOD)


def test_a_bad_setting_is_named() -> None:
    result = run(environ=GOOD | {"BROKER_STORE_URL": "nowhere"})

    assert result.exit_code == 2
    assert result.output.startswith("Error: BROKER_STORE_URL: ")


def test_a_probe_that_does_not_exist_is_answered_with_those_that_do() -> None:
    result = run("--only", "clok", environ=GOOD)

    assert result.exit_code == 2
    assert "clok; there are public-url, " in result.output


@pytest.mark.parametrize(
    "date", ["now", "Mon, 01 Jan 2024 00:00:00 -0000", "Mon, 01 Jan 2024 00:00:00 +9999999999999"]
)
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"date": date})

    async def look() -> float | None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            lab = Lab(NO_STORE, http, url=NO_STORE.url)
            await lab.send("HEAD", NO_STORE.url)
            return lab.clock_skew

    assert asyncio.run(look()) is None
