"""The broker is killed before and after every step of its work; then all can still be mended.

The steps are those that an undisturbed run takes, so that a new one is killed at as well.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import count, product
from pathlib import Path
from signal import SIGKILL
from typing import NamedTuple, Protocol

import httpx
import pytest

from broker.settings import StoreSettings
from tests.crash.crashing_broker import Trap
from tests.crash.scene import HOUR, Scene

Deed = Callable[[Scene], None]

_numbers = count()


class Request(NamedTuple):
    """The client does what is `first`, then the broker is killed in `last`; `again` is done with the next.

    `files`: how many there are in the end; `alone`: how many there may be if the client does not come back.
    """

    first: tuple[Deed, ...]
    last: Deed
    again: tuple[Deed, ...]
    files: int
    alone: tuple[int, ...] = (0, 1)
    type: str = "text/html"


class Visit(NamedTuple):
    """The reconciler comes so long `after` what is `first`, and is killed; `then` the client does more.

    `files`: how many there are in the end.
    """

    first: tuple[Deed, ...]
    after: timedelta
    files: int
    then: tuple[Deed, ...] = ()


SENT = (Scene.create, Scene.send)
ABORTED = (*SENT, Scene.abort, Scene.send)
DELETED = (*SENT, Scene.complete, Scene.delete)

REQUESTS = {
    "create": Request((), Scene.create, (*SENT, Scene.complete), files=1, alone=(0,)),
    "complete": Request(SENT, Scene.complete, (Scene.complete,), files=1),
    "reject": Request(
        SENT, Scene.complete_in_vain, (Scene.complete_in_vain,), files=0, alone=(0,), type="image/png"
    ),
    "abort": Request(SENT, Scene.abort, (Scene.send, Scene.abort), files=0),
    "delete": Request((*SENT, Scene.complete), Scene.delete, (Scene.delete,), files=0),
}
VISITS = {
    "publish": Visit((*SENT, Scene.assemble), HOUR / 6, files=1),
    "wait": Visit((Scene.create,), HOUR / 6, files=0),
    "expire": Visit(SENT, 25 * HOUR, files=0, then=(Scene.send,)),
    "remove": Visit(ABORTED, 2 * HOUR, files=0),
    "forget": Visit(ABORTED, 26 * HOUR, files=0),  # nobody has visited it before
    "forget-a-file": Visit((*DELETED, Scene.clear), 26 * HOUR, files=0),
}
METHODS = {"single": "default", "multipart": "parts"}  # the policy that has files sent so


class MakeScene(Protocol):
    def __call__(self, *, type: str = "text/html") -> Scene: ...  # noqa: A002 -- the field's name


@pytest.fixture(params=METHODS)
def make_scene(
    request: pytest.FixtureRequest, embedded: StoreSettings, sqlite_registry: Path, tmp_path: Path
) -> Iterator[MakeScene]:
    def make(*, type: str = "text/html") -> Scene:  # noqa: A002 -- the field's name
        number = next(_numbers)
        database = shutil.copy(sqlite_registry, tmp_path / f"{number}.db")
        policy = METHODS[request.param]
        scene = Scene(embedded, f"sqlite:///{database}", tenant=f"crash-{number}", policy=policy, type=type)
        return scenes.enter_context(closing(scene))

    with ExitStack() as scenes:
        yield make


@pytest.mark.parametrize("case", REQUESTS.values(), ids=REQUESTS)
def test_a_broker_that_is_killed_in_a_request_loses_nothing_and_leaks_nothing(
    make_scene: MakeScene, case: Request, subtests: pytest.Subtests
) -> None:
    scene = make_scene(type=case.type)
    with scene.broker() as process:
        do(scene, case.first)
        steps_before = list(process.steps())
        case.last(scene)
        steps = list(process.steps())
    assert steps

    for trap, is_back in product(traps(steps, after=len(steps_before)), (True, False)):
        what = f"{trap.moment} {steps[trap.step - len(steps_before)]}"
        with subtests.test(f"killed {what}, the client {'comes back' if is_back else 'stays away'}"):
            scene = make_scene(type=case.type)
            with scene.broker(trap) as process:
                do(scene, case.first)
                with pytest.raises(httpx.TransportError):
                    case.last(scene)
                assert process.join() == -SIGKILL
            with scene.broker():
                found = scene.count_files()
                if is_back:
                    do(scene, case.again)
                    assert scene.count_files() == case.files
                scene.let_days_pass()
                files = scene.count_files()
                assert files in ((case.files,) if is_back else case.alone)
                assert is_back or files >= found
                left = scene.assert_nothing_is_left(files=files)
                # one that the registry never knew: nobody can send to it, and the store drops it after days
                assert left.empty == [] or case.last is Scene.create


@pytest.mark.parametrize("case", VISITS.values(), ids=VISITS)
def test_c41_a_reconciler_that_is_killed_in_a_visit_is_followed_by_one_that_ends_it(
    make_scene: MakeScene, case: Visit, subtests: pytest.Subtests
) -> None:
    scene = make_scene()
    with scene.broker():
        do(scene, case.first)
        with scene.reconciler(after=case.after) as process:
            assert process.join() == 0
            steps = list(process.steps())
    assert steps

    for trap in traps(steps):
        with subtests.test(f"killed {trap.moment} {steps[trap.step]}"):
            scene = make_scene()
            with scene.broker():
                do(scene, case.first)
                with scene.reconciler(trap, after=case.after) as process:
                    assert process.join() == -SIGKILL
                do(scene, case.then)
                assert scene.count_files() <= case.files
                scene.let_days_pass(since=case.after)
                scene.come_late()
                assert scene.count_files() == case.files
                assert scene.assert_nothing_is_left(files=case.files).empty == []


def do(scene: Scene, deeds: tuple[Deed, ...]) -> None:
    for deed in deeds:
        deed(scene)


def traps(steps: list[str], *, after: int = 0) -> Iterator[Trap]:
    """Yield each place where a run of these steps can be killed; they come after so many others."""
    for step in range(after, after + len(steps)):
        yield Trap(step, "before")
        yield Trap(step, "after")
