"""The commands, and the one place where an error becomes a sentence and an exit code."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import click

from core.cli.deidentify import deidentify
from core.cli.demo import demo
from core.cli.evaluate import evaluate
from core.cli.frontier import frontier
from core.cli.profile import profile
from core.cli.replay import replay
from core.cli.sample import sample
from core.cli.synthesize import synthesize
from core.errors import DoppelError, UserError

USER_CAN_MEND = 2
UNEXPECTED = 1


class Commands(click.Group):
    """A group that answers every error with one message and no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Errors that the analyst can mend end with exit code 2, other errors of Doppel and unexpected ones with 1.
        """
        try:
            return super().invoke(ctx)
        except DoppelError as error:
            click.echo(str(error), err=True)
            sys.exit(USER_CAN_MEND if isinstance(error, UserError) else UNEXPECTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            sys.exit(UNEXPECTED)
        except OSError as error:
            place = f": {error.filename}" if error.filename else ""
            click.echo(f"The system refused: {error.strerror or error}{place}.", err=True)
            sys.exit(USER_CAN_MEND)
        except Exception:
            if ctx.find_root().params.get("debug"):
                traceback.print_exc()
            kind, value, _ = sys.exc_info()
            click.echo(
                f"Something unexpected happened ({kind.__name__}: {value}). Run again with --debug for details.",
                err=True,
            )
            sys.exit(UNEXPECTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def main(debug: bool) -> None:
    """Doppel: train, draw, judge and attack synthetic tables."""


main.add_command(synthesize)
main.add_command(profile)
main.add_command(evaluate)
main.add_command(demo)
main.add_command(replay)
main.add_command(sample)
main.add_command(frontier)
main.add_command(deidentify)
