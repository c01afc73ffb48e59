"""Phone numbers and person names in courier texts are masked here: 138****0001, 赵**, A***.

Who was masked can still be counted: the same person has the same key, made with a secret that never leaves the data
folder. The key stands for the mobile or first phone number in a text, else for its first name.
"""

import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import WarehouseError
from pipeline.events.chinese_name import chinese_names
from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.events.latin_name import latin_name_before, latin_names
from pipeline.events.phone_number import Phone, phones_in

# Of the same length as the text, so that a span of it is a span of the text.
_VIEW = TO_SIMPLIFIED | {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0xA0: 0x20}
# The first three digits of a number tell a phone beside a name; the others make every text another one.
_LATER_DIGITS = re.compile(r"(?<=\d{3})\d")
_SECRET_BYTES = 32


class Masked(NamedTuple):
    """A text without its persons, and who the first of them is: the digits of a phone number or a name, if any."""

    text: str
    contact: str | None


def mask(text: str) -> str:
    """The text with phone numbers as 138****0001 and names as 赵** or A***; masking twice changes nothing."""
    return read(text).text


def read(text: str) -> Masked:
    """Mask `text` until nothing in it looks like a person: what stood behind a name may only now be seen."""
    first = masked = _mask_once(text)
    while masked.text != text:
        text = masked.text
        masked = _mask_once(text)
    return Masked(text, first.contact)


def contact_key(contact: str, secret: bytes) -> str:
    """The same for the same person (16 hex digits); tells nothing to those without the secret (HMAC-SHA256)."""
    return hmac.new(secret, contact.encode(), hashlib.sha256).hexdigest()[:16]


def contact_secret(file: Path) -> bytes:
    """The secret in `file`, made at first use and readable by its owner only. Raises WarehouseError."""
    try:
        if file.exists() and len(secret := file.read_bytes()) == _SECRET_BYTES:
            return secret
        secret = secrets.token_bytes(_SECRET_BYTES)
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_bytes(secret)
        fresh.replace(file)
        return secret
    except OSError as error:
        raise WarehouseError(f"The file {file} cannot be read or made ({error.strerror}).") from error


def _mask_once(text: str) -> Masked:
    view = text if text.isascii() else text.translate(_VIEW)
    phones = list(phones_in(view))
    names = [*_names_in(_LATER_DIGITS.sub("0", view))]
    for phone in phones:
        names += ((start, stop, f"{view[start]}***") for start, stop in latin_name_before(view, phone.start))
    if not phones and not names:
        return Masked(text, None)
    parts: list[str] = []
    end = 0
    spans = sorted([*((phone.start, phone.stop, phone.masked) for phone in phones), *names], key=_first_and_longest)
    for start, stop, masked in spans:
        if start >= end:
            parts += [text[end:start], masked or text[start] + "**"]
            end = stop
    return Masked("".join([*parts, text[end:]]), _contact(view, phones, spans))


def _contact(view: str, phones: list[Phone], spans: list[tuple[int, int, str]]) -> str:
    """A site prints its own line before the mobile number of the one who comes."""
    if phones:
        return next((phone.number for phone in phones if phone.is_mobile), phones[0].number)
    start, stop, _ = spans[0]
    for other, end, _ in spans:
        # The next word of the same name.
        stop = end if other - stop == 1 else stop
    return view[start:stop].lower()


def _first_and_longest(span: tuple[int, int, str]) -> tuple[int, int]:
    return span[0], -span[1]


@lru_cache(maxsize=50_000)
def _names_in(view: str) -> tuple[tuple[int, int, str], ...]:
    """Where names stand in a view without its later digits: texts that differ only in numbers are searched once."""
    latin = ((start, stop, f"{view[start]}***") for start, stop in latin_names(view))
    return (*((start, stop, "") for start, stop in chinese_names(view)), *latin)
