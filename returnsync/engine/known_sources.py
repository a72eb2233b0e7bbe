"""The sources that the state knows: each run remembers those of the configuration, and what their settings decide."""

import json
import logging
from collections.abc import Iterable

from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.errors import ConfigError
from returnsync.state import sources
from returnsync.state.database import Queries
from returnsync.state.sources import KnownSource

logger = logging.getLogger("returnsync.run")


def know_sources(ctx: Context) -> None:
    """Remember the configured sources, and notice one that was renamed: its codes would all change.

    Raises:
        ConfigError: a source vanished while a new one of its platform and account appeared.
    """
    with ctx.db.transaction() as q:
        known = {source.id: source for source in sources.all_known(q)}
        for source in ctx.sources.values():
            if source.id in known:
                _apply_changed_settings(q, source, known[source.id])
            else:
                _refuse_rename(ctx, source, known.values())
            sources.save(q, _as_known(source))


def _as_known(source: Source) -> KnownSource:
    settings = source.settings
    deciding = json.dumps(
        {name: getattr(settings, name) for name in ("announce_delivered", *settings.selecting)}, sort_keys=True
    )
    return KnownSource(source.id, source.name, settings.platform, source.account, settings.start_from, deciding)


def _apply_changed_settings(q: Queries, source: Source, before: KnownSource) -> None:
    """Settings that decide what is left alone count for what is known already, too.

    What was passed over while reading is not known: where settings decide about that, the source is read again.
    """
    current = _as_known(source)
    if current.account != before.account:
        # Another account has another past: it is read from its start. What is known of the first stays.
        logger.warning("%s: its account is another than in the last run, so it is read from start_from", source.name)
        sources.start_earlier(q, source.id, current.starts)
    if (current.starts, current.policy) == (before.starts, before.policy):
        return
    logger.info("%s: settings that decide what is left alone have changed, so that is evaluated again", source.name)
    sources.evaluate_left_alone_again(q, source.id)
    starts_earlier = current.starts < before.starts
    selects_otherwise = current.policy != before.policy and bool(source.settings.selecting)
    if starts_earlier or selects_otherwise:
        # records that were passed over may count now
        logger.info("%s: it is read again from start_from", source.name)
        sources.start_earlier(q, source.id, current.starts)


def _refuse_rename(ctx: Context, source: Source, known: Iterable[KnownSource]) -> None:
    for old in known:
        same_account = (old.platform, old.account) == (source.settings.platform, source.account)
        if same_account and old.id not in ctx.sources:
            raise ConfigError(
                f"Source {source.name} looks like {old.name} under a new name: platform and account are the same. "
                "Under a new id every return would be announced a second time.",
                f'Set `id = "{old.id}"` in [sources.{source.name}].',
            )
