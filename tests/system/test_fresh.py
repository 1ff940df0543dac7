"""scripts/fresh: what of it can be tried without making a system, which takes minutes."""

import importlib.machinery
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
is_root = os.geteuid() == 0

DEBIAN = """\
Types: deb
# a snapshot: http://snapshot.example/debian/2025
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main contrib
"""


def load():
    loader = importlib.machinery.SourceFileLoader("fresh", str(ROOT / "scripts/fresh"))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader("fresh", loader))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    loader.exec_module(made)
    sys.dont_write_bytecode = before
    return made


fresh = load()


@pytest.fixture
def etc(tmp_path):
    """A folder like /etc, with the release's own sources."""
    for folder in ("apt/sources.list.d", "apt/trusted.gpg.d", "ssl/certs"):
        (tmp_path / "etc" / folder).mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list.d/debian.sources").write_text(DEBIAN)
    (tmp_path / "etc/resolv.conf").write_text("nameserver 192.0.2.1\n")
    (tmp_path / "etc/ssl/certs/ca-certificates.crt").write_text("certificates\n")
    return tmp_path / "etc"


# The sources of packages


@pytest.mark.parametrize("name, text, expected", [
    ("debian.sources", DEBIAN, [("http://mirror.example/debian", "bookworm", ["main"]),
                                ("http://mirror.example/debian", "bookworm-updates", ["main"]),
                                ("http://mirror.example/security", "bookworm-security", ["main", "contrib"])]),
    ("a.sources", "Types: deb\nEnabled: no\nURIs: http://a\nSuites: bookworm\nComponents: main\n", []),
    ("a.sources", "Types: deb-src\nURIs: http://a\nSuites: bookworm\nComponents: main\n", []),
    ("a.sources", "types: deb deb-src\nuris: http://a\n http://b\nsuites: x\ncomponents: main\n",
     [("http://a", "x", ["main"]), ("http://b", "x", ["main"])]),
    ("a.list", "deb http://a bookworm main contrib # ours\n#deb http://b x main\ndeb-src http://a bookworm main\n",
     [("http://a", "bookworm", ["main", "contrib"])]),
    ("a.list", "deb [signed-by=/k.gpg arch=amd64] https://a bookworm main\n", [("https://a", "bookworm", ["main"])]),
])
def test_sources_are_read_in_both_of_their_forms(name, text, expected):
    assert list(fresh.package_sources(name, text)) == expected


def test_the_releases_own_sources_are_copied_and_nobody_elses(etc):
    listed = etc / "apt/sources.list.d"
    (listed / "vendor.list").write_text("deb http://vendor.example/apt stable main\n")
    (listed / "database.list").write_text("deb http://database.example/apt bookworm-database main\n")
    (listed / "engine.list").write_text("deb http://engine.example/apt bookworm stable\n")
    (listed / "old.list.save").write_text("deb http://old.example/debian bookworm main\n")
    files, mirror = fresh.files_of_sources(etc)
    assert files == [listed / "debian.sources"] and mirror == "http://mirror.example/debian"


def test_another_release_is_said_to_be_another(etc):
    (etc / "apt/sources.list.d/debian.sources").write_text(DEBIAN.replace("bookworm", "sid"))
    with pytest.raises(fresh.Failed, match="not those of Debian 12"):
        fresh.files_of_sources(etc)


def test_what_the_sources_need_is_copied_with_them(etc, tmp_path):
    key = tmp_path / "key.gpg"
    key.write_text("a key\n")
    (etc / "apt/trusted.gpg.d/a.asc").write_text("another key\n")
    (etc / "apt/sources.list").write_text(f"deb [signed-by={key}] https://mirror.example/debian bookworm main\n")
    _, others, _ = fresh.copied(etc)
    assert {key, etc / "apt/trusted.gpg.d/a.asc", etc / "resolv.conf", etc / "ssl/certs/ca-certificates.crt"} <= set(others)


def test_certificates_stay_behind_where_nothing_is_asked_over_tls(etc):
    _, others, _ = fresh.copied(etc)
    assert etc / "ssl/certs/ca-certificates.crt" not in others and etc / "resolv.conf" in others


