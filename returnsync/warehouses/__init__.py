"""Warehouses: one interface, one module a warehouse system."""
