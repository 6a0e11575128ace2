"""Scores of files of detections, as `jaxvid evaluate` gives them."""

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
  """What to score.

  Attributes:
    predictions, annotations: files.
    protocol: the rules.
    task: with a CSV of EPIC-Kitchens-100 and detections of ActivityNet's form, what the labels are: "verb", "noun" or
      "action". Detections of EPIC's own form are scored for all three, or for `task`.
    fuse: a file of classes of whole recordings, to replace the detections' labels by.
    diagnose: a folder to write the diagnosis to.
    ignore_unknown_labels: leave out detections of labels that the annotations do not know; else they are refused.
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
  """The protocol of that name, with what is given in place of its own.

  Raises:
    ValueError: if there is none of that name (lists those there are), or a threshold is no number.
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
  """The scores as plain values, and as text for the terminal.

  Detections of EPIC-Kitchens' form have a part for each of "verb", "noun" and "action"; the numbers above these parts
  are those of "action", by which the challenge ranks.

  Raises:
    ValueError: if a file is not what it should be; the message names file, field and remedy.
    OSError: if it cannot be read.
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
  """What is scored: names of epic.TASKS, or None where there is no choice."""
  is_epic = _is_csv(request.annotations), submitted.is_epic
  if request.task or is_epic == (False, False):
    return [request.task]
  if is_epic == (True, True):
    return list(epic.TASKS)
  one = request.annotations if is_epic[0] else submitted.source
  raise ValueError(f"{one} serves the tasks {', '.join(epic.TASKS)}; give --task={'|'.join(epic.TASKS)}")


def _is_csv(path):
  return pathlib.Path(path).suffix.lower() == ".csv"


def _evaluate_task(request, submitted, task, diagnosis_folder, per_class):
  rules = request.protocol
  if _is_csv(request.annotations):
    truth = epic.read(request.annotations, task, rules.remove_duplicates)
  else:
    truth = annotations.read(request.annotations, rules.subsets, rules.remove_duplicates)
  texts, unfused = [], None
  if request.fuse:
    unfused = _score_unfused(submitted, truth, task, rules)
    found = submission.detections(submitted, truth, task, labels="none")
    found = fusion.fuse(found, truth, fusion.read_video_scores(request.fuse, truth))
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
  """The score of the detections' own labels; None where they have none that the annotations know."""
  try:
    return scoring.score(truth, submission.detections(submitted, truth, task), rules)
  except submission.SubmissionError:
    return None
