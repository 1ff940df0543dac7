"""What all four programs have in common: help with examples that work, manual pages, plain JSON, no colour unasked."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hosting import HOST, Desk, Host

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    "aval": ("src/programs/aval", "aval.1"),
    "avalctl": ("src/programs/avalctl", "avalctl.1"),
    "avald": ("src/programs/avald", "avald.8"),
    "aval-vendor": ("src/programs/aval-vendor", "aval-vendor.1"),
}
COMMON = {"help", "version"}


def help_of(run, build, program, *command):
    return run(build / PROGRAMS[program][0], *command, "--help").stdout


def commands_of(run, build, program):
    """Each command with its summary, from the overview."""
    listed = help_of(run, build, program).split("\nCommands:\n")[1].split("\nOptions:\n")[0]
    found = re.findall(r"^  ([a-z][a-z-]*(?: [a-z-]+)*)((?: [A-Z\[][^ ]*)*)  +(\S.*)$|^  ([a-z][a-z-]*(?: [a-z-]+)*)((?: [A-Z\[][^ ]*)*)$",
                       listed, re.MULTILINE)
    return {(row[0] or row[3]): row[2] for row in found}


def options_of(page):
    return set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", page, re.MULTILINE))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_has_examples_unless_it_takes_nothing_and_has_few_options(build, run, program):
    commands = commands_of(run, build, program)
    assert len(commands) >= 6
    shared = options_of(help_of(run, build, program))
    for command, summary in commands.items():
        page = help_of(run, build, program, *command.split())
        usage = page.splitlines()[0]
        trivial = usage.endswith("[OPTION]...") and len(options_of(page) - shared) < 3
        assert trivial or summary == "the same" or f"\nExamples:\n  {program} " in page, command


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_and_option_is_in_its_manual_page(build, run, program):
    manual = (ROOT / f"docs/man/{PROGRAMS[program][1]}.scd").read_text().replace("\\", "")
    for command, summary in commands_of(run, build, program).items():
        assert summary == "the same" or re.search(rf"^## {command}\b", manual, re.MULTILINE), command
        for option in options_of(help_of(run, build, program, *command.split())) - COMMON:
            assert f"*--{option}*" in manual, f"{command} --{option}"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_manual_page_shows_no_option_that_does_not_exist(build, run, program):
    manual = (ROOT / f"docs/man/{PROGRAMS[program][1]}.scd").read_text().replace("\\", "")
    known = COMMON | options_of(help_of(run, build, program))
    for command in commands_of(run, build, program):
        known |= options_of(help_of(run, build, program, *command.split()))
    for option in set(re.findall(r"^\*(?:-\w\*, \*)?--([a-z-]+)\*", manual, re.MULTILINE)):
        assert option in known, option


def shown_commands(text):
    """The commands of our programs within the fenced blocks or the Examples of a page, continued lines joined."""
    text = text.replace("\\\\\n", " ").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if re.match(r"\s*(aval|avalctl|avald|aval-vendor) ", line)]


def understood(run, build, line):
    """Whether command and options exist; with --help behind, nothing is done."""
    line = re.sub(r"\s#.*|\s&\s*$|\s[<>] *\S+", "", line)
    program = line.split()[0]
    script = f'{build / PROGRAMS[program][0]} {line.split(None, 1)[1]} --help'
    done = run("/bin/sh", "-c", script)
    assert done.stdout.startswith(f"Usage: {program} "), line


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_example_of_the_help_is_understood(build, run, program):
    examples = []
    for command in commands_of(run, build, program):
        page = help_of(run, build, program, *command.split())
        examples += shown_commands(page.split("\nExamples:\n")[1]) if "\nExamples:\n" in page else []
    assert len(examples) >= 5
    for line in examples:
        understood(run, build, line)


@pytest.mark.parametrize("page", [*(page for _, page in PROGRAMS.values()), "avald.conf.5", "libaval.3"])
def test_every_example_of_the_manual_is_understood(build, run, page):
    manual = (ROOT / f"docs/man/{page}.scd").read_text()
    examples = [line for block in re.findall(r"^```\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
                for line in shown_commands(block)]
    assert examples or page in ("avald.conf.5", "libaval.3")
    for line in examples:
        understood(run, build, line)


def test_every_command_in_the_table_for_slmgr_is_understood(build, run):
    text = (ROOT / "docs/from-slmgr.md").read_text()
    commands = re.findall(r"`((?:aval|avalctl|avald|aval-vendor) [^`]+)`", text)
    assert len(commands) >= 8
    for line in commands:
        understood(run, build, re.sub(r"\[:PORT\]|…|\[|\]", "", line).replace("|", " "))


# The examples of the manual pages, one after the other, as the three people of the story


def example_lines(page):
    manual = (ROOT / f"docs/man/{page}.scd").read_text()
    examples = manual.split("\n# EXAMPLES\n")[1].split("\n# ")[0]
    return "\n".join(re.findall(r"^```\n(.*?)^```$", examples, re.MULTILINE | re.DOTALL)).replace("\\\\\n", "\\\n")


def test_the_examples_of_vendor_and_machine_work_in_the_order_shown(build, run, tmp_path):
    desk = Desk(build, run, tmp_path)
    host = Host(build, run, tmp_path / "host")
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file()))
    (tmp_path / "studio.product").write_text(desk.product.read_text())
    (tmp_path / "acme.example.vkey").write_text(desk.key + "\n")
    key = json.loads(desk.run("key", "--json").stdout)
    key = (key["keys"] if isinstance(key, dict) else key)[0]["key"]
    host.start()
    try:
        script = example_lines("aval.1").replace("kms.uni.example", f"127.0.0.1:{host.port}")
        script = re.sub(r"\b(?:[0-9A-Z]{5}-){4}[0-9A-Z]{5}\b", key, script)
        script = re.sub(r"^aval ", f"{build / 'src/programs/aval'} --state {tmp_path / 'state'} ", script, flags=re.MULTILINE)
        assert "licensed" in run("/bin/sh", "-euc", script).stdout
    finally:
        host.stop()


def test_the_examples_of_the_host_work_in_the_order_shown(build, run, tmp_path):
    desk = Desk(build, run, tmp_path)
    (tmp_path / "studio.product").write_text(desk.product.read_text())
    host = Host(build, run, tmp_path / "host")
    for line in example_lines("avald.8").strip().splitlines():
        words = re.sub(r'"(.*?)"', lambda found: found[1].replace(" ", "\0"), line).split()
        words = [word.replace("\0", " ") for word in words]
        assert words[0] == "avald"
        if words[1] == "import":
            desk.license(tmp_path / "host-request", words[2])
        if words[1] == "serve":
            host.start(*words[2:])
            assert host.json("status")["host"] == HOST
            host.stop()
        else:
            host.avald(*words[1:])


# Output


def on_a_terminal(arguments, environment):
    """What a program writes to a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(list(map(str, arguments)), stdin=subprocess.DEVNULL, stdout=its, stderr=its,
                          env={**os.environ, "TERM": "xterm-256color", **environment}) as process:
        os.close(its)
        written, end = b"", time.monotonic() + 20
        while time.monotonic() < end and select.select([ours], [], [], 20)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            written += piece
        process.wait(timeout=20)
    os.close(ours)
    return written.decode()


