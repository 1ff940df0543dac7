"""Sentences for people are marked, so that they can be translated: base/sentences.h says how."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.[ch]"))
SPEAKERS = re.compile(r"src/(programs|terminal|host/config)/")  # of the rest, the reasons alone are looked at

# Which arguments of a call are for people.
CALLS = {
    "say_usage": [1], "say_hint": [0], "say_field": [0, 1], "say_failure": [1, 3], "say_problem": [1], "say_answer": [0],
    "report_say": [1], "say_text": [0], "report_text": [2], "report_textf": [2], "report_number": [2], "report_time": [2],
    "report_duration": [2], "report_list_end": [1],
    "plural_write": [1, 2], "ask_passphrase": [0],
    "table_cell": [1], "table_cellf": [1], "printf": [0], "fprintf": [1], "puts": [0], "heading": [1],
}
# The same everywhere, also where nothing is said to anybody.
REASONS = {
    "reason_say": [2], "reason_within": [2], "reason_add": [1], "complain": [2], "verdict_add": [2], "ADD_TIMES": [2],
    "attempt_fail": [2], "attempt_fail_answer": [2],
}
# Which field of a row of a table is.
TABLES = {"option_info": 3, "command_info": 2, "table_column": 0}

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
MARKED = re.compile(r'\bN?_\((?:"(?:[^"\\]|\\.)*"|PRI\w+|\\\n|\s)+\)')
CONVERSION = re.compile(r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|ll|[hlzj])?[a-zA-Z]|\\x[0-9a-f]{2}|\\[0-7]{3}|\\.")


def end_of_literal(text, at):
    quote, at = text[at], at + 1
    while text[at] != quote:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def split(text, at):
    """The parts, between commas, of the bracket that opens at `at`: where each begins and ends."""
    parts, depth, begun = [], 0, at + 1
    while True:
        if text[at] in "\"'":
            at = end_of_literal(text, at)
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return parts + [(begun, at)]
        elif text[at] == "," and depth == 1:
            parts.append((begun, at))
            begun = at + 1
        at += 1


def without_comments(text):
    """The same length, so that places stay."""
    return re.sub(r"/\*.*?\*/", lambda found: re.sub(r"[^\n]", " ", found.group(0)), text, flags=re.DOTALL)


def unmarked(argument):
    """The first literal with a word in it that no _() or N_() stands around; None where there is none."""
    for found in LITERAL.finditer(MARKED.sub("", argument)):
        if re.search(r"[A-Za-z]{2}", CONVERSION.sub(" ", found.group(1))):
            return found.group(0)
    return None


def spans(text, calls):
    for found in re.finditer(r"(?<!define )\b(\w+)\(", text):
        line = text[text.rfind("\n", 0, found.start()) + 1:found.start()]
        if found.group(1) in calls and not re.match(r"(static |int |void |RESULT |__attribute__)", line):
            parts = split(text, found.end() - 1)
            yield from (parts[n] for n in calls[found.group(1)] if n < len(parts))
    for found in re.finditer(r"struct (\w+) \w+\[\] = \{", text):
        if found.group(1) not in TABLES:
            continue
        for begin, end in split(text, found.end() - 1):
            if text[begin:end].strip().startswith("{"):
                fields = split(text, text.index("{", begin))
                if TABLES[found.group(1)] < len(fields):
                    yield fields[TABLES[found.group(1)]]


def faults(text, calls):
    text = without_comments(text)
    return [(text.count("\n", 0, begin) + 1, said) for begin, end in spans(text, calls)
            if (said := unmarked(text[begin:end])) is not None]


def test_what_programs_say_to_people_is_marked():
    found = []
    for path in SOURCES:
        name = str(path.relative_to(ROOT))
        calls = CALLS | REASONS if SPEAKERS.match(name) else REASONS
        found += [f"{name}:{line}: {said}" for line, said in faults(path.read_text(), calls)]
    assert not found


def test_the_sentence_of_every_error_is_marked():
    table = (ROOT / "src/base/include/base/errors.h").read_text()
    assert table.count("    X(") == table.count('N_("') > 100


@pytest.mark.parametrize("source, said", [
    ('say_hint("two words");', '"two words"'),
    ('say_hint(_("two words"));', None),
    ('say_hint(_("%" PRIu64 " words"), count);', None),
    ('say_hint("%s: %s", a, b);', None),
    ('say_hint("%" PRIu64 " words", count);', '" words"'),
    ('say_field(_("Key"), count == 1 ? _("one") : "many");', '"many"'),
    ('say_field("Key", "%s", "a value may be anything");', '"Key"'),
    ('report_text(report, "key", NULL, "value");', None),
    ('report_text(report, "key", "Title", "value");', '"Title"'),
    ('static const struct table_column columns[] = {{N_("A TITLE"), false}, {"ANOTHER", true}};', '"ANOTHER"'),
    ('static const struct option_info options[] = {{"name", 0, "FILE", N_("help"), false}, {0}};', None),
    ('static const struct option_info options[] = {{"name", 0, "FILE", "help", false}, {0}};', '"help"'),
    ('/* say_hint("two words"); */', None),
])
def test_the_search_finds_what_is_not_marked(source, said):
    assert [found for _, found in faults(source, CALLS)] == ([] if said is None else [said])


def test_an_extractor_finds_every_marked_sentence(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("xgettext is not installed")
    files = [str(path) for path in (ROOT / "src").rglob("*.[ch]")]
    out = tmp_path / "aval.pot"
    done = subprocess.run(["xgettext", "--language=C", "--keyword=_", "--keyword=N_", "--from-code=UTF-8", "-o", str(out), *files],
                          capture_output=True, text=True, check=True)
    assert not done.stderr
    assert "The command line is not understood; --help shows what is possible." in out.read_text()


NAMED = re.compile(r"`(avald|avalctl|aval-vendor|aval)((?: [^`]*)?)`")


def commands_named():
    """(program, words) of every command that a string of the sources names, as in "run `aval activate`"."""
    named = set()
    for source in SOURCES:
        joined = re.sub(r'"\s*(?:\\\n\s*)?"', "", source.read_text())
        for literal in LITERAL.findall(joined):
            named |= {(program, tuple(words.split())) for program, words in NAMED.findall(literal)}
    return sorted(named)


def test_every_command_that_a_message_names_exists_with_its_options(build, run):
    """Who is told a way out by a message can take it."""
    named = commands_named()
    assert len(named) > 20 and ("avald", ("recover", "--clock", "--yes")) in named
    for program, words in named:
        command = []
        for word in words:  # the words before the first argument, as far as there are such commands
            if not re.fullmatch(r"[a-z-]+", word) or word.startswith("-"):
                break
            command.append(word)
        assert command, (program, words)
        shown = run(build / "src" / "programs" / program, *command, "--help").stdout
        assert shown.startswith(f"Usage: {' '.join([program, *command])}"), (program, words, shown)
        for option in (word for word in words if word.startswith("--")):
            assert f"{option} " in shown or f"{option}\n" in shown, (program, words, option)
