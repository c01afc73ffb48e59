"""The HTTP server around the API: an ASGI application on uvicorn, with a way to cut a connection in mid-body.

Written on bare ASGI because the path must be split before it is percent-decoded: an order id such as `a%2Fb`
is one segment. Answering costs about 0.1 ms of CPU.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .api import Api
from .control import Control
from .exchange import Reply, Request

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_TRANSPORT = "emulator.transport"
_SLOW_PIECES = 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BODY_LIMIT = 1_000_000


class _Protocol(HttpToolsProtocol):
    """Hands the connection to the application, which ASGI itself gives no way to reset."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_TRANSPORT: self.transport}  # type: ignore[dict-item]


class Emulator:
    """The ASGI application."""

    def __init__(self, api: Api, control: Control, latency: float = 0.0, slow_body: float = 3.0) -> None:
        self._api = api
        self._control = control
        self._latency = latency
        self._slow_body = slow_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        if request.path[:1] == ("_control",):
            await _send_whole(self._control.reply(request), send)
            return
        if self._latency:
            await asyncio.sleep(self._latency)
        reply = self._api.reply(request)
        await self._send(reply, scope, receive, send)

    async def _send(self, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
        match reply.transport:
            case "whole":
                await _send_whole(reply, send)
            case "slow_head":
                await asyncio.sleep(self._slow_body)
                await _send_whole(reply, send)
            case "slow_body":
                await _send_slowly(reply, send, self._slow_body)
            case "dropped":
                await _reset(scope["extensions"][_TRANSPORT], receive)
            case "reset":
                await _send_half(reply, send)
                await _reset(scope["extensions"][_TRANSPORT], receive)
            case "silent":
                await _until_gone(receive)
            case "stalled":
                await _send_half(reply, send)
                await _until_gone(receive)


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    if scope["method"] != "GET":
        more = True
        while more and len(body) < _BODY_LIMIT:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
    bearer = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = bearer.decode("latin-1").partition(" ")
    query = scope["query_string"].decode("latin-1")
    return Request(
        method=scope["method"],
        path=tuple(unquote(part) for part in scope["raw_path"].decode("latin-1").split("/")[1:]),
        query=dict(parse_qsl(query)) if query else {},
        token=token.strip() if scheme.lower() == "bearer" else None,
        body=body,
    )


async def _send_head(reply: Reply, send: Send) -> None:
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


def _part(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _send_whole(reply: Reply, send: Send) -> None:
    await _send_head(reply, send)
    await send(_part(reply.body, False))


async def _send_half(reply: Reply, send: Send) -> None:
    await _send_head(reply, send)
    await send(_part(reply.body[: len(reply.body) // 2], True))


async def _send_slowly(reply: Reply, send: Send, seconds: float) -> None:
    await _send_head(reply, send)
    size = max(1, -(-len(reply.body) // _SLOW_PIECES))
    for start in range(0, len(reply.body), size):
        await asyncio.sleep(seconds / _SLOW_PIECES)
        await send(_part(reply.body[start : start + size], True))
    await send(_part(b"", False))


async def _reset(transport: asyncio.Transport, receive: Receive) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
    await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[uvicorn.Server], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready(self)


def serve(app: Emulator, listener: socket.socket, on_ready: Callable[[uvicorn.Server], None]) -> None:
    """Answer on a bound socket until the server is told to stop."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,  # as long as nginx: a waiting client should not find its connection gone
        timeout_graceful_shutdown=1,
    )
    with suppress(KeyboardInterrupt):
        _Server(config, on_ready).run(sockets=[listener])
