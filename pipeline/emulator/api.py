"""The API's routes: tracking in both forms, tokens, orders; behind sign-in, budget and faults."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

from . import answers
from .clock import Clock
from .exchange import Reply, Request, json_reply
from .faults import FaultPlan
from .limits import Limiter, Verdict
from .order_list import order_list
from .spoil import spoil
from .tokens import LIFETIME, Tokens
from .world import FOREIGN_ORDER_IDS, World

_ANONYMOUS = "anonymous"


@dataclass
class Stats:
    """What was asked and how it was answered, for tests and benchmarks."""

    requests: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)


@dataclass
class Api:
    """Everything below /v1."""

    world: World
    clock: Clock
    limit_clock: Clock
    limiter: Limiter
    tokens: Tokens
    faults: FaultPlan
    retry_after: bool = False
    elsewhere: str = "https://elsewhere.invalid"
    stats: Stats = field(default_factory=Stats)

    def reply(self, request: Request) -> Reply:
        endpoint, handler = self._route(request)
        limited_at = self.limit_clock().timestamp()
        verdict = self.limiter.ask(self._account(request), limited_at)
        now = self.clock()
        if not verdict.allowed:
            reply = json_reply(429, answers.rate_limited())
        elif endpoint != "token" and not self.tokens.accepts(request.token or "", now):
            reply = self._unauthorized(request)
        else:
            reply = handler(request, now)
        self.stats.requests[endpoint][str(reply.status)] += 1
        return reply._replace(headers=reply.headers + self._limit_headers(verdict, reply.status, limited_at))

    def _route(self, request: Request) -> tuple[str, Callable[[Request, datetime], Reply]]:
        match request.method, request.path:
            case "GET", ("v1", "tracking", "get"):
                return "tracking_by_number", self._track_parcel
            case "GET", ("v1", "tracking", "get", _):
                return "tracking_by_order", self._track_order
            case "GET", ("v1", "order", "list"):
                return "order_list", self._order_list
            case "GET", ("v1", "order"):
                return "order", self._order
            case "POST", ("v1", "auth", "token"):
                return "token", self._token
        return "unknown", self._unknown

    def _track_order(self, request: Request, now: datetime) -> Reply:
        order_id = request.path[3]
        if not order_id:
            return self._track_parcel(request, now)
        self.stats.asked[order_id] += 1
        if order_id in FOREIGN_ORDER_IDS:
            return json_reply(403, answers.forbidden())
        order = self.world.order(order_id, now)
        if order is None:
            return json_reply(400, answers.unknown_order())
        parcel = next((parcel for parcel in order.parcels if parcel.assigned_at <= now), None)
        return self._faulty(request, order_id, json_reply(200, answers.tracking(order, parcel, now)))

    def _track_parcel(self, request: Request, now: datetime) -> Reply:
        tracking_number = request.query.get("tracking_number", "")
        if not tracking_number:
            return json_reply(400, answers.missing_identifier())
        self.stats.asked[tracking_number] += 1
        parcel = self.world.parcel(tracking_number, now)
        if parcel is None:
            return json_reply(404, answers.not_found("Tracking number not found"))
        reply = json_reply(200, answers.tracking(parcel.order, parcel, now))
        return self._faulty(request, parcel.order.order_id, reply)

    def _faulty(self, request: Request, order_id: str, reply: Reply) -> Reply:
        kind = self.faults.pick(order_id)
        if kind is None:
            return reply
        self.stats.faults[kind] += 1
        return spoil(kind, reply, request, self.elsewhere)

    def _order_list(self, request: Request, now: datetime) -> Reply:
        return order_list(self.world.orders_until(now), request.query, now)

    def _order(self, request: Request, now: datetime) -> Reply:
        order = self.world.order(request.query.get("id", ""), now)
        if order is None:
            return json_reply(400, answers.unknown_order())
        row = answers.order_row(order, now)
        return json_reply(200, {"data": {**row, "status": row["order_status"]}})

    def _token(self, request: Request, now: datetime) -> Reply:
        form = _form(request.body)
        if form.get("grant_type") != "client_credentials":
            trace = {"field": "grant_type", "message": "grant_type must be client_credentials"}
            return json_reply(400, answers.bad_request(None, trace))
        token = self.tokens.issue(form.get("client_id", ""), form.get("client_secret", ""), now)
        if token is None:
            return json_reply(401, answers.wrong_client())
        lifetime = int(LIFETIME.total_seconds())
        data = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime}
        return json_reply(200, {"data": data})

    def _unknown(self, request: Request, now: datetime) -> Reply:
        return json_reply(404, answers.not_found("Endpoint not found"))

    def _unauthorized(self, request: Request) -> Reply:
        """Flat for odd identifiers, nested for all others: the pages show both."""
        asked = request.path[-1] + request.query.get("tracking_number", "")
        is_flat = asked[-1:] in ("1", "3", "5", "7", "9")
        return json_reply(401, answers.unauthorized(self.tokens.knows(request.token or ""), is_flat))

    def _account(self, request: Request) -> str:
        """Whose budget a request uses: an expired token still names its account."""
        credentials = self.tokens.credentials
        if request.path == ("v1", "auth", "token"):
            known = _form(request.body).get("client_id") == credentials.client_id
        else:
            known = self.tokens.knows(request.token or "")
        return credentials.client_id if known else _ANONYMOUS

    def _limit_headers(self, verdict: Verdict, status: int, now: float) -> tuple[tuple[bytes, bytes], ...]:
        headers: tuple[tuple[bytes, bytes], ...] = (
            (b"x-ratelimit-limit", b"%d" % verdict.limit),
            (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
            (b"x-ratelimit-reset", b"%d" % verdict.reset),
        )
        if status == 429 and self.retry_after:
            headers += ((b"retry-after", b"%d" % max(1, verdict.reset - int(now))),)
        return headers


def _form(body: bytes) -> dict[str, str]:
    try:
        return {key: values[-1] for key, values in parse_qs(body.decode()).items()}
    except UnicodeDecodeError:
        return {}
