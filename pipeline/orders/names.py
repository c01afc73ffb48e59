"""Names that somebody may have meant, for sentences about a table or column that is not there."""

import difflib
from collections.abc import Sequence


def near_names(asked: str, names: Sequence[str]) -> str:
    """The names somebody may have meant, as the end of a sentence."""
    last = asked.rpartition(".")[2].casefold()
    tails = {name: name.rpartition(".")[2].casefold() for name in dict.fromkeys(names)}
    near = [name for name, tail in tails.items() if tail == last]
    near += [name for name in tails if tails[name] in difflib.get_close_matches(last, tails.values(), n=5, cutoff=0.5)]
    if near:
        return f" (near names: {', '.join(list(dict.fromkeys(near))[:5])})"
    if names:
        return f"; it has {', '.join(list(tails)[:10])}" + (" and more" if len(tails) > 10 else "")
    return "; it has no tables that this user may see"


def did_you_mean(name: str, available: Sequence[str]) -> str:
    """The one column somebody may have meant, in brackets, or nothing."""
    folded = {column.casefold().replace("_", ""): column for column in available}
    near = difflib.get_close_matches(name.casefold().replace("_", ""), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def listed(names: Sequence[str]) -> str:
    """Names with commas, not more than a sentence bears."""
    return ", ".join(names) if len(names) <= 40 else ", ".join(names[:40]) + f" and {len(names) - 40} more"
