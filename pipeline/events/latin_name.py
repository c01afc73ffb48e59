"""Where person names in Latin letters stand in a courier text: behind who signed, received, carries, or a title.

name_cue.csv holds what a name stands behind, name_word.csv the words around names that are none. Behind a cue come
roles ("the neighbour"), then up to four words of a name. A run of words that ends in an organisation ("YALIDINE
EXPRESS"), or is a courier or a place of our reference data, is no name.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.events.chinese_name import GIVES_TO, ROLE
from pipeline.settings import SQL_FOLDER

_LATIN = re.compile("[A-Za-z]{2}")
_AFTER_CUE = re.compile(
    r"(?!\w)\.?(?:'s\s+name)?(?:\s+is\b)?(?P<sep>(?:\s*[:\-–|(\[【])+\s*|,?\s+)(?=\S)", re.IGNORECASE
)
_HAN_CUE = re.compile(rf"(?:{GIVES_TO}\s*{ROLE}?|{ROLE})(?:姓名|是|为)?[\s:【\[(]*(?=[A-Za-z])")
# German puts the verb last: "wurde an Petra Hoffmann übergeben", "wurde von Krüger angenommen".
_VERB_LAST = re.compile(
    r"\b(?:(?P<an>[Aa]n)|[Vv]on|[Dd]urch)\s+(?=[^\W\d_])(?=[^.,;]{2,60}?\s(?P<verb>übergeben|zugestellt|ausgehändigt|ausgeliefert"
    r"|abgegeben|angenommen|entgegengenommen|übernommen|unterschrieben|quittiert|abgeholt)\b)"
)
# The name comes before what is told of it: "Graham will be with you today", "Customer Omar Haddad refused".
_VERB_BEHIND = re.compile(
    r"(?:(?:^|[.!] )(?=[A-Z][^.,;:\d]{1,40}? (?P<comes>will be with you|is delivering your)\b)"
    r"|\b(?:[Cc]ustomer|[Cc]onsignee|[Rr]eceiver|[Rr]ecipient) (?=[A-Z][^.,;:\d]{1,40}?"
    r" (?P<does>(?:has )?(?:refused|rejected)|(?:is |was )?not available)\b))"
)
_LETTER = r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_WORD = re.compile(rf" ?(?P<w>{_LETTER}(?:{_LETTER}|['’.-])*\**)")
_APPOSITION = re.compile(rf"{_LETTER}+(?: {_LETTER}+)?, (?:is|will|has|wird|ist|est|está|è)\b")
_OPENING = re.compile(r"\s*[:(\[]+\s*")
# A site's or a courier's code in a Chinese text: neither XXC区 nor user1040 is a person.
_CODE = re.compile(r"[A-Za-z]{1,3}[\u3400-\u9fff]|[A-Za-z]+\d")
_PLACEHOLDER = re.compile(r"(.)\1{2,}")
_BREAK = re.compile(r"\s*(?:$|[.,;:|/()\[\]!\d-])")
_PARTICLES = frozenset(
    {"da", "de", "do", "dos", "das", "di", "del", "la", "van", "von", "der", "den", "ter", "ten", "bin", "binti", "ibn"}
    | {"al", "el", "y", "e", "zu"}
)
# Words of the trade that are a name's second word as well.
_ALSO_NAMES = frozenset(["man", "woman", "son", "may", "page", "young", "long"])


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
        is_sure = colon or bool(set("[(【") & set(separator)) or kind in {"signs", "han"}
        words = _name(view, start, needs_capital=not is_sure)
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
        words = _name(view, match.end(), needs_capital=True)
        is_whole = words and view[words[-1][1] : match.start(match.lastindex or 0)].isspace()
        if is_whole and not _is_known(_run(view, words), with_places=True):
            yield from words
    for match in _VERB_LAST.finditer(view):
        words = _name(view, match.end(), needs_capital=True)
        # Every German noun has a capital, and parcels go to many things: one word alone must be written in capitals.
        is_name = len(words) > 1 or (words and (not match["an"] or view[slice(*words[0])].isupper()))
        is_last = words and view[words[-1][1] : match.start("verb")].isspace()
        if is_name and is_last and not _is_known(_run(view, words), with_places=True):
            yield from words


def _cues(view: str) -> Iterator[tuple[str, str, int]]:
    """The kind of each cue, what stands between it and the next word, and where that begins."""
    vocabulary = _vocabulary()
    # Of the same length as the text: İ is the one letter that would become two.
    for match in vocabulary.cue.finditer(view.replace("İ", "I").lower()):
        start = match.start()
        if (start and view[start - 1].isalnum()) or not (after := _AFTER_CUE.match(view, match.end())):
            continue
        kind = vocabulary.cues[" ".join(match[0].split())]
        if "." in view[match.end() : after.start("sep")] and kind != "title":
            continue
        # "Your courier, Nadia, is on the way"
        if "," in after["sep"] and not (kind == "carries" and _APPOSITION.match(view, after.end())):
            continue
        # "DRIVER RELEASED": in capitals a word beside a role tells nothing.
        if kind != "carries" or not view[start : match.end()].isupper() or ":" in after["sep"]:
            yield kind, after["sep"], after.end()
    if not view.isascii():
        for match in _HAN_CUE.finditer(view):
            yield "han", match[0], match.end()


def _name(view: str, start: int, needs_capital: bool) -> list[tuple[int, int]]:
    """Up to four words from start on that may be one name; none where they belong to an organisation."""
    kinds = _vocabulary().words
    words: list[tuple[int, int]] = []
    while len(words) < 4 and (match := _WORD.match(view, start)):
        word = match["w"].rstrip(".,-")
        small = word.lower().removesuffix("'s")
        kind = None if _is_initial(view, match) else kinds.get(small)
        start = match.end()
        ends_sentence = _ends_sentence(view, match)
        span = (match.start("w"), match.start("w") + len(word) if ends_sentence else start)
        if not words and kind == "role":
            if opening := _OPENING.match(view, start):
                needs_capital, start = False, opening.end()
                continue
        elif kind == "organisation" or _PLACEHOLDER.fullmatch(small) or view[start : start + 1] == "&":
            return []
        elif words and small in _ALSO_NAMES:
            words.append(span)
        elif small not in _PARTICLES or not (words or (word.isupper() and not needs_capital)):
            if kind or (needs_capital and not word[0].isupper()):
                break
            words.append(span)
        if ends_sentence:
            break
    return [] if all(view[end - 1] == "*" for _, end in words) else words


def _is_initial(view: str, match: re.Match[str]) -> bool:
    """A SMITH, but not A Neighbour."""
    letter = match["w"].rstrip(".")
    after = _WORD.match(view, match.end())
    goes_on = after and after["w"][0].isupper() and after["w"].rstrip(".,-").lower() not in _vocabulary().words
    return len(letter) == 1 and letter.isupper() and bool(goes_on)


def _ends_sentence(view: str, match: re.Match[str]) -> bool:
    """A full stop behind a word that is no initial and no title, unless capitals go on ("ALEX. EXAMPLE")."""
    word = match["w"].rstrip(".")
    goes_on = word.isupper() and view[match.end() : match.end() + 3].strip().isupper()
    return match["w"].endswith(".") and len(word) > 3 and not goes_on


def _run(view: str, words: list[tuple[int, int]]) -> str:
    return " ".join(view[start:stop].strip(".,-").lower() for start, stop in words)


@lru_cache(maxsize=10_000)
def _is_known(run: str, with_places: bool) -> bool:
    """Whether the words are a courier or a country or, if asked, another place."""
    vocabulary = _vocabulary()
    return run in vocabulary.names or (with_places and any(place.fullmatch(run) for place in vocabulary.places))


@cache
def _vocabulary() -> _Vocabulary:
    def rows(name: str) -> list[dict[str, str]]:
        with (SQL_FOLDER / "reference" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))

    cues = {row["cue"]: row["kind"] for row in rows("name_cue")}
    # Plain words, so that the search skips to their first letters.
    longest_first = (re.escape(cue).replace(r"\ ", r"\s+") for cue in sorted(cues, key=len, reverse=True))
    return _Vocabulary(
        cues=cues,
        cue=re.compile("|".join(longest_first)),
        words={row["word"]: row["kind"] for row in rows("name_word")},
        names=frozenset(row["alias"].lower() for table in ("courier_alias", "country") for row in rows(table)),
        places=tuple(re.compile(row["pattern"]) for row in rows("place_zone")),
    )
