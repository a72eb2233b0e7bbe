"""Mails to consumers: the account, the messages and their templates."""

NAME = "mail"
"""The name of the account in messages."""
