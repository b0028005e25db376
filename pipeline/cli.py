"""The command `scanloom`: parses, calls one thing, turns errors into sentences and exit codes.

Its words are in arguments.py, what each command calls in handlers.py.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline import printed
from pipeline.arguments import parse
from pipeline.errors import Interrupted, ScanloomError

_INTERRUPTED, _TERMINATED = 130, 143  # 128 and the number of the signal, as shells count


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of the command (errors.py lists them)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.umask(0o077)
    debug = False
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        options = parse(arguments)
        debug = options.debug
        with printed.about(getattr(options, "config", None)):
            return int(options.command(options) or 0)
    except Interrupted as error:
        return _tell(str(error), error.exit_code)
    except ScanloomError as error:
        return _tell(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _tell("Interrupted. Nothing was lost: run the same command again.", _INTERRUPTED)
    except MemoryError:
        return _tell("Out of memory. Close other programs or lower ingest.workers, and run again.", 75)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        from pipeline.writing import retry_error

        refusal = retry_error(error, Path(str(error.filename or ".")))
        return _tell(str(refusal), refusal.exit_code) if isinstance(refusal, ScanloomError) else _fault(error)
    except Exception as error:  # noqa: BLE001 - told as a fault of ours, with its place in our code
        if debug:
            _show_traceback(error)
        return _fault(error)
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: object) -> None:
    raise Interrupted("Stopped. Nothing was lost: run the same command again.", exit_code=_TERMINATED)


def _tell(message: str, code: int) -> int:
    sys.stdout.flush()
    print(message, file=sys.stderr, flush=True)
    return code


def _fault(error: BaseException) -> int:
    """Tells a bug by its type and place in our code, never by a message that may quote a scan."""
    from pipeline.faults import places

    return _tell(
        f"A fault of Scanloom ({type(error).__name__}) at {places(error)}. Nothing was lost. "
        "Please report this line; it names no patient and no path of yours.",
        1,
    )


def _show_traceback(error: BaseException) -> None:
    import traceback

    print(
        "Warning: what follows can quote names, numbers and paths of your scans.",
        file=sys.stderr,
    )
    traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
