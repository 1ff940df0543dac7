"""What strangers write cannot drive a terminal, a log, a table, JSON or a spreadsheet, whichever program shows it."""

import csv
import io
import json
import re
import unicodedata
from pathlib import Path

import pytest
from hosting import VENDOR, Machine

PROGRAMS = Path(__file__).resolve().parent.parent.parent / "src" / "programs"
# Turns the text around it, hides, is nothing to be seen: right-to-left override, zero width space, Arabic letter mark,
# byte order mark, a tag.
HIDDEN = "\u202e\u200b\u061c\ufeff\U000e0041"
NAME = f"Uni{HIDDEN}versity"
# As bytes: a sequence of a terminal, one that begins with a byte that is no UTF-8, and a byte that never is.
RAW = b"a\x1b[31mb\x9b32mc\xff"


def assert_clean(what, printed):
    text = printed.decode(errors="surrogateescape") if isinstance(printed, bytes) else printed
    bad = [f"U+{ord(each):04X}" for each in text
           if each not in "\n\t" and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert not bad, f"{what}: {bad} in {text!r}"


class Shown:
    """run(PROGRAM, ARGUMENT...): what it prints, on both sides, must be clean, as words and as JSON."""

    def __init__(self, build, folder):
        self.build, self.folder, self.count = build / "src/programs", folder, 0

    def __call__(self, program, *arguments, json_too=True, strip_cr=False):
        import subprocess

        from hosting import environment
        for extra in ((), ("--json",)) if json_too else ((),):
            done = subprocess.run([self.build / program, *arguments, *extra], cwd=self.folder, env=environment(),
                                  capture_output=True, timeout=60, check=False)
            printed = done.stdout.replace(b"\r\n", b"\n") if strip_cr else done.stdout
            assert_clean(f"{program} {arguments} {extra}", printed)
            assert_clean(f"{program} {arguments} {extra}", done.stderr)
            if extra and done.stdout:
                json.loads(done.stdout)
            self.count += 1
        return done


@pytest.fixture
def shown(build, tmp_path):
    return Shown(build, tmp_path)


@pytest.fixture
def named(build, run, tmp_path, desk, host):
    """Everything that can have such a name has it: product, edition, feature, customer, label, reason, the machine."""
    ini = (f"[product]\nid = studio\ntitle = {NAME}\n\n[edition pro]\ntitle = {NAME}\nfeatures = render={HIDDEN[0]}x\n")
    (tmp_path / "named.ini").write_text(ini)
    desk.product = tmp_path / "named.product"
    desk.run("product", tmp_path / "named.ini", "--output", desk.product)
    host.avald("init", "--name", host.name)
    host.avald("enroll", desk.key_file, "--customer", NAME)
    (tmp_path / "avald.conf").write_text("[machines]\nabout = yes\n")
    host.avald("import", desk.license(host.request_file()))
    (host.data / "vendors" / VENDOR / "licenses" / f"{NAME}.license").write_text("damaged")
    host.start("--config", tmp_path / "avald.conf")
    machine = Machine(build, run, tmp_path / "machine", desk, host)
    machine.activate()
    machine.id = host.json("machines")["machines"][0]["machine"]
    return machine


def test_no_program_shows_what_turns_or_hides_the_text_around_it(shown, desk, host, named, tmp_path):
    at_desk, at_host, at_machine = ("--desk", desk.path), ("--data", host.data), ("--state", named.folder)
    for arguments in (["product", "named.ini", "--output", "again.product"], ["license", host.request_file(), "--product",
                      "studio", "--edition", "pro", "--threshold", "1", "--seats", "2", "--output", "again.license"]):
        shown("aval-vendor", *arguments, *at_desk, json_too=False)
    for arguments in (["inspect", desk.product], ["inspect", host.request_file()], ["inspect", "again.license"], ["key"],
                      ["licenses"], ["inspect", NAME], ["licenses", NAME], ["renew", NAME], ["audit", NAME]):
        shown("aval-vendor", *arguments, *at_desk)
    for arguments in (["label", named.id, NAME], ["block", named.id, "--reason", NAME], ["unblock", named.id],
                      ["block", named.id, "--reason", NAME], ["status"], ["licenses"], ["machines"], ["denials"],
                      ["machines", "show", named.id], ["machines", "find", NAME], ["machines", "--label", NAME],
                      ["why", named.id], ["why", NAME], ["ledger", "export", "--vendor", NAME, "--output", "x"]):
        shown("avalctl", *arguments, *at_host)
    for arguments in (["status"], ["status", "-v"], ["product", "list"], ["key", "show"], ["key", "install", NAME],
                      ["host", "set", NAME], ["about", "tell", "name", NAME], ["about", "set", f"k={NAME}"], [NAME],
                      ["renew", "--force"], ["explain", NAME], [f"--{NAME}"], ["evidence", "export", f"/nowhere/{NAME}"]):
        shown("aval", *arguments, *at_machine)
    for arguments in (["import", NAME, *at_host], ["serve", "--data", NAME], ["config", "--config", NAME], [NAME]):
        shown("avald", *arguments, json_too=False)
    host.ctl("ledger", "export", "--output", tmp_path / "export")
    shown("aval-vendor", "audit", "export", *at_desk)
    shown("aval-vendor", "audit", "export", "--csv", "report.csv", *at_desk, json_too=False)
    assert_clean("the report", (tmp_path / "report.csv").read_bytes().replace(b"\r\n", b"\n"))
    shown("avalctl", "machines", "--csv", *at_host, json_too=False, strip_cr=True)
    assert_clean("the log", host.log())
    assert shown.count > 70


def test_bytes_that_are_no_text_come_neither_to_a_terminal_nor_to_json(shown, desk, host, named):
    (host.data / "vendors" / VENDOR / "licenses").joinpath((RAW + b".license").decode(errors="surrogateescape")).write_text("x")
    host.ctl("reload")
    at_desk, at_host, at_machine = ("--desk", desk.path), ("--data", host.data), ("--state", named.folder)
    for program, arguments in (
            ("aval-vendor", ["inspect", RAW, *at_desk]), ("aval-vendor", ["key", "--desk", RAW]),
            ("aval-vendor", ["license", RAW, *at_desk]), ("aval-vendor", ["revoke", RAW, *at_desk]), ("aval-vendor", [RAW]),
            ("aval", ["status", "--state", RAW]), ("aval", [RAW]), ("aval", ["host", "set", RAW, *at_machine]),
            ("aval", ["key", "install", RAW, *at_machine]), ("aval", ["about", "tell", "name", RAW, *at_machine]),
            ("aval", ["product", "install", RAW, "--vendor-key", RAW, *at_machine]), ("aval", ["explain", RAW]),
            ("avalctl", ["why", RAW, *at_host]), ("avalctl", ["label", named.id, RAW, *at_host]), ("avalctl", ["status", *at_host]),
            ("avalctl", ["block", named.id, "--reason", RAW, *at_host]), ("avalctl", ["status", "--data", RAW])):
        shown(program, *arguments)
    for arguments in (["import", RAW, *at_host], ["serve", "--data", RAW], ["config", "--config", RAW], [RAW]):
        shown("avald", *arguments, json_too=False)
    assert_clean("the log", host.log())


def test_a_newline_in_a_files_name_begins_no_line(desk, host, tmp_path):
    host.set_up(desk)
    file = desk.license(host.request_file())
    file = file.rename(tmp_path / "x\nother.license: license 00000000000000000000 of acme.example")
    for done in host.avald("import", file), desk.run("adopt", file), desk.run("inspect", file):
        assert "license" in done.stdout and not re.search("^other", done.stdout + done.stderr, re.MULTILINE)
    assert "?other.license: license 0000" in host.avald("import", file).stdout
    host.start()
    many = tmp_path / "a\nb"
    said = host.ctl("ledger", "export", "--epoch", "all", "--output", many).stdout
    assert said.splitlines() == [f"{tmp_path}/a?b.1"] and (tmp_path / "a\nb.1").exists()


def test_what_begins_a_formula_is_text_to_a_spreadsheet(desk, host, named, tmp_path):
    rows = lambda text: list(csv.reader(io.StringIO(text)))  # noqa: E731
    for begin in "=+-@\uff1d":
        host.run_it(host.avalctl_program, "label", "--data", host.data, "--", named.id, f"{begin}cmd|x")
        host.ctl("block", named.id, f"--reason={begin}1")
        printed = rows(host.ctl("machines", "--csv").stdout)[1]
        assert f"'{begin}cmd|x" in printed and f"'{begin}1" in printed
    host.ctl("ledger", "export", "--output", tmp_path / "export")
    other = desk.license(host.request_file(), "formula.license", extra=["--customer", "=HYPERLINK(1)"])
    host.avald("import", other)
    desk.run("audit", tmp_path / "export", "--csv", tmp_path / "report.csv")
    report = rows((tmp_path / "report.csv").read_text())
    assert not [cell for row in report for cell in row if re.match(r"[=+@]|-[^0-9]", cell)]


def test_programs_print_by_what_keeps_a_terminal_safe_and_by_nothing_else():
    """printf would let everything through; documents, which others read, are written as they are."""
    prints = re.compile(r"(?<![\w])(?:v?printf|puts|putchar|fprintf)\(")
    found = [f"{path.name}: {line.strip()}" for path in PROGRAMS.rglob("*.c") for line in path.read_text().splitlines()
             if prints.search(line) and "putchar('\\n')" not in line]
    assert found == []
