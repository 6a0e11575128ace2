"""Made-up kitchen routines whose grammar is known: what comes next depends on the action before the last.

Three verbs take turns, each with one of four nouns: take, wash, put, take, ... The noun of an action follows from the
noun of the action two back, by a permutation that each verb has; in some cases it is drawn from all nouns. The last
action determines the next one's verb but not its noun, so a model without history is right in a quarter of the cases.
A step is a second; its features are the direction of its action, and noise.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jaxvid.data.synthetic import dataset
from jaxvid.formats.contract import FeatureContract
from jaxvid.records import Record

VERSION = "1.0.0"
VERBS = ("take", "wash", "put")
NOUNS = ("cup", "knife", "pan", "bowl")
LAG = 2


def class_names() -> list[str]:
  """Names of the actions, verb by verb: "take cup", "take knife", ..."""
  return [f"{verb} {noun}" for verb in VERBS for noun in NOUNS]


def antecedents(seed: int = 0) -> np.ndarray:
  """Antecedent (K,) of each action: the action two back that determines it."""
  nouns_after = _nouns_after(seed)
  inverse = np.argsort(nouns_after, axis=1)  # Noun of the antecedent, by verb and noun of the action.
  earlier = (np.arange(len(VERBS)) - LAG) % len(VERBS)
  return (earlier[:, None] * len(NOUNS) + inverse).reshape(-1)


def next_distribution(history: Sequence[int], seed: int = 0, kept: float = 0.9) -> np.ndarray:
  """Probabilities (K,) of the next action.

  Args:
    history: labels of the past actions, oldest first, two or more.
    seed: of the grammar.
    kept: probability that the antecedent determines the noun.
  """
  verb = (history[-1] // len(NOUNS) + 1) % len(VERBS)
  nouns = np.full(len(NOUNS), (1 - kept) / len(NOUNS))
  nouns[_nouns_after(seed)[verb, history[-LAG] % len(NOUNS)]] += kept
  found = np.zeros((len(VERBS), len(NOUNS)))
  found[verb] = nouns
  return found.reshape(-1)


def optimum(kept: float = 0.9) -> float:
  """Best possible top-1 accuracy, reached with the grammar and the past known exactly."""
  return kept + (1 - kept) / len(NOUNS)


def records(
  seed: int,
  num_records: int,
  dim: int = 16,
  num_actions: int = 20,
  lengths: tuple[int, int] = (2, 4),
  noise: float = 0.3,
  kept: float = 0.9,
  first: int = 0,
) -> Iterator[Record]:
  """Recordings `first` to `first + num_records`, each determined by the seed, its index and the settings.

  Args:
    seed: recordings of the same seed have the same grammar and the same directions.
    num_records: how many.
    dim: length of a feature vector.
    num_actions: actions of a recording, one right after the other.
    lengths: shortest and longest action, in steps of a second.
    noise: standard deviation of each feature; the length of a direction is the square root of `dim`.
    kept: probability that the antecedent determines the noun.
    first: index of the first recording.
  """
  # A direction in feature space for each action.
  directions = np.random.default_rng([seed, 1]).normal(size=(len(VERBS) * len(NOUNS), dim))
  directions *= np.sqrt(dim) / np.linalg.norm(directions, axis=1, keepdims=True)
  for index in range(first, first + num_records):
    rng = np.random.default_rng([seed, 2, index])
    start = int(rng.integers(len(VERBS)))
    # The first two actions are drawn freely, the others by the grammar.
    labels = [(start + i) % len(VERBS) * len(NOUNS) + int(rng.integers(len(NOUNS))) for i in range(LAG)]
    while len(labels) < num_actions:
      labels.append(int(rng.choice(len(directions), p=next_distribution(labels, seed, kept))))
    durations = rng.integers(lengths[0], lengths[1] + 1, size=num_actions)
    ends = np.cumsum(durations).astype(float)
    features = directions[np.repeat(labels, durations)] + noise * rng.normal(size=(int(ends[-1]), dim))
    yield Record(
      id=f"routine_{index:05d}",
      features=features.astype(np.float32),
      segments=np.stack([ends - durations, ends], axis=1),
      labels=np.array(labels, np.int32),
      fps=1.0,
      feat_stride=1.0,
      num_frames=1.0,
      duration=ends[-1],
    )


def write(
  directory: str | os.PathLike,
  name: str = "made_up",
  seed: int = 0,
  num_train: int = 100,
  num_test: int = 30,
  dim: int = 16,
  num_actions: int = 20,
  lengths: tuple[int, int] = (2, 4),
  noise: float = 0.3,
  kept: float = 0.9,
) -> Path:
  """Writes a dataset of routines, splits "train" and "test"; an existing one with these settings is kept.

  Returns:
    Folder of the dataset.
  """
  settings = dict(seed=seed, num_train=num_train, num_test=num_test, dim=dim, num_actions=num_actions)
  settings |= dict(lengths=list(lengths), noise=noise, kept=kept)
  places = [(verb, noun) for verb in range(len(VERBS)) for noun in range(len(NOUNS))]
  parts = {"verbs": list(VERBS), "nouns": list(NOUNS)}
  parts |= {"action_verb": [verb for verb, _ in places], "action_noun": [noun for _, noun in places]}
  return dataset.write_once(
    directory,
    name,
    VERSION,
    settings,
    records,
    contract=FeatureContract("made_up_routines", "", 1.0, 1.0, 1.0, dim, "none"),
    class_names=class_names(),
    description="Made-up kitchen routines; nothing in them is real.",
    notes={"anticipation": parts},
  )


def _nouns_after(seed: int) -> np.ndarray:
  """Noun (V, N) of an action, by its verb and by the noun of the action two back."""
  rng = np.random.default_rng([seed, 0])
  return np.stack([rng.permutation(len(NOUNS)) for _ in VERBS])
