"""An attentive model on the windows of a split: what it attends to, and what other pasts would have led to."""

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jaxvid import progress
from jaxvid.explaining import explanation
from jaxvid.explaining.attentive_model import AttentiveModel, Reading
from jaxvid.explaining.explanation import Dependency, Effect

PAST = ("annotated", "predicted")
ANTICIPATED = ("predicted", "true")
# With so few classes each is put in the place of each; of more, some are drawn.
_ALL_CLASSES, _NUM_DRAWN = 20, 4
_REPLACED_AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class Settings:
  """What is looked at.

  Attributes:
    split: alias or TFDS split expression.
    past: what a past step shows: the action "annotated" in the middle of what the step sees, or what the model
      "predicted" there, shared by probability. What is predicted is what the targets of the training were: an action
      that is to come.
    anticipated: what an anticipation is counted for: the class "predicted" first, or the "true" one.
    num_windows: of the split, drawn; None for all.
    min_windows: pairs that occur in fewer windows are not reported; a step that shows a class in part counts in part.
    num_samples: windows that are kept whole.
    seed: of all draws.
  """

  split: str = "test"
  past: str = "annotated"
  anticipated: str = "predicted"
  num_windows: int | None = None
  min_windows: float = 5
  num_samples: int = 6
  seed: int = 0

  def __post_init__(self) -> None:
    if self.past not in PAST or self.anticipated not in ANTICIPATED:
      raise ValueError(f"past {self.past!r} must be {' or '.join(PAST)}, anticipated {self.anticipated!r} "
                       f"{' or '.join(ANTICIPATED)}")  # fmt: skip
    if self.num_windows is not None and self.num_windows < 1 or self.num_samples < 0 or not self.min_windows > 0:
      raise ValueError(f"num_windows {self.num_windows} must be 1 or more, num_samples {self.num_samples} 0 or more, "
                       f"min_windows {self.min_windows} more than 0")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Sample:
  """One window whole.

  Attributes:
    id: of the recording; `start`: of the action to come, seconds; `label`: that action; `anticipated`: the first guess.
    times: (T,) seconds before the action starts, negative.
    attention: (H, T) of the last step; reached: (T,) bool, the steps it could attend to.
    gate: (T,) or None.
    shown, guesses: (T,) class ids, annotated and predicted first; -1 for nothing. probabilities: (T,) of the guesses.
  """

  id: str
  start: float
  label: int
  anticipated: int
  times: np.ndarray
  attention: np.ndarray
  reached: np.ndarray
  gate: np.ndarray | None
  shown: np.ndarray
  guesses: np.ndarray
  probabilities: np.ndarray


@dataclasses.dataclass(frozen=True)
class Explanation:
  """What a model's attention says.

  Attributes:
    settings: what was looked at.
    class_names: label k is class_names[k]; label K stands for nothing going on.
    num_windows: windows with a past.
    heads, window: how many, and how many steps the last one could attend to.
    forward: over all past steps.
    before: without the steps of the action that goes on at the last step.
    backward: effects of replacements by position, replaced and anticipated class, as Effects; None of a model whose
      predictions are not fed back.
    by_position, by_pair: the same, over all else; None likewise.
    samples: some windows.
  """

  settings: Settings
  class_names: list[str]
  num_windows: int
  forward: list[Dependency]
  before: list[Dependency]
  backward: list[Effect] | None
  by_position: list[Effect] | None
  by_pair: list[Effect] | None
  samples: list[Sample]


class _Batch(NamedTuple):
  """Windows, what is known of them, and what the model made of them; arrays (B, ...)."""

  index: np.ndarray
  features: np.ndarray
  mask: np.ndarray
  label: np.ndarray
  shown: np.ndarray
  reached: np.ndarray
  reading: Reading


def explain(model: AttentiveModel, settings: Settings) -> Explanation:
  """Goes through the windows of the split, twice where the predictions are fed back.

  Raises:
    ValueError: no window of the split has a past.
  """
  source = model.experiment.open_split(settings.split)
  windows = model.experiment.data.windows(source)
  indices = np.arange(len(windows))
  if settings.num_windows is not None and settings.num_windows < len(indices):
    indices = np.sort(np.random.default_rng(settings.seed).choice(indices, settings.num_windows, replace=False))
  num_classes = len(source.class_names)
  forward, before = explanation.Forward(num_classes + 1), explanation.Forward(num_classes + 1)
  anticipated, labels, depths = [], [], []
  for batch in _batches(model, windows, indices, "attention"):
    target = _anticipated(batch, settings)
    anticipated.append(target)
    labels.append(batch.label)
    depths.append(batch.reached.sum(1))
    shares = _shares(batch, settings, num_classes)
    earlier = ~explanation.of_ongoing_action(batch.shown)
    added = batch.reading.contribution
    if added is not None:
      added = np.take_along_axis(added, target[:, None, None], axis=2)[..., 0]
    has_past = batch.reached.any(1)
    for counts, counted in ((forward, None), (before, earlier)):
      values = explanation.masses(batch.reading.attention, batch.reached, shares, counted, added)
      counts.add(target[has_past], *(x[has_past] for x in values))
  depths, labels, anticipated = np.concatenate(depths), np.concatenate(labels), np.concatenate(anticipated)
  if not depths.any():
    raise ValueError(f"--split={settings.split}: no window has a past step to attend to")
  backward = None
  if model.feeds_back:
    backward = _backward(model, windows, indices, settings, np.unique([labels, anticipated]))
  chosen = indices[_spread(labels, depths, settings.num_samples, settings.seed)]
  return Explanation(
    settings=settings,
    class_names=list(source.class_names),
    num_windows=int((depths > 0).sum()),
    forward=forward.dependencies(settings.min_windows),
    before=before.dependencies(settings.min_windows),
    backward=backward and backward.effects("position", "replaced", "anticipated"),
    by_position=backward and backward.effects("position"),
    by_pair=backward and backward.effects("replaced", "anticipated"),
    samples=[
      sample for batch in _batches(model, windows, chosen, "samples") for sample in _samples(model, windows, batch)
    ],
  )