def test_they_lie_in_the_bare_system_as_they_do_here_and_no_package_starts_anything_there(etc, tmp_path, monkeypatch):
    monkeypatch.setattr(fresh, "apt_options", lambda: 'Acquire::http::Proxy "http://proxy.example:3128";\n')
    system = fresh.System(tmp_path / "root")
    system.write("/etc/apt/sources.list", "deb http://debootstrap.example/ bookworm main\n")
    system.take_over(etc)
    inside = system.folder / "etc"
    assert (inside / "apt/sources.list.d/debian.sources").read_text() == DEBIAN
    assert not (inside / "apt/sources.list").exists()
    assert (inside / "resolv.conf").read_text() == "nameserver 192.0.2.1\n"
    assert "proxy.example" in (inside / "apt/apt.conf.d/00fresh").read_text()
    assert subprocess.run([system.folder / "usr/sbin/policy-rc.d"], check=False).returncode == 101


def test_apts_proxy_is_everybodys_where_the_environment_names_none(monkeypatch):
    for name in fresh.PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(fresh, "apt_options", lambda: 'Acquire::http::Proxy "http://a:1";\nAcquire::https::Proxy "DIRECT";\n')
    assert fresh.proxies() == {"http_proxy": "http://a:1"}
    monkeypatch.setenv("http_proxy", "http://b:2")
    assert fresh.proxies() == {"http_proxy": "http://b:2"}


def test_no_host_is_named():
    assert not re.search(r"https?://", (ROOT / "scripts/fresh").read_text() + (ROOT / "scripts/setup").read_text())


# The steps


def options(**given):
    return type("Options", (), {"only": None, "skip_check": False, "keep": False, "fresh_root": False, **given})()


def names(**given):
    return [name for name, _, _ in fresh.chosen(options(**given), list(fresh.Fresh(options()).steps()))]


def test_the_steps_are_the_readmes_in_its_order():
    assert names() == ["root", "clone", "demo", "check", "tour-build", "install", "product", "tour", "tour-user", "without"]
    assert names(skip_check=True) == [name for name in names() if name != "check"]
    assert names(only="tour,demo") == ["demo", "tour"]


def test_a_step_that_is_not_there_is_refused():
    with pytest.raises(fresh.Failed, match="no such step: dmeo"):
        names(only="dmeo")


def test_a_step_that_fails_says_why_and_names_its_log(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fresh, "WORK", tmp_path)

    def fail():
        (tmp_path / "demo.log").write_text("the end of it\n")
        raise fresh.Failed("exit status 2")

    assert not fresh.perform(("demo", "make demo", fail))
    said = capsys.readouterr().out
    assert "FAILED: exit status 2" in said and "the end of it" in said and str(tmp_path / "demo.log") in said
    assert fresh.perform(("demo", "make demo", lambda: None))


def test_who_is_not_root_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["fresh"])
    assert fresh.main() == 1
    assert "please run as root" in capsys.readouterr().err


# What is left behind: nothing


STARTS = """
import importlib.machinery, importlib.util, signal, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("fresh", sys.argv[1])
fresh = importlib.util.module_from_spec(importlib.util.spec_from_loader("fresh", loader))
loader.exec_module(fresh)
signal.signal(signal.SIGTERM, fresh.interrupted)
fresh.run(fresh.confined("sh", "-c", "mount -t tmpfs tmpfs $0/mounted && touch $0/mounted/inside $0/there; sleep 1000 & wait",
                         sys.argv[2]), sys.argv[2] + "/log", 60)
"""


def running_in(folder):
    """The processes whose command line names the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.append(path)
        except OSError:
            pass  # it has ended
    return found


@pytest.mark.skipif(not is_root, reason="only root can mount")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_it_ends_what_it_started_and_unmounts_what_it_mounted(tmp_path, number):
    (tmp_path / "mounted").mkdir()
    process = subprocess.Popen([sys.executable, "-c", STARTS, str(ROOT / "scripts/fresh"), str(tmp_path)])
    deadline = time.monotonic() + 20
    while not (tmp_path / "there").exists():
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.02)
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text() and not (tmp_path / "mounted/inside").exists()
    process.send_signal(number)
    assert process.wait(timeout=20) == (128 + number if number == signal.SIGTERM else -number)
    while running_in(tmp_path):
        assert time.monotonic() < deadline + 20, "something goes on running"
        time.sleep(0.02)


@pytest.mark.skipif(not is_root, reason="only root can go into another root")
def test_what_takes_too_long_is_ended(tmp_path):
    assert fresh.run(fresh.confined("sh", "-c", f": {tmp_path}; sleep 1000 & wait"), tmp_path / "log", 1) == -1
    assert "no end after 1 s" in (tmp_path / "log").read_text()
    deadline = time.monotonic() + 20
    while running_in(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
