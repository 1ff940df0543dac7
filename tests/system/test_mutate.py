"""scripts/mutate: what it changes, what it leaves alone, and what it makes of what the tests said."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def mutate():
    loader = importlib.machinery.SourceFileLoader("mutate", str(ROOT / "scripts" / "mutate"))
    spec = importlib.util.spec_from_loader("mutate", loader)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def after(mutate, line):
    """All that can become of a line of a function."""
    return [change[4] for change in mutate.changes_of("a.c", "int a(void)\n{\n" + line + "\n}\n")]


@pytest.mark.parametrize("line, changed", [
    ("    if (size < 3)", ["    if (size <= 3)", "    if (!!0 && size < 3)", "    if (size < 4)"]),
    ("    return a >= b;", ["    return a > b;"]),
    ("    return a == b && c != d;", ["    return a != b && c != d;", "    return a == b && c == d;", "    return a == b || c != d;"]),
    ("    ENSURE(size > limit, TEXT_TOO_LONG);", ["    ENSURE(size >= limit, TEXT_TOO_LONG);", "    ;"]),
    ("    TRY(note_read(text, &note));", ["    result_ignore(note_read(text, &note));"]),
    ("    return FAIL(INTERNAL);", ["    return RESULT_OK;"]),
    ("    return false;", ["    return true;", "    return true;"]),
    ("    x = y; /* 3 < 4 */", []),
    ('    say("3 < 4");', []),
    ("    assert(a < b);", []),
    ("    a->b = c;", []),
])
def test_a_line_becomes_these(mutate, line, changed):
    assert sorted(after(mutate, line)) == sorted(changed)


def test_nothing_outside_of_functions_is_changed(mutate):
    text = "enum { LIMIT = 3 };\nstatic const int most = 4;\nint a(void)\n{\n    return b;\n}\n#if X > 3\n#endif\n"
    assert not list(mutate.changes_of("a.c", text))


def test_a_change_says_where_it_is(mutate):
    changes = list(mutate.changes_of("a.c", "int a(void)\n{\n    b();\n    return c < d;\n}\n"))
    assert changes == [("a.c", 4, "comparison", "    return c < d;", "    return c <= d;")]


def test_every_folder_has_tests_that_can_notice(mutate):
    for folder in mutate.FOLDERS:
        room = mutate.room_of(folder + "/x.c")
        assert folder == "src/" + room and mutate.UNIT[room] and mutate.SYSTEM[room]
        for name in mutate.SYSTEM[room]:
            assert (ROOT / "tests" / "system" / f"{name}.py").exists()
        for name in mutate.UNIT[room]:
            assert (ROOT / "tests" / "unit" / name).is_dir()


def results(noticed, survived, uncounted=0):
    change = ("src/a.c", 1, "constant", " a", " b")
    return ([(change, "noticed")] * noticed + [(change, "survived")] * survived
            + [(change, "changes nothing")] * uncounted)


@pytest.mark.parametrize("noticed, survived, uncounted, status", [(9, 1, 5, 0), (8, 1, 0, 1), (0, 0, 3, 1), (1, 0, 0, 0)])
def test_nine_of_ten_changes_that_count_must_be_noticed(mutate, tmp_path, capsys, noticed, survived, uncounted, status):
    assert mutate.report(results(noticed, survived, uncounted), tmp_path) == status
    assert (tmp_path / "survivors.txt").read_text().count("src/a.c:1 constant") == survived
    assert f"of the other {noticed + survived} {noticed} were noticed" in capsys.readouterr().out