def _batches(model, windows, indices, name) -> Iterator[_Batch]:
  """Always of one size inside the model, so that one program is compiled."""
  size = model.experiment.evaluator.batch_size
  for first in progress.bar(range(0, len(indices), size), desc=name, unit="batch"):
    part = indices[first : first + size]
    examples = [windows[int(index)] for index in part]
    features, mask, label = (np.stack([x[key] for x in examples]) for key in ("features", "mask", "label"))
    padded = {"features": _filled(features, size), "mask": _filled(mask, size)}
    reading = Reading(*(None if x is None else x[: len(part)] for x in model.read(padded)))
    shown = np.stack([windows.shown(int(index)) for index in part])
    reached = explanation.in_reach(mask, model.youngest, model.window)
    yield _Batch(part, features, mask, label, shown, reached, reading)


def _filled(array, size):
  """The array with its last row repeated, `size` rows in all."""
  return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _anticipated(batch, settings):
  return batch.label if settings.anticipated == "true" else batch.reading.predicted[:, -1].argmax(-1)


def _shares(batch, settings, num_classes):
  if settings.past == "annotated":
    return explanation.as_shares(batch.shown, num_classes)
  return np.pad(batch.reading.predicted, ((0, 0), (0, 0), (0, 1)))  # A prediction is always some action.


def _runs(batch, settings):
  if settings.past == "annotated":
    return explanation.past_actions(batch.shown, batch.reached)
  guesses = np.where(batch.mask, batch.reading.predicted.argmax(-1), -1)
  guesses[:, -1] = -1  # What is anticipated there is not of the past.
  return explanation.past_actions(guesses, batch.reached)


def _backward(model, windows, indices, settings, occurring) -> explanation.Backward:
  """Replaces each past action's predictions by those that are sure of another of the `occurring` classes."""
  counts = explanation.Backward()
  for batch in _batches(model, windows, indices, "replacements"):
    anticipated, rows = _anticipated(batch, settings), []
    for past in _runs(batch, settings):
      rng = np.random.default_rng([settings.seed, int(batch.index[past.window]), past.position])
      others = occurring[occurring != past.label]
      if len(occurring) > _ALL_CLASSES:
        others = rng.choice(others, _NUM_DRAWN, replace=False)
      rows += [(past, int(other)) for other in others]
    for first in range(0, len(rows), _REPLACED_AT_ONCE):
      part = rows[first : first + _REPLACED_AT_ONCE]
      which = np.array([past.window for past, _ in part])
      taught = np.stack([np.where(past.steps, other, -1) for past, other in part])
      arrays = (_filled(x, _REPLACED_AT_ONCE) for x in (batch.features[which], batch.mask[which], taught))
      after = model.anticipate(*arrays)[: len(part)]
      found = explanation.effects(batch.reading.predicted[which, -1], after, anticipated[which])
      for (past, _), target, effect in zip(part, anticipated[which], found, strict=True):
        counts.add(past.position, past.label, int(target), effect)
  return counts


def _spread(labels, depths, count, seed) -> np.ndarray:
  """Places of `count` windows of those with the most past, in turn of one class after the other."""
  order = np.random.default_rng(seed).permutation(np.flatnonzero(depths == depths.max()))
  _, classes = np.unique(labels[order], return_inverse=True)
  turns = np.array([np.sum(classes[:i] == label) for i, label in enumerate(classes)])
  return order[np.argsort(turns, kind="stable")[:count]]


def _samples(model, windows, batch) -> Iterator[Sample]:
  data = model.experiment.data
  times = -data.tau_a - data.every * np.arange(batch.mask.shape[1])[::-1]
  for i, index in enumerate(batch.index):
    window: dict[str, Any] = windows[int(index)]
    predicted, mask = batch.reading.predicted[i], batch.mask[i]
    yield Sample(
      id=window["id"],
      start=window["time"],
      label=int(batch.label[i]),
      anticipated=int(predicted[-1].argmax()),
      times=times,
      attention=batch.reading.attention[i],
      reached=batch.reached[i],
      gate=None if batch.reading.gate is None else batch.reading.gate[i],
      shown=batch.shown[i],
      guesses=np.where(mask, predicted.argmax(-1), -1),
      probabilities=predicted.max(-1),
    )
