"""Score a file of detections against an annotation file, ours or not; or average the scores of runs.

  python -m jaxvid.evaluate --predictions=runs/thumos/predictions.json --annotations=thumos14.json --protocol=thumos14
  python -m jaxvid.evaluate --predictions=submission.json --annotations=activity_net.v1-3.min.json \
    --protocol=activitynet13 --output=scores.json --diagnose=diagnosis
  python -m jaxvid.evaluate --predictions=c2.json --annotations=EPIC_100_validation.csv --protocol=epic100
  python -m jaxvid.evaluate --predictions=class_agnostic.json --annotations=activity_net.v1-3.min.json \
    --protocol=activitynet13_actionformer --fuse=cuhk_val_simp_share.json
  python -m jaxvid.evaluate --average=runs/egtea1,runs/egtea2,runs/egtea3

Detections are in ActivityNet's submission format, or in EPIC-Kitchens' C2 format. Scores are printed in percent, and
written to --output as fractions. docs/evaluation.md tells what each protocol does.
"""

import sys

from absl import app, flags

_PREDICTIONS = flags.DEFINE_string("predictions", None, "JSON file of detections.")
_ANNOTATIONS = flags.DEFINE_string("annotations", None, "ActivityNet's JSON or EPIC-Kitchens-100's CSV.")
_PROTOCOL = flags.DEFINE_string("protocol", None, "Whose rules; a wrong name lists those there are.")
_OUTPUT = flags.DEFINE_string("output", None, "JSON file to write the scores to, as fractions.")
_SUBSET = flags.DEFINE_string("subset", None, "Subset of the annotations, in place of the protocol's.")
_TIOUS = flags.DEFINE_list("tious", None, "Thresholds with commas between them, in place of the protocol's.")
_TASK = flags.DEFINE_enum(
  "task", None, ["verb", "noun", "action"], "With a CSV of EPIC-Kitchens-100: what the detections' labels are."
)
_FUSE = flags.DEFINE_string("fuse", None, "JSON file of classes of whole recordings, to replace the labels by.")
_DIAGNOSE = flags.DEFINE_string("diagnose", None, "Folder to write DETAD's diagnosis to, as tables and pictures.")
_REMOVE_DUPLICATES = flags.DEFINE_bool(
  "remove_duplicates", None, "Leave out annotations that repeat another, or keep them (--noremove_duplicates)."
)
_LEGACY = flags.DEFINE_bool("legacy", False, "Let predicted classes without annotations collide, as older evaluators.")
_IGNORE_UNKNOWN_LABELS = flags.DEFINE_bool(
  "ignore_unknown_labels", False, "Leave out detections of labels that the annotations do not know."
)
_TIES = flags.DEFINE_enum("ties", None, ["reference", "rows"], "How equal scores are ordered.")
_PER_CLASS = flags.DEFINE_bool("per_class", False, "Print the average precision of each class too.")
_AVERAGE = flags.DEFINE_list(
  "average", None, "Workdirs of evaluated runs with commas between them: print mean and spread of their scores."
)
_TRACEBACK = flags.DEFINE_bool("traceback", False, "Show where an error came from, not only what it was.")
_FILES = ["predictions", "annotations", "protocol"]


@flags.multi_flags_validator([*_FILES, "average"])
def _one_use(values):
  """Files, all of them, or runs."""
  given = [name for name in _FILES if values[name] is not None]
  if values["average"] is None and len(given) < len(_FILES):
    missing = ", ".join(f"--{name}" for name in _FILES if name not in given)
    raise flags.ValidationError(f"{missing} must be given, or --average alone")
  if values["average"] is not None and given:
    raise flags.ValidationError(f"--average goes without {', '.join(f'--{name}' for name in given)}")
  return True


def main(argv):
  if len(argv) > 1:
    raise app.UsageError(f"unexpected arguments: {' '.join(argv[1:])}")
  # Imported here so that --help and a wrong flag answer at once.
  from jaxvid import files
  from jaxvid.evaluation import averages, from_files

  try:
    if _AVERAGE.value is not None:
      means = averages.read(_AVERAGE.value)
      print(means.format())
      if _OUTPUT.value:
        files.write_json(_OUTPUT.value, means.to_dict())
      return
    request = from_files.Request(
      predictions=_PREDICTIONS.value,
      annotations=_ANNOTATIONS.value,
      protocol=from_files.protocol(
        _PROTOCOL.value,
        subset=_SUBSET.value,
        tious=_TIOUS.value,
        remove_duplicates=_REMOVE_DUPLICATES.value,
        legacy=_LEGACY.value,
        ties=_TIES.value,
      ),
      task=_TASK.value,
      fuse=_FUSE.value,
      diagnose=_DIAGNOSE.value,
      ignore_unknown_labels=_IGNORE_UNKNOWN_LABELS.value,
    )
    report, text = from_files.evaluate(request, _PER_CLASS.value)
    print(text)
    if _OUTPUT.value:
      files.write_json(_OUTPUT.value, report)
  except (OSError, ValueError) as error:
    if _TRACEBACK.value:
      raise
    sys.exit(f"error: {error}")


def _parse_flags(argv):
  """Flags of the command line; what is wrong with them is told in one line."""
  try:
    return flags.FLAGS(argv)
  except flags.Error as error:
    sys.exit(f"error: {error}\nSee python -m jaxvid.evaluate --help.")


if __name__ == "__main__":
  app.run(main, flags_parser=_parse_flags)
