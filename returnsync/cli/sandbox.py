"""`returnsync sandbox`: the stand-ins alone, for trying things out."""

from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, needing_sandbox, say
from returnsync.errors import ExitCode, NotThereError
from returnsync.platforms.registry import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from returnsync.sandbox import Sandbox

EXAMPLES = examples(
    ("Stand-ins, and a configuration for them", "returnsync sandbox --example-config > returnsync.toml"),
    ("Six hundred plain returns, each answer slow", "returnsync sandbox --returns 600 --latency 0.2"),
    (
        "The connection is lost after Monta made the second label",
        "returnsync sandbox --fault monta.label:2:reset-after",
    ),
    ends_with={
        ExitCode.USAGE: "there is no such fault or platform",
        ExitCode.CONFIG: "it cannot listen on that port, or the sandbox is not installed",
    },
    docs="docs/how-to/sandbox.md",
)


def sandbox(
    port: Annotated[
        int,
        typer.Option(metavar="PORT", min=0, max=65_535, help="Where to listen on 127.0.0.1; 0 takes any free port."),
    ] = 8099,
    returns: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=0, help="So many plain returns instead of a believable day.")
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="Other numbers, other data; the same number, the same data.")
    ] = 1,
    latency: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=3600, help="Seconds that each answer takes.")
    ] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROUTE:CALL:KIND",
            help="Let a call go wrong, such as monta.label:3:reset-after; may be given several times.",
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLATFORM",
            help="Only this platform's account in the printed configuration; may be given several times.",
        ),
    ] = None,
    example_config: Annotated[bool, typer.Option(help="Print a configuration for it on stdout first.")] = False,
    verbose: options.Verbose = False,
) -> None:
    """Run stand-ins for the platforms and Monta, until Ctrl-C. They listen on loopback; at `/` is a page of counts."""
    with answering(verbose=verbose):
        with needing_sandbox():
            from returnsync.sandbox import World, serve
        check_platforms(platform or ())
        world = World.day(seed) if returns is None else World.bulk(returns, seed)

        def ready(running: "Sandbox") -> None:
            from returnsync.cli.demo import configuration, secrets

            if example_config:
                streams.write_utf8()
                for name, value in secrets(running, platform).items():
                    typer.echo(f"# export SANDBOX_{name.upper()}={value}")
                typer.echo(configuration(running, only=platform))
            platforms = [f"{one.title}: {one.addresses(running.url)['base_url']}" for one in running.platforms]
            mails = [f"Mails: {running.url}/mails"] if running.mail is not None else []
            say(f"Counts: {running.url}/", *mails, *platforms, f"Monta: {running.monta_url}")

        try:
            serve(world, port, latency, fault or (), with_mail=True, ready=ready)
        except ValueError as error:
            say(str(error))
            raise typer.Exit(int(ExitCode.USAGE)) from None
        except OSError as error:
            say(f"The sandbox cannot listen on port {port} ({error.strerror}).", "Choose another with --port.")
            raise typer.Exit(int(ExitCode.CONFIG)) from None


def check_platforms(names: "Iterable[str]") -> None:
    """Refuse a platform that the sandbox has no stand-in for.

    Raises:
        NotThereError: there is none of that name.
    """
    for name in names:
        if name not in PLATFORMS.built_in:
            raise NotThereError(
                f"The sandbox has no platform {name!r}.", f"Write one of: {', '.join(PLATFORMS.built_in)}."
            )
