"""Curves of losses and scores over the training steps of a run, from its metrics.jsonl."""

import collections
import json
import os
import pathlib

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jaxvid.viz import figure as fig

# Most curves that can be told apart in a panel, and most panels side by side.
_MAX_CURVES, _MAX_COLUMNS = 12, 4

Curves = dict[str, list[tuple[int, float]]]


def draw(path: str | os.PathLike, metrics_jsonl: str | os.PathLike) -> None:
  """Draws the curves into a file, whose ending says PNG, SVG or PDF; see `figure`."""
  fig.save(figure(metrics_jsonl), path)


def figure(metrics_jsonl: str | os.PathLike) -> Figure:
  """A figure with a panel of losses and, if any were logged, panels of scores and recalls.

  Losses are "loss" and names that end in "_loss"; scores are names under "eval/". A panel with too many curves is split
  by metric.

  Args:
    metrics_jsonl: a file with a JSON object on each line, {"step": int, NAME: number, ...}.

  Raises:
    ValueError: the file holds neither losses nor scores.
  """
  curves = _read(pathlib.Path(metrics_jsonl))
  losses = {name: curve for name, curve in curves.items() if name == "loss" or name.endswith("_loss")}
  scores = {name.removeprefix("eval/"): curve for name, curve in curves.items() if name.startswith("eval/")}
  recalls = {name: scores.pop(name) for name in list(scores) if name.startswith("recall")}
  panels = [*_panels("loss", losses), *_panels("score", scores), *_panels("recall", recalls)]
  if not panels:
    raise ValueError(f"{metrics_jsonl} holds neither a loss nor a score; train first")
  num_columns = min(len(panels), _MAX_COLUMNS)
  num_rows = -(-len(panels) // num_columns)
  drawn = Figure(figsize=(6 * num_columns, 3.4 * num_rows), layout="constrained")
  places = drawn.subplots(num_rows, num_columns, squeeze=False).ravel()
  for axes, (title, group) in zip(places, panels):
    _draw_panel(axes, title, group)
  for axes in places[len(panels) :]:
    axes.remove()
  return drawn


def _panels(title: str, curves: Curves) -> list[tuple[str, Curves]]:
  """(title, curves) of each panel: one panel if the curves are few enough, else one or more for each metric."""
  if not curves:
    return []
  if len(curves) <= _MAX_CURVES:
    return [(title, curves)]
  by_metric: dict[str, Curves] = collections.defaultdict(dict)
  for name, curve in curves.items():
    by_metric[_metric(name)][name] = curve
  panels = []
  for metric, group in by_metric.items():
    names = list(group)
    parts = [names[start : start + _MAX_CURVES] for start in range(0, len(names), _MAX_CURVES)]
    panels += [(metric, {name: group[name] for name in part}) for part in parts]
  return panels


def _metric(name: str) -> str:
  """The metric in a score's name: "recall5" of "tail_verb_recall5", "recall@1x" of "recall@1x@0.50"."""
  return name.rpartition("@")[0] or name.rpartition("_")[2]


def _read(path: pathlib.Path) -> Curves:
  """Name -> its (training step, value) pairs."""
  curves = collections.defaultdict(list)
  for line in path.read_text().splitlines():
    row = json.loads(line)
    step = row.pop("step")
    for name, value in row.items():
      curves[name].append((step, value))
  return curves


def _draw_panel(axes: Axes, title: str, curves: Curves) -> None:
  for i, (label, curve) in enumerate(curves.items()):
    colour, line = fig.COLOURS[i % len(fig.COLOURS)], ("-", "--", ":")[i // len(fig.COLOURS) % 3]
    axes.plot(*zip(*curve, strict=True), line, color=colour, lw=1.4, marker="." if len(curve) < 30 else "", label=label)
  fig.clear_frame(axes)
  axes.grid(color="#e2e2e2", lw=0.6)
  axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
  axes.set_ylim(bottom=0)
  axes.set_xlabel("training step", fontsize=8, color=fig.INK)
  axes.set_title(title, fontsize=9, fontweight="bold", color=fig.INK, loc="left")
  axes.legend(fontsize=8, labelcolor=fig.INK, frameon=False, loc="upper left", bbox_to_anchor=(1, 1), handlelength=3)
