"""The command `python -m pipeline.emulator`: serve a seeded world on this machine."""

import argparse
import ipaddress
import os
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta

import uvicorn

from .api import Api
from .clock import WorldClock, parse_instant, real_clock
from .control import Control
from .faults import FaultPlan, parse_faults
from .limits import WINDOW_MODES, Limiter, parse_limits
from .server import Emulator, serve
from .tokens import Credentials, Tokens
from .world import World


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(argv)
    if not _is_loopback(options.host):
        parser.error(f"--host {options.host} is not a loopback address: only this machine is served")
    try:
        limits, faults = parse_limits(options.limits), parse_faults(options.faults)
    except ValueError as error:
        parser.error(str(error))
    now = options.now or datetime.now(UTC)
    speed = options.speed if options.speed is not None else 0.0 if options.now else 1.0
    clock = WorldClock(now, speed)
    starts_at = options.starts_at or now - timedelta(days=options.order_days)
    api = Api(
        world=World(options.seed, options.orders, starts_at, options.order_days),
        clock=clock,
        limit_clock=clock if options.limit_clock == "world" else real_clock,
        limiter=Limiter(limits, options.window, options.count_rejected),
        tokens=Tokens(Credentials(options.token, options.client_id, options.client_secret)),
        faults=FaultPlan(options.seed, faults),
        retry_after=options.retry_after,
        elsewhere=options.elsewhere,
    )
    app = Emulator(api, Control(api, clock), options.latency_ms / 1000, options.slow_body_seconds)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        parser.error(f"--port {options.port} cannot be used on {options.host}: {error.strerror}")
    host = f"[{options.host}]" if ":" in options.host else options.host

    def ready(server: uvicorn.Server) -> None:
        print(f"listening on http://{host}:{listener.getsockname()[1]}", flush=True)
        if options.until_stdin_closes:
            threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()

    serve(app, listener, ready)


def _stop_with_stdin(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.should_exit = True


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _parser() -> argparse.ArgumentParser:
    demo = Credentials()
    parser = argparse.ArgumentParser(prog="python -m pipeline.emulator", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="a loopback address (%(default)s)")
    add("--port", type=int, default=8080, help="0 takes a free one (%(default)s)")
    add("--seed", type=int, default=7, help="another seed is another world (%(default)s)")
    add("--orders", type=_positive, default=400, help="orders made in the days before the present (%(default)s)")
    add("--order-days", type=_positive, default=45, help="how many days those orders are spread over (%(default)s)")
    add("--starts-at", type=parse_instant, help="when the first day begins (--now less --order-days)")
    add("--now", type=parse_instant, help="virtual time, standing still unless --speed is given (real time)")
    add("--speed", type=float, help="virtual seconds in a real second")
    add("--limits", default="100/minute,1000/hour", help="the budget of the account (%(default)s)")
    add("--window", choices=WINDOW_MODES, default="fixed", help="how the budget is counted (%(default)s)")
    add("--limit-clock", choices=("real", "world"), default="real", help="what budgets go by (%(default)s)")
    add("--count-rejected", action="store_true", help="count requests that were answered with 429, too")
    add("--retry-after", action="store_true", help="send Retry-After with every 429")
    add("--latency-ms", type=float, default=0.0, help="wait before every answer (%(default)s)")
    add("--faults", default="", help="shares of faulty answers, e.g. server_error=0.05,html_200=0.02:sticky")
    add("--slow-body-seconds", type=float, default=3.0, help="what slow_head and slow_body take (%(default)s)")
    add("--elsewhere", default="https://elsewhere.invalid", help="the other host that redirects name (%(default)s)")
    add("--token", default=demo.token, help="an access token that never expires (%(default)s)")
    add("--client-id", default=demo.client_id, help="(%(default)s)")
    add("--client-secret", default=demo.client_secret, help="(%(default)s)")
    add("--until-stdin-closes", action="store_true", help="stop when the starting process goes away")
    return parser


if __name__ == "__main__":
    main()
