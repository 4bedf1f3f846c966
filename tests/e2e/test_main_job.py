"""The main job as a person does it: sign in, drop, see it go, fetch, delete."""

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from broker.client.hashing import fingerprint
from broker.client.sources import BytesSource
from broker.server import listen
from broker.settings import Policy
from broker.stores.sdk import connect
from tests.e2e.conftest import PASSWORD, run_site, watched
from tests.running import RunningBroker
from tests.transfers import create, put
from tests.waiting import wait_until

MIB = 1024 * 1024
BAD_NAME = (
    "This name cannot be used: it may not be empty or too long, nor hold / or \\ or control characters."
)


def png(side: int = 64) -> bytes:
    """Make a real picture: a black square, of few bytes however many points it has."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes(side // 8)) * side
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


REAL_FILES = {
    "empty.bin": b"",
    "one byte.txt": b"1",
    "picture.png": png(),
    "random 15 MiB.bin": os.urandom(15 * MIB),
    "größe ✓ 日本.txt": b"abc",
    "n" * 251 + ".txt": b"a name of 255 bytes",
}


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Drop files anywhere")).to_be_visible()


# Chromium makes a leave of a drop that the page did not want when it was asked last
HEAR_DROPS = """() => {
  window.heard = null;
  const hear = ({type, relatedTarget}) => {
    if (relatedTarget === null) window.heard = type;
  };
  for (const type of ["drop", "dragleave"]) window.addEventListener(type, hear, {capture: true});
}"""


def drop(page: Page, paths: list[Path], *, overlay: str = "Drop to upload", heard: str = "drop") -> None:
    """Drop real files on the middle of the window, as a hand does that sees what the overlay says.

    A hand tries again, too, where a busy browser took it that the page wants no files.
    """
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}

    def drag(step: str) -> None:
        devtools.send("Input.dispatchDragEvent", {"type": step, "x": 400, "y": 300, "data": data})

    def let_go() -> str | None:
        drag("dragEnter")
        shown = page.get_by_text(overlay)
        for _ in range(100):  # a hand moves until it sees that the page takes the files
            drag("dragOver")
            if shown.is_visible():
                break
        expect(shown).to_be_visible()
        drag("dragOver")  # it answers now that it takes them
        page.evaluate(HEAR_DROPS)
        drag("drop")
        told = (page.evaluate("() => window.heard") for _ in range(1000))
        return next((each for each in told if each), None)

    assert any(let_go() == heard for _ in range(5))
    devtools.detach()


def write(directory: Path, contents: dict[str, bytes]) -> list[Path]:
    paths = [directory / name for name in contents]
    for path in paths:
        path.write_bytes(contents[path.name])
    return paths


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def metric(site: RunningBroker, name: str) -> int:
    lines = httpx.get(f"{site.url}/metrics").text.splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith(name))))


def test_real_files_go_straight_to_the_store_and_come_back_unchanged(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path
) -> None:
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))
    received_before = metric(site, "broker_http_request_body_bytes_total")
    answered_before = metric(site, "broker_http_response_body_bytes_total")

    sign_in(page)
    drop(page, write(files, REAL_FILES))
    expect(page.get_by_text("6 uploaded", exact=True)).to_be_visible()

    found = {}
    for name in REAL_FILES:
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {name}", exact=True).click()
        found[name] = sha256(download.value.path().read_bytes())

    assert found == {name: sha256(body) for name, body in REAL_FILES.items()}

    size = sum(map(len, REAL_FILES.values()))
    store = site.settings.store.public_url
    puts = [
        request for request in sent if request.method == "PUT" and files_in_store(site).match(request.url)
    ]
    assert {origin_of(request.url) for request in puts} == {store}
    assert sum(int(request.all_headers()["content-length"]) for request in puts) == size
    on_the_wire = [request for request in sent if not request.url.startswith("blob:")]
    assert {origin_of(request.url) for request in on_the_wire} == {store, site.url}
    to_broker = [request for request in sent if origin_of(request.url) == site.url]
    assert all(len(request.post_data or "") < 1000 for request in to_broker)
    # the broker's own count: what 6 uploads say in JSON, and a page, but no object byte of 15 MiB
    assert metric(site, "broker_http_request_body_bytes_total") - received_before < 10_000
    assert metric(site, "broker_http_response_body_bytes_total") - answered_before < MIB


def test_a_large_file_goes_in_parts_straight_to_the_store_and_comes_back_unchanged(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path
) -> None:
    body = os.urandom(36 * MIB)
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))
    received_before = metric(site, "broker_http_request_body_bytes_total")
    sign_in(page)

    drop(page, write(files, {"large.bin": body, "small.txt": b"overtakes"}))
    expect(page.get_by_text("2 uploaded", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download large.bin", exact=True).click()

    assert sha256(download.value.path().read_bytes()) == sha256(body)
    puts = [request for request in sent if request.method == "PUT"]
    assert {origin_of(request.url) for request in puts} == {site.settings.store.public_url}
    lengths = sorted(int(request.all_headers()["content-length"]) for request in puts)
    assert lengths == [9, 4 * MIB, 8 * MIB, 8 * MIB, 8 * MIB, 8 * MIB]
    assert all("x-amz-checksum-crc32c" in request.headers for request in puts)
    signing = [request for request in sent if request.url.endswith("/parts")]
    assert len(signing) == 2  # four parts, then the fifth, while those are on their way
    assert metric(site, "broker_http_request_body_bytes_total") - received_before < 10_000


@pytest.mark.parametrize("fault", ["cut off", "refused"])
def test_a_part_that_fails_is_sent_again_and_no_other(
    page: Page, site: RunningBroker, files: Path, fault: str
) -> None:
    """Cut off, it is sent again; refused with 403, as when its URL has expired, it is signed again before."""
    sign_in(page)
    parts: list[str] = []

    def fail_the_first(route: Route) -> None:
        parts.append(part_number(route.request.url))
        if len(parts) > 1:
            route.continue_()
        elif fault == "cut off":
            route.abort()
        else:
            route.fulfill(status=403, headers={"access-control-allow-origin": site.url}, body="<Error/>")

    page.route(files_in_store(site), fail_the_first)

    drop(page, write(files, {f"{fault}.bin": os.urandom(20 * MIB)}))

    expect(page.get_by_role("button", name=f"Download {fault}.bin")).to_be_visible()
    assert sorted(parts) == sorted(["1", "2", "3", parts[0]])


def test_a_large_upload_goes_on_with_the_part_that_is_missing(
    page: Page, site: RunningBroker, files: Path
) -> None:
    body = os.urandom(20 * MIB)
    store = files_in_store(site)
    sign_in(page)
    failing = {"2"}
    delivered: list[str] = []
    page.route(store, partly_refused(failing, delivered))

    drop(page, write(files, {"resumed.bin": body}))
    expect(page.get_by_text("The storage refused the file (400).").first).to_be_visible()
    failing.clear()
    page.get_by_role("button", name="Retry resumed.bin").click()

    expect(page.get_by_role("button", name="Download resumed.bin")).to_be_visible()
    assert set(delivered) == {"1", "2", "3"}
    assert delivered.count("2") == 1
    assert sha256(fetch_newest(site, "resumed.bin")) == sha256(body)


def test_a_file_chosen_again_after_a_reload_goes_on_where_it_was(
    page: Page, site: RunningBroker, files: Path
) -> None:
    body = os.urandom(20 * MIB)
    store = files_in_store(site)
    sign_in(page)
    failing = {"3"}
    delivered: list[str] = []
    page.route(store, partly_refused(failing, delivered))
    drop(page, write(files, {"reloaded.bin": body}))
    expect(page.get_by_text("The storage refused the file (400).").first).to_be_visible()
    with site.client("alice", tenant="default") as client:
        (pending,) = client.get("/v1/uploads").json()["items"]
        held = client.get(f"/v1/uploads/{pending['id']}").json()["parts"]

    page.reload()
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    failing.clear()
    delivered.clear()
    drop(page, [files / "reloaded.bin"])

    expect(page.get_by_role("button", name="Download reloaded.bin")).to_be_visible()
    assert sorted(delivered) == sorted({"1", "2", "3"} - {str(part["number"]) for part in held})
    assert sha256(fetch_newest(site, "reloaded.bin")) == sha256(body)
    with site.client("alice", tenant="default") as client:
        assert client.get("/v1/uploads").json()["items"] == []


@pytest.mark.parametrize(("name", "size"), [("piece.bin", 12 * MIB), ("in parts.bin", 24 * MIB)])
def test_a_paused_upload_stands_still_and_goes_on(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path, name: str, size: int
) -> None:
    body = os.urandom(size)
    sign_in(page)
    devtools = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4 * MIB}
    devtools.send("Network.emulateNetworkConditions", slow)
    drop(page, write(files, {name: body}))
    page.wait_for_function(MOVES, arg=name)

    page.get_by_role("button", name=f"Pause {name}").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    with site.client("alice", tenant="default") as client:
        (pending,) = client.get("/v1/uploads").json()["items"]
    devtools.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.get_by_role("button", name=f"Resume {name}").click()

    expect(page.get_by_role("button", name=f"Download {name}")).to_be_visible()
    with site.client("alice", tenant="default") as client:
        assert client.get(f"/v1/uploads/{pending['id']}").json()["status"] == "completed"
    assert sha256(fetch_newest(site, name)) == sha256(body)


def partly_refused(failing: set[str], delivered: list[str]) -> Callable[[Route], None]:
    """Let parts through but those that fail, in a way that no further try could mend."""

    def answer(route: Route) -> None:
        number = part_number(route.request.url)
        if number in failing:
            route.fulfill(status=400, headers={"access-control-allow-origin": "*"})
        else:
            delivered.append(number)
            route.continue_()

    return answer


def fetch_newest(site: RunningBroker, name: str) -> bytes:
    with site.client("alice", tenant="default") as client:
        stored = client.get("/v1/files").json()["items"][0]
        assert stored["name"] == name
        return httpx.get(client.post(f"/v1/files/{stored['id']}/download").json()["url"]).content


def files_in_store(site: RunningBroker) -> re.Pattern[str]:
    """Match the addresses of files in the store, but those of thumbnails, which come when they like."""
    return re.compile(re.escape(site.settings.store.public_url) + r"/[^?]*(?<!\.thumbnail)\?")


def part_number(url: str) -> str:
    return parse_qs(urlsplit(url).query)["partNumber"][0]


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def page_under(
    policies: dict[str, Policy], chromium: Browser, directory: Path
) -> Iterator[tuple[Page, RunningBroker]]:
    """Yield the page of a broker with these policies, of which alice is a user."""
    with (
        listen("127.0.0.1", 0) as listener,
        run_site(listener, directory, policies=policies) as site,
        closing(chromium.new_context(base_url=site.url)) as context,
        watched(context.new_page()) as page,
    ):
        site.add_user("alice", PASSWORD)
        yield page, site


def test_a_policy_may_ask_for_sha256(chromium: Browser, tmp_path: Path) -> None:
    policies = {"default": Policy(checksum_algorithm="sha256", checksum_required=True)}
    bodies = {
        "small.bin": os.urandom(1000),
        "middling.bin": os.urandom(3 * MIB),
        "large.bin": os.urandom(20 * MIB),
    }
    with page_under(policies, chromium, tmp_path) as (page, site):
        held: list[Route] = []  # the policy is not told before files are dropped
        page.route("**/v1/me", lambda route: held.append(route))
        with page.expect_request("**/v1/me"):
            sign_in(page)
        drop(page, write(tmp_path, bodies))
        for route in held:
            route.continue_()

        expect(page.get_by_text("3 uploaded", exact=True)).to_be_visible()
        with site.client("alice", tenant="default") as client:
            files = {file["name"]: file for file in client.get("/v1/files").json()["items"]}
            for name, body in bodies.items():
                assert files[name]["checksum"].startswith("sha256:")
                url = client.post(f"/v1/files/{files[name]['id']}/download").json()["url"]
                assert sha256(httpx.get(url).content) == sha256(body)


def test_what_is_dropped_while_the_policy_cannot_be_read_says_so(page: Page, files: Path) -> None:
    page.route("**/v1/me", lambda route: route.abort())
    sign_in(page)

    drop(page, write(files, {"early.txt": b"1"}))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The service does not answer.")
    expect(page.get_by_role("region", name="Uploads")).to_have_count(0)

    page.unroute("**/v1/me")
    drop(page, [files / "early.txt"])
    expect(page.get_by_text("1 uploaded", exact=True)).to_be_visible()


def test_nothing_is_sent_under_a_policy_that_is_not_for_the_user(chromium: Browser, tmp_path: Path) -> None:
    policies = {"default": Policy(scope="files:upload-here")}
    with page_under(policies, chromium, tmp_path) as (page, _):
        sign_in(page)

        drop(page, write(tmp_path, {"one.txt": b"1"}))

        expect(
            page.get_by_text("Your account may not store files under the policy “default”.")
        ).to_be_visible()
        expect(page.get_by_role("region", name="Uploads")).to_have_count(0)


def test_an_unfinished_upload_is_gone_on_with_by_its_own_policy(chromium: Browser, tmp_path: Path) -> None:
    policies = {"default": Policy(), "films": Policy(name="films", single_put_max=MIB)}
    body = os.urandom(6 * MIB)
    new = {"name": "film.mkv", "size": len(body), "type": "video/x-matroska", "policy": "films"}
    mark = fingerprint(BytesSource(body, "film.mkv"))
    with (
        page_under(policies, chromium, tmp_path) as (page, site),
        site.client("alice", tenant="default") as client,
    ):
        created = client.post("/v1/uploads", json=new | {"fingerprint": mark}).raise_for_status().json()
        sign_in(page)

        page.get_by_label("Choose film.mkv again").set_input_files(write(tmp_path, {"film.mkv": body}))

        expect(page.get_by_role("button", name="Download film.mkv")).to_be_visible()
        assert client.get(f"/v1/uploads/{created['id']}").json()["status"] == "completed"


def test_creating_and_completing_a_file_are_one_round_trip_each(page: Page, files: Path) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", name="All files")).to_be_visible()
    calls: list[str] = []
    page.on("request", lambda request: calls.append(f"{request.method} {urlsplit(request.url).path}"))

    drop(page, write(files, {"one.txt": b"1"}))
    expect(page.get_by_text("1 uploaded", exact=True)).to_be_visible()

    patterns = [
        r"POST /v1/uploads",
        r"PUT /files/uploads/default/[0-9a-z]{26}",
        r"POST /v1/uploads/[0-9a-z]{26}/complete",
    ]
    of_thumbnails = "POST /v1/files/thumbnails"  # of what was there before
    uploading = [call for call in calls if call.startswith(("POST", "PUT")) and call != of_thumbnails]
    assert len(uploading) == 3
    assert all(re.fullmatch(pattern, call) for pattern, call in zip(patterns, uploading, strict=True))


@pytest.mark.parametrize(("name", "size"), [("one piece.bin", 12 * MIB), ("parts.bin", 24 * MIB)])
def test_progress_is_real_and_a_cancelled_upload_leaves_nothing(
    page: Page, context: BrowserContext, site: RunningBroker, files: Path, name: str, size: int
) -> None:
    sign_in(page)
    devtools = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2 * MIB}
    devtools.send("Network.emulateNetworkConditions", slow)

    drop(page, write(files, {name: os.urandom(size)}))
    progress = page.get_by_role("progressbar", name=f"Progress of {name}")
    seen: list[int] = []
    page.wait_for_function(MOVES, arg=name)
    seen.append(int(progress.get_attribute("aria-valuenow") or -1))
    page.get_by_role("button", name=f"Cancel {name}").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()

    assert 0 < seen[0] < 100
    with site.client("alice", tenant="default") as client:
        wait_until(lambda: client.get("/v1/uploads").json()["items"] == [])
        assert name not in [file["name"] for file in client.get("/v1/files").json()["items"]]

    devtools.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.get_by_role("button", name=f"Retry {name}").click()
    expect(page.get_by_role("button", name=f"Download {name}")).to_be_visible()


# true once the bar has moved but is not full
MOVES = """(name) => {
  const bar = document.querySelector(`[role=progressbar][aria-label="Progress of ${name}"]`);
  const now = Number(bar?.ariaValueNow);
  return now > 5 && now < 95;
}"""


def test_the_keyboard_alone_does_the_main_job(page: Page, site: RunningBroker, files: Path) -> None:
    page.on("filechooser", lambda _: None)  # from now on Chromium hands its dialogs over
    page.goto("/")
    page.get_by_label("User name").focus()
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Drop files anywhere")).to_be_visible()

    tab_to(page, "Choose files")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(write(files, {"by keyboard.txt": b"typed"}))
    expect(page.get_by_text("1 uploaded", exact=True)).to_be_visible()

    tab_to(page, "Download by keyboard.txt")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.path().read_bytes() == b"typed"
    assert download.value.suggested_filename == "by keyboard.txt"

    tab_to(page, "More about by keyboard.txt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Download by keyboard.txt")).to_have_count(0)


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the focus is on what is called so."""
    for _ in range(60):
        if page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.innerText") == label:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{label} cannot be reached by Tab")


