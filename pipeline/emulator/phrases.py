"""How each courier words each kind of step, and what a step of that kind really means.

The wordings are rows of phrases.csv: `{here}` and `{next}` are sites, `{person}` and `{phone}` the courier's,
`{point}` a locker or store. A courier without a wording for a step does not report it.
"""

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Phrase(NamedTuple):
    code: str
    text: str


# What a courier reports that has no word for a kind of step which must not go missing.
_INSTEAD = {
    "third_party": "delivered",
    "safe_place": "delivered",
    "locker": "store",
    "locker_collected": "store_collected",
    "rescheduled": "absent",
    "failed": "absent",
    "customs_info": "customs_hold",
    "customs_pay": "customs_hold",
}


MEANING: dict[str, tuple[str, str]] = {
    "label": ("pending", "label_created"),
    "pickup_failed": ("pending", "pickup_failed"),
    "pickup_door": ("picked_up", "collected"),
    "pickup": ("picked_up", "collected"),
    "dropoff": ("picked_up", "dropped_off"),
    "sorted": ("in_transit", "at_facility"),
    "loaded": ("in_transit", "departed_facility"),
    "depart": ("in_transit", "departed_facility"),
    "arrive": ("in_transit", "arrived_facility"),
    "arrive_depot": ("in_transit", "arrived_facility"),
    "arrive_dest": ("in_transit", "arrived_destination"),
    "moving": ("in_transit", "moving"),
    "handed_airline": ("in_transit", "linehaul"),
    "takeoff": ("in_transit", "linehaul"),
    "landed": ("in_transit", "linehaul"),
    "second_leg": ("in_transit", "moving"),
    "partner": ("in_transit", "handed_to_partner"),
    "redirect": ("in_transit", "redirected"),
    "scheduled": ("in_transit", "delivery_scheduled"),
    "to_store": ("in_transit", "moving"),
    "taken_back": ("in_transit", "moving"),
    "customs_filed": ("customs", "processing"),
    "customs": ("customs", "processing"),
    "customs_event": ("customs", "processing"),
    "customs_hold": ("customs", "held"),
    "customs_info": ("customs", "info_required"),
    "customs_pay": ("customs", "payment_required"),
    "cleared": ("customs", "cleared"),
    "out_early": ("out_for_delivery", "with_courier"),
    "out": ("out_for_delivery", "with_courier"),
    "absent": ("failed_attempt", "recipient_unavailable"),
    "refused": ("failed_attempt", "refused"),
    "rescheduled": ("failed_attempt", "rescheduled"),
    "failed": ("failed_attempt", "other"),
    "locker": ("available_for_pickup", "locker"),
    "store": ("available_for_pickup", "pickup_point"),
    "shelved": ("available_for_pickup", "pickup_point"),
    "overdue": ("available_for_pickup", "overdue"),
    "locker_collected": ("delivered", "collected"),
    "store_collected": ("delivered", "collected"),
    "delivered": ("delivered", "recipient"),
    "third_party": ("delivered", "third_party"),
    "safe_place": ("delivered", "safe_place"),
    "delayed": ("exception", "delayed"),
    "weather": ("exception", "weather"),
    "on_hold": ("exception", "on_hold"),
    "damaged": ("exception", "damaged"),
    "misrouted": ("exception", "misrouted"),
    "lost": ("exception", "lost"),
    "address": ("exception", "address_issue"),
    "return_start": ("return", "in_progress"),
    "return_signed": ("return", "completed"),
    "cancelled": ("cancelled", "cancelled"),
    "child": ("info", "informational"),
    "weight": ("info", "informational"),
    "paid": ("info", "informational"),
    "notice": ("info", "informational"),
    "pod": ("info", "informational"),
    "odd": ("unknown", "unclassified"),
}


@cache
def phrases() -> dict[tuple[str, str], tuple[Phrase, ...]]:
    """Every (courier, kind) with its wordings."""
    found: defaultdict[tuple[str, str], list[Phrase]] = defaultdict(list)
    with (files(__package__) / "phrases.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found[row["courier"], row["kind"]].append(Phrase(row["code"], row["text"]))
    return {key: tuple(texts) for key, texts in found.items()}


def wordings(courier: str, kind: str) -> tuple[str, tuple[Phrase, ...]]:
    """The kind that a courier reports for a step, with its wordings; none where it keeps silent."""
    known = phrases()
    if (courier, kind) not in known:
        kind = _INSTEAD.get(kind, kind)
    return kind, known.get((courier, kind), ())


_TRADITIONAL = str.maketrans(
    "与业丰为从仓们关准凭务单厦发号听启员响处备复应开录户护报择据数无时暂机柜气湾滞点电码离税签约纳给统缴网联龙"
    "装补订记话详误请谢货资赔车转输达运进适递遗门问间随隐顺领风飞驳验齐办审实将尽总东广汉场岛罗营级区观红丽园兴"
    "矶纽伦莱锡马尔彻国银写学华赵钱孙郑陈张刘黄吴许陆锋伟强军杰静仪辉荣长顿并系贵图拣损错岗桥会创讯乐钟",
    "與業豐為從倉們關準憑務單廈發號聽啟員響處備復應開錄戶護報擇據數無時暫機櫃氣灣滯點電碼離稅簽約納給統繳網聯龍"
    "裝補訂記話詳誤請謝貨資賠車轉輸達運進適遞遺門問間隨隱順領風飛駁驗齊辦審實將盡總東廣漢場島羅營級區觀紅麗園興"
    "磯紐倫萊錫馬爾徹國銀寫學華趙錢孫鄭陳張劉黃吳許陸鋒偉強軍傑靜儀輝榮長頓並繫貴圖揀損錯崗橋會創訊樂鐘",
)


def traditional(text: str) -> str:
    """A Simplified text in Traditional characters, for every character that the wordings use."""
    return text.translate(_TRADITIONAL)
