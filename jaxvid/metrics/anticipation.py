"""Scores of action anticipation: top-k accuracy and class-mean recall at k of verbs, nouns and actions.

A window here is an observation window: one prediction of the action that follows it.

Class-mean recall at k: for every class that occurs, the share of its windows where it is among the k best classes; then
the mean over these classes. Furnari et al., "Leveraging uncertainty to rethink loss functions and evaluation measures
for egocentric action anticipation" (ECCV workshops 2018); the measure of EPIC-Kitchens-100's challenge, there "mean
top-5 recall".

A dataset's metadata say under "anticipation" what is scored besides actions; every key is optional:

  {"verbs": [NAME, ...], "nouns": [NAME, ...],            names of the verbs and nouns
   "action_verb": [v, ...], "action_noun": [n, ...],      the verb and noun of each action, indices
   "subsets": {NAME: {"of": [PART, ...], "ids": [SEGMENT, ...]}},   PART is "verb", "noun" or "action"
   "many_shot": {PART: [class, ...]}}                     the classes with many training examples (EPIC-Kitchens-55)
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxvid.metrics import ranking

PARTS = ("verb", "noun", "action")


@dataclasses.dataclass(frozen=True)
class Scores:
  """Scores of one part (verb, noun or action) on a set of windows, as fractions.

  Attributes:
    top: k -> share of windows whose class is among the k most probable.
    recall: class-mean recall at `recall_at` of the Result.
    mean_class_accuracy: class-mean recall at 1.
    many_shot_recall: `recall` over the many-shot classes that occur; None where there are none.
    num_windows: how many windows were scored.
    num_classes: how many classes occur among them.
  """

  top: dict[int, float]
  recall: float
  mean_class_accuracy: float
  many_shot_recall: float | None
  num_windows: int
  num_classes: int

  def to_dict(self, recall_at: int) -> dict[str, Any]:
    """Plain values for JSON; `recall_at` becomes part of the keys, as in "recall5"."""
    many_shot = {} if self.many_shot_recall is None else {f"many_shot_recall{recall_at}": self.many_shot_recall}
    return {
      **{f"top{k}": value for k, value in self.top.items()},
      f"recall{recall_at}": self.recall,
      **many_shot,
      "mean_class_accuracy": self.mean_class_accuracy,
      "num_windows": self.num_windows,
      "num_classes": self.num_classes,
    }


@dataclasses.dataclass(frozen=True)
class Result:
  """Scores of a split.

  Attributes:
    overall: part -> scores on all windows.
    subsets: name -> part -> scores on the windows of the subset.
    left_out: subsets and many-shot classes without a window in this split, which have no score.
    recall_at: the k of the recalls.
  """

  overall: dict[str, Scores]
  subsets: dict[str, dict[str, Scores]]
  left_out: tuple[str, ...]
  recall_at: int

  def to_dict(self) -> dict[str, Any]:
    """Plain values, as in scores.json: {PART: {...}, "subsets": {NAME: {PART: {...}}}}."""
    plain = lambda parts: {part: scores.to_dict(self.recall_at) for part, scores in parts.items()}  # noqa: E731
    return {**plain(self.overall), "subsets": {name: plain(parts) for name, parts in self.subsets.items()}}

  def format(self) -> str:
    """A table in percent for the terminal, one line a part; then what has no windows in this split."""
    rows = [("overall", part, scores) for part, scores in self.overall.items()]
    rows += [(name, part, scores) for name, parts in self.subsets.items() for part, scores in parts.items()]
    ks = sorted({k for _, _, scores in rows for k in scores.top})
    has_many_shot = any(scores.many_shot_recall is not None for scores in self.overall.values())
    recall = f"recall@{self.recall_at}"
    heads = ["windows", "classes", *(f"top-{k}" for k in ks), recall, *([f"many-shot {recall}"] * has_many_shot)]
    width = max(len(name) for name, _, _ in rows) + 2
    lines = ["  ".join([f"{'':{width}}{'':6}", *(f"{head:>8}" for head in [*heads, "mean class accuracy"])])]
    for name, part, scores in rows:
      shares = [*(scores.top.get(k) for k in ks), scores.recall, *([scores.many_shot_recall] * has_many_shot)]
      cells = [f"{scores.num_windows:,}", f"{scores.num_classes:,}"]
      cells += ["-" if x is None else f"{100 * x:.2f}" for x in [*shares, scores.mean_class_accuracy]]
      padded = (f"{cell:>{max(8, len(head))}}" for cell, head in zip(cells, [*heads, "mean class accuracy"]))
      lines.append("  ".join([f"{name:{width}}{part:6}", *padded]))
    lines += [f"{name}: none of its windows is in this split (left out)" for name in self.left_out]
    return "\n".join(lines)


def flatten(scores: Mapping[str, Any]) -> dict[str, float]:
  """Flattens Result.to_dict() to one name a share: "action_recall5", "unseen_action_recall5".

  A subset that is named after its only part, "tail_verb", does not repeat it: "tail_verb_recall5".
  """
  sets = {"": scores, **scores["subsets"]}
  found = {}
  for name, parts in sets.items():
    for part in PARTS:
      prefix = name if name.endswith(f"_{part}") and len(parts) == 1 else f"{name}_{part}".lstrip("_")
      found |= {f"{prefix}_{key}": x for key, x in parts.get(part, {}).items() if isinstance(x, float)}
  return found


def class_mean_recall(
  scores: np.ndarray, labels: np.ndarray, k: int = 5, classes: Sequence[int] | None = None
) -> float:
  """Class-mean recall at k: the share of a class's windows where it is among the k best, mean over classes that occur.

  Of equal scores the class with the lower index comes first.

  Args:
    scores: (N, K) probabilities or any other scores.
    labels: (N,) class indices.
    k: 1 or more.
    classes: average over these only, such as the many-shot ones; all classes stay in the ranking. Default: all.

  Raises:
    ValueError: there are no windows, no label is in `classes`, a label is beyond the classes, or a score is not finite.
  """
  scores, labels = np.asarray(scores), np.asarray(labels)
  if scores.ndim != 2 or k < 1:
    raise ValueError(f"scores of shape {scores.shape}, k {k}: expected shape (windows, classes), and k at least 1")
  ranking.check(scores, labels, scores.shape[1], "window")
  kept = np.ones(len(labels), bool) if classes is None else np.isin(labels, classes)
  if not kept.any():
    raise ValueError(f"none of the {len(classes)} classes to average over is among the labels")
  return _class_mean(ranking.rank(scores, labels)[kept] < k, labels[kept])


def marginalise(action_probabilities: np.ndarray, parts: Sequence[int], num_parts: int) -> np.ndarray:
  """Probabilities of verbs (or nouns): the sum over the actions with that verb (or noun).

  Args:
    action_probabilities: (N, A).
    parts: (A,) the verb, or noun, of each action.
    num_parts: how many verbs, or nouns, there are.

  Returns:
    (N, num_parts); 0 for a verb that no action has.

  Raises:
    ValueError: `parts` has another length than the actions, or a value outside [0, num_parts).
  """
  probabilities, parts = np.asarray(action_probabilities), np.asarray(parts)
  if probabilities.ndim != 2 or parts.shape != probabilities.shape[1:]:
    raise ValueError(f"{parts.shape} parts for action probabilities of shape {probabilities.shape}")
  if parts.min() < 0 or parts.max() >= num_parts:
    raise ValueError(f"parts {parts.min()} to {parts.max()}, but there are {num_parts}")
  order = np.argsort(parts, kind="stable")
  present, starts = np.unique(parts[order], return_index=True)
  sums = np.zeros((len(probabilities), num_parts))
  sums[:, present] = np.add.reduceat(probabilities[:, order], starts, axis=1, dtype=float)
  return sums


def score(
  action: np.ndarray,
  labels: np.ndarray,
  metadata: Mapping[str, Any],
  *,
  verb: np.ndarray | None = None,
  noun: np.ndarray | None = None,
  segment_ids: Sequence[str] | None = None,
  top: Sequence[int] = (1, 5),
  recall_at: int = 5,
) -> Result:
  """Scores predicted actions, and verbs and nouns where the metadata have them, over all windows and by subset.

  Of equal scores the class with the lower index comes first. A k of `top` beyond the number of classes is left out.

  Args:
    action: (N, A) probabilities of the actions.
    labels: (N,) indices of the actions.
    metadata: of the dataset, as above; {} for actions alone.
    verb, noun: (N, V) and (N, M) probabilities; default: sums over the actions' (see `marginalise`).
    segment_ids: (N,) id of each window's action; subsets are lists of them. Default: every subset is left out.
    top: the k of top-k accuracy.
    recall_at: the k of class-mean recall.

  Raises:
    ValueError: shapes differ, there are no windows, labels or metadata name a class that is not there, or a score is
      not finite.
  """
  action, labels = np.asarray(action), np.asarray(labels)
  if action.ndim != 2 or recall_at < 1 or not top or min(top) < 1:
    raise ValueError(
      f"action of shape {action.shape}, top {top}, recall_at {recall_at}: expected shape (windows, classes), and "
      "every k at least 1"
    )
  ranking.check(action, labels, action.shape[1], "window")
  if segment_ids is not None and len(segment_ids) != len(labels):
    raise ValueError(f"{len(segment_ids)} segment ids for {len(labels)} windows")

  # Ranks of the true classes, once for each part; overall and subset scores are counts of them.
  ranks, truth, sizes = {}, {}, {}
  for part, given in {"verb": verb, "noun": noun, "action": action}.items():
    found = (action, labels) if part == "action" else _scores_and_labels(part, given, action, labels, metadata)
    if found:
      scores, truth[part] = found
      ranks[part], sizes[part] = ranking.rank(scores, truth[part]), scores.shape[1]

  many_shot = metadata.get("many_shot", {})
  subsets = metadata.get("subsets", {})
  _check_parts({"many_shot": many_shot, **{f"subsets.{name}": subset["of"] for name, subset in subsets.items()}}, ranks)

  def score_part(part: str, kept: np.ndarray, many_shot_classes: Sequence[int]) -> Scores:
    """Scores one part on the windows in `kept`, an (N,) mask."""
    return _scores(ranks[part][kept], truth[part][kept], sizes[part], top, recall_at, many_shot_classes)

  everything = np.ones(len(labels), bool)
  overall = {part: score_part(part, everything, many_shot.get(part, ())) for part in ranks}
  left_out = [f"many-shot {part}s" for part in many_shot if overall[part].many_shot_recall is None]

  # Many-shot classes are scored over all windows only.
  by_subset = {}
  for name, subset in subsets.items():
    ids = set(subset["ids"])
    kept = np.array([segment in ids for segment in segment_ids or [None] * len(labels)])
    if kept.any():
      by_subset[name] = {part: score_part(part, kept, ()) for part in subset["of"]}
    else:
      left_out.append(f"subset {name}")
  return Result(overall, by_subset, tuple(left_out), recall_at)


def _scores_and_labels(part, given, action, labels, metadata):
  """Scores (N, K) and labels (N,) of the verbs or nouns; None where the dataset has none."""
  of_action = metadata.get(f"action_{part}")
  if of_action is None:
    if given is None:
      return None
    raise ValueError(f"the model predicts {part}s, but the dataset's metadata lack anticipation.action_{part}")
  of_action, names = np.asarray(of_action), metadata.get(f"{part}s")
  num_classes = len(names) if names else int(of_action.max()) + 1
  if of_action.shape != action.shape[1:] or of_action.min() < 0 or of_action.max() >= num_classes:
    raise ValueError(
      f"metadata anticipation.action_{part}: {of_action.shape} values of {of_action.min()} to {of_action.max()}, but "
      f"there are {action.shape[1]} actions and {num_classes} {part}s. Build the dataset again."
    )
  scores = marginalise(action, of_action, num_classes) if given is None else np.asarray(given)
  ranking.check(scores, of_action[labels], num_classes, "window")
  return scores, of_action[labels]


def _check_parts(wanted: Mapping[str, Iterable[str]], scored: Iterable[str]) -> None:
  """Raises ValueError where the metadata want a score of a part that is not scored."""
  for key, parts in wanted.items():
    if unknown := [part for part in parts if part not in scored]:
      raise ValueError(f"metadata anticipation.{key}: {', '.join(unknown)}, but only {', '.join(scored)} is scored")


def _scores(ranks, labels, num_classes, top, recall_at, many_shot):
  """Scores from the ranks (N,) of the true classes, labels (N,)."""
  kept = np.isin(labels, many_shot)
  return Scores(
    top={k: float((ranks < k).mean()) for k in top if k <= num_classes},
    recall=_class_mean(ranks < recall_at, labels),
    mean_class_accuracy=_class_mean(ranks < 1, labels),
    many_shot_recall=_class_mean(ranks[kept] < recall_at, labels[kept]) if kept.any() else None,
    num_windows=len(labels),
    num_classes=len(np.unique(labels)),
  )


def _class_mean(hits, labels):
  """Share of hits among the windows of each class, mean over the classes that occur."""
  _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
  return float((np.bincount(index, weights=hits) / counts).mean())
