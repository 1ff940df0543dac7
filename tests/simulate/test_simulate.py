"""Whole worlds in one process (docs/testing.md): that nothing is violated in a thousand of them, that a seed is the same
world each time, that what is violated is found, and that nothing of what stands in for the system is in what is shipped."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

BUILD = pathlib.Path(os.environ["AVAL_BUILD"])
SIMULATE = BUILD / "tests" / "simulate" / "simulate"
# Under the sanitizers it is memory that is looked at, and a world costs ten times as much.
SANITIZED = os.environ.get("AVAL_STEP", "unit") != "unit"
WORLDS = 20 if SANITIZED else 1000
YEARS, DAYS = (2, 75) if SANITIZED else (3, 365)
SHIPPED = ("src/programs/aval", "src/programs/avald", "src/programs/avalctl", "src/programs/aval-vendor",
           "src/programs/avald-signer", "src/client/libaval.so", "src/client/libaval.a")


def simulate(*arguments):
    return subprocess.run([SIMULATE, *map(str, arguments)], capture_output=True, text=True, timeout=1200, check=False)


def test_a_thousand_worlds_without_a_violation():
    done = simulate("--seeds", WORLDS, "--jobs", 1, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{WORLDS} worlds" in done.stdout and done.stdout.endswith("simulate: ok\n")


def test_years_of_an_organisation_without_a_violation():
    done = simulate("--year", "--seeds", YEARS, "--days", DAYS, "--jobs", 1, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{YEARS} worlds" in done.stdout and done.stdout.endswith("simulate: ok\n")


@pytest.mark.skipif(SANITIZED, reason="years more, for what judges see: no other memory than that of the other years")
def test_what_is_wrong_in_a_year_is_found():
    done = simulate("--year", "--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("noticed: yes") == 4 and done.stdout.endswith("simulate self-test: ok\n")


@pytest.mark.skipif(SANITIZED, reason="160 worlds more, for what judges see: no other memory than that of the other worlds")
def test_what_is_violated_is_found():
    done = simulate("--self-test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("unnoticed in 0") == 4 and done.stdout.count(": yes") == 2


def test_a_seed_is_the_same_world_each_time():
    first, again, other = (simulate("--seed", seed, "--trace") for seed in (7, 7, 8))
    assert first.returncode == 0, first.stdout
    assert first.stdout == again.stdout != other.stdout
    assert len(first.stdout.splitlines()) > 20 and first.stdout.endswith("seed 7: ok\n")


def test_a_seed_is_the_same_world_whichever_ran_before():
    alone = simulate("--seed", 9)
    among = simulate("--from", 8, "--seeds", 2, "--jobs", 1, "--quiet")
    assert alone.returncode == among.returncode == 0


def test_real_signatures_give_the_same_world():
    assert simulate("--seed", 11, "--trace").stdout == simulate("--seed", 11, "--trace", "--real").stdout


def test_options_are_told_and_others_refused():
    told = simulate("--help")
    assert told.returncode == 0
    for option in re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', (pathlib.Path(__file__).parent / "main.c").read_text()):
        assert f"--{option} " in told.stdout
    for wrong in (("--nothing",), ("--seed", "x"), ("--jobs", "0"), ("--days", "x"), ("extra",)):
        assert simulate(*wrong).returncode == 2


def symbols(path):
    return subprocess.run(["nm", "-A", path], capture_output=True, text=True, check=True).stdout


def test_nothing_shipped_has_the_test_scheme():
    assert "__wrap_crypto_sign_detached" in symbols(SIMULATE)
    for name in SHIPPED:
        assert "__wrap_" not in symbols(BUILD / name), name
        if "lib" in name or name.endswith("signer"):
            assert "crypto_sign_detached" in symbols(BUILD / name), name


def test_there_is_one_seam_to_signatures():
    users = {line.split(":")[1] for library in BUILD.glob("src/**/*.a") if library.name != "libaval.a"
             for line in symbols(library).splitlines() if re.search(r" U crypto_sign", line)}
    assert {name.rpartition("_")[2] for name in users} == {"keys.c.o"}


def test_a_run_that_is_stopped_says_what_there_was():
    run = subprocess.Popen([SIMULATE, "--seeds", "1000000", "--jobs", "2", "--quiet"], stdout=subprocess.PIPE, text=True)
    children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children")
    deadline = time.monotonic() + 60
    while len(started := children.read_text().split()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    told = run.communicate(timeout=120)[0]
    assert run.returncode == 1
    assert re.match(r"\d+ worlds in ", told.splitlines()[-2]) and told.endswith("and it was stopped; `simulate --seed N --trace` tells one\n")
    assert not any(pathlib.Path(f"/proc/{child}").exists() for child in started)
