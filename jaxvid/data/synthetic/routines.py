"""Made-up kitchen routines whose grammar is known: what comes next depends on the action before the last.

Three verbs take turns, each with one of four nouns: take, wash, put, take, ... The noun of an action follows from the
noun of the action two back, by a permutation that each verb has; in a share of the cases it is any noun. The last
action tells the next one's verb and nothing of its noun, so who knows no history is right in a quarter of the cases.
A step is a second; its features are a direction that belongs to the action, and noise.
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
  """The actions, verb by verb."""
  return [f"{verb} {noun}" for verb in VERBS for noun in NOUNS]


def antecedents(seed: int = 0) -> np.ndarray:
  """(K,) of each action, the one two back that calls for it."""
  called_for = _called_for(seed)
  inverse = np.argsort(called_for, axis=1)  # Noun of the antecedent, by verb and noun of the action.
  earlier = (np.arange(len(VERBS)) - LAG) % len(VERBS)
  return (earlier[:, None] * len(NOUNS) + inverse).reshape(-1)


def next_distribution(history: Sequence[int], seed: int = 0, kept: float = 0.9) -> np.ndarray:
  """(K,) probabilities of the next action after the labels `history`, oldest first, at least two."""
  verb = (history[-1] // len(NOUNS) + 1) % len(VERBS)
  nouns = np.full(len(NOUNS), (1 - kept) / len(NOUNS))
  nouns[_called_for(seed)[verb, history[-LAG] % len(NOUNS)]] += kept
  found = np.zeros((len(VERBS), len(NOUNS)))
  found[verb] = nouns
  return found.reshape(-1)


def optimum(kept: float = 0.9) -> float:
  """The share of actions that one who knows the grammar and the past exactly gets right at the first guess."""
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
    seed: recordings of one seed have the same grammar and the same directions.
    num_records: how many.
    dim: length of a feature vector.
    num_actions: actions of a recording, one right after the other.
    lengths: shortest and longest action, in steps of a second.
    noise: standard deviation of each feature; the directions have length 1 times the square root of `dim`.
    kept: probability that the antecedent decides.
    first: index of the first recording.
  """
  directions = np.random.default_rng([seed, 1]).normal(size=(len(VERBS) * len(NOUNS), dim))
  directions *= np.sqrt(dim) / np.linalg.norm(directions, axis=1, keepdims=True)
  for index in range(first, first + num_records):
    rng = np.random.default_rng([seed, 2, index])
    start = int(rng.integers(len(VERBS)))
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
  """Writes a dataset of routines, splits "train" and "test"; one that is there with these settings is left alone.

  Returns:
    The dataset's folder, a Path.
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


def _called_for(seed: int) -> np.ndarray:
  """(V, N): the noun that an action of each verb has after each noun two back."""
  rng = np.random.default_rng([seed, 0])
  return np.stack([rng.permutation(len(NOUNS)) for _ in VERBS])
