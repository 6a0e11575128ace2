"""Writes an explanation: tables, pictures, and one HTML page with all of them."""

import csv
import io
import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxvid import files
from jaxvid.explaining import explanation
from jaxvid.explaining.explain import Explanation
from jaxvid.explaining.explanation import Dependency
from jaxvid.viz import anticipation, explanation_page
from jaxvid.viz.anticipation import Cell, Strip
from jaxvid.viz.explanation_page import Section

NOTHING = "(nothing)"
_PAIR_HEADER = ("anticipated", "past action", "lift", "± standard error", "ratio", "logit", "windows")
_FORWARD = ("anticipated", "past", "lift", "error", "ratio", "contribution", "mass", "chance", "windows")
_BACKWARD = ("position", "replaced", "anticipated", "count", "probability_change", "total_variation", "top1_changed")


def telling_pairs(dependencies: Sequence[Dependency], num_classes: int, count: int) -> list[Dependency]:
  """The `count` pairs of actions with the highest lift less two standard errors, best first."""
  actions = [pair for pair in dependencies if pair.past < num_classes]
  return sorted(actions, key=lambda pair: -pair.low)[:count]


def pair_rows(pairs: Sequence[Dependency], names: Sequence[str]) -> list[tuple]:
  """Table rows (anticipated, past, lift, standard error, ratio, contribution or "" if unknown, windows)."""
  count = lambda windows: int(windows) if windows.is_integer() else windows  # noqa: E731
  logit = lambda value: "" if np.isnan(value) else value  # noqa: E731
  return [
    (names[p.anticipated], names[p.past], p.lift, p.error, p.ratio, logit(p.contribution), count(p.windows))
    for p in pairs
  ]


def names_of(found: Explanation) -> list[str]:
  """The K class names, and one for class K: no action."""
  return [*found.class_names, NOTHING]


def write(found: Explanation, folder: str | os.PathLike, num_pairs: int) -> pathlib.Path:
  """Writes an explanation into a folder and returns the path of its page, index.html.

  The other files: forward.csv and forward_before.csv, each with a picture .png; backward.csv and backward.png for
  models whose predictions are fed back; pairs.md; samples.json and samples/NAME.png. See docs/anticipation.md.

  Args:
    num_pairs: rows of the tables of pairs.
  """
  folder, names = pathlib.Path(folder), names_of(found)
  sections = [_introduction(found)]
  for stem, title, dependencies in (
    ("forward", "All past steps", found.forward),
    ("forward_before", "Before the ongoing action", found.before),
  ):
    _write_csv(folder / f"{stem}.csv", _FORWARD, [_cells(pair, _FORWARD, names) for pair in dependencies])
    sections.append(_forward_section(folder / f"{stem}.png", title, dependencies, found, num_pairs))
  files.write_text(folder / "pairs.md", _pairs_text(found, num_pairs))
  sections.append(_backward_section(folder, found))
  sections.append(_sample_section(folder, found))
  page = folder / "index.html"
  explanation_page.write(page, "What the anticipation attends to", sections)
  return page


def _introduction(found):
  settings = found.settings
  shown = {
    "annotated": "the action annotated in the middle of what the step sees",
    "predicted": "what the model predicted there, weighted by probability (a later action, as in training)",
  }[settings.past]
  counted = {"predicted": "the model's first guess", "true": "the action that came"}[settings.anticipated]
  return Section(
    "How to read this",
    [
      f"{found.num_windows:,} observation windows of {settings.split} that have a past. A past step shows {shown}. "
      f"A window counts for {counted}, at its last step. Attention is the mean over heads.",
      "Attention is in units of chance. The lift is the mean attention to a past action divided by its mean share of "
      "reachable steps over all windows. A lift of 3 means three times the attention that uniform attention gives on "
      "average: the action precedes the anticipated one more often, or is attended to more, or both. The ratio "
      "separates the two: it divides by the share of the action's steps in the same windows, so a ratio of 1 means "
      "that attention treats them like any other step. Both divide sums over windows, so that long actions are not "
      "favoured. The logit is what the action's steps add to the score of the anticipated class, minus the mean over "
      "all classes.",
      f"Pairs that occur in fewer than {settings.min_windows:g} windows are left out. The standard error takes windows "
      "as independent; windows of one recording overlap, so it is somewhat too small. Attention does not prove an "
      "effect on the prediction; the replacements below measure that.",
    ],
  )


def _forward_section(picture, title, dependencies, found, num_pairs):
  num_classes, names = len(found.class_names), names_of(found)
  text = {
    "forward": "Rows: what is anticipated. Columns: what a past step shows, the ongoing action included.",
    "forward_before": "The same without the steps of the action that goes on at the last step. "
    "Framed: the antecedent of each action, the past action with the highest lift less two standard errors.",
  }[picture.stem]
  if not dependencies:
    return Section(
      title, [text, f"No pair occurs in {found.settings.min_windows:g} windows or more; give a lower --min_windows."]
    )
  best = explanation.antecedents(dependencies, num_classes) if picture.stem == "forward_before" else {}
  cells = [Cell(pair.anticipated, pair.past, pair.lift, pair.windows) for pair in dependencies]
  marked = {label: pair.past for label, pair in best.items()}
  anticipation.draw_lifts(picture, cells, names, title, marked)
  pairs = telling_pairs(dependencies, num_classes, num_pairs)
  telling = "The strongest pairs, by the lift less two standard errors:"
  return Section(title, [text], [picture], telling, _PAIR_HEADER, pair_rows(pairs, names))


