"""What can go wrong on the way, on purpose: a closed set of faults and the seeded dice that pick one.

A plan such as `server_error=0.05,html_200=0.02:sticky` gives each fault a share of the tracking answers. A
sticky fault always hits the same orders; any other one hits by order and by how often that order was asked:
a run can be repeated whatever the order of its requests.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, NamedTuple, get_args

FaultKind = Literal[
    "server_error",  # 500
    "bad_gateway",  # 502 with a proxy's HTML page
    "unavailable",  # 503
    "rate_limited",  # 429 although the budget is not used up
    "reset",  # the connection is reset in mid-body
    "truncated",  # 200, the JSON stops half-way, the length says that is all
    "html_200",  # 200 with a web page
    "empty_body",  # 200 with nothing
    "slow_body",  # 200, right, but it drips
    "data_null",  # 200 {"data": null}
    "list_null",  # 200, tracking_msg_list null
    "list_nonsense",  # 200, a list of things that are no events
    "invalid_utf8",  # 200, a character cut in two
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


class Fault(NamedTuple):
    kind: FaultKind
    share: float
    sticky: bool = False


def parse_faults(text: str) -> tuple[Fault, ...]:
    """`server_error=0.05,html_200=0.02:sticky` as faults; an empty text is none."""
    faults = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, rest = part.partition("=")
        share, _, flag = rest.partition(":")
        if kind not in FAULT_KINDS:
            raise ValueError(f"fault {kind!r} is not one of {', '.join(FAULT_KINDS)}")
        if flag not in ("", "sticky"):
            raise ValueError(f"fault {part!r} may end in ':sticky' only")
        try:
            chance = float(share)
        except ValueError:
            chance = -1.0
        if not 0 <= chance <= 1:
            raise ValueError(f"fault {part!r} needs a share between 0 and 1")
        faults.append(Fault(kind, chance, flag == "sticky"))
    return tuple(faults)


@dataclass
class FaultPlan:
    """Picks the fault of a request, if any."""

    seed: int
    faults: tuple[Fault, ...] = ()
    _asked: dict[str, int] = field(default_factory=dict)

    def pick(self, order_id: str) -> FaultKind | None:
        if not self.faults:
            return None
        times = self._asked[order_id] = self._asked.get(order_id, 0) + 1
        for fault in self.faults:
            turn = "" if fault.sticky else times
            if _chance(f"{self.seed}/{fault.kind}/{order_id}/{turn}") < fault.share:
                return fault.kind
        return None


def _chance(key: str) -> float:
    """A number in [0, 1) that is always the same for the same key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=6).digest()) / 2**48