def test_a_wrong_password_is_told_and_the_right_one_works_then(page: Page) -> None:
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text("The user name or the password is wrong.")
    sign_in(page)


def test_a_store_that_is_away_is_told_and_retry_goes_on(page: Page, site: RunningBroker, files: Path) -> None:
    sign_in(page)
    store = files_in_store(site)
    page.clock.install()  # so that the pauses between the tries need no waiting
    page.route(store, lambda route: route.abort())

    drop(page, write(files, {"patient.txt": b"patience"}))
    expect(page.get_by_text("Connection trouble, trying again…")).to_be_visible()
    # where the clock does not outrun it, the broker says that it is no fault of the store's
    failed = page.get_by_text(re.compile("The storage does not answer|lost on its way to the storage")).first
    for _ in range(500):
        if failed.is_visible():
            break
        page.clock.run_for(10_000)
    expect(failed).to_be_visible()
    page.unroute(store)
    page.get_by_role("button", name="Retry patient.txt").click()

    expect(page.get_by_role("button", name="Download patient.txt")).to_be_visible()


def test_an_answer_lost_on_its_way_back_does_not_lose_the_file(
    page: Page, site: RunningBroker, files: Path
) -> None:
    """The PUT arrived, the page does not know: it sends again, is told 412, and completes."""
    sign_in(page)
    answers: list[int] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        answers.append(answer.status)
        if len(answers) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route(files_in_store(site), lose_the_first)

    drop(page, write(files, {"lost answer.txt": b"arrived"}))

    expect(page.get_by_role("button", name="Download lost answer.txt")).to_be_visible()
    assert answers == [200, 412]


