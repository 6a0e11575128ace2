"""Draw stickgym's untrimmed videos: made-up gymnasts who do several actions one after another.

    jaxvid routines --output=data/routines

draws the videos from a seed, SPLIT_NUMBER.mp4, and writes beside them

    annotations.json  every action with its class, start and end, in ActivityNet's container: for localization
    grammar.json      the exact distribution of the next action after any others: for anticipation
    made_with.json    the settings; a folder of other settings is refused

Videos that are there already are not drawn again: a run that was stopped goes on where it was. The classes are those
of `jaxvid build stickgym`, which makes clips of one action each. A network trained on those clips extracts features of
the routines, from which a dataset for localization is built:

    jaxvid extract --workdir=runs/stickgym_tag --input=data/routines --output=data/routine_features \\
      --clip_len=32 --stride=4
    jaxvid build generic/routines --source=data/routine_features \\
      --annotations=data/routines/annotations.json
"""

import argparse
import collections
from collections.abc import Sequence
from pathlib import Path

from jaxvid import command
from jaxvid.data_prep.stickgym import untrimmed
from jaxvid.data_prep.stickgym.flags import drawing_flags, settings_of
from jaxvid.formats import activitynet_annotations

_NUM_TRAIN, _NUM_TEST = 120, 30


def main(argv: Sequence[str]) -> None:
  """Runs the command: `argv` is its flags."""
  flags = _parse(argv)
  with command.when_stopped("Stopped. Videos that are ready are kept; the same command draws the others."):
    annotations = untrimmed.render_untrimmed(
      flags.output,
      flags.seed,
      flags.num_train,
      flags.num_test,
      settings_of(flags),
      (flags.min_actions, flags.max_actions),
      flags.num_processes,
    )
  print(report(annotations))


def report(annotations: Path) -> str:
  """A table of the videos, actions and minutes of each split, from annotations.json of `render_untrimmed`."""
  splits = collections.defaultdict(list)
  container = activitynet_annotations.read(annotations)
  for name, entry in container.entries.items():
    splits[container.subset(name)].append(entry)
  splits["total"] = list(container.entries.values())
  lines = [f"{'split':16}{'videos':>10}{'actions':>10}{'minutes':>10}"]
  for split, entries in splits.items():
    actions = sum(len(entry.annotations or ()) for entry in entries)
    minutes = sum(entry.duration for entry in entries) / 60
    lines.append(f"{split:16}{len(entries):10,}{actions:10,}{minutes:10,.1f}")
  lines.append(f"The actions are in {annotations}")
  lines.append(f"The probabilities of the next action are in {annotations.with_name(untrimmed.GRAMMAR)}")
  return "\n".join(lines)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("routines", __doc__)
  parser.add_argument("--output", required=True, metavar="DIR", help="folder of the videos, made where it is absent")
  for name, count in zip(("min_actions", "max_actions"), untrimmed.NUM_ACTIONS, strict=True):
    parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help="of a routine; default: %(default)s")
  for name, settings in drawing_flags("routines", _NUM_TRAIN, _NUM_TEST).items():
    parser.add_argument(name, **settings)
  return parser.parse(argv)


if __name__ == "__main__":
  command.run(main)
