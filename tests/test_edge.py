"""What the edge does with an application that crashes; all else of it shows in test_api.py."""

import asyncio
import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from broker.edge import Edge
from broker.metrics import Metrics


async def nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def ask(app: Edge, sent: list[Message]) -> None:
    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [(b"host", b"a.example")]}
    asyncio.run(app(scope, nothing, send))


def edge_around(*, answers_first: bool) -> Edge:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if answers_first:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    return Edge(app, hosts=frozenset({"a.example"}), metrics=Metrics())


def test_a_crash_before_the_answer_becomes_a_problem() -> None:
    sent: list[Message] = []

    ask(edge_around(answers_first=False), sent)

    start, body = sent
    assert start["status"] == 500
    assert json.loads(body["body"])["type"] == "urn:broker:problem:internal-error"


def test_a_crash_in_the_middle_of_an_answer_is_left_to_the_server_which_cuts_the_connection() -> None:
    sent: list[Message] = []

    with pytest.raises(ZeroDivisionError):
        ask(edge_around(answers_first=True), sent)

    assert [message["type"] for message in sent] == ["http.response.start"]
