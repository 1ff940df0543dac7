"""The README's tours, run as they stand: every sh block, in order, in one shell, in an empty folder."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shell_blocks(page):
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_shown_works_in_the_order_shown(page, build, tmp_path):
    blocks = shell_blocks(page)
    assert blocks, f"{page} shows no commands"
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n" + "\n".join(blocks)
    script = script.replace("8216", str(free_port()))
    folders = [build / "src" / "programs"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AVAL_")}
    environment["PATH"] = os.pathsep.join([*map(str, folders), environment["PATH"]])
    environment["HOME"] = str(tmp_path)
    done = subprocess.run(["bash", "-m", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "licensed" in done.stdout