def test_colour_is_for_terminals_whose_owner_wants_it(licensed, build, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    status = [build / "src/programs/avalctl", "status", "--data", licensed.data]
    assert "\033[" in on_a_terminal(status, {})
    assert "\033[" not in on_a_terminal(status, {"NO_COLOR": "1"})
    assert "\033[" not in on_a_terminal(status, {"TERM": "dumb"})
    done = subprocess.run(list(map(str, status)), capture_output=True, text=True, check=True)
    assert "\033[" not in done.stdout


@pytest.mark.parametrize("command", [
    "status", "licenses", "machines", "machines find 00", "denials", "reload", "machines show 00000000", "block 00000000",
    "unblock 00000000"])
def test_avalctl_answers_each_command_in_json_also_where_it_fails(licensed, build, command):
    done = subprocess.run([str(build / "src/programs/avalctl"), *command.split(), "--json", "--data", str(licensed.data)],
                          capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict) and (done.returncode == 0 or answer["code"])


@pytest.mark.parametrize("command", [
    "product list", "key install NONSENSE", "key remove ABCDE", "key show", "host set kms.uni.example", "host show",
    "host clear", "activate", "renew", "release", "status", "status -v", "evidence", "evidence list", "evidence show 1",
    "evidence export nowhere", "explain below-threshold", "explain --all", "explain nonsense"])
def test_aval_answers_each_command_in_json_also_where_it_fails(build, tmp_path, command):
    done = subprocess.run([str(build / "src/programs/aval"), *command.split(), "--json", "--state", str(tmp_path / "state")],
                          capture_output=True, text=True, check=False, cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert done.returncode == 0 or answer["code"]


PROGRAM_NAMES = ["aval", "avalctl", "avald", "aval-vendor"]


def say(build, name, *words):
    return subprocess.run([str(build / "src/programs" / name), *words], capture_output=True, check=False, timeout=20,
                          stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("name", PROGRAM_NAMES)
def test_help_and_version_are_words_too(build, name):
    assert say(build, name, "help").stdout == say(build, name, "--help").stdout != b""
    assert say(build, name, "version").stdout == say(build, name, "--version").stdout == f"{name} 0.1.0\n".encode()
    assert say(build, name, "help").returncode == say(build, name, "version").returncode == 0


@pytest.mark.parametrize("name, command", [
    ("aval", "host set"), ("aval", "host"), ("aval", "status"), ("avalctl", "ledger export"), ("avald", "init"),
    ("aval-vendor", "license")])
def test_help_before_a_command_shows_its_page(build, name, command):
    page = say(build, name, "help", *command.split())
    assert page.returncode == 0 and page.stdout == say(build, name, *command.split(), "--help").stdout != b""


@pytest.mark.parametrize("words", [["help", "nonsense"], ["help", "status", "more"], ["help", "help"]])
def test_help_for_what_is_no_command_is_a_usage_error(build, words):
    done = say(build, "aval", *words)
    assert done.returncode == 2 and not done.stdout and b"aval: " in done.stderr


@pytest.mark.parametrize("name", ["aval", "avalctl", "aval-vendor"])
@pytest.mark.parametrize("words", [
    ["nonsense", "--json"], ["--json"], ["--nonsense", "--json"], ["help", "nonsense", "--json"],
    [b"\xff\xfe\x1b", "--json"], ["a\"b\\c\n", "--json"]])
def test_a_command_line_that_is_not_understood_is_answered_in_json_too(build, name, words):
    done = say(build, name, *words)
    answer = json.loads(done.stdout.decode())
    assert (answer["code"], answer["exit_status"], done.returncode) == ("usage", 2, 2)
    assert done.stderr and answer["message"]


def test_a_command_that_fails_is_answered_in_json_and_in_words(build, tmp_path):
    done = say(build, "aval-vendor", "licenses", "--json", "--desk", str(tmp_path / "none"))
    answer = json.loads(done.stdout)
    assert (answer["code"], answer["exit_status"], done.returncode) == ("not-set-up", 2, 2)
    assert answer["message"] in done.stderr.decode()


def test_without_json_nothing_goes_to_standard_output_where_a_command_line_fails(build):
    assert say(build, "aval", "nonsense").stdout == b""
    assert say(build, "aval", "explain", "--", "--json").stdout == b""


def play(build, home, *flags):
    done = subprocess.run([str(ROOT / "scripts/demo"), str(build), "--home", str(home), *flags], cwd=ROOT,
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("demo: ok")
    return done.stdout


def test_the_demo_ends_well_and_leaves_its_files(build, tmp_path):
    play(build, tmp_path / "demo")
    for name in ("vendor.vkey", "pro.license", "machines/01", "machines/30"):
        assert (tmp_path / "demo" / name).exists(), name
    assert len(list((tmp_path / "demo/machines").glob("*/products/*/*/lease.tlog-proof"))) >= 28


def test_the_demo_can_leave_its_host_running_and_what_it_says_to_try_works(build, tmp_path):
    said = play(build, tmp_path / "demo", "--serve")
    pid = int(re.search(r"^To end it: kill (\d+)$", said, re.MULTILINE)[1])
    try:
        lines = re.findall(r"^  (\S+/src/programs/aval(?:ctl)? .*)$", said, re.MULTILINE)
        assert len(lines) == 6
        for line in lines:
            done = subprocess.run(line.split(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
            assert done.returncode == 0, line + done.stdout + done.stderr
    finally:
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 20
    while Path(f"/proc/{pid}/exe").exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_too_little_memory_is_said_and_leaves_no_half_desk(build, run, tmp_path):
    options = json.loads((build / "meson-info/intro-buildoptions.json").read_text())
    if {option["name"]: option["value"] for option in options}["b_sanitize"] != "none":
        pytest.skip("the sanitizers need more address space than that to begin with")
    said = run("prlimit", f"--as={150 * 1024 * 1024}", build / "src/programs/aval-vendor", "init", "acme.example", "--desk",
               tmp_path / "desk", stdin="correct horse\n", expect=1)
    assert "(no-memory)" in said.stderr
    assert not (tmp_path / "desk/vendor.key").exists()
