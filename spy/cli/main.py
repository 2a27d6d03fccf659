"""The command line: which commands there are, and what each kind of error means for the exit code.

0: done · 1: done, with bad news · 2: wrong configuration, argument, file or act · 3: our own store does not answer.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from spy import __version__
from spy.cli import access, acts, ask, check, explain, keep, printing, processes, regret, replay, saved, show
from spy.cli.options import AS_JSON
from spy.domain.errors import ActError, BackupError, ConfigError, Denied, SpyError, StoreError

MISTAKE = 2
NO_STORE = 3


class Commands(TyperGroup):
    """Foreseeable errors become sentences and an exit code, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as wrong:
            _end("configuration", wrong.mistakes, ctx, MISTAKE)
        except ActError as wrong:
            _end("act", [str(wrong)], ctx, MISTAKE)
        except Denied as wrong:
            _end("right", [str(wrong)], ctx, MISTAKE)
        except BackupError as wrong:
            _end("backup", [str(wrong)], ctx, MISTAKE)
        except StoreError as broken:
            _end("store", [str(broken)], ctx, NO_STORE)
        except SpyError as wrong:
            _end("error", [str(wrong)], ctx, 1)


def _end(kind: str, sentences: Any, ctx: Any, code: int) -> None:
    if ctx.meta.get(AS_JSON):
        printing.answer({"error": kind, "mistakes": list(sentences)})
    for sentence in sentences:
        printing.complain(sentence)
    raise typer.Exit(code)


app = typer.Typer(
    cls=Commands,
    help="Watches the prompt calibration loop and releases prompt reconstruction as soon as it is right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def spy(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_version, help="Say which version it is."),
) -> None:
    """Watches the prompt calibration loop and releases prompt reconstruction as soon as it is right."""


app.command("check")(check.check)
app.command("run")(processes.run)
app.command("agent")(processes.agent)
app.command("web")(processes.web)
app.command("ask")(ask.ask)
app.command("status")(show.status)
app.command("explain")(explain.explain)
app.command("replay")(replay.replay)
app.command("saved")(saved.saved)
app.command("regret")(regret.regret)
app.command("backup")(keep.backup)
app.command("restore")(keep.restore)
app.command("prune")(keep.prune)
app.add_typer(access.token_app, name="token")
app.add_typer(access.role_app, name="role")
for name, command in acts.COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    app(prog_name="spy")


if __name__ == "__main__":
    main()
