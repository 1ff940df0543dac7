"""Rules of the house that a script can see: small rooms, whole words, every error provoked by a test."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES_MAX = 80
FILE_LINES_MAX = 600
TEST_FILE_LINES_MAX = 900  # long tables of cases

# Codes that no test can provoke, and why.
UNPROVOKED = {
    "no-entropy": "the kernel's random numbers cannot be taken away from a process that may still start",
}


@pytest.fixture(scope="module")
def tree():
    """Every file of the repository and its text; None where it is not text."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("this is no clone")
    texts = {}
    for name in filter(None, done.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                texts[name] = path.read_text()
            except UnicodeDecodeError:
                texts[name] = None
    return texts


def lines_with(tree, pattern, but=()):
    found = []
    for name, text in tree.items():
        if text is None or name in but or name.startswith("tests/fuzz/corpus/"):
            continue
        found += [f"{name}:{number}: {line.strip()}" for number, line in enumerate(text.splitlines(), 1)
                  if re.search(pattern, line)]
    return found


THIS = "tests/system/test_house.py"


def test_nothing_is_left_for_later(tree):
    assert not lines_with(tree, r"(?i)\b(todo|fixme|xxx|not (yet )?implemented|unimplemented)\b", {THIS})


def test_license_is_spelt_one_way(tree):
    assert not lines_with(tree, r"(?i)licen[c]e", {"LICENSE"})


def test_no_path_of_the_machine_it_was_written_on(tree):
    assert not lines_with(tree, r"(?<![\w.])/(work|home|root)/|bash_jobs", {THIS})


def test_nothing_refers_to_papers_that_are_not_here(tree):
    """Whoever reads the code has docs/ and no other."""
    pages = {Path(name).name for name in tree if name.endswith(".md")}
    found = [line for line in lines_with(tree, r"\b[\w-]+\.md\b", {THIS})
             if not set(re.findall(r"\b([\w-]+\.md)\b", line.split(": ", 1)[1])) <= pages]
    assert not found


def test_comments_name_files_that_are_there(tree):
    """A file that moves takes its name along: `see list.h` must lead somewhere."""
    sources = {n: t for n, t in tree.items() if re.match(r"(src|include|bench|examples)/.*\.[ch]$", n) and t is not None}
    names = {Path(name).name for name in tree}
    missing = []
    for name, text in sources.items():
        for comment in re.findall(r"/\*.*?\*/", text, re.DOTALL):
            missing += [f"{name}: {at}" for at in re.findall(r"\b([\w/]+\.[ch])\b", comment) if Path(at).name not in names]
    assert not missing


def test_whatever_can_fail_must_not_be_overlooked(tree):
    """RESULT is a struct result that the compiler lets nobody ignore."""
    assert not lines_with({n: t for n, t in tree.items() if n.endswith((".c", ".h"))},
                          r"^(static )?(inline )?struct result \w+\(")


def test_one_file_calls_the_parser_of_json(tree):
    """Whatever else is JSON is written by src/json, and documents of Aval are no JSON."""
    found = lines_with({n: t for n, t in tree.items() if n.startswith(("src/", "include/", "bench/"))}, "jansson.h")
    assert [line.split(":")[0] for line in found] == ["src/proto/admin/message.c"]


def test_no_character_is_looked_at_through_the_locale(tree):
    """libaval runs in products that choose theirs; what a machine is must not depend on it."""
    locale = r"<ctype\.h>|\b(is(alnum|alpha|digit|lower|print|punct|space|upper|xdigit)|to(lower|upper)|strn?case(cmp|str)|strtod)\("
    assert not [line for line in lines_with(tree, locale, {THIS}) if line.startswith(("src/", "include/"))]


def test_no_preprocessor_switch_hides_dead_code(tree):
    assert not lines_with({n: t for n, t in tree.items() if n.endswith((".c", ".h"))}, r"^\s*#\s*if 0\b")


def test_files_have_one_subject(tree):
    long = {}
    for name, text in tree.items():
        if name.endswith((".c", ".h", ".py")) and text is not None:
            limit = TEST_FILE_LINES_MAX if name.startswith("tests/") else FILE_LINES_MAX
            if text.count("\n") > limit:
                long[name] = text.count("\n")
    assert not long


def test_functions_fit_a_screen(tree):
    long = []
    for name, text in tree.items():
        if not name.endswith(".c") or text is None:
            continue
        begun = None
        for number, line in enumerate(text.splitlines(), 1):
            if line == "{":
                begun = number
            elif line == "}" and begun is not None:
                if number - begun - 1 > FUNCTION_LINES_MAX:
                    long.append(f"{name}:{begun}: {number - begun - 1} lines")
                begun = None
    assert not long


def test_every_source_file_says_what_it_is_for(tree):
    assert not [name for name, text in tree.items()
                if name.endswith((".c", ".h")) and text is not None and not text.startswith("/*")]


def test_every_error_of_the_table_is_provoked_by_a_test(tree):
    table = re.findall(r'X\(([A-Z0-9_]+), \d+, "([a-z0-9-]+)"', tree["src/base/include/base/errors.h"])
    assert len(table) > 100
    tests = "\n".join(text for name, text in tree.items()
                      if re.search(r"^tests/.*/test_\w+\.(c|py)$", name) and text is not None
                      and name not in (THIS, "tests/unit/base/test_errors.c", "tests/unit/terminal/test_table.c"))
    # ERR_X, AVAL_X, assert_fails(..., X), {..., X}, or the name in quotation marks or behind the word code.
    missing = [name for identifier, name in table
               if not re.search(rf"\b(ERR|AVAL)_{identifier}\b|[{{,( ]{identifier}[,)}}]|[\"'(]{name}[\"')]|code {name}\b",
                                tests)]
    assert sorted(missing) == sorted(UNPROVOKED)


def test_the_page_of_the_states_has_the_transitions_of_the_table(tree):
    words = r'\{STATE_(\w+), STATE_(\w+),\s*((?:"[^"]*"\s*)+)\}'
    table = [(*(name.lower().replace("_", "-") for name in (source, to)), "".join(re.findall(r'"([^"]*)"', by)))
             for source, to, by in re.findall(words, tree["src/core/rules/state.c"])]
    shown = re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \| (.*) \|$", tree["docs/states.md"], re.MULTILINE)
    assert shown == table and len(table) == 20
