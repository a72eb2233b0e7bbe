"""The sources that the state knows: each run saves the configured ones, and applies changed settings."""

import json
import logging

from returnsync.engine.context import Context
from returnsync.engine.known_accounts import account_of_source
from returnsync.engine.renamed import refuse_renamed_source
from returnsync.engine.sources import Source
from returnsync.state import known_accounts, sources
from returnsync.state.database import Queries
from returnsync.state.known_accounts import Side
from returnsync.state.sources import KnownSource

logger = logging.getLogger("returnsync.run")


def know_sources(ctx: Context) -> None:
    """Save the configured sources, and check whether a source or a warehouse was renamed.

    A source that is left alone is not saved.

    Raises:
        ConfigError: one vanished while a new one of the same account appeared. Under a new source `id` all codes would
            change, and what was announced at a warehouse would be orphaned.
    """
    ctx.accounts.refuse_renamed_warehouse()
    used = [source for source in ctx.sources.values() if ctx.accounts.known.refusal_of(source) is None]
    with ctx.db.transaction() as q:
        known = {source.id: source for source in sources.all_known(q)}
        for source in used:
            if source.id in known:
                _apply_changed_settings(ctx, q, source, known[source.id])
            else:
                refuse_renamed_source(ctx, source, known.values())
            sources.save(q, _as_known(source))
            if source.settings.only is not None:
                # Committed before anything is delivered: the guard knows of it, even if the process dies later.
                sources.deliver_only_some(q, source.id)


def refuse_renamed(ctx: Context) -> None:
    """Check whether a source or a warehouse was renamed, and save nothing: for commands that only add to the state.

    Raises:
        ConfigError: as `know_sources`.
    """
    ctx.accounts.refuse_renamed_warehouse()
    with ctx.db.reading() as q:
        known = {source.id: source for source in sources.all_known(q)}
    for source in ctx.sources.values():
        if source.id not in known and ctx.accounts.known.refusal_of(source) is None:
            refuse_renamed_source(ctx, source, known.values())


def _as_known(source: Source) -> KnownSource:
    settings = source.settings
    deciding = json.dumps(
        {name: getattr(settings, name) for name in ("announce_delivered", *settings.selecting)}, sort_keys=True
    )
    return KnownSource(source.id, source.name, settings.platform, source.account, settings.start_from, deciding)


def _apply_changed_settings(ctx: Context, q: Queries, source: Source, before: KnownSource) -> None:
    """Apply changed settings that decide what is left alone to the returns that are known already.

    What was passed over while reading is not in the state: where settings decide about that, the source is read again.
    """
    current = _as_known(source)
    announced = ctx.accounts.known.of(Side.SOURCE, source.id)
    if announced is not None and announced.account == "":
        # An older version announced, and which account it used is not known.
        known_accounts.remember(q, Side.SOURCE, source.id, account_of_source(source))
    # Keys rotate, and are moved. Once something was announced, only what identifies an account counts.
    is_told_by_its_key = announced is not None and not source.kind.account_ids
    if current.account != before.account and not is_told_by_its_key:
        # Another account has other returns: it is read from its start. What is known of the first one stays.
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
