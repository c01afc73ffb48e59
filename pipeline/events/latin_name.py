"""Where person names in Latin letters stand in a courier text: behind who signed, received, carries, or a title.

name_cue.csv holds what a name stands behind, name_word.csv the words around names that are none. Behind a cue come
roles ("the neighbour"), then up to four words of a name. A run of words that ends in an organisation ("YALIDINE
EXPRESS"), or is a courier or a place of our reference data, is no name.
"""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.events.chinese_name import GIVES_TO, ROLE
from pipeline.settings import SQL_FOLDER

_LATIN = re.compile("[A-Za-z]{2}")
_AFTER_CUE = re.compile(
    r"(?!\w)\.?(?:(?:'s)?\s+name\b)?(?:\s+(?:is|ist|heißt|est|s'appelle|es|se llama|é|chama-se|è|si chiama|heet|to)\b)?"
    r"(?:\s+(?:today|heute|aujourd'hui|hoy|hoje|oggi|vandaag|assigned|asignado|designado|zugewiesen|abgegeben)(?=\s*:))?"
    r"(?P<sep>(?:\s*[:\-–|(\[【])+\s*|,?\s+)(?=\S)",
    re.IGNORECASE,
)
_HAN_CUE = re.compile(
    rf"(?:(?:{GIVES_TO}\s*{ROLE}?|{ROLE})(?:姓名|是|为)?[\s:【\[(]*"
    r"|[由被]\s*(?=[A-Za-z .]+(?:代?签收|代收|领取|取走)))(?=[A-Za-z])"
)
# German puts the verb last: "wurde an Petra Hoffmann übergeben", "wurde von Krüger angenommen".
_VERB_LAST = re.compile(
    r"\b(?:(?P<an>[Aa]n|[Bb]ei|wurde)|[Vv]on|[Dd]urch)\s+(?=[^\W\d_])(?=[^;!]{2,60}?\s(?P<verb>übergeben|zugestellt|ausgehändigt"
    r"|ausgeliefert|abgegeben|hinterlegt|angenommen|entgegengenommen|übernommen|unterschrieben|quittiert|abgeholt|verweigert)\b)"
)
# The name comes before what is told of it: "Graham will be with you today", "Customer Omar Haddad refused".
_DOES = (
    "(?:has |have )?(?:refused|rejected|asked|requested|cancelled|moved)"
    "|(?:is |was )?(?:not|un)[ -]?(?:available|reachable|answering|(?:at )?home)|did not|didn't|not answering"
    "|asks|wants|recusou|rechazó|rehusó|ausente|a refusé|refuse|absent|hat |nicht "
)
_VERB_BEHIND = re.compile(
    r"(?:(?:^|[.!:,] |- )(?=[^\W\d_a-z][^;:\d]{1,40}?(?P<comes> (?:has )?(?:collected|picked up|signed for)"
    r" (?:the|your) | will be with you| is (?:delivering|bringing) "
    r"| is on (?:the|his|her) way| will (?:deliver|bring) | has been assigned"
    r"| (?:is |was )?not (?:at )?home|, your (?:driver|courier|rider))\b)"
    r"|\b(?:[Pp]arcel|[Pp]ackage|[Ss]hipment|[Ii]tem) for (?=[A-Z][^;:\d]{1,40}?(?P<waits> (?:is|was|has|will))\b)"
    r"|\b[Cc]alled (?=[A-Z][^;:\d]{1,40}?(?P<called> (?:on|at))\b)"
    rf"|\b(?:[Cc]ustomer|[Cc]onsignee|[Rr]eceiver|[Rr]ecipient|[Cc]liente|[Cc]lient|Kunde) "
    rf"(?=[A-Z][^;:\d]{{1,40}}?(?P<does> (?:{_DOES}))\b))"
)
_LETTER = r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_WORD = re.compile(rf" ?(?P<w>{_LETTER}(?:{_LETTER}|['’.-])*\**)")
# "Your courier, Nadia, is on the way", "your neighbour, A. Smith"
_APPOSITION = re.compile(rf"(?:{_LETTER}+[.'’-]* ?){{1,4}}, [a-zà-öø-ÿ]")
_LAST = re.compile(rf"(?:{_LETTER}+[.'’-]* ?){{1,4}}(?=$|[,(;|])")
_OPENING = re.compile(r"\s*[:(\[]+\s*")
# A site's or a courier's code in a Chinese text: neither XXC区 nor user1040 is a person.
_CODE = re.compile(r"[A-Za-z]{1,3}[\u3400-\u9fff]|[A-Za-z]+\d")
_PLACEHOLDER = re.compile(r"(.)\1{2,}")
# "SMITH, Anna"
_COMMA = re.compile(rf",\s?(?={_LETTER}{{2}})")
_CAPITAL = re.compile(rf"(?<!{_LETTER})(?![a-z]){_LETTER}")
_BESIDE_PHONE = re.compile(
    rf"(?<!{_LETTER})(?P<n>(?![a-z]){_LETTER}(?:{_LETTER}|['’.-])*"
    rf"(?:,? (?![a-z]){_LETTER}(?:{_LETTER}|['’.-])*){{0,3}})"
    r"[\s,:(\[/|-]{1,4}(?i:(?:tel|phone|mobile|mob|ph|cell|call|contact)(?: no| number)?[.:\s]*)?[(\[]?$"
)
# Two words in capitals behind one of these are somebody: "refusée par Anne Moreau", "em rota com JOSÉ PRADO".
_DOER = re.compile(
    r"\b(?:[Bb]y|[Pp]ar|[Pp]or|[Dd]urch|[Dd]oor|av|af|przez|oleh|[Ww]ith|[Aa]vec|com|mit|met|chez|BY|PAR|POR|WITH) "
    r"(?=[^\W\d_a-z])"
)
_UP_TO_VERB = re.compile(r"\s+(?:(?:in|im|an|am|aus|bei) [^.;:]*)?")
# A verb of handing over or taking, however the sentence goes on up to its preposition: "Entregado en domicilio a",
# "Retirada efetuada por", "Unterschrieben hat:".
_WORDS_BETWEEN = rf"{_LETTER}*(?: {_LETTER}+){{0,3}} "
_HANDED = re.compile(
    rf"(?<!{_LETTER})(?:"
    r"(?:entreg|remis|livr|consegn|zugestell|zustell|übergeb|ausgehändigt|abgegeben|bezorg|afgelever|afgegeven|overhandigd"
    rf"|leverer|utläm|utlever|udlever|doręcz|dostarcz|livrat|predat){_WORDS_BETWEEN}"
    r"(?:a|à|ao|al|au|an|aan|till|til|para|do|către|catre)(?!\w)"
    r"|(?:firma|recib|recog|retir|rechaz|rehus|assina|receb|levant|recolh|recus|signed|received|collected|accepted"
    r"|picked up|refused|signé|reçu|récept|récup|retrait|refus|accept|unterschr|unterzeichn|quitt|angenommen|annahme"
    r"|abgeholt|abholung|entgegen|empfangen|übernommen|verweigert|ricev|ritir|rifiut|geteken|onderteken|ontvang|opgehaald"
    rf"|afgehaald|geweiger|kvitt|motta|hämta|modtag|afhent|hentet|odebr|podpis|odmow){_WORDS_BETWEEN}(?:by|par|por|pelo|pela|durch|von|da|door|av|af|przez)(?!\w)"
    r"|(?:firma|assin|unterschr|unterzeichn|quitt|geteken|onderteken|podpis|kvitt|signé|signed)"
    rf"{_LETTER}*(?: (?:hat|by|par|por|von|durch|da|door|av|af|przez))? ?(?P<colon>:)"
    rf") ?(?={_LETTER})",
    re.IGNORECASE,
)
# "Name:" where a sentence begins; a station has a name as well.
_NAME_LABEL = re.compile(r"(?:^|[.;,|] )(?:Name|Nom|Nombre|Nome|Naam) ?: ?(?=[^\W\d_])")
_BESIDE_HAN = re.compile(r"(?:^|[^\x00-\u2e7f])[^\w.]*$")
_ROLE_AHEAD = re.compile(rf" {_LETTER}{{4}}")
_SEVERAL = re.compile(r"[\w&.'-]+(?: [\w&.'-]+){1,3}")
# However German joins them, no family is called so.
_TRADE_NOUNS = (
    *("mitarbeiter", "mitarbeiterin", "unternehmen", "dienst", "leister", "partner", "zentrum", "depot", "postfach"),
    *("kasten", "service", "filiale", "stelle", "spediteur", "spedition", "nachbar"),
)
_GERMAN_NOUN = re.compile(
    "(?:dienst|dienste|partner|unternehmen|zentrum|leister|firma|post|land|stelle|depot|station|lager|shop|filiale|adresse|kasten|fach"
    "|box|automat|organisation|berechtigten?|spediteur|führer|fahrzeug|ung|empfänger|person|haus|büro|theke|flughafen|gesellschaft|anschrift|ort|platz|tür|hof)$"
)
_BREAK = re.compile(r"\s*(?:$|[.,;:|/()\[\]!\d-])")
_PARTICLES = frozenset(
    {"da", "de", "do", "dos", "das", "di", "del", "dela", "delos", "la", "le", "los", "las", "du", "van", "von", "der"}
    | {"den", "ter", "ten", "bin", "binti", "ibn", "al", "el", "y", "e", "zu"}
)
# Words of the trade that are a word of a name as well, beside another one; the small ones only as "On", never as "ON".
_SMALL_NAMES = frozenset({"an", "do", "in", "le", "my", "on", "so", "to", "sun", "will", "him", "pin"})
_ALSO_NAMES = _SMALL_NAMES | frozenset(
    {"man", "woman", "son", "may", "page", "young", "long", "hall", "day", "child", "church", "park", "house", "gates"}
    | {"garden", "van", "case", "street", "field", "lane", "au"}
)


