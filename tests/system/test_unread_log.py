"""A log pipe whose reader has stopped, as with a collector that hangs, or a terminal that was paused: machines are answered,
the operator is told, and the host ends when it is asked to.

That nobody reads is seen to matter: a program that writes to the same pipe as the old host did comes to a stand."""

import os
import select
import subprocess
import sys
from contextlib import contextmanager

import pytest
from hosting import machine_id

MACHINES = 800  # each leaves a line of some 140 bytes, and a pipe takes 64 KiB
PIPE_BYTES = 64 * 1024


@pytest.fixture
def stopped(host, desk):
    host.set_up(desk)
    host.avald("import", desk.license(host.request_file(), seats=MACHINES))
    return host


@contextmanager
def unread_pipe():
    read_end, write_end = os.pipe()
    try:
        yield read_end, write_end
    finally:
        os.close(read_end)
        os.close(write_end)


def test_a_writer_that_waits_for_its_reader_stands_still():
    with unread_pipe() as (_, write_end), pytest.raises(subprocess.TimeoutExpired):
        program = f"import os; os.write(2, b'x' * {2 * PIPE_BYTES})"
        subprocess.run([sys.executable, "-c", program], stderr=write_end, timeout=2, check=False)


@pytest.mark.threads
def test_machines_are_answered_and_the_host_ends_although_nobody_reads_its_log(stopped):
    with unread_pipe() as (read_end, write_end):
        stopped.launch(write_end)
        assert stopped.activate_many(machine_id(number) for number in range(1, MACHINES + 1)) == [200] * MACHINES
        assert stopped.json("status")["granted"] == MACHINES
        stopped.wait_for(lambda: not select.select([], [write_end], [], 0)[1])  # the pipe is full
        stopped.stop()
        assert os.read(read_end, 2 * PIPE_BYTES).count(b" event=granted ") in range(1, MACHINES)
