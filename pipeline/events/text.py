"""One form for the many spellings of a courier text: fold() for matching, shape() for classifying each kind once."""

import re
import unicodedata

from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.events.privacy import mask

_BRACKETS = re.compile(r"【[^【】]*】|\[[^\[\]]*\]")
# Only a bracket that ends like a site and says nothing about a locker, a store, a return or a customs place goes.
_SITE = re.compile(
    r"[【\[][^柜箱驿巢店退签收派取提领寄存海关航港岸口外代客转合作户便]*"
    r"(?:市|区|县|镇|省|公司|中心|营业部|营业点|营业所|网点|中转场|集散点|速运|分部|部|点|场|仓)\s*[】\]]"
)
_IDENTIFIER = re.compile(r"(?<![a-z0-9])(?=[a-z]*\d)[a-z]{1,4}\d{5,}[a-z]{0,3}(?![a-z0-9])")
_DIGITS = r"\d+(?:\*+\d+)?"  # a masked phone number is one number
_NUMBER = re.compile(rf"(?<![a-z0-9])[+#]?{_DIGITS}(?:[ .:/-]?{_DIGITS})*(?![a-z0-9*])")
_MASKED = re.compile(r"\w?\*\*+")


def fold(text: str) -> str:
    """NFKC, Simplified characters, lower case, single blanks."""
    folded = unicodedata.normalize("NFKC", text).translate(TO_SIMPLIFIED).lower()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def shape(folded: str) -> str:
    """A folded text without what differs between parcels: numbers, names, sites. The shape of a shape is itself."""
    while (plain := _plainer(folded)) != folded:
        folded = plain
    return folded


def _plainer(folded: str) -> str:
    plain = _BRACKETS.sub(_without_site, mask(folded))
    return _MASKED.sub("*", _NUMBER.sub("0", _IDENTIFIER.sub("0", plain)))


def _without_site(match: re.Match[str]) -> str:
    return "【】" if _SITE.fullmatch(match[0]) else match[0]
