"""Root without the right to write everywhere, so that tests that root runs meet what other users meet."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

# From <linux/capability.h>.
_VERSION_3 = 0x20080522
_DAC_OVERRIDE = 1


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Set(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def without_override(action: Callable[[], Result]) -> Result:
    """Act in a thread that can only write where file modes allow it: capabilities belong to a thread."""
    if os.geteuid() != 0:
        return action()
    with ThreadPoolExecutor(1, initializer=_drop_override) as threads:
        return threads.submit(action).result()


def _drop_override() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION_3, 0), (_Set * 2)()
    for call in (libc.capget, libc.capset):
        if call(ctypes.byref(header), sets):
            raise OSError(ctypes.get_errno(), call.__name__)
        sets[0].effective &= ~(1 << _DAC_OVERRIDE)
        sets[0].permitted &= ~(1 << _DAC_OVERRIDE)
