"""The data dictionary says what the contracts say, and is kept up to date."""

from pathlib import Path

import pytest

from motherlode.contracts import docs
from motherlode.contracts.catalogue import TABLES

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_files_are_up_to_date() -> None:
    old = [path.name for path in docs.stale(ROOT)]
    assert not old, f"{old}: run {docs.COMMAND}"


def test_every_table_and_column_is_there() -> None:
    sections = docs.dictionary().split("\n### ")
    by_table = {section.split("\n", 1)[0]: section for section in sections[1:]}
    assert set(by_table) == set(TABLES)
    for name, table in TABLES.items():
        for column in table.columns:
            assert f"\n| `{column}` |" in by_table[name]


def test_a_column_is_shown_with_what_it_is() -> None:
    text = docs.dictionary()
    assert "| `raw` | `string` | The record, verbatim | *PII* |" in text
    assert "| `customer_id` | `string` | The customer, where known | nullable |" in text
    assert "- Key: `customer_id`, `rank`. Layout: plain. Owner: serving." in text
    assert "- About: a record, by `offset`. Purposes: any. To be kept: at most 90 days." in text
    assert "`features.baskets` (`antecedent` within its `product_types`, `consequent` within its" in text
    assert "`features.customer_days` (`customer_id`, its `day` up to `as_of`)" in text


def test_the_readme_is_changed_between_its_markers_only() -> None:
    readme = "# Name\n\n<!-- tables -->\nof before\n<!-- /tables -->\n\nend <!-- x -->\n"
    new = docs.between_markers(readme)
    assert new.startswith("# Name\n\n<!-- tables -->\n")
    assert new.endswith("\n<!-- /tables -->\n\nend <!-- x -->\n")
    assert "of before" not in new
    assert "`serving.churn_scores`" in new
    assert docs.between_markers(new) == new
    assert docs.between_markers("no markers") == "no markers"


def test_check_writes_nothing_and_says_what_is_old_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tmp_path)]
    assert docs.main(["--check", *root]) == 1
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().err == f"out of date: docs/tables.md: run {docs.COMMAND}\n"
    assert docs.main(root) == 0
    assert docs.main(["--check", *root]) == 0
    (tmp_path / "README.md").write_text("<!-- tables -->\n<!-- /tables -->\n", encoding="utf-8")
    assert docs.main(["--check", *root]) == 1
    assert docs.main(root) == 0
    assert docs.main(["--check", *root]) == 0
