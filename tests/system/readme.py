"""What the README tells its readers to do, taken out of it, so that it is done as it stands: by test_readme.py, and by
scripts/fresh on a bare system."""

import re
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
PORT = "8216"  # the port that the tour serves on


def make_commands():
    """The make commands shown, each once as it is shown first, in the README's order."""
    shown = [table or quoted for table, quoted in re.findall(r"^    (make [\w-]+)  |`(make [^`]*)`", README, re.MULTILINE)]
    return [command for at, command in enumerate(shown)
            if command.split()[1] not in [earlier.split()[1] for earlier in shown[:at]]]


def _one(pattern):
    found = re.findall(pattern, README, re.MULTILINE)
    assert len(found) == 1, found
    return found[0]


def line_for_the_build_folder():
    """The line after which the tour runs straight from the build folder, for somebody in the tree's top folder."""
    return _one(r"^    (export PATH=.*)$")


def line_for_ordinary_users():
    """The line after which it does for an ordinary user, whose PATH has no sbin, when everything is installed."""
    return _one(r"`(export PATH=[^`]*)`")


def line_that_compiles():
    """How a product, studio.c, is compiled when everything is installed."""
    return _one(r"`(cc [^`]*)`")


def tour(before="", port=PORT):
    """A script for `bash -m`: the line before, then every sh block in order. It ends at the first that fails."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert blocks and PORT in "".join(blocks)
    script = "\n".join(["set -eu", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT", before, *blocks])
    return script.replace(PORT, str(port))
