"""Where a scan's clock stood: by its location, its message, its courier, or assumed."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.events.zone import ZoneRules

REFERENCE = Path(__file__).parents[2] / "sql" / "reference"


@pytest.fixture(scope="module")
def rules() -> ZoneRules:
    return ZoneRules.load(REFERENCE)


@pytest.mark.parametrize(
    ("location", "zone"),
    [
        ("深圳市", "Asia/Shanghai"),
        ("北京海淀七街营业点", "Asia/Shanghai"),
        ("哈爾濱市", "Asia/Shanghai"),
        ("香港", "Asia/Hong_Kong"),
        ("九龍灣", "Asia/Hong_Kong"),
        ("新界", "Asia/Hong_Kong"),
        ("HONG KONG - HONG KONG SAR, CHINA", "Asia/Hong_Kong"),
        ("澳門", "Asia/Macau"),
        ("台北市", "Asia/Taipei"),
        ("臺中", "Asia/Taipei"),
        ("KARACHI", "Asia/Karachi"),
        ("DUBAI - UNITED ARAB EMIRATES", "Asia/Dubai"),
        ("LONDON-HEATHROW - UNITED KINGDOM", "Europe/London"),
        ("LONDON, ON, CA", "America/Toronto"),
        ("VANKLEEK HILL, ON", "America/Toronto"),
        ("Miami, FL, US", "America/New_York"),
        ("PARIS, TX, US", "America/Chicago"),
        ("Paris", "Europe/Paris"),
        ("BIRMINGHAM, AL, US", "America/Chicago"),
        ("CINCINNATI HUB,OH-USA", "America/New_York"),
        ("MILWAUKEE WI 53201", "America/Chicago"),
        ("KEASBEY, NJ", "America/New_York"),
        ("ONTARIO, CA", "America/Los_Angeles"),
        ("PHOENIX, AZ, US", "America/Phoenix"),
        ("DELHI, IN", "Asia/Kolkata"),
        ("BERLIN, DE", "Europe/Berlin"),
        ("Oakleigh South VIC", "Australia/Melbourne"),
        ("PERTH WA 6000", "Australia/Perth"),
        ("AUCKLAND-NZ", "Pacific/Auckland"),
        ("Tokyo, JP", "Asia/Tokyo"),
        ("SEOUL - KOREA, REPUBLIC OF", "Asia/Seoul"),
        ("SYDNEY, NSW, AU", "Australia/Sydney"),
        ("Curitiba - PR", "America/Sao_Paulo"),
        ("BELGRADE - SERBIA", "Europe/Belgrade"),
        ("Jamaica, NY 11430", "America/New_York"),
        ("EVANSVILLE, IN, US", "America/Chicago"),
        ("Evansville, IN, 47711, US", "America/Chicago"),
        ("INDIANAPOLIS, IN 46241", "America/New_York"),
        ("KNOXVILLE, TN 37921", "America/New_York"),
        ("Memphis, TN, US", "America/Chicago"),
        ("Bowling Green, KY, US", "America/Chicago"),
        ("Bowling Green, OH, US", "America/New_York"),
        ("Pensacola, FL 32501", "America/Chicago"),
        ("EL PASO, TX, US", "America/Denver"),
        ("Post Falls, ID 83854", "America/Los_Angeles"),
        ("三藩市", "America/Los_Angeles"),
        ("Machelen", "Europe/Brussels"),
        ("Changi", "Asia/Singapore"),
        ("内蒙古呼和浩特市", "Asia/Shanghai"),
        ("JORDAN - HONG KONG", "Asia/Hong_Kong"),
    ],
)
def test_a_location_tells_its_zone(rules: ZoneRules, location: str, zone: str) -> None:
    assert rules.infer(location, "", "dhl_express", None, None) == (zone, "location")


def test_two_letters_behind_a_place_are_a_country_where_the_parcel_goes_there(rules: ZoneRules) -> None:
    assert rules.infer("HANNOVER, DE", "", "ups", "HONG KONG", "Germany") == ("Europe/Berlin", "location")
    assert rules.infer("DOVER, DE", "", "usps", "HONG KONG", "United States") == ("America/New_York", "location")
    assert rules.infer("INDORE, IN", "", "fedex", "India", "HK") == ("Asia/Kolkata", "location")
    assert rules.infer("MUNCIE, IN", "", "fedex", "HONG KONG", None) == ("America/New_York", "location")


def test_a_parcel_that_stays_in_a_country_is_looked_for_there(rules: ZoneRules) -> None:
    assert rules.infer("Porto Alegre", "", None, "BR", "Brazil") == ("America/Sao_Paulo", "location")
    assert rules.infer("Porto", "", None, "PT", "BR") == ("Europe/Lisbon", "location")
    assert rules.infer("深圳市", "", "sf_express", "HONG KONG", "Hong Kong") == ("Asia/Shanghai", "location")


@pytest.mark.parametrize(
    ("location", "zone"),
    [
        ("Santiago / RS", "America/Sao_Paulo"),
        ("COLOMBO/PR", "America/Sao_Paulo"),
        ("CTE RECIFE / PE", "America/Fortaleza"),
        ("Rio Branco/AC", "America/Rio_Branco"),
    ],
)
def test_a_state_of_brazil_behind_a_slash_tells_its_zone(rules: ZoneRules, location: str, zone: str) -> None:
    assert rules.infer(location, "", "correios_br", "CN", "BR") == (zone, "location")


def test_the_message_speaks_where_the_location_is_silent(rules: ZoneRules) -> None:
    assert rules.infer("", "Processed at KARACHI - PAKISTAN", None, None, None) == ("Asia/Karachi", "location")
    assert rules.infer(None, "快件到达 【深圳总集散中心】", "sf_express", None, None) == ("Asia/Shanghai", "location")


def test_the_place_where_a_parcel_goes_next_is_not_where_it_is(rules: ZoneRules) -> None:
    assert rules.infer("", "离开广州，发往纽约", None, None, None) == ("Asia/Shanghai", "location")
    assert rules.infer("", "Shipment in transit to LONDON", None, None, None) == ("Asia/Hong_Kong", "assumed")


def test_a_location_without_a_zone_is_not_overruled_by_the_message(rules: ZoneRules) -> None:
    assert rules.infer("US", "Arrived from KARACHI", "fedex", None, None) == ("America/New_York", "assumed")


def test_a_courier_with_one_zone_lends_it(rules: ZoneRules) -> None:
    assert rules.infer("", "派件中", "yto", None, "GB") == ("Asia/Shanghai", "courier")
    assert rules.infer("", "Delivered to consignee", "delhivery", None, None) == ("Asia/Kolkata", "courier")


def test_the_last_mile_is_assumed_in_the_country_of_destination(rules: ZoneRules) -> None:
    assert rules.infer("", "Out for delivery", "dhl_express", None, "GB", is_last_mile=True) == (
        "Europe/London",
        "assumed",
    )
    assert rules.infer("", "Delivered", None, None, "United Kingdom", is_last_mile=True) == ("Europe/London", "assumed")
    assert rules.infer("", "Shipment picked up", "dhl_express", None, "GB") == ("Asia/Hong_Kong", "assumed")
    assert rules.infer("", "Delivered", "dhl_express", None, "Atlantis", is_last_mile=True) == (
        "Asia/Hong_Kong",
        "assumed",
    )


def test_of_several_zones_the_one_where_most_people_live_is_assumed(rules: ZoneRules) -> None:
    assert rules.infer("", "Delivered", "dhl_express", "HK", "US", is_last_mile=True) == ("America/New_York", "assumed")
    assert rules.infer("", "Delivered", "dhl_express", "HK", "Australia", is_last_mile=True) == (
        "Australia/Sydney",
        "assumed",
    )
    assert rules.infer("United States", "Arrived", None, "HK", "US") == ("America/New_York", "assumed")


def test_the_first_miles_are_assumed_in_the_country_of_origin(rules: ZoneRules) -> None:
    assert rules.infer("", "Item picked up", "royal_mail", "GB", "GB") == ("Europe/London", "assumed")
    assert rules.infer("", "Shipment picked up", "dhl_express", "HONG KONG", "GB") == ("Asia/Hong_Kong", "assumed")
    assert rules.infer("", "Shipment picked up", "fedex", "US", "GB") == ("America/New_York", "assumed")


def test_nothing_known_means_hong_kong(rules: ZoneRules) -> None:
    assert rules.infer(None, None, None, None, None) == ("Asia/Hong_Kong", "assumed")


def test_a_clock_is_local_or_left_empty(tmp_path: Path) -> None:
    for name in ("place_zone.csv", "country.csv"):
        shutil.copy(REFERENCE / name, tmp_path)
    (tmp_path / "courier.csv").write_text("courier,time_zone,clock\nfedex,,utc\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"courier\.csv, line 2: the clock of a courier"):
        ZoneRules.load(tmp_path)


@pytest.mark.parametrize("row", ["somewhere,Mars/Olympus,XX", "some(where,Asia/Tokyo,JP"])
def test_a_broken_place_names_its_file_and_line(tmp_path: Path, row: str) -> None:
    shutil.copy(REFERENCE / "courier.csv", tmp_path)
    (tmp_path / "place_zone.csv").write_text(f"pattern,time_zone,country\n{row}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"place_zone\.csv, line 2"):
        ZoneRules.load(tmp_path)
