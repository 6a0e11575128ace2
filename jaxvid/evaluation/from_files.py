"""Scores files of detections against files of annotations: the work of `jaxvid evaluate`."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from jaxvid.evaluation import diagnosis
from jaxvid.formats import detections
from jaxvid.metrics import annotations, epic, fusion, scoring, submission
from jaxvid.metrics.protocols import PROTOCOLS, Protocol


@dataclasses.dataclass(frozen=True)
class Request:
  """Files to score, and how.

  Attributes:
    predictions, annotations: paths.
    protocol: the rules.
    task: "verb", "noun" or "action". Detections of ActivityNet's form need it with a CSV of EPIC-Kitchens-100, to say
      what their labels are. Detections of EPIC's own form are scored for all three by default.
    fuse: file of class scores of whole recordings; these classes replace the detections' labels (score fusion).
    diagnose: folder for the diagnosis.
    ignore_unknown_labels: leave out detections of labels that the annotations lack; by default they are an error.
  """

  predictions: str | os.PathLike
  annotations: str | os.PathLike
  protocol: Protocol
  task: str | None = None
  fuse: str | os.PathLike | None = None
  diagnose: str | os.PathLike | None = None
  ignore_unknown_labels: bool = False


def protocol(
  name: str,
  subset: str | None = None,
  tious: Sequence[str] | None = None,
  remove_duplicates: bool | None = None,
  legacy: bool = False,
  ties: str | None = None,
) -> Protocol:
  """The protocol `name`; arguments that are given replace its own values.

  Raises:
    ValueError: there is no such protocol (the message lists them), or a threshold is not a number.
  """
  if name not in PROTOCOLS:
    raise ValueError(f'no protocol "{name}"; there are: {", ".join(PROTOCOLS)}')
  changes = dict(
    subsets=(subset,) if subset else None,
    tious=tuple(map(float, tious)) if tious else None,
    remove_duplicates=remove_duplicates,
    legacy=legacy or None,
    ties=ties,
  )
  return dataclasses.replace(PROTOCOLS[name], **{key: value for key, value in changes.items() if value is not None})


def evaluate(request: Request, per_class: bool = False) -> tuple[dict[str, Any], str]:
  """Scores the files; returns plain values, as in scores.json, and text for the terminal.

  Detections of EPIC-Kitchens' form get scores under each of "verb", "noun" and "action"; those of "action", by which
  the challenge ranks, are also at the top.

  Raises:
    ValueError: a file does not have the expected form; the message names file, field and remedy.
    OSError: a file cannot be read.
  """
  submitted = detections.read(request.predictions)
  tasks = _tasks(request, submitted)
  if len(tasks) == 1:
    return _evaluate_task(request, submitted, tasks[0], request.diagnose, per_class)
  report, texts = {}, []
  for task in tasks:
    folder = request.diagnose and pathlib.Path(request.diagnose, task)
    scores, text = _evaluate_task(request, submitted, task, folder, per_class)
    report = {**report, **scores, task: scores}
    texts.append(f"{task}\n{text}")
  return report, "\n\n".join(texts)


def _tasks(request, submitted):
  """Tasks to score, of epic.TASKS; [None] for files that have one kind of label."""
  is_epic = _is_csv(request.annotations), submitted.is_epic
  if request.task or is_epic == (False, False):
    return [request.task]
  if is_epic == (True, True):
    return list(epic.TASKS)
  one = request.annotations if is_epic[0] else submitted.source
  raise ValueError(f"{one} has labels for {', '.join(epic.TASKS)}; choose one with --task={'|'.join(epic.TASKS)}")


def _is_csv(path: str | os.PathLike) -> bool:
  """Whether annotations are a CSV file of EPIC-Kitchens-100."""
  return pathlib.Path(path).suffix.lower() == ".csv"


def _evaluate_task(request, submitted, task, diagnosis_folder, per_class):
  """Scores one task, after score fusion if it is asked for; returns plain values and text as `evaluate` does."""
  rules = request.protocol
  if _is_csv(request.annotations):
    truth = epic.read(request.annotations, task, rules.remove_duplicates)
  else:
    truth = annotations.read(request.annotations, rules.subsets, rules.remove_duplicates)
  texts, unfused = [], None
  if request.fuse:
    unfused = _score_unfused(submitted, truth, task, rules)
    found = submission.detections(submitted, truth, task, labels="none")
    found = fusion.fuse(found, fusion.read_video_scores(request.fuse, truth))
    before = f"average mAP {100 * unfused.scores.average_map:.2f}" if unfused else "labels unknown to the annotations"
    texts.append(f"before fusion: {before}; after it:")
  else:
    found = submission.detections(submitted, truth, task, "any" if request.ignore_unknown_labels else "known")
  result = scoring.score(truth, found, rules)
  report = result.to_dict()
  if request.fuse:
    report["fusion"] = {"scores": str(request.fuse), "before": unfused and unfused.to_dict()}
  texts.append(result.format(per_class))
  if diagnosis_folder:
    diagnosis.write(diagnosis_folder, result)
    texts.append(f"diagnosis: {diagnosis_folder}")
  return report, "\n".join(texts)


def _score_unfused(submitted, truth, task, rules):
  """Scores the detections with their own labels; None where the annotations lack these."""
  try:
    return scoring.score(truth, submission.detections(submitted, truth, task), rules)
  except submission.SubmissionError:
    return None
