"""Train a model and evaluate it, or evaluate one that is trained.

  python -m jaxvid.main --config=configs/quickstart.py --workdir=runs/quickstart
  python -m jaxvid.main --config=configs/thumos_sgp.py:smoke --workdir=runs/smoke
  python -m jaxvid.main --config=configs/hapt_actionformer.py:small --workdir=runs/hapt --config.optim.lr=3e-4
  python -m jaxvid.main --config=configs/hapt_actionformer.py:small --workdir=runs/hapt --mode=eval
  python -m jaxvid.main --workdir=runs/imported --mode=eval

--config names a file and, after a colon, a variant of it; any value in it can be set with --config.SECTION.KEY=VALUE.
A workdir that jaxvid.convert has made holds its own, which is taken where no --config is given.
Everything lands in --workdir: checkpoints, metrics.jsonl, TensorBoard's events, predictions.json, scores.json and
detections.png. A run that was stopped goes on where its last checkpoint is when the same command is given again.
"""

import logging
import pathlib
import sys

import absl.logging
from absl import app, flags
from ml_collections import config_flags

from jaxvid import progress

_CONFIG = config_flags.DEFINE_config_file(
  "config", None, "Configuration file, FILE.py or FILE.py:VARIANT.", lock_config=True
)
_WORKDIR = flags.DEFINE_string("workdir", None, "Folder of this run; made where it is absent.")
_MODE = flags.DEFINE_enum(
  "mode",
  "train",
  ["train", "eval"],
  '"train" trains, goes on if there is a checkpoint, and evaluates; "eval" evaluates a checkpoint.',
)
_CHECKPOINT = flags.DEFINE_enum("checkpoint", "latest", ["latest", "best"], "With --mode=eval: which one.")
_TRACEBACK = flags.DEFINE_bool("traceback", False, "Show where an error came from, not only what it was.")
flags.mark_flags_as_required(["config", "workdir"])


def main(argv):
  if len(argv) > 1:
    raise app.UsageError(f"unexpected arguments: {' '.join(argv[1:])}")
  # Imported here so that --help and a wrong flag answer at once.
  from jaxvid.train import loop

  try:
    config = _CONFIG.value.to_dict()  # Here a configuration file that is not there comes to light.
    if _MODE.value == "train":
      loop.train_and_evaluate(config, _WORKDIR.value)
    else:
      loop.evaluate(config, _WORKDIR.value, _CHECKPOINT.value)
  except (OSError, ValueError, loop.NonFiniteError) as error:
    if _TRACEBACK.value:
      raise
    sys.exit(f"error: {_last_line(error) if isinstance(error, OSError) else error}")


def _parse_flags(argv):
  """Flags of the command line; what is wrong with them is told in one line."""
  try:
    return flags.FLAGS(_with_own_config(argv))
  except (AttributeError, KeyError) as error:  # How ml_collections answers a key that the configuration lacks.
    key = str(error).strip("\"'")
    sys.exit(f'error: the configuration has no key "{key}", so nothing would read it')
  except (flags.Error, OSError, TypeError, ValueError) as error:
    # An error inside a configuration file comes with its traceback in the message; the last line says what it was.
    sys.exit(f"error: {_last_line(error)}\nSee python -m jaxvid.main --help.")


def _with_own_config(argv):
  """The arguments with --config=WORKDIR/config.py where no --config is given, if there is such a file."""
  given = {name.lstrip("-"): value for name, _, value in (arg.partition("=") for arg in argv[1:])}
  workdir = given.get("workdir")
  if workdir == "" and "--workdir" in argv[:-1]:
    workdir = argv[argv.index("--workdir") + 1]
  if "config" in given or not workdir:
    return argv
  file = pathlib.Path(workdir) / "config.py"
  # First, since the flags --config.SECTION.KEY are only known once it is read.
  return [argv[0], f"--config={file}", *argv[1:]] if file.exists() else argv


def _last_line(error):
  return str(error).strip().splitlines()[-1].strip()


def run():
  """Entry point of the command."""
  absl.logging.set_verbosity(absl.logging.WARNING)  # Orbax tells every file it writes.
  handler = progress.LogHandler()
  handler.setFormatter(logging.Formatter("%(message)s"))
  logger = logging.getLogger("jaxvid")
  logger.addHandler(handler)
  logger.setLevel(logging.INFO)
  logger.propagate = False
  app.run(main, flags_parser=_parse_flags)


if __name__ == "__main__":
  run()
