"""`returnsync check`: is everything set up as it must be?"""

import json
from dataclasses import asdict

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
            found.append({"about": subject, **asdict(finding), "text": mask(finding.text)})
            if not as_json:
                typer.echo(f"{'ok  ' if finding.ok else 'FAIL'} {subject}: {finding.subject}: {mask(finding.text)}")
                if finding.next_step:
                    typer.echo(f"     → {finding.next_step}")
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        wrong = [item for item in found if not item["ok"]]
        if any(not item["temporary"] for item in wrong):
            raise typer.Exit(int(ExitCode.CONFIG))
        raise typer.Exit(int(ExitCode.TEMPORARY if wrong else ExitCode.DONE))
