"""Return platforms: one interface, and one module for each platform."""