@dataclass(frozen=True)
class _Vocabulary:
    """The kind of each cue and each word, the couriers' and countries' names, and the patterns of places."""

    cues: dict[str, str]
    cue: re.Pattern[str]
    words: dict[str, str]
    names: frozenset[str]
    places: tuple[re.Pattern[str], ...]


def latin_names(view: str) -> Iterator[tuple[int, int]]:
    """Where the words of names stand."""
    if not _LATIN.search(view):
        return
    for kind, separator, start in _cues(view):
        colon = ":" in separator
        if kind == "labels" and not colon:
            continue
        is_sure = colon or bool(set("[(【") & set(separator)) or kind in {"signs", "han"}
        words = _name(view, start, needs_capital=not is_sure, is_person=kind not in {"reaches", "ends", "labels"})
        if not words or (kind == "han" and _CODE.match(view, words[0][0])):
            continue
        is_small = not view[words[0][0]].isupper()
        if is_small and not (colon or kind == "han") and not _BREAK.match(view, words[-1][1]):
            continue
        # "Shipment delivered ROSSI" tells who signed, "Shipment delivered Milan - Italy" where.
        if kind == "ends" and view[words[-1][1] :].strip(" ."):
            continue
        if kind == "title" or not _is_known(_run(view, words), with_places=kind != "signs"):
            yield from words
    for match in _VERB_BEHIND.finditer(view):
        words = _name(view, match.end(), needs_capital=True, is_person=False)
        is_whole = words and words[-1][1] == match.start(match.lastindex or 0)
        if is_whole and not _is_known(_run(view, words), with_places=True):
            yield from words
    for match in _DOER.finditer(view):
        words = _name(view, match.end(), needs_capital=True, is_person=False)
        if (len(words) > 1 or (words and "." in view[slice(*words[0])])) and not _is_known(
            _run(view, words), with_places=True
        ):
            yield from words
    for match in _VERB_LAST.finditer(view):
        words = _name(view, match.end(), needs_capital=True, is_person=False)
        # Every German noun has a capital, and parcels go to many things.
        is_name = len(words) > 1 or (words and not _GERMAN_NOUN.search(view[slice(*words[0])].lower()))
        is_last = words and _UP_TO_VERB.fullmatch(view, words[-1][1], match.start("verb"))
        if is_name and is_last and not _is_known(_run(view, words), with_places=True):
            yield from words


