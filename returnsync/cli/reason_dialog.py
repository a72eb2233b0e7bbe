"""Pairing by asking: one reason after the other, the likeliest answers first; nothing is written before the end.

Ctrl-C leaves the file unchanged. Only "save" writes, and it writes all choices at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from rich.markup import escape

from returnsync.cli.screen import console, print_hint
from returnsync.cli.session import say
from returnsync.config import reasons_file
from returnsync.engine.reasons import SourceReason, Survey
from returnsync.errors import ExitCode
from returnsync.mapping import pairings
from returnsync.mapping.likeness import Suggestion, rank
from returnsync.mapping.pairings import Choice, Pair, Pairings, PairStatus
from returnsync.redact import printable

if TYPE_CHECKING:
    from returnsync.engine.context import Context


class _Word(Enum):
    """What a person can choose instead of a reason."""

    WORDS_ALONE = auto()
    SKIP = auto()
    ONE_CHANNEL = auto()
    BACK = auto()
    SAVE = auto()
    LEAVE = auto()


_Answer: TypeAlias = Suggestion | _Word


@dataclass
class _Dialog:
    """The reasons to ask about, and what was chosen for each so far."""

    found: Survey
    before: Pairings
    items: Sequence[SourceReason]
    every: bool
    chosen: dict[int, list[Pair]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    @property
    def edits(self) -> list[Pair]:
        """All that was chosen, in the order of the reasons."""
        return [edit for number in sorted(self.chosen) for edit in self.chosen[number]]

    def run(self) -> bool:
        """Ask until the end, or until a person stops; return whether to save."""
        number = 0
        while number < len(self.items):
            if not self._is_wanted(number):
                number += 1
                continue
            answer = self._ask(number)
            if answer in (_Word.SAVE, _Word.LEAVE):
                return answer is _Word.SAVE
            if answer is _Word.BACK:
                number = self.asked.pop() if self.asked else number
                continue
            self.asked.append(number)
            number += 1
        return True

    def _is_wanted(self, number: int) -> bool:
        """Whether to ask: a pair that was just made for a platform may also pair a reason of another source."""
        return self.every or number in self.chosen or number in self.asked or self._is_open(self.items[number])

    def _ask(self, number: int) -> _Answer:
        """Ask about one reason, and keep what was chosen."""
        item = self.items[number]
        self._show(number)
        answer = _select(self._suggestions(item), self._words(item))
        if answer is _Word.ONE_CHANNEL:
            return self._ask_for_channel(number)
        self._keep(number, answer, "")
        return answer

    def _ask_for_channel(self, number: int) -> _Answer:
        """Ask for one channel, then again for all others, if they have no pair yet."""
        item = self.items[number]
        channel = _pick("For which channel?", sorted(item.channels))
        answer = _select(self._suggestions(item), (_Word.WORDS_ALONE, _Word.SKIP))
        self._keep(number, answer, channel)
        return self._ask(number) if self._is_open(item) else _Word.SKIP

    def _is_open(self, item: SourceReason) -> bool:
        return self.found.is_to_be_paired(item, self.before.edited(self.edits))

    def _keep(self, number: int, answer: _Answer, channel: str) -> None:
        item = self.items[number]
        if isinstance(answer, Suggestion):
            choice = pairings.choice_of(answer.reason, self.found.offered[item.source.name])
        elif answer is _Word.WORDS_ALONE:
            choice = Choice(text_only=True)
        else:
            if answer is _Word.SKIP and not channel:
                general = self.found.place(item)
                kept = [edit for edit in self.chosen.pop(number, ()) if edit.place != general]
                self.chosen |= {number: kept} if kept else {}
            return
        pair = self.found.pair(item, choice, channel)
        others = [edit for edit in self.chosen.get(number, ()) if edit.place != pair.place]
        self.chosen[number] = [*others, pair]

    def _suggestions(self, item: SourceReason) -> list[Suggestion]:
        return rank(item.reason, self.found.offered[item.source.name])

    def _words(self, item: SourceReason) -> tuple[_Word, ...]:
        channels = (_Word.ONE_CHANNEL,) if item.channels else ()
        back = (_Word.BACK,) if self.asked else ()
        return (_Word.WORDS_ALONE, _Word.SKIP, *channels, *back, _Word.SAVE, _Word.LEAVE)

    def _show(self, number: int) -> None:
        item = self.items[number]
        out = console()
        source = f"{item.source.name} ({item.source.settings.platform})"
        out.print(f"\n{number + 1} of {len(self.items)}  {escape(source)}  {escape(item.shown_key)}", style="dim")
        out.print(escape(item.words), style="bold")
        last = f", last on {item.last_seen:%Y-%m-%d}" if item.last_seen else ""
        times = "once" if item.seen == 1 else f"{item.seen} times"
        channels = f" ({', '.join(f'{name} {count}' for name, count in item.channels.most_common())})"
        came = f"came {times}{last}{channels if item.channels else ''}" if item.seen else "has not come yet"
        sent = self.found.sent(item, self.before.edited(self.edits), next(iter(item.channels), ""))
        out.print(escape(f"{came}; {_how_sent(sent)}"), style="dim")


def ask(ctx: "Context", found: Survey, *, every: bool) -> ExitCode:
    """Ask about what is to be paired (`every` reason, where that is wanted), and save what was chosen."""
    first = found.to_pair(ctx.pairings)
    others = [item for item in found.reasons if item not in first] if every else []
    dialog = _Dialog(found, ctx.pairings, [*first, *others], every)
    out = console()
    if not dialog.items and found.troubles:
        return ExitCode.DONE  # what could not be read was printed, so whether all is paired is not known
    if not dialog.items:
        print_hint(out, "Every return reason is paired. To go through them all: returnsync map-reasons --all")
        return ExitCode.DONE
    try:
        saving = dialog.run()
    except (KeyboardInterrupt, EOFError):
        say(f"Stopped. {ctx.config.reasons_path} was not changed; {_choices(len(dialog.edits))} dropped.")
        return ExitCode.SIGINT
    if not saving or not dialog.edits:
        out.print(f"{escape(str(ctx.config.reasons_path))} was not changed; {_choices(len(dialog.edits))} dropped.")
        return ExitCode.DONE
    reasons_file.change(ctx.config.reasons_path, dialog.edits)
    left = len(found.to_pair(ctx.pairings.edited(dialog.edits)))
    out.print(f"Saved in {escape(str(ctx.config.reasons_path))}: {_choices(len(dialog.edits))}; {left} still unpaired.")
    out.print("The next run sends them so; what was held for want of a pair goes on by itself.")
    return ExitCode.DONE


def _choices(number: int) -> str:
    return "1 choice" if number == 1 else f"{number} choices"


def _how_sent(sent: pairings.Sent) -> str:
    if sent.pair_status is PairStatus.PAIRED and sent.pair:
        return f"sent as {sent.id} {sent.pair.choice.warehouse_label}"
    if sent.pair_status is PairStatus.GONE and sent.pair:
        return f"was paired with {sent.pair.choice.id} {sent.pair.choice.warehouse_label}, which is no longer offered"
    return "sent as text only, by choice" if sent.pair_status is PairStatus.TEXT_ONLY else "not paired"


_LABELS = {
    _Word.WORDS_ALONE: "Send as text only",
    _Word.SKIP: "Skip",
    _Word.ONE_CHANNEL: "For one channel only …",
    _Word.BACK: "Back",
    _Word.SAVE: "Save and quit",
    _Word.LEAVE: "Quit without saving",
}


def _select(suggestions: Sequence[Suggestion], words: Sequence[_Word]) -> _Answer:
    """Let a person pick, the likeliest first.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    import questionary

    named = {suggestion.reason.id: suggestion.reason.label for suggestion in suggestions}
    choices = [questionary.Choice(_title(one, named), value=one) for one in suggestions]
    others = [questionary.Choice(_LABELS[word], value=word) for word in words]
    answer: _Answer = questionary.select(
        "Send it as",
        choices=[*choices, questionary.Separator(), *others],
        instruction="(arrows and Enter; type to find)",
        use_search_filter=True,
        use_jk_keys=False,
    ).unsafe_ask()
    return answer


def _title(suggestion: Suggestion, named: dict[int, str]) -> str:
    """One of the warehouse's reasons: under its main reason, with its translations, and how alike it is."""
    reason = suggestion.reason
    main = f"{named[reason.parent_id]}: " if reason.parent_id in named else ""
    others = ", ".join(dict.fromkeys(text for _, text in reason.translations if text != reason.label))
    return printable(f"{main}{reason.label}{f' ({others})' if others else ''}  {suggestion.score}")


def _pick(question: str, names: Sequence[str]) -> str:
    import questionary

    choices = [questionary.Choice(printable(name), value=name) for name in names]
    return str(questionary.select(question, choices=choices).unsafe_ask())
