"""A person says which return a record is, where that is not clear."""

from returnsync.engine.context import Context
from returnsync.errors import NotThereError
from returnsync.model import ReturnId, SourceId
from returnsync.state import identity, returns, set_aside
from returnsync.state.database import Queries
from returnsync.state.history import ByPerson


def say_which_return(ctx: Context, key: str, same_as: str | None) -> ReturnId:
    """Say that a record is the known return `same_as`, or another one. The next run goes on with it.

    Returns the id of the return that the record is from now on.

    Raises:
        NotThereError: no such record is held, or it cannot be that return.
    """
    record = ReturnId(key)
    with ctx.db.transaction() as q:
        held = [source for source in ctx.sources if set_aside.may_be_known(q, source, key)]
        if not held:
            raise NotThereError(
                f"No record {key} is held because it is unclear which return it is. Nothing was changed.",
                "See: returnsync held",
            )
        may_be = sorted({home for source in held for home in identity.candidates(q, source, record)})
        if same_as is not None and same_as not in may_be:
            raise NotThereError(
                f"Record {key} cannot be return {same_as}. Nothing was changed.",
                f"Say which of these it is: {', '.join(may_be)}; or that it is another one: --another",
            )
        home = record if same_as is None else ReturnId(same_as)
        # Two keys of one account at the platform make two sources that show the same records.
        for source in held:
            _decide(ctx, q, source, record, home)
    return home


def _decide(ctx: Context, q: Queries, source: SourceId, record: ReturnId, home: ReturnId) -> None:
    identity.decide(q, source, record, home)
    # It stays held until it is read again, so that nothing is announced from old data.
    set_aside.retry(q, source, record)
    if home != record:
        returns.read_again(q, source, home)
        ctx.story.tell(q, source, home, ByPerson.SAME_RETURN, key=record)
