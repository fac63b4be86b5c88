"""Requests that reach the web page, and those that do not."""

import asyncio
import types

import pytest

from experiments.demonstration.guard import MORE, UPLOAD, Guard

HERE = "127.0.0.1:7860"


def status(method="POST", path=UPLOAD, kind="http", size=0, **headers):
    """Return the status of the guard's answer, 200 where the request is passed on."""
    found = []

    async def app(scope, receive, send):
        found.append(200)

    async def send(message):
        found.append(message.get("status") or message["type"])

    guard = Guard(app, types.SimpleNamespace(size=lambda: size), most_bytes=1000)
    named = {"host": HERE, "content-length": "10"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    listed = [(name.encode(), value.encode()) for name, value in named.items() if value]
    scope = {"type": kind, "method": method, "path": path, "headers": listed}
    asyncio.run(guard(scope, None, send))
    return found[0]


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        (200, {}),
        (200, {"origin": f"http://{HERE}"}),
        (200, {"host": "localhost:7860", "method": "GET", "content_length": ""}),
        (403, {"origin": "http://evil.example"}),
        (403, {"origin": "http://127.0.0.1:9999"}),
        (403, {"origin": "null"}),
        (403, {"host": "evil.example:7860", "method": "GET"}),
        (403, {"host": ""}),
        (411, {"content_length": ""}),
        (411, {"content_length": "-5"}),
        (200, {"content_length": str(MORE + 1000)}),
        (413, {"content_length": str(MORE + 1001)}),
        (413, {"content_length": str(MORE + 1), "path": "/gradio_api/queue/join"}),
        (503, {"size": 4 * (MORE + 1000)}),
        ("websocket.close", {"kind": "websocket", "host": "evil.example"}),
    ],
)
def test_only_the_page_itself_may_ask_and_only_for_little(expected, request_):
    assert status(**request_) == expected
