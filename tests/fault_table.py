"""What became of each fault, as a table at the end of the run."""

import pytest

_DIRECTORY = "tests/faults/"
_WORST_LAST = ("passed", "skipped", "failed", "error")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    outcomes: dict[str, tuple[str, float]] = {}
    for outcome in _WORST_LAST:
        for report in terminalreporter.getreports(outcome):
            if report.nodeid.startswith(_DIRECTORY):
                outcomes[_sentence(report.nodeid)] = (outcome, getattr(report, "duration", 0.0))
    if not outcomes:
        return
    terminalreporter.section("what transfers live through")
    width = max(map(len, outcomes))
    for sentence, (outcome, seconds) in sorted(outcomes.items()):
        colour = {"green" if outcome == "passed" else "red": True}
        terminalreporter.write_line(f"{sentence:<{width}}  {outcome:<7}  {seconds:5.1f} s", **colour)


def _sentence(nodeid: str) -> str:
    """Read a test's name as the sentence that it is.

    >>> _sentence("tests/faults/test_browser.py::test_a_fault_is_borne[six 503]")
    'a fault is borne: six 503'
    """
    name, _, parameters = nodeid.partition("::")[2].partition("[")
    sentence = name.removeprefix("test_").replace("_", " ")
    return f"{sentence}: {parameters.removesuffix(']')}" if parameters else sentence