def test_a_download_that_the_store_refuses_is_explained(page: Page, site: RunningBroker) -> None:
    with site.client("alice", tenant="default") as client:
        created = create(client, b"lost", name="lost.txt")
        put(created, b"lost").raise_for_status()
        client.post(f"/v1/uploads/{created['id']}/complete").raise_for_status()
    store = site.settings.store
    key = urlsplit(created["request"]["url"]).path.removeprefix(f"/{store.bucket}/")
    connect(store, store.control).remove_object(store.bucket, key)
    sign_in(page)

    page.get_by_role("button", name="Download lost.txt").click()

    expect(page.get_by_text("lost.txt could not be downloaded. The storage refused")).to_be_visible()


def test_a_url_that_expired_is_signed_anew(page: Page, site: RunningBroker, files: Path) -> None:
    sign_in(page)
    tries: list[str] = []

    def refuse_the_first(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            headers = {"access-control-allow-origin": site.url}
            route.fulfill(
                status=403, headers=headers, body="<Error><Message>Request has expired</Message></Error>"
            )
        else:
            route.continue_()

    page.route(files_in_store(site), refuse_the_first)

    with page.expect_request(re.compile(r"/v1/uploads/[0-9a-z]{26}$")) as signing:
        drop(page, write(files, {"signed twice.txt": b"x"}))

    assert signing.value.method == "GET"
    expect(page.get_by_role("button", name="Download signed twice.txt")).to_be_visible()


def test_a_file_over_the_limit_is_refused_before_a_byte_is_sent(page: Page, files: Path) -> None:
    sign_in(page)
    expect(page.get_by_text("Up to 5")).to_be_visible()
    huge = files / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(5 * 1024 * MIB + 1)  # takes no space
    calls: list[str] = []
    page.on("request", lambda request: calls.append(f"{request.method} {urlsplit(request.url).path}"))

    drop(page, [huge])

    expect(page.get_by_text("The file is larger than").first).to_be_visible()
    sent = [call for call in calls if call.startswith(("POST ", "PUT "))]
    assert set(sent) <= {"POST /v1/files/thumbnails"}  # the list's, which may come late


def test_a_name_that_the_broker_refuses_is_explained(page: Page, files: Path) -> None:
    sign_in(page)

    drop(page, write(files, {"gpj\u202eexe": b"x"}))

    expect(page.get_by_text(BAD_NAME, exact=True)).to_be_visible()


def test_c45_the_page_may_talk_to_the_store_and_to_nobody_else(
    context: BrowserContext, site: RunningBroker
) -> None:
    page = context.new_page()
    answer = page.goto("/")
    assert answer
    store = site.settings.store.public_url

    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: {store}; "
        f"media-src 'self' blob: {store}; connect-src 'self' {store}; frame-src {store}; font-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["permissions-policy"] == (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()"
    )
    assert page.evaluate(VIOLATION) == "connect-src"


# tells which directive stops a call to a third party
VIOLATION = """() => new Promise((resolve) => {
  addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
  fetch("http://127.0.0.1:1234/").then(() => resolve("sent"), () => {});
})"""


def test_the_pages_parts_are_compressed_and_cached_for_good(page: Page, site: RunningBroker) -> None:
    html = httpx.get(site.url).text
    script = re.findall(r'src="(/assets/[^"]+\.js)"', html)[0]

    answer = httpx.get(site.url + script)

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")


def answer_with_problem(status: int, slug: str) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        body = {"type": f"urn:broker:problem:{slug}", "title": slug, "status": status, "detail": "Because."}
        route.fulfill(status=status, json=body, content_type="application/problem+json")

    return answer
