"""What is large costs the broker no more than what is small."""

import mmap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import google_crc32c
import httpx
import psutil
import pytest
import urllib3

from broker import errors
from broker.parts import MAX_PARTS
from broker.server import listen
from broker.settings import GIB, MIB, Settings
from tests.conftest import ORIGINS
from tests.crash.crashing_broker import serving
from tests.crash.mortal_store import mortal_store
from tests.problems import assert_problem
from tests.running import SECRET_KEY, RunningBroker, origin_of
from tests.transfers import create, checksum_of

AT_ONCE = 3
IN_ONE_CALL = 100  # parts
SMALL, LARGE = 64 * MIB, 5 * GIB
ALLOWANCE = 16 * MIB


class Broker:
    """A broker in a process of its own, so that its memory can be looked at."""
