"""What can go wrong on the way, on purpose: a closed set of faults and the seeded dice that pick one.

A plan such as `server_error=0.05,html_200=0.02:sticky` gives each fault a share of the tracking answers. A
sticky fault always hits the same orders; any other one hits by order and by how often that order was asked:
a run can be repeated whatever the order of its requests.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, NamedTuple, get_args

FaultKind = Literal[
    # an error status
    "bad_request",  # 400
    "unauthorized",  # 401 although the token is good
    "forbidden",  # 403
    "not_found",  # 404
    "conflict",  # 409
    "unprocessable",  # 422, the field errors as an object
    "rate_limited",  # 429 although the budget is not used up
    "server_error",  # 500
    "bad_gateway",  # 502 with a proxy's HTML page
    "unavailable",  # 503
    "token_echo",  # 500, the error quotes the token
    "error_200",  # 200, the body is the error of a 500
    "redirect",  # 302 to another host
    # trouble on the way
    "dropped",  # the connection is reset before a byte
    "reset",  # the connection is reset in mid-body
    "silent",  # nothing comes, until the client gives up
    "stalled",  # half of the body, then nothing
    "slow_head",  # right, but late
    "slow_body",  # right, but it drips
    # 200 with a body that is no JSON, or in another dress
    "truncated",  # the JSON stops half-way, the length says that is all
    "html_200",  # a web page
    "empty_body",  # nothing
    "warning",  # a line of text before the JSON
    "wrong_type",  # right, but said to be a web page
    "invalid_utf8",  # a character cut in two
    "charset",  # Big5, or GB18030 where Big5 lacks a character; the header says so
    "bom",  # a byte order mark before it
    "gzip",  # packed, as the header says
    "wrong_encoding",  # not packed, though the header says so
    "huge_body",  # 50 MB: right, and a field of padding behind the list
    "gzip_bomb",  # right, and 50 MB of blanks behind it, packed to 200 kB
    # 200 with JSON in another shape
    "data_null",  # {"data": null}
    "data_text",  # data and list as strings that hold JSON
    "data_in_list",  # data as a list with one object
    "list_null",  # tracking_msg_list null
    "list_empty",  # tracking_msg_list []
    "list_shorter",  # the newer half of the events is gone
    "list_numbered",  # the list as an object of numbered keys
    "list_text",  # the list as a sentence
    "list_nonsense",  # a list of things that are no events
    "list_mixed",  # events among things that are no events
    "duplicated",  # every event twice, in any order
    "fields_missing",  # no courier, no place, no tracking number
    "fields_extra",  # fields that nobody knows, of any type
    "numbers",  # numbers where strings belong
    "strange_text",  # half a surrogate pair, NUL and NaN in fields that nobody knows
    "deep",  # a field nested 100,000 deep
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
