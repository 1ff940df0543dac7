"""scripts/mutate: what it changes, what it leaves alone, and what it makes of what the tests said."""

import importlib.machinery
import importlib.util
import os
import select
import shutil
import subprocess
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
    ("    a = calloc(1, sizeof *a);", []),
    ("    a = malloc((x > y ? x : y) + 1 + 2 * z);", ["    a = malloc((x >= y ? x : y) + 1 + 2 * z);"]),
    ("    a = malloc(x - 1);", ["    a = malloc(x - 2);"]),
    ("    b(malloc(x), 1);", ["    b(malloc(x), 2);"]),
    ("    char a[SIZE + 1] = {7};", ["    char a[SIZE + 1] = {8};"]),
    ("    uint8_t a[4 * SIZE];", []),
    ("    a[b + 4] = c;", ["    a[b + 5] = c;"]),
])
def test_a_line_becomes_these(mutate, line, changed):
    assert sorted(after(mutate, line)) == sorted(changed)


@pytest.mark.parametrize("lines, read_before_it_is_written", [
    ("    size_t n = 0;\n    TRY(get(&n));", False),
    ("    bool n = false;\n    a();\n    ENSURE(is_ok(get(a,\n               &n)), INTERNAL);", False),
    ("    size_t n = 0;\n    TRY(get(n, &n));", True),
    ("    size_t n = 0;\n    if (!is_ok(get(&n)))", True),
    ("    size_t n = 0;\n    n++;\n    TRY(get(&n));", True),
    ("    size_t n = 0;\n    TRY(get(&nothing));\n    return n;", True),
    ("    size_t n = 1;\n    TRY(get(&n));", True),
])
def test_an_initial_value_that_nobody_reads_is_left_alone(mutate, lines, read_before_it_is_written):
    assert ("n = " in "".join(after(mutate, lines))) == read_before_it_is_written


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


CHANGE = ("src/a.c", 1, "constant", "    a = 1;", "    a = 2;")
OTHER = ("src/a.c", 2, "check", "    b = 1;", "    b = 2;")


def results(noticed, survived, uncounted=0, change=CHANGE):
    return ([(change, "noticed")] * noticed + [(change, "survived")] * survived
            + [(change, "changes nothing")] * uncounted)


def reason(kind, change=CHANGE):
    return {(change[0], change[3].strip(), change[4].strip()): (kind, "why it may stay")}


@pytest.mark.parametrize("noticed, survived, why, status", [
    (9, 1, {}, 1),  # each that survives needs a reason
    (1, 0, {}, 0),
    (0, 0, {}, 1),
    (9, 1, reason("untested"), 0),
    (8, 1, reason("untested"), 1),  # nine of ten must be noticed
    (1, 5, reason("same"), 0),
    (9, 1, reason("same", OTHER), 1),
])
def test_what_survives_needs_a_reason_and_nine_of_ten_must_be_noticed(mutate, tmp_path, capsys, noticed, survived, why, status):
    assert mutate.report(results(noticed, survived, 5), why, tmp_path) == status
    counted = noticed + (survived if why != reason("same") else 0)
    assert f"of the other {counted} {noticed} were noticed" in capsys.readouterr().out


def test_a_reason_for_what_is_noticed_is_said(mutate, tmp_path, capsys):
    assert mutate.report(results(1, 0), reason("same"), tmp_path) == 0
    assert "noticed, though tests/mutate.reasons says why not: src/a.c:1 constant" in capsys.readouterr().out


def test_survivors_without_a_reason_are_kept_and_found_again(mutate, tmp_path):
    mutate.report(results(1, 1) + results(0, 1, change=OTHER), reason("same", OTHER), tmp_path)
    assert mutate.kept_survivors(tmp_path) == {mutate.without_line(CHANGE)}


REASONS = """# head
src/a.c
  - if (a < b)
  + if (a <= b)
  + if (!!0 && a   < b)
  same: a and b
    are never equal

  - x = 1;
  + *
  untested: nobody sees it
"""


