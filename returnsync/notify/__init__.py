"""Notifications of a run: pings for a dead man's switch, and a file of metrics for a monitoring system.

This package gets plain values, and knows neither the configuration nor the state. Nothing here fails a run: an error
becomes a warning. Each part is imported only where it is configured.
"""
