"""A tab of a Chromium of its own, driven by the DevTools protocol with as little of it as there can be.

Playwright has the browser report every request together with its body: of small files that costs as much
again as sending them, which no user pays.
"""

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.e2e.conftest import CHROMIUM, FLAGS

PATIENCE = 600  # seconds

# what a function returns is looked at ten times a second, until it is true
UNTIL = """new Promise((resolve) => {
  const look = () => ((%s)(%s) ? resolve() : setTimeout(look, 100));
  look();
})"""


class Tab:
    """What is sent is answered in order; the scripts are functions, as Playwright takes them."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = count(1)
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def send(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and return its result. Raises RuntimeError when the browser refuses it."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        self._connection.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while (answer := json.loads(self._connection.recv(PATIENCE))).get("id") != number:
            pass  # an event
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def evaluate(self, function: str, argument: object = None) -> Any:  # noqa: ANN401 - as JSON is
        """Call a function in the page and wait for what it returns. Raises RuntimeError when it throws."""
        return self._evaluate(f"({function})({json.dumps(argument)})")

    def wait_for(self, function: str, argument: object = None) -> None:
        """Wait until a function is true in the page. Raises TimeoutError after PATIENCE."""
        self._evaluate(UNTIL % (function, json.dumps(argument)))

    def _evaluate(self, expression: str) -> Any:  # noqa: ANN401 - as JSON is
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if thrown := answer.get("exceptionDetails"):
            raise RuntimeError(thrown.get("exception", thrown).get("description", thrown["text"]))
        return answer["result"].get("value")

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)
        self.wait_for("(url) => location.href.startsWith(url) && document.readyState === 'complete'", url)

    def drop(self, paths: Sequence[Path]) -> None:
        """Drop files on the middle of the page, which has to show that it takes them."""
        files = [str(path) for path in paths]
        data = {"items": [], "files": files, "dragOperationsMask": 1}

        def drag(step: str) -> None:
            self.send("Input.dispatchDragEvent", type=step, x=400, y=300, data=data)

        drag("dragEnter")
        for _ in range(100):  # a hand moves until it sees that the page takes the files
            drag("dragOver")
            if self.evaluate("() => document.body.innerText.includes('Drop to upload')"):
                break
        else:
            raise RuntimeError("The page does not take files")
        drag("dragOver")
        drag("drop")

    def choose(self, selector: str, path: Path) -> None:
        """Choose a file in an input."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


@contextmanager
def open_tab() -> Iterator[Tab]:
    """Run a Chromium until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as profile:
        command = [
            str(CHROMIUM),
            *("--headless", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"),
            "--window-size=1280,800",
        ]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as browser:
            assert browser.stderr is not None
            try:
                address = next(found[0] for line in browser.stderr if (found := re.search(r"ws://\S+", line)))
                threading.Thread(target=browser.stderr.read, daemon=True).start()
                with connect(address, max_size=None) as connection:
                    yield Tab(connection)
            finally:
                browser.terminate()
