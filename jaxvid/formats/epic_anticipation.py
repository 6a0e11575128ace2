"""Submissions to EPIC-Kitchens-100's action anticipation challenge.

The file that the challenge's evaluator (epic-kitchens/C3-Action-Anticipation on GitHub) reads:

  {"version": "0.2", "challenge": "action_anticipation", "sls_pt": 1, "sls_tl": 3, "sls_td": 3,
   "results": {NARRATION_ID: {"verb": {"0": score, ... "96": score},
                              "noun": {"0": score, ... "299": score},
                              "action": {"VERB,NOUN": score, ... the 100 best}}, ...}}

Three supervision levels, 0 to 5 each, describe a model's training (Damen and Wray, "Supervision Levels Scale", 2020):
  sls_pt, pre-training: 0 none, 1 public images, 2 public images and videos, 3 public videos without labels, 4 also
    EPIC-Kitchens' videos without labels, 5 private data.
  sls_tl, labels: 0 none, 1 the order of the classes, 2 narrations' timestamps, 3 starts and ends, 4 also places in the
    picture, 5 also further knowledge.
  sls_td, training data: 0 none, 1 five examples a class, 2 a quarter at most, 3 the training set, 4 also the validation
    set, 5 further data.
"""

import dataclasses
import json
import math
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxvid.formats.epic_csv import NUM_NOUNS

VERSION, CHALLENGE = "0.2", "action_anticipation"
NUM_VERBS = 97
NUM_ACTIONS = 100  # Best actions of each segment in a file.
LEVELS = ("sls_pt", "sls_tl", "sls_td")


@dataclasses.dataclass(frozen=True, eq=False)
class Submission:
  """The scores of a submission for its N segments, in the file's order.

  Attributes:
    ids: N narration ids.
    verb: (N, 97) scores.
    noun: (N, 300) scores.
    actions: (N, 100, 2) verb and noun of the best actions, in the file's order.
    action: (N, 100) scores of these actions.
    sls: supervision levels (pt, tl, td).
  """

  ids: tuple[str, ...]
  verb: np.ndarray
  noun: np.ndarray
  actions: np.ndarray
  action: np.ndarray
  sls: tuple[int, int, int]


def build(
  ids: Sequence[str],
  action: np.ndarray,
  verb: np.ndarray,
  noun: np.ndarray,
  action_verb: Sequence[int],
  action_noun: Sequence[int],
  sls: Sequence[int],
) -> dict[str, Any]:
  """Builds a submission, as the plain values of the file. Equal scores are ordered by the index of the action.

  Args:
    ids: N narration ids.
    action: (N, A) probabilities of actions, A at least 100.
    verb: (N, 97) probabilities of verbs.
    noun: (N, 300) probabilities of nouns.
    action_verb, action_noun: (A,) class ids of the verb and the noun of each action.
    sls: supervision levels (pt, tl, td).

  Raises:
    ValueError: an array has another shape or a score that is not finite, an id is empty or occurs twice, two actions
      have the same verb and noun, or a level is not in 0 to 5.
  """
  # Check the levels, the actions, the ids and the scores.
  check_levels(sls)
  pairs = [f"{v},{n}" for v, n in zip(action_verb, action_noun, strict=True)]
  if len(set(pairs)) < len(pairs):
    raise ValueError("action_verb, action_noun: two actions have the same verb and noun")
  if min(action_verb) < 0 or max(action_verb) >= NUM_VERBS or min(action_noun) < 0 or max(action_noun) >= NUM_NOUNS:
    raise ValueError(f"action_verb, action_noun: must lie in 0 to {NUM_VERBS - 1} and 0 to {NUM_NOUNS - 1}")
  if len(pairs) < NUM_ACTIONS:
    raise ValueError(f"action: {len(pairs)} actions; the challenge wants the {NUM_ACTIONS} best of each segment")
  if not all(ids) or len(set(ids)) < len(ids):
    raise ValueError("ids: one is empty or occurs twice; give each segment its own narration id")
  arrays = {"action": (action, len(pairs)), "verb": (verb, NUM_VERBS), "noun": (noun, NUM_NOUNS)}
  for part, (scores, count) in arrays.items():
    if np.shape(scores) != (len(ids), count) or not np.isfinite(scores).all():
      raise ValueError(f"{part}: {np.shape(scores)} scores; must be ({len(ids)}, {count}), all of them finite")
  # The 100 best actions of each segment; the stable sort keeps equal ones in order.
  best = np.argsort(-np.asarray(action), axis=1, kind="stable")[:, :NUM_ACTIONS]
  results = {
    name: {
      "verb": {str(k): float(x) for k, x in enumerate(verb[i])},
      "noun": {str(k): float(x) for k, x in enumerate(noun[i])},
      "action": {pairs[a]: float(action[i][a]) for a in best[i]},
    }
    for i, name in enumerate(ids)
  }
  return {"version": VERSION, "challenge": CHALLENGE, **dict(zip(LEVELS, map(int, sls))), "results": results}