def test_a_reason_is_of_one_change_or_of_all_of_a_line(mutate):
    reasons = mutate.read_reasons(REASONS)
    assert mutate.reason_for(reasons, ("src/a.c", 9, "", "    if (a < b)", "    if (a <= b)")) == ("same", "a and b are never equal")
    assert mutate.reason_for(reasons, ("src/a.c", 9, "", "    if (a < b)", "    if (!!0 && a < b)"))[0] == "same"
    assert mutate.reason_for(reasons, ("src/a.c", 1, "", "  x = 1;", "  x = 2;")) == ("untested", "nobody sees it")
    assert not mutate.reason_for(reasons, ("src/a.c", 9, "", "    if (a < b)", "    if (a > b)"))
    assert not mutate.reason_for(reasons, ("src/b.c", 1, "", "  x = 1;", "  x = 2;"))


@pytest.mark.parametrize("text, line", [
    ("  - a\n", 1),
    ("src/a.c\n  + a\n", 2),
    ("src/a.c\n  - a\n  same: b\n", 3),
    ("src/a.c\n  - a\n  + b\nsrc/b.c\n", 4),
    ("src/a.c\n  - a\n  + b\n  perhaps: c\n", 4),
    ("src/a.c\n  - a\n  + b\n  same: c\n  - a\n  + b\n  same: d\nsrc/b.c\n", 8),
])
def test_reasons_that_are_not_whole_are_refused_with_their_line(mutate, text, line):
    with pytest.raises(ValueError, match=f":{line}: "):
        mutate.read_reasons(text)


def test_every_reason_is_of_a_change_that_can_be_made(mutate):
    possible = {mutate.without_line(change) for change in mutate.all_changes(ROOT, mutate.FOLDERS)}
    possible |= {(path, before, "*") for path, before, _ in possible}
    reasons = mutate.read_reasons((ROOT / mutate.REASONS).read_text())
    assert [key for key in reasons if key not in possible] == []


def test_a_file_can_be_chosen_by_itself(mutate):
    paths = {change[0] for change in mutate.all_changes(ROOT, ["src/base/time.c", "src/proto"])}
    assert "src/base/time.c" in paths and "src/proto/answer.c" in paths
    assert all(path == "src/base/time.c" or path.startswith("src/proto/") for path in paths)


@pytest.fixture
def copy(mutate, tmp_path):
    """A copy with one program, which does not end by itself while a test looks."""
    made = mutate.Copy(tmp_path / "1")
    made.folder.mkdir()
    shutil.copy(shutil.which("sleep"), made.folder / "signer")
    yield made
    mutate.end_processes(made.folder)


@pytest.mark.parametrize("passes, test", [
    (True, "./signer 600 &"),
    (True, "setsid ./signer 600 &"),  # in a group of its own, as an avald starts its signer
    (True, "setsid sleep 600 &"),  # what has not become the signer yet, when its test ends
    (True, "setsid ./signer 600 & until ls -l /proc/$!/exe | grep -q signer$; do :; done; rm signer"),
    (False, "./signer 600 & exit 1"),
    (False, "./signer 600"),  # longer than a test may take
    (False, "sh -c './signer 600; exit 0'"),
])
def test_what_a_test_leaves_running_ends_with_it(mutate, copy, passes, test):
    os.mkfifo(copy.folder / "alive")
    alive = os.open(copy.folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    assert copy.run_test(["sh", "-c", f"exec 3>alive; {test}"], 60 if passes else 2, {}) == passes
    assert not mutate.look_for_processes(copy.folder)[0]
    assert select.select([alive], [], [], 60)[0], "one of them still has its end open"
    os.close(alive)


def test_what_others_run_goes_on(mutate, copy):
    beside = copy.folder.with_name("10")
    shutil.copytree(copy.folder, beside)
    with subprocess.Popen([beside / "signer", "600"]) as other:
        try:
            copy.run_test(["true"], 60, {})
            assert mutate.look_for_processes(beside)[0] == {other.pid}
        finally:
            other.kill()