def latin_name_before(view: str, end: int) -> list[tuple[int, int]]:
    """The words of a name right before a phone number that begins at `end`: "By EMILY COATES (020 7946 0991"."""
    begin = max(0, end - 60)
    if _BESIDE_HAN.search(view, max(0, end - 6), end):
        return []
    if run := _BESIDE_PHONE.search(view[begin:end]):
        for word in _CAPITAL.finditer(view, begin + run.start("n"), begin + run.end("n")):
            words = _name(view, word.start(), needs_capital=True, is_person=True)
            is_whole = len(words) > 1 and words[-1][1] == begin + run.end("n")
            if is_whole and not _is_known(_run(view, words), with_places=True):
                return words
    return []


def _cues(view: str) -> Iterator[tuple[str, str, int]]:
    """The kind of each cue, what stands between it and the next word, and where that begins."""
    vocabulary = _vocabulary()
    # Of the same length as the text: İ is the one letter that would become two.
    for match in vocabulary.cue.finditer(view.replace("İ", "I").lower()):
        start = match.start()
        if not (after := _AFTER_CUE.match(view, match.end())):
            continue
        kind = vocabulary.cues[" ".join(match[0].split())]
        if "." in view[match.end() : after.start("sep")] and kind != "title":
            continue
        of_whom = _APPOSITION if kind == "carries" else _LAST
        is_role = kind == "carries" or vocabulary.words.get(match[0].split()[-1]) == "role"
        if "," in after["sep"] and not (is_role and of_whom.match(view, after.end())):
            continue
        # "DRIVER RELEASED": in capitals a word beside a role tells nothing.
        if kind != "carries" or not view[start : match.end()].isupper() or ":" in after["sep"]:
            yield kind, after["sep"], after.end()
    for match in _HANDED.finditer(view):
        yield ("labels", ":", match.end()) if match["colon"] else ("reaches", " ", match.end())
    for match in _NAME_LABEL.finditer(view):
        yield "labels", ":", match.end()
    if not view.isascii():
        for match in _HAN_CUE.finditer(view):
            yield "han", match[0], match.end()


