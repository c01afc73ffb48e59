"""Where phone numbers stand in a courier text, and what of them may be shown.

Numbers that name a parcel, an order or a code stay, and so do the lines of a company (95338, 400-811-1111, 0800 …).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_ID_LABEL = re.compile(
    r"(?:单号|(?<!电话)(?<!手机)(?<!联系)(?<!联络)(?<!虚拟)(?<!隐私)号码|运单|订单号?|编号|取件码|提货码|取货码|验证码|密码|箱号|格口|条码"
    "|批次|航班|袋号|车牌"
    r"|waybill|tracking|\b[mh]?awb|order|reference|\bref|parcel|paket|colis|envío|objeto|sendung|pedido|commande|item|shipment"
    r"|consignment|container|flight|\bbag|code|\bpin|otp|invoice|ticket|box|locker|account|sendungsnummer|suivi)"
    r"\s*(?:no\.?|number|nummer|id|nr\.?|n°|n[úu]mero|#)?\s*[:#为是(]?\s*$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])$|(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])20\d\d$")
# Freephone and service numbers as their countries number them: China, Australia, Europe, Brazil, North America. An
# American one is written in groups: without them 1800… is a mobile number of mainland China.
_COMPANY_LINE = re.compile(
    r"(?:86)?[48]00\d{7}$|1[38]00\d{6}$|(?:4[349]|33|34|55|886|31|32)?0?800\d{5,8}$"
    r"|080\d{7,8}$|08(?:10|11|20|25|26|4[345])\d{6,7}$|0180\d{6,8}$|03(?:00|30|33|45)\d{7}$|90[0-2]\d{6}$"
    r"|8(?:88|77|66|55|44|33)\d{7}$|95\d{5}$"
)
# Written like a mobile number of Thailand they are one: 081-123-4567.
_THAI_MOBILE = re.compile(r"08[1-9](?:\d{7}|-\d{3}-\d{4})$")
_AMERICAN_LINE = re.compile(r"\+?1[ .-]?\(?8(?:00|88|77|66|55|44|33)\)?[ .-]")
_PHONE = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?P<m>(?:(?:\((?:00|\+)?86\)|(?:00|\+)?86)[ -]?)?1[3-9]\d{9})"  # mainland mobile
    r"|(?<!\d[ .-])(?P<p>"
    r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"  # international, with the plus sign
    r"|(?:(?:00)?86[ -])?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # in groups
    r"|1[3-9]\d\*{1,4}\d{5,8}|\d{4}\*\d{7}"  # half masked
    r"|(?<=[(\[【])\d{11}(?=[,、/)\]】])|(?<= [(\[])(?:[2-9]\d\d[2-9]\d{6}|[6-9]\d{9})(?=[)\]])"
    r"|(?:(?<=[/、,(])|(?<=/ ))0(?:10|2\d|[3-9]\d{2})\d{7,8}"  # landlines in a list
    r"|(?:\((?:00|\+)?85[23]\)|(?:00|\+)?85[23])[ -]?\d{4}[ -]?\d{4}|[2-9]\d{3}[ -]?\d{4}"  # Hong Kong, Macau
    r"|(?:00)?886[ -]?\d[ -]?(?:\d[ -]?){6,7}\d|(?:\((?:00|\+)?65\) ?|(?:00)?65[ -])\d{4}[ -]?\d{4}"
    r"|(?:00)?44[ -]?7\d{3}[ -]?\d{6}"
    r"|\(0\d{1,4}\)[ -]?\d{3,4}[ -]?\d{3,4}|0\d{1,4}[ -]\d{6,8}|0\d{2,5} ?/ ?\d{5,9}"  # an area code apart
    r"|0\d{1,4}[ -]\d{2,4}[ -]\d{3,4}|0[2-9]\d{8,10}|01[05-9]\d{7,9}|0\d{4}[ -]\d{6}"  # Asia, Australia, Europe
    r"|00(?:1|[2-9]\d\d?)[ .-]\(?\d{1,4}\)?(?:[ .-]?\d){5,10}"  # dialled from abroad
    r"|0\d{3} \d{3} \d{2} \d{2}|9\d \d{3} \d{2} \d{2}|[2-9]\d \d{4} \d{4}"  # Turkey, Spain, Mexico
    r"|0\d{1,3}-\d{2,3}(?: \d{2}){2}|0[1-9](?:[ .-]\d{2}){4}"  # Sweden, France
    r"|\(\d{2}\) ?9?\d{4}[ -]?\d{4}|[679]\d{2} (?:\d{3} \d{3}|\d{2} \d{2} \d{2})"  # Brazil, Spain, Portugal
    r"|(?:1[ .-])?\(\d{3}\)[ ]?\d{3}[ .-]\d{4}|(?:1[ .-])?\d{3}(?P<apart>[ .-])\d{3}(?P=apart)\d{4}"  # North America
    r"))(?:(?:-|转|\s?(?:ext\.?|分机:?|转接?)\s?)\d{1,5}(?![A-Za-z0-9_*]))?"  # extension
    r"(?![A-Za-z0-9_])(?(m)|(?![ -]\d{3,9}(?!\d))(?![ -]\d\d(?:[ -]|$)))",
    re.IGNORECASE,
)
_LABELLED_NUMBER = r"(?P<p>\+?\d[\d().\s/-]{4,18}\d)(?![A-Za-z0-9_])"
_LABELLED_IN_CHINESE = re.compile(
    rf"(?:电话|手机|联系方式|热线|致电|请电|拨打|电联|联系|咨询|联络)[^\d+*\n]{{0,8}}?{_LABELLED_NUMBER}"
)
_LABELLED = re.compile(
    r"\b(?:(?:tel|phone|mobile|cell|call(?:ed|ing)?|contact(?:[eo]|ed|er|ez)?|contato|text|whatsapp|telefon|telefone|telefono|teléfono|fone"
    r"|tél|téléphone|rufnummer|llam\w+|appel\w+|móvil|telemóvel|celular|handy|rückruf|anrufen|rufen|erreichbar|joindre|contattare|chiamare"
    rf"|hubungi|kontak|zadzwoń|volejte|sunați|sđt|bel|ring)(?![a-z])[^\d+*\n]{{0,24}}?{_LABELLED_NUMBER}"
    # A number some words behind the one who carries the parcel.
    r"|(?:driver|rider|sprinter|courier|agent|executive|fe|delivery by|postman|fahrer|zusteller|livreur|repartidor"
    r"|mensajero|motorista|entregador|estafeta|corriere|autista|kurier|koerier|bezorger|chauffeur|kurye|kurir|penghantar|curier\w*|futár|kurýr|kuriér"
    r"|bưu tá|shipper|messenger|personnel|delivery (?:man|boy|person|staff|partner|associate))\b"
    r"[^\d\n]{1,40}?(?P<q>\+?\d(?:[ -]?\d){8,12})(?![A-Za-z0-9_]))",
    re.IGNORECASE,
)
_LATIN = re.compile("[A-Za-z]{2}")
# The shortest number has seven digits.
_DIGITS = re.compile(r"\d(?:[ .()/*-]{0,3}\d){6}")
# How the label of an identifier may end.
_ID_END = re.compile(r"[A-Za-z.º°#号码单箱口条次班袋牌]$")
_DIALLED_FROM_ABROAD = re.compile(
    r"(?:00)?(?:86(?=1\d{10}$)|86(?=[2-9]\d{8,10}$)|85[23](?=\d{8}$)|886(?=\d{8,9}$)|65(?=\d{8}$)|44(?=[1-9]\d{8,9}$))"
)


class Phone(NamedTuple):
    """A phone number in a text: where it stands, what may be shown of it, and its digits as dialled in its country."""

    start: int
    stop: int
    masked: str
    number: str

    @property
    def is_mobile(self) -> bool:
        """Whether it is a mobile number of mainland China, where sites print their own line before the person's."""
        return re.match(r"1[3-9]\d{9}", self.number) is not None


