"""Statistics of a dataset of clips: durations, frames, classes, and what is missing."""

import collections
import json
from pathlib import Path
from typing import Any

import numpy as np

from jaxvid import progress
from jaxvid.data import store
from jaxvid.data_prep.building.checks import BadInput

_QUANTILES = {"min": 0.0, "5%": 0.05, "median": 0.5, "95%": 0.95, "max": 1.0}
_LISTED = 12


def summarize(data_dir: str | Path, name: str) -> dict[str, Any]:
  """The numbers of a built dataset, as JSON.

  {"dataset": NAME, "splits": {split: {"clips", "groups", "classes", "hours", "megabytes", "seconds", "frames", "fps"}},
    "classes": {name: {split: clips}}, the most frequent first, "manifest": of the build}; the last three of a split are
    quantiles over its clips.

  Raises:
    BadInput: there is no such dataset, or it does not hold clips.
  """
  folder = store.dataset_folder(data_dir, name)
  if folder is None:
    problem = f"no dataset {name!r} in it"
    raise BadInput(data_dir, "--data_dir", problem, f"Build it: jaxvid build {name} --source=...")
  opened = {split: store.Split(folder, split) for split in store.base_splits(folder)}
  first = next(iter(opened.values()))
  if first.kind != "clips":
    raise BadInput(folder, "dataset", f"holds {first.kind}, not clips", "Build it again.")
  splits, labels = {}, {}
  with progress.bar(total=sum(map(len, opened.values())), unit="clip", desc=name) as bar:
    for split, source in opened.items():
      clips = []
      for index in range(len(source)):
        clip = source[index]
        clips.append(clip | {"video": len(clip["video"])})
        bar.update()
      splits[split] = _split(clips)
      labels[split] = collections.Counter(clip["label"] for clip in clips)
  order = sorted(range(len(first.class_names)), key=lambda label: -sum(counts[label] for counts in labels.values()))
  manifest = folder / "manifest.json"
  return {
    "dataset": name,
    "splits": splits,
    "classes": {first.class_names[label]: {split: labels[split][label] for split in splits} for label in order},
    "manifest": json.loads(manifest.read_text()) if manifest.exists() else None,
  }


def _split(clips: list[dict[str, Any]]) -> dict[str, Any]:
  seconds = np.array([clip["end"] - clip["start"] for clip in clips])
  return {
    "clips": len(clips),
    "groups": len({clip["group"] for clip in clips}),
    "classes": len({clip["label"] for clip in clips}),
    "hours": float(seconds.sum() / 3600),
    "megabytes": sum(clip["video"] for clip in clips) / 1e6,
    "seconds": _quantiles(seconds),
    "frames": _quantiles(seconds * [clip["fps"] for clip in clips]),
    "fps": _quantiles([clip["fps"] for clip in clips]),
  }


def _quantiles(values: np.ndarray | list[float]) -> dict[str, float]:
  return {name: float(np.quantile(values, share)) for name, share in _QUANTILES.items()}


def text(numbers: dict) -> str:
  """The numbers of `summarize` as text."""
  columns = (
    ("clips", 10, ",d"),
    ("groups", 10, ",d"),
    ("classes", 9, ",d"),
    ("hours", 9, ",.2f"),
    ("megabytes", 11, ",.1f"),
  )
  lines = [f"Dataset {numbers['dataset']}", ""]
  lines.append(f"{'split':16}" + "".join(f"{name:>{width}}" for name, width, _ in columns))
  for split, found in numbers["splits"].items():
    lines.append(f"{split:16}" + "".join(f"{found[name]:>{width}{form}}" for name, width, form in columns))
  for split, found in numbers["splits"].items():
    lines += ["", f"{split:16}" + "".join(f"{name:>10}" for name in _QUANTILES)]
    for name in ("seconds", "frames", "fps"):
      lines.append(f"  {name:14}" + "".join(f"{value:10,.4g}" for value in found[name].values()))
  totals = {name: sum(counts.values()) for name, counts in numbers["classes"].items()}
  named = [f"{name} {total:,}" for name, total in totals.items()]
  if len(named) > 2 * _LISTED:
    named = [*named[:_LISTED], "...", *named[-_LISTED:]]
  lines += ["", f"{len(totals)} classes, {sum(not total for total in totals.values())} of them without a clip:"]
  lines += [f"  {line}" for line in named]
  missing = (numbers["manifest"] or {}).get("skipped", ())
  lines += [f"{len(missing):,} published clips or entries are not in it: see manifest.json"] if missing else []
  return "\n".join(lines)