def to_text(submission: Mapping[str, Any]) -> str:
  """The text of the file, a line for each segment."""
  head = json.dumps({key: value for key, value in submission.items() if key != "results"})
  lines = (f"{json.dumps(name)}: {json.dumps(found)}" for name, found in submission["results"].items())
  return head[:-1] + ', "results": {\n' + ",\n".join(lines) + "\n}}\n"


def read(path: str | os.PathLike, expected: Sequence[str] | None = None) -> Submission:
  """Reads and checks a submission: all that the challenge's evaluator checks, and that scores are finite.

  Args:
    path: of the JSON file.
    expected: narration ids that the file must have, and no others; None takes any.

  Raises:
    ValueError: the challenge would refuse the file; the message names the file, the segment and the field.
    OSError: the file cannot be read.
  """
  try:
    return _parse(json.loads(pathlib.Path(path).read_bytes()), expected)
  except ValueError as error:
    raise ValueError(f"{path}: {error}") from error


def check_levels(sls: Sequence[int]) -> None:
  """Raises ValueError unless `sls` are three supervision levels, integers from 0 to 5."""
  if len(sls) != 3 or not all(type(level) is int and 0 <= level <= 5 for level in sls):
    raise ValueError(f"sls: {sls}; must be the levels pt, tl and td, whole numbers from 0 to 5")


def _parse(values, expected):
  """The Submission in the JSON values of a file."""
  # Head of the file, and its segments.
  if not isinstance(values, dict):
    raise ValueError('must be an object with "version", "challenge", "sls_pt", "sls_tl", "sls_td" and "results"')
  for key, wanted in {"version": VERSION, "challenge": CHALLENGE}.items():
    if values.get(key) != wanted:
      raise ValueError(f"{key} is {values.get(key)!r}; must be {wanted!r}")
  sls = tuple(values.get(level) for level in LEVELS)
  check_levels(sls)
  results = values.get("results")
  if not isinstance(results, dict) or not results:
    raise ValueError("results: must be an object with at least one segment")
  if expected is not None:
    _check_keys("results", results, expected)
  for name, found in results.items():
    for part in ("verb", "noun", "action"):
      if not isinstance(found, dict) or not isinstance(found.get(part), dict):
        raise ValueError(f'results["{name}"] has no scores of {part}s')
  # Scores as arrays.
  columns = {
    part: [_class_scores(name, part, found[part]) for name, found in results.items()] for part in ("verb", "noun")
  }
  actions = [_action_scores(name, found["action"]) for name, found in results.items()]
  return Submission(
    ids=tuple(results),
    verb=np.array(columns["verb"], float),
    noun=np.array(columns["noun"], float),
    actions=np.array([pairs for pairs, _ in actions]),
    action=np.array([scores for _, scores in actions], float),
    sls=sls,
  )


def _class_scores(name, part, scores):
  """Scores of all verbs, or nouns, of a segment, by class id."""
  where = f'results["{name}"].{part}'
  keys = [str(k) for k in range({"verb": NUM_VERBS, "noun": NUM_NOUNS}[part])]
  _check_keys(where, scores, keys)
  _check_scores(where, scores)
  return [scores[key] for key in keys]


def _action_scores(name, scores):
  """The actions of a segment, [(verb, noun), ...], and their scores, in the file's order."""
  where = f'results["{name}"].action'
  if len(scores) != NUM_ACTIONS:
    raise ValueError(f"{where}: {len(scores)} scores; must be {NUM_ACTIONS}")
  _check_scores(where, scores)
  pairs = [tuple(int(part) if part.isdecimal() else -1 for part in key.split(",")) for key in scores]
  for key, pair in zip(scores, pairs):
    if len(pair) != 2 or not (0 <= pair[0] < NUM_VERBS and 0 <= pair[1] < NUM_NOUNS):
      raise ValueError(
        f'{where}: "{key}" is not "VERB,NOUN" with a verb below {NUM_VERBS} and a noun below {NUM_NOUNS}'
      )
  if len(set(pairs)) < len(pairs):
    raise ValueError(f"{where}: an action occurs twice")
  return pairs, list(scores.values())


def _check_keys(where, there, wanted):
  """Raises ValueError unless the keys `there` are those `wanted`."""
  lacks, extra = [key for key in wanted if key not in there], sorted(set(there).difference(wanted))
  if lacks or extra:
    raise ValueError(
      f"{where}: {len(lacks)} of {len(wanted)} are missing ({', '.join(lacks[:3])}), {len(extra)} are unknown "
      f"({', '.join(extra[:3])})"
    )


def _check_scores(where, scores):
  """Raises ValueError unless all values are finite numbers."""
  for key, value in scores.items():
    if type(value) not in (int, float) or not math.isfinite(value):
      raise ValueError(f'{where}["{key}"] is {value!r}, not a finite number')
