import pytest
from starlette.applications import Starlette

from broker.server import configure


@pytest.mark.parametrize("setting", ["access_log", "proxy_headers", "server_header"])
def test_what_uvicorn_would_log_believe_or_tell_is_off(setting: str) -> None:
    assert getattr(configure(Starlette()), setting) is False
