"""Settings that suit a dataset: crop length, buckets, pyramid levels, regression ranges, attention window.

The rules are ours. For THUMOS14, ActivityNet and EPIC-Kitchens they give the published settings or come near them
(docs/datasets.md compares). Start with them; they need not be the best.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from jaxvid.data_prep.statistics.rows import Row

_WHOLE = 2304  # Steps that public configurations train on at once: recordings up to this length are not cropped.
_UNCUT_SHARE = 0.85  # Share of the recordings that should fit into a crop.
_ROOM = 1.25  # A crop holds the longest actions and some of what surrounds them.
_FIRST_RANGE = 4  # Level l answers for boundaries up to this many of its strides away (ActionFormer).
_BEYOND = 0.0025  # Share of actions whose half may be longer than _FIRST_RANGE of the last level's strides.
_LEVELS = (5, 9)
_NUM_BUCKETS = 4
_MAX_LENGTHS = 128  # Candidates for buckets.


@dataclasses.dataclass(frozen=True)
class Proposal:
  """Settings with their reasons.

  Attributes:
    num_classes, resize_to, max_len, buckets, regression_ranges, window: keys of a configuration.
    depths: of the backbone: convolutions, blocks at full resolution, blocks that halve it.
    reasons: dict of key -> a sentence.
    level_shares: (levels,) share of the actions whose half length lies in each level's range.
    padding: share of the training steps that are padding; `padding_of_one` with max_len as the only bucket.
  """

  num_classes: int
  resize_to: int | None
  max_len: int
  buckets: tuple[int, ...]
  regression_ranges: tuple[tuple[int, int], ...]
  window: int
  depths: tuple[int, int, int]
  reasons: dict[str, str]
  level_shares: tuple[float, ...]
  padding: float
  padding_of_one: float

  def as_config(self) -> list[str]:
    """Lines for a configuration file."""
    resize = f"resize_to={self.resize_to}, " if self.resize_to else ""
    return [
      f"c.task.update(num_classes={self.num_classes}, regression_ranges={self.regression_ranges})",
      f"c.data.update({resize}max_len={self.max_len}, buckets={self.buckets})",
      f"c.model.backbone.update(window={self.window}, depths={self.depths})",
    ]

  def as_flags(self) -> list[str]:
    """Flags of jaxvid.main."""
    ranges = str(self.regression_ranges).replace(" ", "")
    return [
      *([f"--config.data.resize_to={self.resize_to}"] if self.resize_to else []),
      f"--config.task.num_classes={self.num_classes} --config.data.max_len={self.max_len}",
      f'--config.data.buckets="{self.buckets}"'.replace(", ", ","),
      f'--config.task.regression_ranges="{ranges}"',
      f'--config.model.backbone.window={self.window} --config.model.backbone.depths="{self.depths}"'.replace(", ", ","),
    ]


def propose(rows: list[Row], num_classes: int, resize_to: int | None = None) -> Proposal | None:
  """Settings for the recordings of the training splits; None without timing or without annotations.

  Args:
    rows: recordings of the training splits, already resized where `resize_to` is given.
    num_classes: C.
    resize_to: steps of each recording, data.resize_to; None where they keep their lengths.
  """
  rows = [row for row in rows if row.rate is not None and row.num_frames is not None]
  lengths = np.array([row.num_steps or row.expected_steps for row in rows])
  actions = np.concatenate([np.diff(row.segments, axis=1)[:, 0] * row.rate for row in rows] or [np.zeros(0)])
  if not len(actions):
    return None
  half = actions / 2
  reasons = {}

  # Levels and ranges, from the distance of an action's centre to its ends.
  levels = next((n for n in range(*_LEVELS) if np.mean(half > _FIRST_RANGE * 2 ** (n - 1)) <= _BEYOND), _LEVELS[1])
  ranges = _ranges(levels, overlapping=bool(np.median(half) < _FIRST_RANGE))
  reasons["levels"] = (
    f"{levels}: half of an action, the way from its centre to its ends, has a median of {np.median(half):.1f} steps; "
    f"{1 - _BEYOND:.2%} of the halves have at most {np.quantile(half, 1 - _BEYOND):.0f}"
  )
  reasons["regression_ranges"] = (
    "level l answers for ends 2 to 4 of its strides away"
    if ranges[1][0] == _FIRST_RANGE
    else "most actions belong to the first level, so the ranges overlap and short actions train two levels"
  )

  # Crop length and buckets, multiples of the coarsest stride.
  divisor = 2 ** (levels - 1)
  max_len, reasons["max_len"] = _max_len(lengths, actions, divisor)
  cropped = np.minimum(lengths, max_len)
  buckets = _buckets(cropped, max_len, divisor)
  padding, padding_of_one = _padding(cropped, buckets), _padding(cropped, (max_len,))
  reasons["buckets"] = (
    f"multiples of {divisor}; {padding:.0%} of the steps are padding, with one bucket {padding_of_one:.0%}"
  )

  # Attention window: neighbouring steps that share frames say the same.
  known = [(row.num_frames, row.feat_stride) for row in rows]
  overlap = float(np.median([frames / stride for frames, stride in known if frames is not None and stride is not None]))
  window = max(9, 2 * round(2.25 * overlap) + 1)
  clips = "1 clip" if overlap == 1 else f"{overlap:.3g} clips"
  reasons["window"] = f"9 steps hold an action at its own level; each frame lies in {clips}" + (
    ", so neighbours repeat each other and more of them are taken" if window > 9 else ""
  )
  return Proposal(
    num_classes=num_classes,
    resize_to=resize_to,
    max_len=max_len,
    buckets=buckets,
    regression_ranges=ranges,
    window=window,
    depths=(2, 2, levels - 1),
    reasons=reasons,
    level_shares=tuple(float(np.mean((half >= low) & (half < high))) for low, high in ranges),
    padding=padding,
    padding_of_one=padding_of_one,
  )


def _ranges(levels: int, overlapping: bool) -> tuple[tuple[int, int], ...]:
  """Bounds (low, high) of each level; a point of an action answers for it where its farther end lies between them."""
  highs = [_FIRST_RANGE * 2**level for level in range(levels - 1)] + [10000]
  lows = [0, *(high // 2 if overlapping else high for high in highs[:-1])]
  return tuple(zip(lows, highs, strict=True))


def _max_len(lengths: np.ndarray, actions: np.ndarray, divisor: int) -> tuple[int, str]:
  longest = int(lengths.max())
  if longest <= _WHOLE:
    wanted, reason = longest, f"the longest recording has {longest} steps, so none is cropped to fit"
  else:
    usual, longest_actions = np.quantile(lengths, _UNCUT_SHARE), _ROOM * np.quantile(actions, 1 - _BEYOND)
    wanted = min(max(usual, longest_actions), longest)
    reason = (
      f"{np.mean(lengths <= wanted):.0%} of the recordings fit whole, the longest has {longest} steps; "
      f"{int(np.sum(actions > wanted))} of {len(actions)} actions are longer than a crop"
    )
  return _up(wanted, divisor), reason


def _buckets(lengths: np.ndarray, max_len: int, divisor: int) -> tuple[int, ...]:
  """Up to four lengths, multiples of `divisor`, to which padding costs the fewest steps; the last is max_len."""
  unit = divisor * math.ceil(max_len / divisor / _MAX_LENGTHS)
  candidates = sorted({*range(unit, max_len, unit), max_len})
  within = np.searchsorted(np.sort(lengths), candidates, side="right")  # Recordings up to each candidate.

  # cost[k]: the fewest steps of all recordings up to candidate k, with the buckets in best[k].
  cost, best = within * np.array(candidates, float), [(candidate,) for candidate in candidates]
  for _ in range(_NUM_BUCKETS - 1):
    cost, best = map(list, zip(*(_with_one_more(k, candidates, within, cost, best) for k in range(len(candidates)))))
  return best[-1]


def _with_one_more(
  k: int, candidates: list[int], within: np.ndarray, cost: Sequence[float], best: Sequence[tuple[int, ...]]
) -> tuple[float, tuple[int, ...]]:
  options = [(cost[k], best[k])]
  options += [(cost[j] + (within[k] - within[j]) * candidates[k], (*best[j], candidates[k])) for j in range(k)]
  return min(options, key=lambda option: (option[0], len(option[1])))


def _padding(lengths: np.ndarray, buckets: Sequence[int]) -> float:
  padded = [next(bucket for bucket in buckets if length <= bucket) for length in lengths]
  return 1 - float(np.sum(lengths)) / float(np.sum(padded))


def _up(value: float, divisor: int) -> int:
  return divisor * math.ceil(value / divisor)
