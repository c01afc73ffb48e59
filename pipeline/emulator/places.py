"""Where parcels go and are scanned: countries, cities, their time zones and their names."""

from typing import NamedTuple
from zoneinfo import ZoneInfo


class Place(NamedTuple):
    """A city: its Chinese name (Simplified), its name on an English scan, and where in it sites are."""

    name: str
    english: str
    country: str
    zone: ZoneInfo
    districts: tuple[str, ...]

    def site(self, suffix: str, district: int | None = None) -> str:
        """A courier's site in the city: its hub, or with a number the site of a district."""
        area = "" if district is None else self.districts[district % len(self.districts)]
        return f"{self.name.removesuffix('市')}{area}{suffix}"


class Country(NamedTuple):
    """A destination: its spellings in the API, where parcels enter, and when nobody delivers (0 Monday)."""

    spellings: tuple[str, ...]
    gateway: Place
    cities: tuple[Place, ...]
    flight_hours: float
    days_off: tuple[int, ...]


_MAINLAND = ("福田", "中山路", "科技园", "人民路", "高新区", "江北")
_ABROAD = ("中心", "东区", "西区", "机场")


def _place(name: str, english: str, country: str, zone: str, districts: tuple[str, ...] = _ABROAD) -> Place:
    return Place(name, english, country, ZoneInfo(zone), districts)


def _mainland(name: str, english: str) -> Place:
    return _place(name, f"{english} - CHINA MAINLAND", "CN", "Asia/Shanghai", _MAINLAND)


def _local(name: str, english: str, *districts: str) -> Place:
    return _place(name, f"{english} - HONG KONG SAR, CHINA", "HK", "Asia/Hong_Kong", districts)


HONG_KONG = _local("香港", "HONG KONG", "葵涌", "观塘", "长沙湾", "湾仔", "荃湾")
SHENZHEN = _mainland("深圳市", "SHENZHEN")
_MACAU = _place("澳门", "MACAU - MACAU SAR, CHINA", "MO", "Asia/Macau", ("新口岸", "氹仔"))
_SINGAPORE = _place("新加坡", "SINGAPORE - SINGAPORE", "SG", "Asia/Singapore")
_TOKYO = _place("东京", "TOKYO - JAPAN", "JP", "Asia/Tokyo")
_LOS_ANGELES = _place("洛杉矶", "LOS ANGELES, CA - USA", "US", "America/Los_Angeles")
_LONDON = _place("伦敦", "LONDON-HEATHROW - UK", "GB", "Europe/London")
_SYDNEY = _place("悉尼", "SYDNEY - AUSTRALIA", "AU", "Australia/Sydney")

COUNTRIES: dict[str, Country] = {
    "HK": Country(
        ("Hong Kong", "HONG KONG", "Hong Kong SAR", "HK"),
        HONG_KONG,
        (
            HONG_KONG,
            _local("香港九龙", "KOWLOON", "旺角", "九龙湾", "红磡", "新蒲岗"),
            _local("香港新界", "NEW TERRITORIES", "沙田", "元朗", "将军澳", "大埔", "屯门"),
        ),
        0.0,
        (),
    ),
    "CN": Country(
        ("China", "CHINA", "Mainland China", "CN"),
        SHENZHEN,
        (
            SHENZHEN,
            _mainland("广州市", "GUANGZHOU"),
            _mainland("上海市", "SHANGHAI"),
            _mainland("北京市", "BEIJING"),
            _mainland("杭州市", "HANGZHOU"),
            _mainland("成都市", "CHENGDU"),
            _mainland("武汉市", "WUHAN"),
        ),
        0.0,
        (),
    ),
    "MO": Country(("Macau", "MACAU", "Macao"), _MACAU, (_MACAU,), 0.0, (6,)),
    "TW": Country(
        ("Taiwan", "TAIWAN"),
        _place("桃园", "TAOYUAN - TAIWAN", "TW", "Asia/Taipei"),
        (
            _place("台北", "TAIPEI - TAIWAN", "TW", "Asia/Taipei"),
            _place("台中", "TAICHUNG - TAIWAN", "TW", "Asia/Taipei"),
            _place("高雄", "KAOHSIUNG - TAIWAN", "TW", "Asia/Taipei"),
        ),
        1.8,
        (6,),
    ),
    "SG": Country(("Singapore", "SINGAPORE"), _SINGAPORE, (_SINGAPORE,), 4.0, (6,)),
    "JP": Country(
        ("Japan", "JAPAN"),
        _TOKYO,
        (_TOKYO, _place("大阪", "OSAKA - JAPAN", "JP", "Asia/Tokyo")),
        4.2,
        (6,),
    ),
    "US": Country(
        ("United States", "UNITED STATES", "USA"),
        _LOS_ANGELES,
        (
            _LOS_ANGELES,
            _place("纽约", "NEW YORK, NY - USA", "US", "America/New_York"),
            _place("芝加哥", "CHICAGO, IL - USA", "US", "America/Chicago"),
            _place("达拉斯", "DALLAS, TX - USA", "US", "America/Chicago"),
        ),
        13.0,
        (5, 6),
    ),
    "GB": Country(
        ("United Kingdom", "UNITED KINGDOM", "UK"),
        _LONDON,
        (_LONDON, _place("曼彻斯特", "MANCHESTER - UK", "GB", "Europe/London")),
        14.0,
        (5, 6),
    ),
    "DE": Country(
        ("Germany", "GERMANY"),
        _place("莱比锡", "LEIPZIG - GERMANY", "DE", "Europe/Berlin"),
        (
            _place("柏林", "BERLIN - GERMANY", "DE", "Europe/Berlin"),
            _place("慕尼黑", "MUNICH - GERMANY", "DE", "Europe/Berlin"),
        ),
        13.5,
        (5, 6),
    ),
    "AU": Country(
        ("Australia", "AUSTRALIA"),
        _SYDNEY,
        (_SYDNEY, _place("墨尔本", "MELBOURNE - AUSTRALIA", "AU", "Australia/Melbourne")),
        9.0,
        (5, 6),
    ),
}
