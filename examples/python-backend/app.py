"""POST /digests {"file": "<id>"}: fetch a file, hash it, and store `<name>.sha256` beside it.

BROKER_URL and BROKER_TOKEN (of `broker token issue`) say where the broker is and who this back end is.
Run it with `uvicorn app:app`.
"""

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from broker.client import AsyncClient
from broker.errors import BrokerError


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with AsyncClient(os.environ["BROKER_URL"], token=os.environ["BROKER_TOKEN"]) as client:
        app.state.client = client
        yield


async def store_digest(request: Request) -> JSONResponse:
    """Hash a file. Its bytes go to a disk of ours and never into memory, however many they are."""
    client: AsyncClient = request.app.state.client
    file = await client.get_file(str((await request.json())["file"]))
    with tempfile.TemporaryDirectory() as directory:
        path = await client.download(file.id, directory)
        with path.open("rb") as fetched:
            digest = hashlib.file_digest(fetched, "sha256").hexdigest()
    text = f"{digest}  {file.name}\n".encode()
    stored = await client.upload(text, name=f"{file.name}.sha256", type="text/plain")
    return JSONResponse({"digest": digest, "file": stored.id}, 201)


async def refuse(_: Request, error: Exception) -> JSONResponse:
    """Tell our caller what the broker says of a file that is not there, or not ours."""
    assert isinstance(error, BrokerError)  # noqa: S101 - Starlette calls it for no other
    return JSONResponse({"error": error.detail}, error.status)


app = Starlette(
    routes=[Route("/digests", store_digest, methods=["POST"])],
    exception_handlers={BrokerError: refuse},
    lifespan=lifespan,
)