def phones_in(view: str) -> Iterator[Phone]:
    """The phone numbers of a half-width text."""
    if not _DIGITS.search(view):
        return
    alone = list(_PHONE.finditer(view))
    for match in alone:
        start, stop = match.span("m" if match["m"] else "p")
        if not _DATE.match(_digits(match[0])) and (phone := _phone(view, start, stop, match.end())):
            yield phone
    labelled = [] if view.isascii() else [*_LABELLED_IN_CHINESE.finditer(view)]
    if _LATIN.search(view):
        labelled += _LABELLED.finditer(view)
    for match in labelled:
        start, stop = match.span(match.lastgroup or 0)
        if not any(start < other.end() and other.start() < stop for other in alone) and (
            phone := _phone(view, start, stop, stop)
        ):
            yield phone


def _phone(view: str, start: int, stop: int, end: int) -> Phone | None:
    """The number from start to stop, its extension up to end; None where it is no person's."""
    digits = _digits(view[start:stop])
    if (
        (view[start] != "+" and _is_named(view[max(0, start - 24) : start]))
        or not 7 <= len(digits) <= 15
        or (_COMPANY_LINE.match(digits) and not _THAI_MOBILE.match(view[start:stop]))
        or _AMERICAN_LINE.match(view, start)
    ):
        return None
    first, last = (3, 4) if len(digits) >= 11 else (2, 2)
    plus = "+" if view[start] == "+" else ""
    number = _DIALLED_FROM_ABROAD.sub("", digits, count=1).lstrip("0") + _digits(view[stop:end])
    return Phone(start, end, f"{plus}{digits[:first]}****{digits[-last:]}", number)


def _is_named(before: str) -> bool:
    """Whether the words before a number say that it names a parcel or the like; most do not even end like that."""
    return bool(_ID_END.search(before.rstrip(" :#(是为"))) and bool(_ID_LABEL.search(before))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
