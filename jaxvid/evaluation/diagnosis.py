"""Writes the error diagnosis of a split's detections: diagnosis.json, diagnosis.md and two pictures."""

import os
import pathlib
from collections.abc import Sequence

from jaxvid import files
from jaxvid.metrics import diagnosis
from jaxvid.metrics.diagnosis import Diagnosis
from jaxvid.metrics.scoring import Result

_TITLES = {
  "length": "length of the action, seconds",
  "coverage": "share of the recording that the action takes",
  "instances": "number of actions in the recording",
}


def write(folder: str | os.PathLike, result: Result) -> Diagnosis:
  """Diagnoses scored detections; writes diagnosis.json, diagnosis.md, false_positives.png and sensitivity.png.

  Args:
    folder: made where it is absent.
    result: the scored detections.

  Raises:
    ValueError: there are no annotated actions that can be diagnosed.
  """
  found = diagnosis.diagnose(
    result.annotations.ground_truth,
    result.predictions,
    result.protocol.tious,
    result.annotations.durations,
    result.protocol.bins,
    result.protocol.order,
  )
  folder = pathlib.Path(folder)
  files.write_json(folder / "diagnosis.json", found.to_dict())
  files.write_text(folder / "diagnosis.md", format_diagnosis(found))
  from jaxvid.viz import diagnosis as pictures  # Here, not above: matplotlib is slow to import.

  pictures.draw_false_positives(folder / "false_positives.png", found.profile, found.gain, found.top_average_map_n)
  pictures.draw_sensitivity(
    folder / "sensitivity.png",
    {_TITLES[name]: groups for name, groups in found.characteristics.items()},
    found.average_map_n,
    found.missed,
  )
  return found


def format_diagnosis(found: Diagnosis) -> str:
  """The diagnosis as tables in Markdown, in percent."""
  thresholds = ", ".join(f"{tiou:.2f}" for tiou in found.tious)
  # Scores of all actions, and the types of errors.
  lines = [
    "# Diagnosis of the detections",
    "",
    "After Alwassel et al., Diagnosing Error in Temporal Action Detectors, ECCV 2018. All numbers are percent, and "
    f"means over the tIoU thresholds {thresholds}.",
    "",
    f"* normalised average mAP (mAP_N): {_percent(found.average_map_n)}",
    f"* of each class's best 10 G detections, where G is its number of actions: {_percent(found.top_average_map_n)}",
    f"* actions that no detection finds: {_percent(found.missed)}",
    "",
    "## False positives",
    "",
    "Gain: rise of the mAP_N of the best 10 G if all errors of the type were removed.",
    "",
    *_table(
      ["error", "gain", "share of the best G", "share of the best 10 G"],
      [
        [
          name.replace("_", " "),
          _percent(gain),
          _percent(_first(found.profile, name)),
          _percent(_mean(found.profile, name)),
        ]
        for name, gain in found.gain.items()
      ],
    ),
  ]
  # A table for each characteristic of the actions.
  for characteristic, groups in found.characteristics.items():
    lines += [
      "",
      f"## By {_TITLES[characteristic]}",
      "",
      *_table(
        ["group", "from", "to", "actions", "mAP_N", "missed"],
        [
          [g.name, f"{g.lower:g}", f"{g.upper:g}", str(g.num_actions), _percent(g.average_map_n), _percent(g.missed)]
          for g in groups
        ],
      ),
    ]
  return "\n".join(lines) + "\n"


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
  """Lines of a Markdown table."""
  return [f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows]]


def _percent(value: float | None) -> str:
  """A share in percent; "-" for None."""
  return "-" if value is None else f"{100 * value:.2f}"


def _first(profile: Sequence[dict[str, float]], name: str) -> float | None:
  """Share of a kind among the best G detections; None without detections."""
  return profile[0][name] if profile else None


def _mean(profile: Sequence[dict[str, float]], name: str) -> float | None:
  """Mean share of a kind over the profile; None without detections."""
  return sum(shares[name] for shares in profile) / len(profile) if profile else None
