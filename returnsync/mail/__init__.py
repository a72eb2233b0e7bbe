"""Mails to consumers: the account, the messages and their templates."""

NAME = "mail"
"""What the account is called in what is said of it."""
