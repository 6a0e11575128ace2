"""Explains a model over the observation windows of a split: its attention, and its predictions after other pasts."""

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
# Up to _ALL_CLASSES classes, a past action is replaced by each of the others; with more, by _NUM_DRAWN drawn ones.
_ALL_CLASSES, _NUM_DRAWN = 20, 4
_REPLACED_AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class Settings:
  """Settings of an explanation.

  Attributes:
    split: alias or TFDS split expression.
    past: where the class of a past step comes from. "annotated": the action annotated at the middle of the step's
      frames. "predicted": the model's probabilities there, which are those of a later action, as in training.
    anticipated: the class a window counts for: "predicted", the model's first guess, or "true", the action that came.
    num_windows: observation windows, drawn at random from the split; None for all.
    min_windows: pairs that occur in fewer windows are left out; a window counts with
      the largest share that the past class has in any of its steps.
    num_samples: windows that are kept whole, for pictures.
    seed: of all random draws.
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
      raise ValueError(f"past {self.past!r} must be {' or '.join(PAST)}, anticipated {self.anticipated!r} must be "
                       f"{' or '.join(ANTICIPATED)}")  # fmt: skip
    if self.num_windows is not None and self.num_windows < 1 or self.num_samples < 0 or not self.min_windows > 0:
      raise ValueError(f"num_windows {self.num_windows} must be 1 or more, num_samples {self.num_samples} 0 or more, "
                       f"min_windows {self.min_windows} more than 0")  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Sample:
  """One observation window with all its values.

  Attributes:
    id: of the recording.
    start: start of the action to come, seconds.
    label: class id of that action.
    anticipated: class id of the model's first guess.
    times: (T,) time of each step relative to `start`, seconds, negative.
    attention: (H, T), attention weights of the last step.
    reached: (T,) bool, steps that the last one can attend to.
    gate: (T,) mean gate, or None without one.
    shown: (T,) annotated class ids; -1 for no action.
    guesses: (T,) most probable class ids; -1 at padding.
    probabilities: (T,) of the guesses.
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
  """The explanation of a model on a split.

  Attributes:
    settings: of this explanation.
    class_names: label k is class_names[k]; label K stands for no action.
    num_windows: observation windows with a past.
    forward: attention to all past steps, a Dependency for each pair of classes.
    before: the same without the steps of the action that goes on at the last step.
    backward: effects of replacements by position, replaced and anticipated class; None for a model whose predictions
      are not fed back.
    by_position: the same by position only.
    by_pair: the same by replaced and anticipated class only.
    samples: some windows, whole.
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
  """Observation windows with their annotations and the model's outputs; arrays (B, ...).

  `index` numbers the windows of the split; `shown` and `reached` are as in Sample.
  """

  index: np.ndarray
  features: np.ndarray
  mask: np.ndarray
  label: np.ndarray
  shown: np.ndarray
  reached: np.ndarray
  reading: Reading


def explain(model: AttentiveModel, settings: Settings) -> Explanation:
  """Explains a model on a split. Runs over the windows once, or twice if the predictions are fed back.

  Raises:
    ValueError: no window of the split has a past.
  """
  source = model.experiment.open_split(settings.split)
  windows = model.experiment.data.windows(source)
  # The windows, all or some drawn.
  indices = np.arange(len(windows))
  if settings.num_windows is not None and settings.num_windows < len(indices):
    indices = np.sort(np.random.default_rng(settings.seed).choice(indices, settings.num_windows, replace=False))

  # Forward: attention to each past class, summed by anticipated class.
  num_classes = len(source.class_names)
  forward, before = explanation.Forward(num_classes + 1), explanation.Forward(num_classes + 1)
  anticipated, labels, depths = [], [], []
  for batch in _batches(model, windows, indices, "attention"):
    target = _target_classes(batch, settings)
    anticipated.append(target)
    labels.append(batch.label)
    depths.append(batch.reached.sum(1))
    shares = _shares(batch, settings, num_classes)
    earlier = ~explanation.ongoing_action_mask(batch.shown)
    added = batch.reading.contribution
    if added is not None:
      added = np.take_along_axis(added, target[:, None, None], axis=2)[..., 0]
    has_past = batch.reached.any(1)
    for counts, counted in ((forward, None), (before, earlier)):
      values = explanation.masses(batch.reading.attention, batch.reached, shares, counted, added)
      counts.add(target[has_past], *(x[has_past] for x in values))
  depths, labels, anticipated = np.concatenate(depths), np.concatenate(labels), np.concatenate(anticipated)
  if not depths.any():
    raise ValueError(
      f"--split={settings.split}: no window has a past step to attend to; give a split with longer recordings"
    )

  # Backward: other predictions fed back in the place of past ones.
  backward = None
  if model.feeds_back:
    backward = _backward(model, windows, indices, settings, np.unique([labels, anticipated]))

  # Samples, and all results.
  chosen = indices[_varied_windows(labels, depths, settings.num_samples, settings.seed)]
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
  """Runs the model on batches of windows, padded to one size so that only one program is compiled."""
  size = model.experiment.evaluator.batch_size
  for first in progress.bar(range(0, len(indices), size), desc=name, unit="batch"):
    part = indices[first : first + size]
    examples = [windows[int(index)] for index in part]
    features, mask, label = (np.stack([x[key] for x in examples]) for key in ("features", "mask", "label"))
    padded = {"features": _pad_rows(features, size), "mask": _pad_rows(mask, size)}
    reading = Reading(*(None if x is None else x[: len(part)] for x in model.read(padded)))
    shown = np.stack([windows.visible_actions(int(index)) for index in part])
    reached = explanation.reach_mask(mask, model.youngest, model.attention_window)
    yield _Batch(part, features, mask, label, shown, reached, reading)


def _pad_rows(array, size):
  """The array padded to `size` rows by repeating its last."""
  return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _target_classes(batch, settings):
  """(B,) the class that each window counts for."""
  return batch.label if settings.anticipated == "true" else batch.reading.predicted[:, -1].argmax(-1)


def _shares(batch, settings, num_classes):
  """(B, T, K + 1) share of each class in each step; K is no action."""
  if settings.past == "annotated":
    return explanation.one_hot(batch.shown, num_classes)
  return np.pad(batch.reading.predicted, ((0, 0), (0, 0), (0, 1)))  # A prediction is always some action.


def _past_actions(batch, settings):
  """The past actions of all windows, as annotated or as predicted."""
  if settings.past == "annotated":
    return explanation.past_actions(batch.shown, batch.reached)
  guesses = np.where(batch.mask, batch.reading.predicted.argmax(-1), -1)
  guesses[:, -1] = -1  # The anticipation itself is not of the past.
  return explanation.past_actions(guesses, batch.reached)


def _backward(model, windows, indices, settings, occurring) -> explanation.Backward:
  """Effects of feeding back another class, with probability 1, at the steps of each past action.

  Args:
    occurring: class ids to choose the other class from: those that are true or anticipated in some window.
  """
  counts = explanation.Backward()
  for batch in _batches(model, windows, indices, "replacements"):
    # The replacements of this batch: (past action, other class). The seed makes each window's draw its own.
    anticipated, rows = _target_classes(batch, settings), []
    for past in _past_actions(batch, settings):
      rng = np.random.default_rng([settings.seed, int(batch.index[past.window]), past.position])
      others = occurring[occurring != past.label]
      if len(occurring) > _ALL_CLASSES:
        others = rng.choice(others, _NUM_DRAWN, replace=False)
      rows += [(past, int(other)) for other in others]
    # Run them, a fixed number at a time.
    for first in range(0, len(rows), _REPLACED_AT_ONCE):
      part = rows[first : first + _REPLACED_AT_ONCE]
      which = np.array([past.window for past, _ in part])
      history = np.stack([np.where(past.steps, other, -1) for past, other in part])
      arrays = (_pad_rows(x, _REPLACED_AT_ONCE) for x in (batch.features[which], batch.mask[which], history))
      after = model.anticipate(*arrays)[: len(part)]
      found = explanation.effects(batch.reading.predicted[which, -1], after, anticipated[which])
      for (past, _), target, effect in zip(part, anticipated[which], found, strict=True):
        counts.add(past.position, past.label, int(target), effect)
  return counts


def _varied_windows(labels, depths, count, seed) -> np.ndarray:
  """Indices of `count` windows among those with the most reachable steps, going round the classes."""
  order = np.random.default_rng(seed).permutation(np.flatnonzero(depths == depths.max()))
  _, classes = np.unique(labels[order], return_inverse=True)
  turns = np.array([np.sum(classes[:i] == label) for i, label in enumerate(classes)])
  return order[np.argsort(turns, kind="stable")[:count]]


def _samples(model, windows, batch) -> Iterator[Sample]:
  """A Sample for each window of a batch."""
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
