"""Who answers what `init` asks: a person at a terminal, or the options of the command."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import typer

from returnsync.cli.confirm import answer_of, confirmed
from returnsync.cli.session import say
from returnsync.errors import NotThereError

Check = Callable[[str], str]
"""What is wrong with an answer, in words; empty where nothing is."""


def _anything(_answer: str) -> str:
    return ""


def wrong_answer(name: str, wrong: str) -> NotThereError:
    """The error for an option whose answer is not accepted; the answer is not repeated, since it may be a secret."""
    return NotThereError(
        f"{name}: the answer {wrong}.", "Nothing was written. returnsync init --help explains each option."
    )


class Asker(ABC):
    """Gives the answers, those of the options first. Each question is named by the option that answers it, too."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """`given` are the answers that the options hold, by the name of the question."""
        self._given = given

    def text(self, name: str, question: str, default: str | None = None, check: Check = _anything) -> str:
        """An answer that `check` accepts. Without a `default` there must be one.

        Raises:
            NotThereError: the option's answer is not accepted.
        """
        if name in self._given:
            given = self._given[name]
            if wrong := check(given) or ("" if given.isprintable() else "has characters that cannot be shown"):
                raise wrong_answer(name, wrong)
            return self._given[name]
        return self._ask(name, question, default, check)

    def choice(self, name: str, question: str, options: Mapping[str, str], default: str | None = "") -> str:
        """One of some options, each with what it is; the first unless `default` is another, or `None` for none.

        Raises as `text`.
        """

        def check(answer: str) -> str:
            return "" if answer in options else f"is none of {', '.join(options)}"

        default = next(iter(options)) if default == "" else default
        if name in self._given:
            return self.text(name, question, default, check)
        return self._choose(name, question, options, default)

    def has(self, name: str) -> bool:
        """Whether an option answers this question."""
        return name in self._given

    is_person = True
    """Whether somebody is there who can answer once more."""

    @property
    def is_complete(self) -> bool:
        """Whether every answer that is needed was given so far."""
        return True

    @abstractmethod
    def secret(self, question: str) -> str:
        """A secret, typed unseen; empty where there is nobody to ask, or nothing was typed."""

    @abstractmethod
    def again(self, question: str, *, usually: bool) -> bool:
        """Whether to do something once more, `usually` by default; never where there is nobody to ask."""

    @abstractmethod
    def _ask(self, name: str, question: str, default: str | None, check: Check) -> str:
        """Ask for a text that no option gave."""

    @abstractmethod
    def _choose(self, name: str, question: str, options: Mapping[str, str], default: str | None) -> str:
        """Ask for one of some options where no option gave it."""


class OnTerminal(Asker):
    """Asks a person. Ctrl-C leaves by `typer.Abort`."""

    def secret(self, question: str) -> str:
        """Ask without showing what is typed."""
        return _prompted(question, "", hidden=True)

    def again(self, question: str, *, usually: bool) -> bool:
        """Ask for a yes or a no."""
        return confirmed(question, default=usually)

    def _ask(self, name: str, question: str, default: str | None, check: Check) -> str:  # noqa: ARG002 - an option's
        while True:
            answer = _prompted(question, default)
            wrong = check(answer)
            if not wrong:
                return answer
            say(f"This {wrong}.")

    def _choose(self, name: str, question: str, options: Mapping[str, str], default: str | None) -> str:
        say(question)
        width = max(map(len, options))
        for place, (option, about) in enumerate(options.items(), 1):
            say(f"  {place}  {option:<{width}}  {about}".rstrip())
        by_place = {str(place): option for place, option in enumerate(options, 1)}

        def check(answer: str) -> str:
            return "" if answer in options or answer in by_place else "is none of them; type a number or a name"

        answer = self._ask(name, "Number or name", default, check)
        return by_place.get(answer, answer)


def _prompted(question: str, default: str | None, *, hidden: bool = False) -> str:
    """What was typed, asked for again while it is no UTF-8 or has control characters."""
    while True:
        try:
            answer = str(
                answer_of(
                    lambda: typer.prompt(
                        question, default=default, show_default=bool(default), hide_input=hidden, err=True
                    )
                )
            ).strip()
        except UnicodeDecodeError:
            say("That is no UTF-8.")
            continue
        if answer.isprintable():
            return answer
        say("That has characters that cannot be shown.")


class Unattended(Asker):
    """Takes what the options say, and the defaults. Notes which answers are missing, so that all are named at once."""

    is_person = False

    def __init__(self, given: Mapping[str, str]) -> None:
        """See `Asker`."""
        super().__init__(given)
        self._missing: list[str] = []

    @property
    def is_complete(self) -> bool:
        """Whether every answer that is needed was given so far."""
        return not self._missing

    def refuse_missing(self) -> None:
        """Refuse to go on where an answer is missing.

        Raises:
            NotThereError: with each option that would answer.
        """
        if self._missing:
            raise NotThereError(
                f"There is no terminal to ask on, and these answers are missing: {', '.join(self._missing)}.",
                "Give them as options; returnsync init --help explains each. Nothing was written.",
            )

    def secret(self, question: str) -> str:  # noqa: ARG002 - nobody is there to be asked
        """Nothing: a secret is never an option, since other users of the machine see those."""
        return ""

    def again(self, question: str, *, usually: bool) -> bool:  # noqa: ARG002 - nobody is there to be asked
        """No."""
        return False

    def _ask(self, name: str, question: str, default: str | None, check: Check) -> str:  # noqa: ARG002 - see `secret`
        if default is None:
            self._missing.append(name)
        return default or ""

    def _choose(self, name: str, question: str, options: Mapping[str, str], default: str | None) -> str:  # noqa: ARG002 - see `secret`
        if default is None:
            # What else is needed depends on this answer.
            self._missing.append(f"{name} ({', '.join(options)})")
            self.refuse_missing()
        return default or ""


def listed(options: Sequence[str]) -> dict[str, str]:
    """Options that need no explanation."""
    return dict.fromkeys(options, "")
