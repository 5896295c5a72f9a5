"""What the code may not do: algorithms reach for no runner, session or clock; nobody evaluates input."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lib" / "motherlode"
PURE = ("contracts", "columns", "checks", "sources", "identity", "features", "mining", "serving", "report")
MODULES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "jobs").rglob("*.py")])
LONGEST = 400


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def faults(path: Path, source: str) -> list[str]:
    """What this module does that it may not."""
    tree = ast.parse(source)
    found: list[str] = []
    parts = path.relative_to(ROOT).parts
    is_pure = parts[:2] == ("lib", "motherlode") and parts[2] in PURE
    is_job = parts[0] == "jobs" and path.name not in ("__init__.py", "pipeline.py")
    if is_pure or is_job:
        for name in _imports(tree):
            if name.startswith("motherlode.runner"):
                found.append(f"imports {name}")
            if is_pure and (name == "jobs" or name.startswith("jobs.")):
                found.append(f"imports {name}")
    for name, call in _calls(tree):
        last = name.rsplit(".", 1)[-1]
        if last in ("eval", "exec") or name.startswith(("pickle.", "marshal.", "os.system")):
            found.append(f"calls {name}")
        if name in ("F.udf", "functions.udf", "udf"):
            found.append("a row-wise Python UDF")
        if (is_pure or is_job) and (
            last in ("getOrCreate", "now", "today", "rand", "current_date", "current_timestamp") or name == "time.time"
        ):
            found.append(f"calls {name}")
        given = {keyword.arg for keyword in call.keywords}
        if last == "join" and "on" in given and "how" not in given:
            found.append(f"line {call.lineno}: join without how=")
        if any(k.arg == "shell" and getattr(k.value, "value", False) for k in call.keywords):
            found.append(f"{name} by a shell")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.args.kwarg and not node.name.startswith("__"):
            found.append(f"{node.name} takes **{node.args.kwarg.arg}")
    if len(source.splitlines()) > LONGEST:
        found.append(f"{len(source.splitlines())} lines")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_the_rules(path: Path) -> None:
    assert faults(path, path.read_text(encoding="utf-8")) == []


def test_the_rules_can_be_broken() -> None:
    path = PACKAGE / "features" / "planted.py"
    source = (
        "from motherlode.runner.run import run_job\n"
        "spark = SparkSession.builder.getOrCreate()\n"
        "a.join(b, on='id')\n"
        "eval(text)\n"
        "f = F.udf(len)\n"
        "def many(**options): ...\n"
        "day = datetime.date.today()\n"
        "at = F.current_timestamp()\n"
    )
    assert len(faults(path, source)) == 9


def test_contracts_do_no_io() -> None:
    for path in (PACKAGE / "contracts").glob("*.py"):
        if path.name == "docs.py":
            continue
        names = set(_imports(ast.parse(path.read_text(encoding="utf-8"))))
        assert not {name for name in names if name in ("os", "io", "pathlib", "subprocess")}, path.name
        assert "pyspark.sql.SparkSession" not in names, path.name
