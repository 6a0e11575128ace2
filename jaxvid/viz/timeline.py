"""Timelines of recordings: ground truth and detections over seconds."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from jaxvid.viz import figure as fig

_HATCHES = ("", "/////", ".....", "xxxxx", "-----")
_ROW_INCHES = 0.2
_PANEL_INCHES = 0.62  # A panel's title and time axis.
_LEGEND_INCHES, _LEGEND_ROW_INCHES = 0.3, 0.18  # The last axis' label and the margin; a row.
_WIDTH_INCHES = 11.0
_MIN_OPACITY = 0.12


@dataclasses.dataclass(frozen=True, eq=False)
class Timeline:
  """Ground truth and detections of one recording.

  Attributes:
    id: name of the recording.
    duration: seconds.
    truth_segments: (G, 2) annotated actions, seconds; None if unknown, which leaves out the row of the truth.
    truth_labels: (G,) class ids; None if unknown.
    segments: (N, 2) detections, seconds; N may be 0.
    scores: (N,) in [0, 1].
    labels: (N,) class ids.
    num_found: number of all detections, if these are only the best of them; else None.
  """

  id: str
  duration: float
  truth_segments: np.ndarray | None
  truth_labels: np.ndarray | None
  segments: np.ndarray
  scores: np.ndarray
  labels: np.ndarray
  num_found: int | None = None


def draw(
  path: str | os.PathLike, recordings: Sequence[Timeline], class_names: Sequence[str], title: str | None = None
) -> None:
  """Draws a panel for each recording: the truth on top, then a row of detections for each class, opaque by score.

  A class has one colour (from the tenth class on also a pattern), the same in every picture of a dataset.

  Args:
    path: of the picture; its ending says PNG, SVG or PDF.
    recordings: one to about eight.
    class_names: indexed by class id.
    title: above all panels.

  Raises:
    ValueError: there is no recording.
  """
  if not recordings:
    raise ValueError("no recording to draw")
  heights = [_PANEL_INCHES + _ROW_INCHES * _num_rows(recording) for recording in recordings]
  handles, num_columns = _legend(recordings, class_names)
  legend_height = _LEGEND_INCHES + _LEGEND_ROW_INCHES * -(-len(handles) // num_columns)
  figure = Figure(figsize=(_WIDTH_INCHES, sum(heights) + legend_height), layout="constrained")
  figure.get_layout_engine().set(h_pad=0.06, hspace=0)
  panels = figure.subplots(len(recordings), 1, squeeze=False, height_ratios=heights)[:, 0]
  for axes, recording in zip(panels, recordings, strict=True):
    _draw_panel(axes, recording, class_names)
  panels[-1].set_xlabel("seconds", fontsize=8, color=fig.INK)
  figure.legend(
    handles=handles,
    loc="outside lower center",
    ncols=num_columns,
    fontsize=8,
    labelcolor=fig.INK,
    frameon=False,
    handlelength=1.6,
    columnspacing=1.4,
  )
  if title:
    figure.suptitle(title, fontsize=12, color=fig.INK, x=0.01, ha="left")
  fig.save(figure, path)


def _num_rows(recording: Timeline) -> int:
  return len(_lanes(recording.truth_segments)[1]) + max(len(_classes(recording.labels)), 1)


def _classes(*labels: np.ndarray | None) -> list[int]:
  return np.unique(np.concatenate([ids for ids in labels if ids is not None])).astype(int).tolist()


def _lanes(segments: np.ndarray | None) -> tuple[np.ndarray, list[float]]:
  """Puts overlapping segments into different lanes: (lane (G,) of each segment, end of each lane).

  There is at least one lane, but none without truth.
  """
  if segments is None:
    return np.zeros(0, int), []
  lane, ends = np.zeros(len(segments), int), [-np.inf]
  for i in np.lexsort((segments[:, 1], segments[:, 0])):
    start, end = segments[i]
    lane[i] = next((k for k, taken in enumerate(ends) if taken <= start), len(ends))
    ends[lane[i] : lane[i] + 1] = [end]
  return lane, ends


def _draw_panel(axes: Axes, recording: Timeline, class_names: Sequence[str]) -> None:
  # The truth, on grey.
  lane, ends = _lanes(recording.truth_segments)
  detected = _classes(recording.labels)
  num_rows = len(ends) + max(len(detected), 1)
  axes.set_xlim(0, recording.duration)
  axes.set_ylim(num_rows - 0.4, -0.6)
  if recording.truth_segments is not None:
    axes.axhspan(-0.6, len(ends) - 0.5, color="#f0f0f0", lw=0)
    for label in _classes(recording.truth_labels):
      mine = recording.truth_labels == label
      _draw_segments(axes, recording.truth_segments[mine], lane[mine], label, np.ones(mine.sum()))
  # The detections, a row for each class.
  for row, label in enumerate(detected, start=len(ends)):
    # Weak detections first, so that none hides a stronger one.
    mine = np.flatnonzero(recording.labels == label)
    mine = mine[np.argsort(recording.scores[mine], kind="stable")]
    _draw_segments(axes, recording.segments[mine], np.full(len(mine), row), label, _opacity(recording.scores[mine]))
  if not detected:
    axes.text(
      0.5 * recording.duration,
      len(ends),
      "no detections",
      fontsize=8,
      style="italic",
      color=fig.FAINT,
      ha="center",
      va="center",
    )

  # Axes and titles.
  fig.clear_frame(axes)
  rows = list(range(len(ends), len(ends) + len(detected)))
  names = [class_names[label] for label in detected]
  counts = _count(recording.labels, "detection")
  if recording.num_found not in (None, len(recording.labels)):
    counts = f"{len(recording.labels)} of {recording.num_found} detections"
  if recording.truth_segments is not None:
    rows, names = [0.5 * (len(ends) - 1), *rows], ["truth", *names]
    counts = f"{_count(recording.truth_labels, 'action')}, {counts}"
  axes.set_yticks(rows, names)
  if recording.truth_segments is not None:
    axes.get_yticklabels()[0].set_fontweight("bold")
  axes.tick_params(axis="y", length=0)
  axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 3, 5, 6, 10]))
  axes.grid(axis="x", color="#e2e2e2", lw=0.6)
  axes.set_title(recording.id, fontsize=9, fontweight="bold", color=fig.INK, loc="left", pad=4)
  axes.set_title(counts, fontsize=8, color=fig.FAINT, loc="right", pad=4)


def _draw_segments(axes: Axes, segments: np.ndarray, rows: np.ndarray, label: int, opacity: np.ndarray) -> None:
  """Draws bars of one class at `segments` (N, 2) in `rows` (N,), with opacity (N,)."""
  start, end = segments[:, 0], segments[:, 1]
  top, bottom = rows - 0.36, rows + 0.36
  corners = np.stack([start, top, end, top, end, bottom, start, bottom], axis=1).reshape(-1, 4, 2)
  colour, hatch = _style(label)
  faces = [colors.to_rgba(colour, alpha) for alpha in opacity]
  # The thin edge keeps an action of a second visible in a recording of hours.
  bars = PolyCollection(corners, facecolors=faces, edgecolors=faces, hatch=hatch, hatchcolors="white", linewidths=0.5)
  axes.add_collection(bars)


def _style(label: int) -> tuple[str, str]:
  """Colour and pattern of a class."""
  return fig.COLOURS[label % len(fig.COLOURS)], _HATCHES[label // len(fig.COLOURS) % len(_HATCHES)]


def _opacity(scores: np.ndarray) -> np.ndarray:
  return _MIN_OPACITY + (1 - _MIN_OPACITY) * np.clip(scores, 0, 1)


def _count(labels: np.ndarray, noun: str) -> str:
  return f"{len(labels)} {noun}" + ("" if len(labels) == 1 else "s")


def _legend(recordings: Sequence[Timeline], class_names: Sequence[str]) -> tuple[list[Patch], int]:
  """Entries of the legend, and its number of columns."""
  handles = []
  for label in _classes(*(r.truth_labels for r in recordings), *(r.labels for r in recordings)):
    colour, hatch = _style(label)
    handles.append(Patch(facecolor=colour, hatch=hatch, hatchcolor="white", label=class_names[label]))
  for score in (0.2, 0.6, 1.0):
    faded = colors.to_rgba(fig.INK, float(_opacity(score)))
    handles.append(Patch(facecolor=faded, label=f"score {score:.1f}"))
  longest = max(len(handle.get_label()) for handle in handles)
  return handles, min(len(handles), max(2, 130 // (longest + 6)))
