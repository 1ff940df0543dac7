"""`aval renew --all` and its timer: each product by itself, whatever becomes of the others."""

import configparser
import json
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest
from clocks import Clock
from hosting import VENDOR, Machine

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
USAGE = 2
NO_LICENSE = 14
AWAY = 17
VIEWER = "[product]\nid = viewer\ntitle = Viewer\ngrace = 1d\n\n[edition pro]\ntitle = Pro\n"
APPLET = "[product]\nid = applet\ntitle = Applet\ngrace = 1d\n\n[edition pro]\ntitle = Pro\n"


class Several:
    """A machine with three products: applet, for which the host has no license, studio, for which it has, and viewer, without
    a product key."""

    def __init__(self, build, run, folder, desk, host):
        self.desk, self.host, self.clock = desk, host, Clock(folder)
        host.set_up(desk)
        host.avald("import", desk.license(host.request_file()))
        host.start(prefix=self.clock.prefix)
        self.machine = Machine(build, run, folder / "machine", desk, host)
        for name, text in ("applet", APPLET), ("viewer", VIEWER):
            (folder / f"{name}.ini").write_text(text)
            desk.run("product", folder / f"{name}.ini", "--output", folder / f"{name}.product")
            self.machine.aval("product", "install", folder / f"{name}.product", "--vendor-key", desk.key_file)
        self.install_key("applet")
        self.machine.aval("host", "set", f"127.0.0.1:{host.port}")

    def install_key(self, product):
        keys = json.loads(self.desk.run("key", "--json").stdout)["keys"]
        self.machine.aval("key", "install", next(row["key"] for row in keys if row["product"] == product))

    def renew(self, *args, **more):
        return self.machine.aval("renew", "--all", *args, env=self.clock.environment, **more)

    def rows(self, *args, **more):
        """{product: its row}"""
        said = json.loads(self.renew("--json", *args, **more).stdout)
        assert said["exit_status"] == more.get("expect", 0)
        assert [row["product"] for row in said["products"]] == [f"{VENDOR}/{name}" for name in ("applet", "studio", "viewer")]
        return {row["product"].removeprefix(f"{VENDOR}/"): row for row in said["products"]}

    def issued(self):
        """When studio's lease in force was."""
        status = self.machine.aval("--product", f"{VENDOR}/studio", "status", "--json", env=self.clock.environment)
        return json.loads(status.stdout)["lease"]["issued"]


@pytest.fixture
def several(build, run, tmp_path, desk, host):
    return Several(build, run, tmp_path, desk, host)


def test_one_product_that_fails_does_not_stop_the_others(several):
    said = several.renew(expect=NO_LICENSE)
    assert "activated: Acme Studio" in said.stdout
    assert f"{VENDOR}/applet:" in said.stderr and "no-license" in said.stderr
    assert f"{VENDOR}/viewer: no product key is installed" in said.stderr
    rows = several.rows(expect=NO_LICENSE)
    assert [rows[name]["code"] for name in sorted(rows)] == ["no-license", "ok", "no-product-key"]
    assert [rows[name]["attempts"] for name in sorted(rows)] == [[], [], []]  # studio's is not due, nor applet's next try


def test_the_next_try_is_kept_and_a_person_need_not_wait_for_it(several):
    def applet(command, **more):
        return several.machine.aval("--product", f"{VENDOR}/applet", *command, env=several.clock.environment, **more)

    def asked():
        return sum(row["count"] for row in several.host.json("status")["denied"])

    several.renew(expect=NO_LICENSE)
    said = several.renew(expect=NO_LICENSE).stderr
    shown = json.loads(applet(["status", "--json"]).stdout)["last"]
    assert f"not asked again before {shown['retry_at']}" in said
    before = asked()
    applet(["renew"], expect=NO_LICENSE)
    assert asked() == before
    applet(["activate"], expect=NO_LICENSE)
    assert asked() > before
    several.clock.set_days(1)
    assert len(several.rows(expect=NO_LICENSE)["applet"]["attempts"]) == 1


def test_all_is_well_once_each_has_what_it_needs(several):
    several.machine.aval("key", "remove", json.loads(several.machine.aval("key", "show", "--json").stdout)[0]["suffix"])
    several.renew()
    first = several.issued()
    several.clock.set_days(20)
    several.renew()
    again = several.issued()
    assert again > first
    assert "not due for renewal yet" in several.renew().stdout
    assert several.issued() == again
    assert several.rows("--force")["studio"]["attempts"][0]["code"] == "ok"


def test_a_host_that_is_away_costs_nothing_and_is_said(several):
    several.renew(expect=NO_LICENSE)
    before = several.issued()
    several.host.stop()
    rows = several.rows("--force", expect=AWAY)
    assert rows["applet"]["code"] == rows["studio"]["code"] == "host-unreachable"
    assert several.issued() == before


def test_a_machine_without_products_has_nothing_to_renew(build, run, tmp_path):
    aval = [build / "src/programs/aval", "--state", tmp_path / "state", "renew", "--all"]
    assert "no product is installed" in run(*aval).stdout
    assert json.loads(run(*aval, "--json").stdout) == {"products": [], "exit_status": 0}


def test_all_products_and_one_of_them_is_a_contradiction(several):
    said = several.machine.aval("--product", f"{VENDOR}/studio", "renew", "--all", expect=USAGE)
    assert "--all is every product" in said.stderr


def unit(name):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(ROOT / "dist" / name)
    return parser


def test_what_the_timer_starts_is_what_was_tried_here():
    service = unit("aval-renew.service.in")["Service"]
    command = shlex.split(service["ExecStart"])
    assert command == ["@bindir@/aval", "renew", "--all"]
    assert service["SuccessExitStatus"] == str(AWAY)
    timer = unit("aval-renew.timer")["Timer"]
    assert timer["OnCalendar"] == "hourly" and timer["RandomizedDelaySec"] == "1h" and timer["Persistent"] == "yes"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_understands_the_units(build, tmp_path):
    for name in "aval-renew.service", "aval-renew.timer":
        source = build / "dist" / name if name.endswith(".service") else ROOT / "dist" / name
        text = source.read_text()
        program = next((line.split("=", 1)[1].split()[0] for line in text.splitlines() if line.startswith("ExecStart=")), None)
        (tmp_path / name).write_text(text.replace(program, str(build / "src/programs/aval")) if program else text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / "aval-renew.timer"], capture_output=True, text=True,
                          check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert done.returncode == 0 and "aval-renew" not in done.stderr, done.stderr
