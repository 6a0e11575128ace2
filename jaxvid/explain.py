"""Explain an anticipation model: its attention to past actions, and the effect of replacing them.

  jaxvid explain --workdir=runs/routines
  jaxvid explain --workdir=runs/epic100_aga --checkpoint=best --split=val --past=predicted --output=why

Forward: when an action is anticipated, the attention to steps that show a past action, divided by chance. Backward, for
Action-Guided Attention only: the change of the anticipation when the predictions of a past action are replaced by
another's. Samples: some observation windows over time. --output gets index.html, which shows all of it, and the
numbers: forward.csv, forward_before.csv, backward.csv, samples.json, pairs.md. docs/anticipation.md explains them.
"""

import argparse
import pathlib
from collections.abc import Sequence

from jaxvid import command


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  from jaxvid.explaining import explanation_files
  from jaxvid.explaining.attentive_model import AttentiveModel
  from jaxvid.explaining.explain import Settings, explain

  names = ("split", "past", "anticipated", "num_windows", "min_windows", "num_samples", "seed")
  settings = Settings(**{name: getattr(flags, name) for name in names})
  with command.when_stopped("Stopped. Nothing was written; the same command begins again."):
    found = explain(AttentiveModel.from_workdir(flags.workdir, flags.checkpoint), settings)
  page = explanation_files.write(found, flags.output or pathlib.Path(flags.workdir) / "explain", flags.num_pairs)
  pairs = explanation_files.telling_pairs(found.before, len(found.class_names), flags.num_pairs)
  print(f"{found.num_windows:,} windows; attention to actions before the ongoing one, divided by chance:")
  rows = explanation_files.pair_rows(pairs, explanation_files.names_of(found))
  for anticipated, past, lift, error, ratio, _, windows in rows:
    print(f"  {lift:6.2f} ± {error:.2f}  {anticipated} <- {past}  (ratio {ratio:.2f}, {round(windows, 2)} windows)")
  if found.by_position is None:
    print("No replacements: this model does not feed its predictions back.")
  for effect in found.by_position or ():
    print(
      f"replaced {effect.position} back: first guess changes in {100 * effect.top1_changed:.1f}%, total variation "
      f"{effect.total_variation:.3f}, probability {effect.probability_change:+.3f}"
    )
  print(f"Page: {page}")


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("explain", __doc__)
  add = parser.add_argument
  add("--workdir", required=True, metavar="DIR", help="of the trained model")
  add("--checkpoint", choices=("latest", "best"), default="latest", help="which one; default: %(default)s")
  add("--split", default="test", metavar="NAME", help="split of the dataset; default: %(default)s")
  add("--output", metavar="DIR", help="folder of the results; default: explain in the workdir")
  add("--num_windows", type=int, metavar="N", help="draw so many windows at random; default: all")
  add("--past", choices=("annotated", "predicted"), default="annotated", help="class of a past step: the "
      "annotated one, or the one that the model predicted; default: %(default)s")  # fmt: skip
  add("--anticipated", choices=("predicted", "true"), default="predicted", help="class of an anticipation: the first "
      "guess, or the true next action; default: %(default)s")  # fmt: skip
  add("--min_windows", type=float, default=5, metavar="N", help="leave out rarer pairs; default: %(default)s")
  add("--num_samples", type=int, default=6, metavar="N", help="windows drawn over time; default: %(default)s")
  add("--num_pairs", type=int, default=20, metavar="N", help="pairs of actions to list; default: %(default)s")
  add("--seed", type=int, default=0, help="of all draws; default: %(default)s")
  flags = parser.parse(argv)
  if flags.num_pairs < 0:
    parser.error("--num_pairs: give 0 or more")
  return flags


if __name__ == "__main__":
  command.run(main)
