"""The levers under /_control, no part of the API: clock, faults, tokens, and what happened so far."""

from typing import Any

import orjson

from .api import Api
from .clock import WorldClock, parse_instant
from .exchange import Reply, Request, json_reply
from .faults import parse_faults


class Control:
    """Everything below /_control."""

    def __init__(self, api: Api, clock: WorldClock) -> None:
        self._api = api
        self._clock = clock

    def reply(self, request: Request) -> Reply:
        try:
            body = orjson.loads(request.body) if request.body else {}
            found = self._answer(request.method, request.path[1:], body)
        except (ValueError, KeyError, TypeError) as error:
            return json_reply(400, {"error": str(error)})
        return json_reply(404, {"error": "no such control"}) if found is None else json_reply(200, found)

    def _answer(self, method: str, path: tuple[str, ...], body: dict[str, Any]) -> dict[str, Any] | None:
        match method, path:
            case "GET", ("stats",):
                stats = self._api.stats
                total = sum(sum(counts.values()) for counts in stats.requests.values())
                return {
                    "total": total,
                    "requests": stats.requests,
                    "faults": stats.faults,
                    "asked": stats.asked,
                }
            case "GET", ("world",):
                return self._world()
            case "GET", ("clock",):
                return {"now": self._clock(), "speed": self._clock.speed}
            case "POST", ("clock",):
                now = parse_instant(body["now"]) if "now" in body else self._clock()
                self._clock.set(now, body.get("speed"))
                return {"now": self._clock(), "speed": self._clock.speed}
            case "POST", ("faults",):
                self._api.faults.faults = parse_faults(body["faults"])
                return {"faults": [fault._asdict() for fault in self._api.faults.faults]}
            case "POST", ("tokens",):
                return {"revoked": self._api.tokens.revoke(body.get("revoke"))}
        return None

    def _world(self) -> dict[str, Any]:
        now = self._clock()
        world = self._api.world
        return {
            "now": now,
            "order_ids": [order.order_id for order in world.orders_until(now)],
            "source": [row._asdict() for row in world.orders_at(now)],
            "truth": [truth._asdict() for truth in world.truth(now)],
        }
