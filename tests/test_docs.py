"""The documentation keeps up with the code."""

from pipeline.cli import app
from pipeline.settings import REPOSITORY, Settings


def test_the_readme_lists_every_command() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"`parcels {command.callback.__name__.replace('_', '-')}" in readme


def test_every_setting_is_explained_in_the_example_and_no_other() -> None:
    lines = (REPOSITORY / ".env.example").read_text(encoding="utf-8").splitlines()
    explained = {line.partition("=")[0] for line in lines if line.startswith("PARCELS_")}
    assert explained == {f"PARCELS_{name.upper()}" for name in Settings.model_fields}
