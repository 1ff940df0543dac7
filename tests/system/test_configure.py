"""scripts/configure: a build folder is set up once, and again when what it was set up with has changed.

It runs on a project of the test's own that compiles nothing, with a library that comes and goes."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """\
project('small', default_options: [
    'warning_level=1',
  ])
dependency('a-need', required: false)
"""


class Small:
    def __init__(self, folder):
        self.folder, self.build, self.libraries = folder, folder / "build/release", folder / "pkgconfig"

    def make(self):
        self.libraries.mkdir(parents=True)
        (self.folder / "meson.build").write_text(PROJECT)

    def library(self, version):
        (self.libraries / "a-need.pc").write_text(f"Name: a-need\nDescription: comes and goes\nVersion: {version}\n")

    def configure(self, *options, expect=0, **environment):
        """What scripts/configure says."""
        done = subprocess.run([str(ROOT / "scripts/configure"), "build/release", *options], cwd=self.folder, check=False,
                              env={**os.environ, "PKG_CONFIG_PATH": str(self.libraries), **environment},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    def found(self):
        """The versions of what Meson found, by name."""
        listed = json.loads((self.build / "meson-info/intro-dependencies.json").read_text())
        return {library["name"]: library["version"] for library in listed}

    def mark(self):
        """Leaves a file in the build folder, as what is compiled would be."""
        (self.build / "mark").touch()

    def is_marked(self):
        return (self.build / "mark").exists()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """The project, set up and marked, and a copy of it all as it is then."""
    made = Small(tmp_path_factory.mktemp("configure") / "project")
    made.make()
    assert made.configure() == ""
    made.mark()
    copy = made.folder.with_name("copy")
    shutil.copytree(made.folder, copy, symlinks=True)
    return made, copy


@pytest.fixture
def small(pristine):
    """The project as it was when it was set up: always in the same folder, since where it is counts."""
    made, copy = pristine
    shutil.rmtree(made.folder, ignore_errors=True)
    shutil.copytree(copy, made.folder, symlinks=True)
    return Small(made.folder)


def test_where_nothing_has_changed_nothing_is_done(small):
    before = (small.build / "build.ninja").stat().st_mtime_ns
    assert small.configure() == ""
    assert (small.build / "build.ninja").stat().st_mtime_ns == before


def test_a_need_that_is_met_later_is_found_and_what_was_compiled_stays(small):
    assert "a-need" not in small.found()
    small.library("1.0")
    assert "library a-need: 1.0" in small.configure()
    assert small.found()["a-need"] == "1.0" and small.is_marked()
    assert small.configure() == ""


def test_another_version_of_a_library_is_found_and_one_that_went_is_not_believed_any_more(small):
    small.library("1.0")
    small.configure()
    small.library("1.1")
    said = small.configure()
    assert "no longer  library a-need: 1.0" in said and "now        library a-need: 1.1" in said
    assert small.found()["a-need"] == "1.1"
    (small.libraries / "a-need.pc").unlink()
    assert "library a-need: missing" in small.configure()
    assert "a-need" not in small.found()


def test_what_a_new_meson_build_asks_for_is_looked_for(small):
    folder = small.folder / "inner"
    folder.mkdir()
    (folder / "meson.build").write_text("dependency('another-need', required: false)\n")
    assert "library another-need: missing" in small.configure()
    assert small.configure() == ""


@pytest.mark.parametrize("change", ["options", "flags", "compiler", "defaults"])
def test_what_every_object_depends_on_makes_the_folder_from_nothing(small, change):
    options, environment = [], {}
    if change == "options":
        options = ["-Doptimization=1"]
    elif change == "flags":
        environment = {"CFLAGS": "-DCHANGED"}
    elif change == "compiler":
        environment = {"CC": "gcc"}
    else:
        (small.folder / "meson.build").write_text(PROJECT.replace("warning_level=1", "warning_level=2"))
    assert "set up again" in small.configure(*options, **environment)
    assert not small.is_marked()
    assert small.configure(*options, **environment) == ""


def test_another_compiler_under_the_same_name_is_another_compiler(small, tmp_path):
    compiler = tmp_path / "compiler"
    for version in ("compiler 1", "compiler 2"):
        compiler.write_text(f'#!/bin/sh\n[ "$*" = --version ] && echo {version}\nexec gcc "$@"\n')
        compiler.chmod(0o755)
        assert "compiler: " + version in small.configure(CC=str(compiler))


def test_a_tree_that_moved_is_set_up_from_nothing(small, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name in ("meson.build", "build", "pkgconfig"):
        (small.folder / name).rename(tmp_path / "elsewhere" / name)
    small.folder, small.build = tmp_path / "elsewhere", tmp_path / "elsewhere/build/release"
    assert f"now        tree: {small.folder}" in small.configure()
    assert not small.is_marked()


def test_a_folder_whose_setting_up_was_interrupted_is_set_up_from_nothing(small):
    (small.build / "configured-with").unlink()
    small.configure()
    assert not small.is_marked()


def test_a_project_that_cannot_be_set_up_fails_with_what_meson_says_each_time(small):
    (small.folder / "meson.build").write_text(PROJECT.replace("required: false", "required: true"))
    small.library("1.0")
    small.configure()
    (small.libraries / "a-need.pc").unlink()
    for _ in range(2):
        said = small.configure(expect=1)
        assert 'Dependency "a-need" not found' in said and "could not set up" in said
