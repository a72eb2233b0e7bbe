"""Notify: what others hear of a run, a dead man's switch by pings and a monitoring system by a file of metrics.

It is given plain values, and knows neither the configuration nor the state. Nothing here fails a run: what goes wrong
is a warning. Each part is imported only where it is configured.
"""
