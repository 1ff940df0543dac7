"""The fixtures of the attacks: those of the system tests, and a world to attack."""

import importlib.util
import sys
from pathlib import Path

import pytest

SYSTEM = Path(__file__).resolve().parent.parent / "system"
sys.path.insert(0, str(SYSTEM))

from world import World  # noqa: E402

_spec = importlib.util.spec_from_file_location("system_fixtures", SYSTEM / "conftest.py")
_system = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_system)
build, run, once = _system.build, _system.run, _system.once


@pytest.fixture
def world(build, run, tmp_path, once):
    made = World(build, run, tmp_path, once)
    yield made
    made.close()