def _name(view: str, start: int, *, needs_capital: bool, is_person: bool) -> list[tuple[int, int]]:
    """Up to five words from start on that may be one name; none where they belong to an organisation.

    Where only a person can stand, JI HOON PARK is one, and no park.
    """
    kinds = _vocabulary().words
    words: list[tuple[int, int]] = []
    if _begins_known(view, start):
        return []
    while len(words) < 5 and (match := _WORD.match(view, start)):
        word = match["w"].rstrip(".,-")
        small = word.lower().removesuffix("'s")
        kind = kinds.get(small) or ("organisation" if len(small) > 9 and small.endswith(_TRADE_NOUNS) else None)
        if _is_initial(view, match) or (small in _ALSO_NAMES and _is_also_name(view, match, words, is_person)):
            kind = None
        start = match.end()
        ends_sentence = _ends_sentence(view, match)
        span = (match.start("w"), match.start("w") + len(word) if ends_sentence else start)
        of_role = kind == "organisation" and _ROLE_AHEAD.match(view, start) and _kind_ahead(view, start) == "role"
        if not words and (kind == "role" or of_role):
            if opening := _OPENING.match(view, start):
                needs_capital, start = False, opening.end()
                continue
        elif (
            kind == "organisation"
            or (words and word in {"Courier", "COURIER"})
            or _PLACEHOLDER.fullmatch(small)
            or view[start : start + 1] in {"&", "_"}
        ):
            return []
        elif (
            small not in _PARTICLES
            or (len(word) == 1 and word.isupper())
            or not (words or (word.isupper() and not needs_capital) or _goes_on(view, start))
        ):
            is_small = word[0].islower() and (needs_capital or (words and view[words[0][0]].isupper()))
            if kind or is_small:
                break
            words.append(span)
            if len(words) == 1 and word.isupper() and word.isalpha() and (comma := _COMMA.match(view, start)):
                start = comma.end() if _is_first_name(view, comma.end(), is_person) else start
        if ends_sentence:
            break
    if all(view[end - 1] == "*" for _, end in words) or sum(end - begin for begin, end in words) == 1:
        return []
    if all(view[begin:end].lower() in _PARTICLES for begin, end in words):
        return []
    return words


def _kind_ahead(view: str, start: int) -> str | None:
    ahead = _WORD.match(view, start)
    return _vocabulary().words.get(ahead["w"].rstrip(".,-").lower()) if ahead else None


