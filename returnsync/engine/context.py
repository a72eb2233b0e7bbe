"""What one command works with: its configuration, the state, the accounts, and whether it may make effects."""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from returnsync.config import reasons_file
from returnsync.config.load import Loaded
from returnsync.engine import sources
from returnsync.engine.first_creates import FirstCreates
from returnsync.engine.observer import Observer, Silence
from returnsync.engine.orders import Lookups, Numbers, OrderLocks
from returnsync.engine.sources import Source
from returnsync.engine.summary import Tally
from returnsync.errors import ExitCode
from returnsync.labels import LabelFolder
from returnsync.mapping.pairings import Pair, Pairings
from returnsync.model import Reason, SourceId, WarehouseName
from returnsync.state.database import Database
from returnsync.state.history import Story

if TYPE_CHECKING:
    from returnsync.engine.accounts import Accounts
    from returnsync.errors import AccountError
    from returnsync.mail.account import MailAccount


@dataclass
class Context:
    """Everything that the rooms of the engine share during one command."""

    config: Loaded
    db: Database
    dry_run: bool = False
    observer: Observer = field(default_factory=Silence)
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)
    run_id: str = field(default_factory=lambda: os.urandom(6).hex())
    stopped_by: ExitCode | None = None
    """The exit code of the signal that asked us to stop."""
    named_config: Path | None = None
    """The configuration file as the command line named it, used in commands that are suggested to the user."""
    heartbeat: str = ""
    """The name under which problems with this run's heartbeat are noted; empty where it has none."""
    only: frozenset[str] = frozenset()
    """Names of the sources to work on; empty means all."""

    def __post_init__(self) -> None:
        """Prepare what needs no I/O."""
        self.story = Story(self.run_id)
        self.labels = LabelFolder(self.config.labels_path)
        self.numbers = Numbers(Lookups(lambda: self.accounts, self.config.base, self.stop), self.tally)
        self.order_locks = OrderLocks()
        self.first_creates = FirstCreates()
        self._accounts: Accounts | None = None
        self._making_accounts = threading.Lock()
        self._mail: MailAccount | None = None
        self.programs_out: dict[SourceId, AccountError] = {}
        """The sources whose hand-over program is not started any more in this command, each with the reason."""
        self._pairs: dict[tuple[SourceId, Reason, str], Sequence[Pair]] = {}

    @property
    def accounts(self) -> "Accounts":
        """The accounts, each opened when it is first used. A command that uses none does not load their code."""
        if self._accounts is None:
            with self._making_accounts:
                if self._accounts is None:
                    self._accounts = self._made_accounts()
        return self._accounts

    def _made_accounts(self) -> "Accounts":
        from returnsync.engine.accounts import Accounts
        from returnsync.engine.known_accounts import KnownAccounts

        known = KnownAccounts(self.db, self.tally, remembers=not self.dry_run)
        return Accounts(self.config, known, self.tally, self.stop)

    @property
    def mail(self) -> "MailAccount":
        """The mail account, connected to when the first mail is sent. It needs `[mail]` in the configuration."""
        if self._mail is None:
            from returnsync.mail.account import MailAccount

            settings = self.config.settings.mail
            if settings is None:
                raise RuntimeError("no [mail] in the configuration, and yet something is to be mailed")
            secret = self.config.secret_of_mail(self.stop)
            self._mail = MailAccount(settings, lambda: secret("password"), self.stop)
        return self._mail

    @cached_property
    def sources(self) -> Mapping[SourceId, Source]:
        """The configured sources by their `id`."""
        return sources.configured(self.config)

    @property
    def chosen(self) -> Sequence[Source]:
        """The sources that this command works on."""
        return [source for source in self.sources.values() if not self.only or source.name in self.only]

    def in_use(self, sources: Iterable[Source]) -> Sequence[SourceId]:
        """The sources among these for which something may be done: those that are not refused."""
        return [source.id for source in sources if self.accounts.known.refusal_of(source) is None]

    def is_hindered(self, source: Source) -> bool:
        """Whether something kept this command from reading all of a source, or from delivering it."""
        if self.tally.source(source.name).error is not None or self.stop.is_set():
            return True
        return any(self.accounts.is_broken(name) for name in (source.name, *source.settings.warehouses()))

    @property
    def warehouses(self) -> Sequence[WarehouseName]:
        """The warehouses that the chosen sources send to, each once."""
        return sorted({WarehouseName(name) for source in self.chosen for name in source.settings.warehouses()})

    @cached_property
    def pairings(self) -> Pairings:
        """The pairs of reasons, from their file."""
        return reasons_file.load(self.config.reasons_path)

    def pairs_of(self, source: Source, reason: Reason, channel: str) -> Sequence[Pair]:
        """The pairs of a reason of a source, best first. They are cached, since a source has few reasons."""
        key = source.id, reason, channel
        if key not in self._pairs:
            self._pairs[key] = tuple(self.pairings.find(source.name, source.settings.platform, reason, channel))
        return self._pairs[key]

    def close(self) -> None:
        """Close every connection and the state, and release the disk space that was reserved for labels."""
        if self._accounts is not None:
            self._accounts.close()
        if self._mail is not None:
            self._mail.close()
        self.labels.close()
        self.db.close()
