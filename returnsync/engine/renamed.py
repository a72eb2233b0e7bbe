"""Whether a source was renamed: its codes would change, and every return would be announced a second time."""

from collections.abc import Iterable

from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.errors import ConfigError
from returnsync.state.sources import KnownSource


def refuse_renamed_source(ctx: Context, source: Source, known: Iterable[KnownSource]) -> None:
    """Refuse a source that the state does not know, where one of the `known` sources has its account.

    Raises:
        ConfigError: platform and account are those of a source that the configuration no longer has.
    """
    for old in known:
        if (old.platform, old.account) != (source.settings.platform, source.account):
            continue
        now = ctx.sources.get(old.id)
        if now is not None and not ctx.accounts.known.is_another(now):
            continue
        # Where its `id` is used for another account now, that one needs an `id` of its own.
        and_other = f" Give [sources.{now.name}] an `id` of its own." if now else ""
        raise ConfigError(
            f"Source {source.name} looks like {old.name} under a new name: platform and account are the same. "
            "Under a new id every return would be announced a second time.",
            f'Give it its old name back, or set `id = "{old.id}"` in [sources.{source.name}].{and_other}',
        )
