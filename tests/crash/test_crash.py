"""kill -9 of avald, of its signer, or of both, under full load: nothing that a machine received is lost.

The work is done by crash-rig (see tests/crash/run). It also shows what a single kill during a run of activations must
show, that every lease a machine received is in the ledger and in the machine table; there is no other test of that."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run")
PATIENCE = 300  # seconds until a rig that hangs is given up; 120 rounds take about 20


@pytest.fixture(scope="module")
def build():
    """The build folder, from AVAL_BUILD."""
    folder = os.environ.get("AVAL_BUILD")
    if not folder:
        pytest.skip("AVAL_BUILD names no build folder")
    return Path(folder).resolve()


def rounds():
    """Sanitizers make each round several times as long."""
    return 10 if os.environ.get("AVAL_STEP") in ("asan", "tsan") else 120


def run(*arguments):
    done = subprocess.run(
        [sys.executable, RUN, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stdout + done.stderr


def number(pattern, text):
    found = re.search(pattern, text)
    assert found, f"no {pattern!r} in:\n{text}"
    return int(found[1])


def test_no_kill_loses_an_answer_or_gives_a_seat_twice(build):
    status, said = run(build, "--rounds", rounds())
    assert status == 0, said
    assert said.splitlines()[-1] == "crash: ok"
    assert number(r"rounds (\d+) in", said) == rounds()
    assert number(r"\nlost (\d+),", said) == 0
    assert number(r"duplicated seats (\d+),", said) == 0
    assert number(r"inconsistent checkpoints (\d+),", said) == 0
    # It was a load, and it was disturbed.
    assert number(r"answers compared (\d+)", said) > 20 * rounds()
    assert number(r"(\d+) of them sent again", said) > rounds()
    assert number(r"denied (\d+)", said) >= rounds() // 40  # few rounds may meet no machine without a seat
    # Machines gave up, asked once more, and were copied.
    assert number(r"(\d+) given up", said) > rounds()
    assert number(r"the same leaf (\d+)", said) > rounds()
    assert number(r"running leases given again (\d+)", said) >= rounds() // 40
    assert number(r"with a leaf that was opened (\d+)", said) > rounds() // 4


def test_the_comparison_finds_all_that_was_tampered_with(build):
    status, said = run(build, "--self-test")
    assert status == 0, said
    assert "MISSED" not in said
    assert len(re.findall(r"^found: ", said, re.MULTILINE)) >= 19


def test_a_host_that_does_not_start_fails_the_run(build, tmp_path):
    rig = build / "tests" / "crash" / "crash-rig"
    arguments = [rig, "run", "/bin/false", tmp_path, "--rounds", "1"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAULT (wrong service)" in done.stdout
