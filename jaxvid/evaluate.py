"""Score a file of detections, of jaxvid or others, against annotations; or average the scores of runs.

  jaxvid evaluate --predictions=runs/thumos/predictions.json --annotations=thumos14.json --protocol=thumos14
  jaxvid evaluate --predictions=submission.json --annotations=activity_net.v1-3.min.json \
    --protocol=activitynet13 --output=scores.json --diagnose=diagnosis
  jaxvid evaluate --predictions=c2.json --annotations=EPIC_100_validation.csv --protocol=epic100
  jaxvid evaluate --predictions=class_agnostic.json --annotations=activity_net.v1-3.min.json \
    --protocol=activitynet13_actionformer --fuse=cuhk_val_simp_share.json
  jaxvid evaluate --average=runs/egtea1,runs/egtea2,runs/egtea3

Detections are in ActivityNet's submission format, or in EPIC-Kitchens' C2 format. Scores are printed in percent, and
written to --output as fractions. docs/evaluation.md describes the protocols.
"""

import argparse
from collections.abc import Sequence

from jaxvid import command

_FILES = ("predictions", "annotations", "protocol")


def main(argv: Sequence[str]) -> None:
  flags = _parse(argv)
  # Imported here so that --help and a wrong flag answer at once.
  from jaxvid import files
  from jaxvid.evaluation import averages, from_files

  if flags.average is not None:
    means = averages.read(flags.average)
    print(means.format())
    if flags.output:
      files.write_json(flags.output, means.to_dict())
    return
  rules = ("subset", "tious", "remove_duplicates", "legacy", "ties")
  protocol = from_files.protocol(flags.protocol, **{name: getattr(flags, name) for name in rules})
  rest = ("predictions", "annotations", "task", "fuse", "diagnose", "ignore_unknown_labels")
  request = from_files.Request(protocol=protocol, **{name: getattr(flags, name) for name in rest})
  report, text = from_files.evaluate(request, flags.per_class)
  print(text)
  if flags.output:
    files.write_json(flags.output, report)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("evaluate", __doc__)
  add = parser.add_argument
  add("--predictions", metavar="FILE.json", help="detections")
  add("--annotations", metavar="FILE", help="ActivityNet's JSON or EPIC-Kitchens-100's CSV")
  add("--protocol", metavar="NAME", help="rules of the evaluation; a wrong name lists all")
  add("--output", metavar="FILE.json", help="file for the scores, as fractions")
  add("--subset", metavar="NAME", help="subset of the annotations, instead of the protocol's")
  add("--tious", type=command.list_of(str), metavar="T,T,...", help="thresholds, instead of the protocol's")
  add("--task", choices=("verb", "noun", "action"), help="with a CSV of EPIC-Kitchens-100: which labels to score")
  add("--fuse", metavar="FILE.json", help="class scores of whole recordings, which give the labels")
  add("--diagnose", metavar="DIR", help="folder for DETAD's diagnosis, tables and pictures")
  parser.add_switch("remove_duplicates", "leave out annotations that repeat another, or keep them "
                    "(--noremove_duplicates)")  # fmt: skip
  parser.add_switch("legacy", "let predicted classes without annotations collide, as older evaluators do", False)
  parser.add_switch("ignore_unknown_labels", "leave out detections of labels that the annotations do not have", False)
  add("--ties", choices=("reference", "rows"), help="how equal scores are ordered")
  parser.add_switch("per_class", "print the average precision of each class too", False)
  add("--average", type=command.list_of(str), metavar="DIR,DIR,...", help="workdirs of evaluated runs: print mean and "
      "spread of their scores")  # fmt: skip
  flags = parser.parse(argv)
  given = [f"--{name}" for name in _FILES if getattr(flags, name) is not None]
  if flags.average is not None and given:
    parser.error(f"--average scores no files; leave out {', '.join(given)}")
  if flags.average is None and len(given) < len(_FILES):
    missing = ", ".join(f"--{name}" for name in _FILES if f"--{name}" not in given)
    parser.error(f"missing: {missing}; or give --average alone")
  return flags


if __name__ == "__main__":
  command.run(main)
