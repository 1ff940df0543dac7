"""Servers of others that tests run for real: dnsmasq, and what starts it and its like."""

import contextlib
import shutil
import socket
import subprocess
import time

PATHS = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin"  # a user's own may be without those of administrators


def program(name):
    found = shutil.which(name, path=PATHS)
    assert found, f"{name} is not installed; scripts/setup check does it"
    return found


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for_port(port, process, seconds=20):
    """Until somebody listens there on the loopback address."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, process.args
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise AssertionError(f"nobody listens: {process.args}")


class Dnsmasq:
    """The real one, with no records but those of LINES; ADDRESS is for AVAL_DNS."""

    def __init__(self, folder, *lines):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        settings = folder / "dnsmasq.conf"
        settings.write_text("\n".join([
            "keep-in-foreground", f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts",
            "local=/example/", "pid-file=", *lines, ""]))  # fmt: skip
        self.process = subprocess.Popen([program("dnsmasq"), f"--conf-file={settings}", "--user=", "--group="],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait()
