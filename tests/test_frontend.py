import gzip
import re
import shutil
import subprocess
from pathlib import Path

from broker.endpoints.page import DIRECTORY

FRONTEND = Path(__file__).parent.parent / "frontend"


def test_the_unit_tests_of_the_front_end_pass() -> None:
    npm = shutil.which("npm")
    assert npm

    finished = subprocess.run(
        [npm, "--prefix", FRONTEND, "test", "--silent"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_the_page_is_light_before_anything_is_opened() -> None:
    """What loads with the page stays within 150 kB, compressed; the rest comes when it is wanted."""
    page = (DIRECTORY / "index.html").read_text()
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', page)

    sizes = {each: len(gzip.compress((DIRECTORY / each).read_bytes(), 6)) for each in scripts}

    assert scripts
    assert sum(sizes.values()) < 150_000, sizes
    assert not any(
        lazy in name
        for name in sizes
        for lazy in (
            "preview",
            "share-dialog",
            "share-folder",
            "shared-folder",
            "receive-page",
            "client-zip",
            "admin-page",
        )
    )
