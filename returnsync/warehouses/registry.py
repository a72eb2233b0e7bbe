"""The available warehouses: ours, and those that other packages register."""

from typing import TYPE_CHECKING

from returnsync.plugins import Registry

if TYPE_CHECKING:
    from returnsync.warehouses.interface import Warehouse


def _base() -> "type[Warehouse]":
    from returnsync.warehouses.interface import Warehouse

    return Warehouse


WAREHOUSES: "Registry[Warehouse]" = Registry(
    "warehouse", "returnsync.warehouses", {"monta": "returnsync.warehouses.monta:Monta"}, _base
)
