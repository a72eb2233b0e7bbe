"""Notifications of a run: pings for a dead man's switch, a file of metrics for a monitoring system, and a heartbeat for
a health check on this machine.

This package gets plain values, and knows neither the configuration nor the state. Nothing here fails a run: an error
becomes a warning. Each part is imported only where it is asked for.
"""
