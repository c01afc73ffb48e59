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
# OUT_FOR_DELIVERY: some couriers tell the name of a code where others tell a text.
_CODE_NAME = re.compile("[a-z0-9]+(?:_[a-z0-9]+)+")
_MASKED = re.compile(r"\w?\*\*+")
# Politeness is full of words that mean something elsewhere: "should you not have received", "we look forward to".
_COURTESY = re.compile(
    "(?:感谢|谢谢)(?:您)?(?:使用|选择|支持)[^,。;!]{0,20}|期待(?:再次)?(?:能)?(?:为您)?(?:的)?(?:服务|光临|合作)[^,。;!]{0,10}"
    "|(?:如果?|若|倘)(?:您)?(?:还)?(?:有)?(?:任何)?(?:疑问|问题|未收到)[^。;!]{0,16}?(?:联系|电联|致电|咨询|拨打)"
    "|如需(?:联系|咨询|联络)[^。;!]{0,12}?(?:拨打|致电|电联)"
    "|(?:您)?也可(?:以)?(?:联系|要求|选择|告知|让)[^。;!(]*|(?:小哥)?(?:今日)?(?:测温|体温)正常[^。;!(]*"
    "|您的(?:期待|牵挂|信任|认可|体验)[^。;!(]*"
    r"|\bif you have (?:any |further |other )*(?:questions?|quer\w+|queires|[ei]nquir\w+|concerns?|doubts?)\b[^.!;]*"
    r"|\bthank you for (?:using|choosing|shopping|your)\b[^.!;]*"
    r"|\bwe look forward to (?:serv|see|hear)ing\b[^.!;]*"
)
# Words for which the rules know another: UPS and FedEx 递送 a 货件 where SF 派送 a 快件. 快递送达 is 快递 and 送达.
_SYNONYMS = {"已递送": "已送达", "递送": "派送", "外送": "派送", "等候": "等待", "货件": "快件", "邮差": "投递员"}
# Cities and districts whose names hold a word of the rules: a shop (门市, 店), a denial (未, 不).
_SYNONYMS |= {"门市": "市", "马店": "马", "未央": "央", "未来科技": "科技", "不夜城": "城"}
_SYNONYM = re.compile(
    "已递送(?!途|中)|(?<![快投])递送|外送|等候|货件|邮差|(?<=[江厦荆天])门市|(?<=驻)马店|未央|未来科技|不夜城"
)
# Marks that differ by keyboard, and marks that say whose name it is.
_MARKS = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-"} | dict.fromkeys("™®©"))

_PLAIN_LETTERS = {
    letter: unicodedata.normalize("NFD", letter)[0]
    for letter in map(chr, (*range(0xC0, 0x180), *range(0x218, 0x21C), *range(0x386, 0x3CF), 0x451))
    if len(unicodedata.normalize("NFD", letter)) > 1
} | {"ł": "l", "ı": "i"}
_PLAIN = str.maketrans(_PLAIN_LETTERS)
# Where the accent makes the word, so that it is never left out: refusé is French and refuse is English, för is Swedish
# and for is not.
_KEEPS_ITS_ACCENT = frozenset("éèàäöüå")


def fold(text: str) -> str:
    """NFKC, Simplified characters, lower case, single blanks, straight apostrophes, no trade marks."""
    folded = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(TO_SIMPLIFIED).lower()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def known_words(folded: str) -> str:
    """A folded text, or a pattern for such texts, in the words that the rules use."""
    return _SYNONYM.sub(lambda match: _SYNONYMS[match[0]], folded)


def either_spelling(pattern: str) -> str:
    """A pattern whose accented letters match the plain ones too, as in ENTREGA NAO REALIZADA and ΠΑΡΑΔΟΘΗΚΕ."""
    pieces: list[str] = []
    in_class = False
    for match in re.finditer(r"\\.|.", pattern, re.DOTALL):
        token = match[0]
        plain = None if token in _KEEPS_ITS_ACCENT else _PLAIN_LETTERS.get(token)
        pieces.append(token if plain is None else token + plain if in_class else f"[{token}{plain}]")
        in_class = token == "[" or (in_class and token != "]")
    return "".join(pieces)


def without_accents(text: str) -> str:
    """As many letters, none of them with an accent."""
    return text.translate(_PLAIN)


def shape(folded: str) -> str:
    """A folded text without what differs between parcels: numbers, names, sites. The shape of a shape is itself."""
    while (plain := _plainer(folded)) != folded:
        folded = plain
    return folded


def _plainer(folded: str) -> str:
    if _CODE_NAME.fullmatch(folded):
        folded = folded.replace("_", " ")
    plain = " ".join(_COURTESY.sub("", _BRACKETS.sub(_without_site, mask(known_words(folded)))).split())
    return _MASKED.sub("*", _NUMBER.sub("0", _IDENTIFIER.sub("0", plain)))


def _without_site(match: re.Match[str]) -> str:
    return "【】" if _SITE.fullmatch(match[0]) else match[0]
