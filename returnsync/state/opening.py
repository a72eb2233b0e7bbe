"""Opening the state: the file itself for commands that act, or a copy of it for commands that must change nothing."""

import logging
import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path

from returnsync.folders import make_private, open_private
from returnsync.labels.room import FULL
from returnsync.state import connections, failures, migrations
from returnsync.state.database import Database

# Named points for tests that kill the process there.
steps = logging.getLogger("returnsync.steps")


def open_file(path: Path) -> Database:
    """Open the state file and bring it up to date. If there is none, it is made, readable only by its owner.

    Raises:
        BusyError: another program holds it.
        StateError: it cannot be opened, is damaged, or was written by a newer version; or there is no room for it.
    """
    failures.refuse_another_users(path)
    try:
        make_private(path.parent)
        with suppress(FileExistsError):
            # Only SQLite opens an existing file: closing a descriptor would drop this process's locks on it.
            os.close(open_private(path, os.O_RDWR | os.O_EXCL))
        if path.is_file():
            path.chmod(0o600)  # a backup that was put back may be readable by others
        steps.debug("state: file made")
    except OSError as error:
        if error.errno in FULL:
            raise failures.no_room(path, error) from error
        raise failures.not_openable(path, error) from error
    try:
        connection = connections.connect(path)
    except sqlite3.Error as error:
        raise failures.unusable(path, error) from error
    try:
        connections.write_ahead(connection)
        steps.debug("state: opened")
        migrations.migrate(connection, path)
        return Database(connection, partial(connections.connect_again, path, path.stat()))
    except sqlite3.Error as error:
        connection.close()
        raise failures.unusable(path, error) from error
    except BaseException:
        connection.close()
        raise


def open_reading(path: Path) -> Database:
    """Open the state for commands that only read. Without a state file, it is an empty state that is kept nowhere.

    A file that needs a migration is copied: only a command that holds the lock may change it.

    Raises:
        BusyError, StateError: as for `open_file`.
    """
    return open_file(path) if _is_there(path) and _is_current(path) else copy_aside(path)


def _is_there(path: Path) -> bool:
    """Whether anything is at the path; a symbolic link counts also where it leads nowhere or in a circle."""
    return path.exists() or path.is_symlink()


def _is_current(path: Path) -> bool:
    failures.refuse_another_users(path)
    try:
        # A connection that may write, so that SQLite can roll back what a program that died left unfinished.
        connection = connections.connect(path)
        try:
            return migrations.version_of(connection) == migrations.shipped()[-1].number
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise failures.unusable(path, error) from error


def copy_aside(path: Path) -> Database:
    """A copy of the state, for a dry run: it may be changed freely, and the file stays as it is.

    SQLite keeps it in a file of its own among the system's temporary files, readable only by its owner. That file no
    longer has a name once it is open, so it is gone with the process, however that ends. Only a small part of it is in
    memory.

    Raises:
        BusyError, StateError: as for `open_file`; also, there is no room for the copy.
    """
    failures.refuse_another_users(path)
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        if _is_there(path):
            source = connections.connect_reading(path)
            try:
                source.backup(connection)
            finally:
                source.close()
        connection.row_factory = sqlite3.Row
        migrations.migrate(connection, path)
        return Database(connection, None)
    except sqlite3.Error as error:
        connection.close()
        raise failures.unusable(path, error, is_copy=True) from error
    except BaseException:
        connection.close()
        raise