def _begins_known(view: str, start: int) -> bool:
    """Whether a courier or country of several words begins here: FAN Courier, U.S. Postal Service."""
    ahead = _SEVERAL.match(view, start)
    words = ahead[0].lower().split(" ") if ahead else []
    return any(" ".join(words[:n]) in _vocabulary().names for n in range(2, len(words) + 1))


def _is_also_name(view: str, match: re.Match[str], words: list[tuple[int, int]], is_person: bool) -> bool:
    """John Hall, Nguyen Van An and, where only a person can stand, PARK JI HOON."""
    word = match["w"].rstrip(".,-")
    if word[0].islower() or (word.lower() in _SMALL_NAMES and not word.istitle()):
        return False
    if words:
        return is_person or _vocabulary().words.get(word.lower()) != "organisation"
    return is_person and _goes_on(view, match.end())


def _is_first_name(view: str, start: int, is_person: bool) -> bool:
    """What follows a family name and a comma: any name where only a person can stand, else one not in capitals."""
    ahead = _WORD.match(view, start)
    return (
        ahead is not None
        and (is_person or ahead["w"].istitle())
        and not _kind_ahead(view, start)
        and not _is_known(ahead["w"].lower(), with_places=True)
        and not re.match(r"\.? ?\d{1,3}(?![\d -])", view[ahead.end() : ahead.end() + 6])
    )


def _is_initial(view: str, match: re.Match[str]) -> bool:
    """A SMITH, but not A Neighbour."""
    letter = match["w"].rstrip(".")
    return len(letter) == 1 and letter.isupper() and _goes_on(view, match.end())


def _goes_on(view: str, start: int) -> bool:
    """Whether a word of a name follows, particles between them aside."""
    while (ahead := _WORD.match(view, start)) and ahead["w"].lower() in _PARTICLES:
        start = ahead.end()
    return ahead is not None and ahead["w"][0].isupper() and not _kind_ahead(view, start)


def _ends_sentence(view: str, match: re.Match[str]) -> bool:
    """A full stop behind a word that is no initial and no title, unless capitals go on ("ALEX. EXAMPLE")."""
    word = match["w"].rstrip(".")
    goes_on = word.isupper() and view[match.end() : match.end() + 3].strip().isupper()
    return match["w"].endswith(".") and len(word) > 3 and "." not in word[:3] and word[-2] != "-" and not goes_on


def _run(view: str, words: list[tuple[int, int]]) -> str:
    """The words in small letters, with the particles before them: los angeles."""
    run = " ".join(view[start:stop].strip(".,-").lower() for start, stop in words)
    before = view[: words[0][0]].lower().split()
    return f"{before[-1]} {run}" if before and before[-1] in _PARTICLES else run


@lru_cache(maxsize=10_000)
def _is_known(run: str, with_places: bool) -> bool:
    """Whether the words are a courier or a country or, if asked, another place."""
    vocabulary = _vocabulary()
    return run in vocabulary.names or (with_places and any(place.fullmatch(run) for place in vocabulary.places))


def _any_of(texts: Collection[str]) -> str:
    """A pattern for the longest of the texts, letter by letter: one after the other takes four times as long."""
    by_letter: dict[str, list[str]] = {}
    for text in filter(None, texts):
        by_letter.setdefault(text[0], []).append(text[1:])
    branches = "|".join(
        (r"\s+" if letter == " " else re.escape(letter)) + (_any_of(rests) if any(rests) else "")
        for letter, rests in sorted(by_letter.items())
    )
    return f"(?:{branches})" + ("?" if "" in texts else "")


@cache
def _vocabulary() -> _Vocabulary:
    def rows(name: str) -> list[dict[str, str]]:
        with (SQL_FOLDER / "reference" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    cues = {row["cue"]: row["kind"] for row in rows("name_cue")}
    return _Vocabulary(
        cues=cues,
        cue=re.compile(rf"(?<![^\W_]){_any_of(cues)}"),
        words={row["word"]: row["kind"] for row in rows("name_word")},
        # Ng is a family name first, and Nigeria after.
        names=frozenset(row["alias"].lower() for table in ("courier_alias", "country") for row in rows(table)) - {"ng"},
        places=tuple(re.compile(row["pattern"]) for row in rows("place_zone")),
    )
