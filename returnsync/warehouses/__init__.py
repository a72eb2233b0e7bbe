"""Warehouses: one interface, and one module for each warehouse system."""
