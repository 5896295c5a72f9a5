"""Settings: what is merged, and how wrong files are refused."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from motherlode.errors import UsageError
from motherlode.settings import load_settings, profiles, section_name

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SessionGapParams:
    zone: str = "UTC"
    gap_minutes: int = 30
    channels: tuple[str, ...] = field(default=("web",))


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text(
        '[paths]\nlanding="l"\nwarehouse="w"\ndocuments="d"\ntracking="sqlite:///m.db"\nartifacts="a"\n'
        '[business]\nzone="Europe/Berlin"\n[consent]\nanalytics=false\npersonalisation=true\nmarketing=false\n[spark]\nmaster="local[2]"\n'
        "[session_gap]\ngap_minutes = 20\n"
    )
    (tmp_path / "laptop.toml").write_text('[paths]\nwarehouse = "mine"\n')
    (tmp_path / "night.toml").write_text('extends = "laptop"\n[session_gap]\ngap_minutes = 5\n')
    return tmp_path


def test_later_files_and_set_win(conf: Path) -> None:
    made = load_settings(conf, "night", ("paths.landing=s3://raw/logs", "spark.conf.spark.x.y=2"), [SessionGapParams])
    assert made.paths.landing == "s3://raw/logs"
    assert made.paths.warehouse == str(Path("mine").absolute())
    assert made.paths.tracking == "sqlite:///" + str(Path("m.db").absolute())
    assert made.spark.conf == {"spark.x.y": "2"}
    assert made.params_of(SessionGapParams) == SessionGapParams(zone="Europe/Berlin", gap_minutes=5)


def test_a_class_of_parameters_names_its_section() -> None:
    assert section_name(SessionGapParams) == "session_gap"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("session_gap.gap_minute=3",), "session_gap: unknown key 'gap_minute'; did you mean 'gap_minutes'?"),
        (("sesion_gap.gap_minutes=3",), "conf: unknown key 'sesion_gap'; did you mean 'session_gap'?"),
        (("session_gap.gap_minutes=soon",), "session_gap.gap_minutes: input should be a valid integer"),
        (("paths.landing=7",), "paths.landing: input should be a valid string"),
        (("gap_minutes=3",), "--set 'gap_minutes=3': write it as section.key=value"),
        (("business.zone.x=1",), "zone is a value, not a section"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(conf: Path, overrides: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as error:
        load_settings(conf, "laptop", overrides, [SessionGapParams])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_not_there_or_no_toml(conf: Path) -> None:
    with pytest.raises(UsageError, match=r"no such profile; there are: laptop, night"):
        load_settings(conf, "nigth")
    (conf / "laptop.toml").write_text("[paths\n")
    with pytest.raises(UsageError, match=r"laptop\.toml: "):
        load_settings(conf, "laptop")


def test_consent_has_to_be_chosen(conf: Path) -> None:
    base = conf / "base.toml"
    base.write_text(base.read_text().replace("analytics=false", "").replace("marketing=false", ""))
    with pytest.raises(UsageError, match=r"consent: analytics, marketing must be set"):
        load_settings(conf, "laptop")


def test_profiles_may_not_extend_in_a_circle(conf: Path) -> None:
    (conf / "laptop.toml").write_text('extends = "night"\n')
    with pytest.raises(UsageError, match=r"extend each other in a circle"):
        load_settings(conf, "night")


def test_the_rules_are_no_profile() -> None:
    assert profiles(ROOT / "conf") == ["cluster", "demo", "kubernetes", "local", "standalone", "yarn"]


@pytest.mark.parametrize("profile", profiles(ROOT / "conf"))
def test_every_profile_of_the_product_loads(profile: str) -> None:
    from motherlode.runner.registry import all_jobs

    kinds = sorted({job.params for job in all_jobs().values() if job.params}, key=str)
    overrides = tuple(f"consent.{purpose}=false" for purpose in ("analytics", "personalisation", "marketing"))
    assert load_settings(ROOT / "conf", profile, overrides, kinds).profile == profile
