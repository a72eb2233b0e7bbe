"""Return platforms: one interface, one module a platform."""
