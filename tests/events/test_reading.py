"""Which version of the rules a reading is: what makes all raw responses be read again."""

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.events.reading import Reading

MINE = "rule_id,priority,pattern,unless,status,substatus,source\nbear,10,met a bear,,exception,other,us\n"


def test_the_same_rules_are_the_same_version(tmp_path: Path) -> None:
    plain = Reading.load()
    assert Reading.load().fingerprint == plain.fingerprint
    assert Reading.load(user_folder=tmp_path / "none").fingerprint == plain.fingerprint
    assert Reading.load(user_folder=tmp_path).fingerprint == plain.fingerprint


def test_a_rule_of_the_user_makes_a_new_version(tmp_path: Path) -> None:
    versions = [Reading.load(user_folder=tmp_path).fingerprint]
    for text in (MINE, MINE.replace("bear", "wolf"), MINE):
        (tmp_path / "text_rule.csv").write_text(text, encoding="utf-8")
        reading = Reading.load(user_folder=tmp_path)
        versions.append(reading.fingerprint)
    assert len(set(versions)) == 3
    assert versions[1] == versions[3]
    assert reading.rules.classify(None, None, "It met a bear").rule_id == "bear"


def test_a_wrong_rule_file_stops_the_reading(tmp_path: Path) -> None:
    (tmp_path / "text_rules.csv").write_text(MINE, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"text_rules\.csv is no rule file"):
        Reading.load(user_folder=tmp_path)
