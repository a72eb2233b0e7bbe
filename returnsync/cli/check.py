"""`returnsync check`: is everything set up as it must be?"""

import json

import typer

from returnsync.cli import options
from returnsync.cli.session import reading, told
from returnsync.errors import ExitCode
from returnsync.redact import mask


def check(
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Try configuration, credentials, channel, reasons, clock and disk. Reads only; each line is ok or what to do."""
    from returnsync.engine.checkup import check as findings

    with told(verbose=verbose), reading(config, verbose=verbose) as ctx:
        found = []
        for subject, finding in findings(ctx):
            found.append(finding)
            line = {"about": subject, "subject": finding.subject, "ok": finding.ok, "text": mask(finding.text)}
            if as_json:
                typer.echo(json.dumps({**line, "next_step": finding.next_step}, ensure_ascii=False))
            else:
                typer.echo(f"{'ok  ' if finding.ok else 'FAIL'} {subject}: {finding.subject}: {line['text']}")
                if finding.next_step:
                    typer.echo(f"     → {finding.next_step}")
        raise typer.Exit(int(ExitCode.DONE if all(finding.ok for finding in found) else ExitCode.CONFIG))
