"""What this broker and its store can do."""

from typing import get_args

from starlette.requests import Request
from starlette.responses import Response

from broker import parts, schemas, web
from broker.asgi import Route
from broker.doctor.findings import BINDING

_KNOWN = {"ok": True, "failed": False}


async def show_capabilities(request: Request) -> Response:
    await web.claims(request, at=web.now())
    self_test = web.services(request).self_test
    found = {finding.name: _KNOWN.get(finding.outcome) for finding in self_test.findings}
    return web.answer(
        schemas.Capabilities(
            enforces={name: found.get(name) for name in BINDING},
            examined_at=self_test.examined_at,
            methods=get_args(schemas.UploadMethod),
            checksum_algorithms=get_args(schemas.ChecksumAlgorithm),
            limits=schemas.Limits(
                max_parts=parts.MAX_PARTS,
                min_part_size=parts.MIN_PART_SIZE,
                max_part_size=parts.MAX_PART_SIZE,
                max_batch=schemas.MAX_BATCH,
            ),
        )
    )


routes = [Route("/v1/capabilities", show_capabilities, methods=["GET"])]
