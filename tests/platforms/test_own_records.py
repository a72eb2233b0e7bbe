"""Platforms of other packages that were made before their records could be shown."""

import pytest

from returnsync.errors import ConfigError
from returnsync.model import ReturnId
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.interface import Platform
from returnsync.platforms.own_records import own_records


class Earlier(Platform):
    """It does not have the method that gives a raw record."""

    title, capabilities = "Earlier", Capabilities()


Earlier.__abstractmethods__ = frozenset()  # none of its methods is called


def test_a_platform_that_does_not_hand_them_out_says_so_and_is_not_asked():
    with pytest.raises(ConfigError, match="of Earlier cannot be shown"):
        list(own_records(Earlier("shop", None, None), [ReturnId("1")]))