def _backward_section(folder, found):
  title = "Replaced predictions"
  if found.backward is None:
    return Section(title, ["This model does not feed back its predictions, so there is nothing to replace."])
  names = names_of(found)
  rows = [_cells(effect, _BACKWARD, names) for effect in found.backward]
  _write_csv(folder / "backward.csv", _BACKWARD, rows)
  if not rows:
    return Section(title, ["No window has a past action to replace."])
  positions = [
    (e.position, e.count, e.probability_change, e.total_variation, e.top1_changed) for e in found.by_position
  ]
  cells = [Cell(e.anticipated, e.replaced, e.probability_change, e.count) for e in found.by_pair]
  anticipation.draw_effects(folder / "backward.png", positions, cells, names)
  header = ("actions back", "replacements", "change of the probability", "total variation", "first guess changes")
  text = (
    "At the steps of one past action another action is fed back with probability 1, and the window is run again. "
    "Compared at the last step: the change of the anticipated class's probability, the total variation distance "
    "between the two distributions (0: the same, 1: disjoint), and how often the first guess changes. The features "
    "stay as they are; only the queries and keys change."
  )
  return Section(title, [text], [folder / "backward.png"], "By position, over all pairs:", header, positions)


def _sample_section(folder, found):
  names, pictures, values = names_of(found), [], []
  for sample in found.samples:
    name = f"{sample.id}@{sample.start:.2f}"
    picture = folder / "samples" / f"{re.sub(r'[^A-Za-z0-9@._-]', '_', name)}.png"
    title = f"{name}: {names[sample.label]} comes; anticipated: {names[sample.anticipated]}"
    strips = [Strip("annotated", sample.shown), Strip("first guess", sample.guesses)]
    anticipation.draw_sample(picture, title, sample.times, sample.attention, sample.reached, sample.gate, strips, names)
    pictures.append(picture)
    values.append(_sample_values(sample, found.class_names, str(picture.relative_to(folder))))
  files.write_json(folder / "samples.json", values)
  text = (
    "The attention of the last step over time, by head, and the mean over heads; grey steps are out of its reach. The "
    "gate is a mean over dimensions: 1 uses only the past, 0 only the present step. Below it, the annotated action "
    "and the model's first guess at each step."
  )
  return Section("Single windows", [text], pictures)


def _sample_values(sample, names, picture) -> dict[str, Any]:
  named = lambda labels: [names[label] if label >= 0 else None for label in labels]  # noqa: E731
  rounded = lambda array: array.astype(float).round(5).tolist()  # noqa: E731
  return {
    "id": sample.id,
    "start": sample.start,
    "true": names[sample.label],
    "anticipated": names[sample.anticipated],
    "picture": picture,
    "seconds": rounded(sample.times),
    "attention": rounded(sample.attention),
    "in_reach": sample.reached.tolist(),
    "gate": None if sample.gate is None else rounded(sample.gate),
    "annotated": named(sample.shown),
    "first_guess": named(sample.guesses),
    "probability": rounded(sample.probabilities),
  }


def _pairs_text(found, num_pairs):
  names, num_classes = names_of(found), len(found.class_names)
  tables = []
  for title, dependencies in (("All past steps", found.forward), ("Before the ongoing action", found.before)):
    pairs = telling_pairs(dependencies, num_classes, num_pairs)
    tables.append(f"## {title}\n\nBy the lift less two standard errors.\n\n{_markdown(pairs, names)}")
  best = sorted(explanation.antecedents(found.before, num_classes).values(), key=lambda pair: -pair.low)
  tables.append(
    "## Antecedents\n\nFor each anticipated action, the past action with the highest lift less two standard errors; "
    "the steps of the ongoing action are left out.\n\n" + _markdown(best, names)
  )
  return "# Attention to past actions, in units of chance\n\n" + "\n".join(tables)


def _markdown(pairs, names):
  lines = ["| " + " | ".join(_PAIR_HEADER) + " |", "|" + "---|" * len(_PAIR_HEADER)]
  for row in pair_rows(pairs, names):
    lines.append("| " + " | ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row) + " |")
  return "\n".join(lines) + "\n"


def _cells(item, columns, names):
  """Attributes of a Dependency or Effect as CSV cells; classes by name."""
  values = {column: getattr(item, column) for column in columns}
  for column in ("anticipated", "past", "replaced"):
    if column in values:
      values[column] = names[values[column]]
  text = lambda value: "" if np.isnan(value) else f"{value:.6g}"  # noqa: E731
  return [text(value) if isinstance(value, float) else value for value in values.values()]


def _write_csv(path, header, rows):
  text = io.StringIO()
  writer = csv.writer(text, lineterminator="\n")
  writer.writerow(header)
  writer.writerows(rows)
  files.write_text(path, text.getvalue())
