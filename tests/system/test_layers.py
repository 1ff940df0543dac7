"""The link rules hold: what a room may not use can neither be included nor called without being noticed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# A source of a room, and a header of another that it may not use.
FOREIGN = [
    ("src/host/engine/lifecycle.c", "desk/seal.h", "host/engine may not use desk"),
    ("src/signer/state.c", "authority/authority.h", "signer may not use authority"),
    ("src/programs/avalctl/main.c", "host/engine.h", "programs/avalctl may not use host/engine"),
    ("src/core/rules/decide.c", "system/clock.h", "core may not use system"),
    ("src/client/state/holding.c", "proto/admin/limits.h", "client may not use proto/admin"),
]


@pytest.fixture
def sources(tmp_path):
    """A copy of the sources, to be spoilt."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    return tmp_path / "src"


def layers(build, sources):
    return subprocess.run([sys.executable, str(ROOT / "scripts" / "layers"), str(build), "--sources", str(sources)],
                          capture_output=True, text=True, check=False)


def add_include(path, header):
    path.write_text(path.read_text() + f'\n#include "{header}"\n')


def test_the_sources_as_they_are_keep_the_rules(build, sources):
    done = layers(build, sources)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("source, header, said", FOREIGN)
def test_an_include_of_a_room_that_is_not_linked_is_found(build, sources, source, header, said):
    add_include(sources.parent / source, header)
    done = layers(build, sources)
    assert done.returncode == 1
    assert f'{source} includes "{header}", and {said}' in done.stdout


@pytest.mark.parametrize("source, header, said", FOREIGN)
def test_an_include_of_a_room_that_is_not_linked_does_not_compile(build, tmp_path, source, header, said):
    commands = json.loads((build / "compile_commands.json").read_text())
    command = next(row["command"] for row in commands if row["file"].endswith("/" + source))
    own = command.split()
    # The same flags, but for what is written where; the file is next to the real one, as far as the compiler can see.
    flags = [word for word in own if word.startswith(("-I", "-D", "-std"))] + [f"-I{(ROOT / source).parent}"]
    compiler = next(word for word in own if word.endswith(("gcc", "clang", "cc")))
    for name, works in ((None, True), (header, False)):
        spoilt = tmp_path / "spoilt.c"
        spoilt.write_text((ROOT / source).read_text())
        if name is not None:
            add_include(spoilt, name)
        done = subprocess.run([compiler, "-fsyntax-only", *flags, str(spoilt)], cwd=build, capture_output=True, text=True,
                              check=False)
        assert (done.returncode == 0) == works, done.stderr
        assert works or f"{header}: No such file" in done.stderr


def test_a_file_that_is_in_no_room_is_found(build, sources):
    (sources / "attic").mkdir()
    (sources / "attic" / "old.c").write_text('/* . */\n#include "base/result.h"\n')
    done = layers(build, sources)
    assert done.returncode == 1 and "src/attic/old.c is in no room of the table" in done.stdout


def test_files_that_include_each_other_are_found(build, sources):
    add_include(sources / "base" / "include" / "base" / "buffer.h", "base/cursor.h")
    add_include(sources / "base" / "include" / "base" / "cursor.h", "base/buffer.h")
    done = layers(build, sources)
    assert done.returncode == 1 and "in a circle: src/base/buffer, src/base/cursor" in done.stdout


def test_a_crowded_folder_is_found(build, sources):
    for number in range(16):
        (sources / "signer" / f"more_{number}.h").write_text("/* . */\n")
    done = layers(build, sources)
    assert done.returncode == 1 and "src/signer has" in done.stdout


def test_a_call_from_a_pure_room_to_the_outside_is_found(build, tmp_path):
    """By the object that a source became: nothing of its text is looked at."""
    spoilt = tmp_path / "build"
    for name in ("src",):
        shutil.copytree(build / name, spoilt / name, ignore=lambda folder, names: [
            entry for entry in names if not (Path(folder) / entry).is_dir() and not entry.endswith(".o")])
    victim = next(spoilt.glob("src/base/*.p/time.c.o"))
    source = tmp_path / "outside.c"
    source.write_text("#include <time.h>\nlong now_of_the_clock(void);\n"
                      "long now_of_the_clock(void)\n{\n    return (long)time(0);\n}\n")
    subprocess.run([os.environ.get("CC", "gcc"), "-c", str(source), "-o", str(victim)], check=True)
    done = layers(spoilt, ROOT / "src")
    assert done.returncode == 1 and "src/base/time.c asks for time, which a pure room must not" in done.stdout


def test_the_architecture_page_draws_the_same_table():
    script = {}
    source = (ROOT / "scripts" / "layers").read_text()
    exec(compile(source, "layers", "exec"), {"__name__": "layers"}, script)  # pylint: disable=exec-used
    page = (ROOT / "docs" / "architecture.md").read_text()
    drawn = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].strip("`") in script["ROOMS"]:
            drawn[cells[0].strip("`")] = [name.strip() for name in cells[1].split(",") if name.strip()]
    assert {room: sorted(uses) for room, uses in drawn.items()} == {
        room: sorted(uses) for room, uses in script["ROOMS"].items()}


def test_every_file_that_the_architecture_page_names_is_there():
    """In the life of a lease, and in what touches which files; names without a folder stand for one behind a folder."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    part = page[page.index("## Life of a lease"):page.index("## Epochs of a ledger")]
    named = [name for name in re.findall(r"`([\w./]+/[\w./]+|\w+\.[ch])`", part)]
    tree = [str(path.relative_to(ROOT)) for folder in ("src", "include", "tests") for path in (ROOT / folder).rglob("*")]
    assert len(named) > 40
    assert not [name for name in named if not any(f"/{path}".endswith("/" + name.rstrip("/")) for path in tree)]
