import shutil
import subprocess
from pathlib import Path

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
