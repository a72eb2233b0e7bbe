"""Notifications of a run: pings, metrics for a monitoring system, and a heartbeat for a health check.

This package gets plain values, and knows neither the configuration nor the state. Nothing here fails a run: an error
becomes a warning. Each part is imported only where it is asked for.
"""
