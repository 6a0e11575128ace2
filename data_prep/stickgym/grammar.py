"""Which action follows which in a routine: a probabilistic automaton whose memory is three actions long.

The next apparatus depends on that of the last action. Which of its four actions comes there depends on the one three
actions back, and on nothing in between: a model that forgets that one, or takes it for another, is right once in four.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxvid.data_prep.stickgym import motion

LAG = 3
_ONWARD = (0.2, 0.7, 0.1)  # Probability to stay at an apparatus, to go on to the next one, and to the one after.
_NONE = "none"  # The group of an action before the first.


@dataclasses.dataclass(frozen=True)
class Dependency:
  """What the next action depends on.

  Attributes:
    lag: how many actions back; 1 is the last one.
    groups: (C,) the group of each class; actions of the same group have the same effect.
  """

  lag: int
  groups: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Grammar:
  """The exact probabilities of the next action.

  Attributes:
    class_names: (C,).
    dependencies: what it depends on.
    table: dict of the groups of those past actions -> (C,) probabilities. Before the first action the group is "none".
  """

  class_names: tuple[str, ...]
  dependencies: tuple[Dependency, ...]
  table: dict[tuple[str, ...], np.ndarray]

  def next_distribution(self, history: Sequence[int]) -> np.ndarray:
    """(C,) probabilities of the next label after the labels `history`, oldest first."""
    context = tuple(
      dependency.groups[history[-dependency.lag]] if len(history) >= dependency.lag else _NONE
      for dependency in self.dependencies
    )
    return self.table[context]

  def sample(self, rng: np.random.Generator, num_actions: int) -> list[int]:
    """A list of labels."""
    labels: list[int] = []
    for _ in range(num_actions):
      labels.append(int(rng.choice(len(self.class_names), p=self.next_distribution(labels))))
    return labels

  def optimum(self, sequences: Sequence[Sequence[int]], k: int = 1) -> float:
    """Top-k accuracy of the best possible model, which knows the grammar and the past exactly.

    Args:
      sequences: lists of labels; the expectation is over the next action after each of their beginnings.
      k: how many guesses.
    """
    beginnings = [labels[:end] for labels in sequences for end in range(len(labels))]
    return float(np.mean([np.sort(self.next_distribution(past))[-k:].sum() for past in beginnings]))

  def to_json(self) -> dict[str, Any]:
    """Plain values, from which `from_json` makes the same grammar."""
    return {
      "class_names": list(self.class_names),
      "depends_on": [
        {"lag": dependency.lag, "group_of_class": list(dependency.groups)} for dependency in self.dependencies
      ],
      "before_the_first_action": _NONE,
      "next_action": [
        {"groups": list(context), "probabilities": [float(p) for p in probabilities]}
        for context, probabilities in self.table.items()
      ],
    }


def from_json(values: dict[str, Any]) -> Grammar:
  """The Grammar of `Grammar.to_json`."""
  return Grammar(
    class_names=tuple(values["class_names"]),
    dependencies=tuple(Dependency(entry["lag"], tuple(entry["group_of_class"])) for entry in values["depends_on"]),
    table={tuple(entry["groups"]): np.array(entry["probabilities"]) for entry in values["next_action"]},
  )


def draw_grammar(rng: np.random.Generator, kept: float = 0.85) -> Grammar:
  """A Grammar of stickgym's classes.

  Args:
    rng: NumPy generator; it decides which action three back calls for which.
    kept: probability that the action called for comes, among those of its apparatus.
  """
  apparatus = [action.apparatus for action in motion.ACTIONS.values()]
  stations = sorted(set(apparatus))
  # An action's number among those of its apparatus.
  variants = [apparatus[:label].count(name) for label, name in enumerate(apparatus)]
  num_variants = max(variants) + 1
  called_for = {station: rng.permutation(num_variants) for station in stations}
  onward = {station: np.roll(_ONWARD, index) for index, station in enumerate(stations)}
  onward[_NONE] = np.full(len(stations), 1 / len(stations))

  table: dict[tuple[str, ...], np.ndarray] = {}
  for last, back in itertools.product([_NONE, *stations], [_NONE, *range(num_variants)]):
    if last == _NONE and back != _NONE:
      continue  # There was an action three back, so there was a last one.
    probabilities = np.zeros(len(apparatus))
    for label, (station, variant) in enumerate(zip(apparatus, variants, strict=True)):
      if back == _NONE:
        share = 1 / num_variants
      else:
        share = kept if variant == called_for[station][back] else (1 - kept) / (num_variants - 1)
      probabilities[label] = onward[last][stations.index(station)] * share
    table[last, str(back)] = probabilities
  return Grammar(
    class_names=motion.NAMES,
    dependencies=(Dependency(1, tuple(apparatus)), Dependency(LAG, tuple(str(variant) for variant in variants))),
    table=table,
  )
