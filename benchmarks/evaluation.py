"""Scoring a file of detections: `jaxvid.evaluate` beside ActionFormer's own evaluator, on the same detections.

  python -m benchmarks.evaluation --reference=PATH_TO_ACTIONFORMER --annotations=thumos14.json

--reference is a checkout of ActionFormer (github.com/happyharrycn/actionformer_release); its evaluator needs pandas and
joblib. --annotations is a file in its container, such as the thumos14.json that its authors publish. The detections are
made up around the annotations, 2,000 a recording, no two scores the same. Both sides read them from a file: ours in
ActivityNet's submission format, theirs in the container that their evaluator reads; both score mAP and recall.

Every run is a process of its own, in turns. "command" is the whole process, "reading and scoring" what follows once
everything is imported; CPU time, of all its processes, also tells something where the machine has other work. Theirs
scores classes in parallel, as it does by default. Exits with an error if the two disagree on a mAP by more than 1e-6.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.timing import table

TOLERANCE = 1e-6
SIDES = ("jaxvid", "reference")


def main():
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--reference", required=True, help="folder of the checkout")
  parser.add_argument("--annotations", required=True, help="JSON file with subsets, segments and label_id")
  parser.add_argument("--subset", default="test")
  parser.add_argument("--detections", type=int, default=2000, help="a recording")
  parser.add_argument("--repeats", type=int, default=1, help="of both sides; theirs takes minutes")
  parser.add_argument("--more_of_ours", type=int, default=4, help="further runs of ours between theirs, for a median")
  parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)  # Of a run's own process.
  parser.add_argument("--predictions", help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.side:
    print(json.dumps(_evaluate_with[args.side](args)))
    return
  if not (pathlib.Path(args.reference) / METRICS).is_file():
    sys.exit(f"error: no {METRICS} in {args.reference}; give the root of a checkout of ActionFormer")
  if missing := [name for name in ("pandas", "joblib") if not importlib.util.find_spec(name)]:
    sys.exit(f"error: the reference's evaluator needs {' and '.join(missing)}: pip install {' '.join(missing)}")

  with tempfile.TemporaryDirectory() as folder:
    files, num_recordings = _write_detections(args, pathlib.Path(folder))
    results = {side: [] for side in SIDES}
    for _ in range(args.repeats):
      for side in ("jaxvid",) * (1 + args.more_of_ours) + ("reference",):
        results[side].append(_run(args, side, files[side]))
  _report(args, results, num_recordings)


METRICS = pathlib.Path("libs/utils/metrics.py")


def _report(args, results, num_recordings):
  num_rows = num_recordings * args.detections
  print(f"{num_recordings} recordings, {num_rows:,} detections, {os.cpu_count()} cores; medians, in turns\n")
  rows = []
  for part in ("reading and scoring", "command", "command, CPU time"):
    ours, theirs = (statistics.median(run[part] for run in results[side]) for side in SIDES)
    rows.append((part, ours, theirs, theirs / ours))
  print(table(("seconds", "jaxvid", "reference", "ratio"), rows))
  ours, theirs = (results[side][0]["mAP"] for side in SIDES)
  difference = float(np.max(np.abs(np.array(ours) - np.array(theirs))))
  print(f"\naverage mAP {100 * np.mean(ours):.4f}; largest difference of a mAP {difference:.1e}")
  if difference > TOLERANCE:
    sys.exit(f"the two disagree: jaxvid {ours}, reference {theirs}")


def _run(args, side, predictions):
  """Times and mAPs of one evaluation in a process of its own."""
  command = [sys.executable, "-m", "benchmarks.evaluation", f"--side={side}", f"--predictions={predictions}"]
  command += [f"--{name}={getattr(args, name)}" for name in ("reference", "annotations", "subset")]
  start, cpu = time.perf_counter(), _cpu_seconds_of_children()
  done = subprocess.run(command, capture_output=True, text=True)
  seconds, cpu = time.perf_counter() - start, _cpu_seconds_of_children() - cpu
  if done.returncode:
    sys.exit(f"error: {side} failed:\n{done.stderr}")
  return dict(json.loads(done.stdout.splitlines()[-1]), **{"command": seconds, "command, CPU time": cpu})


def _cpu_seconds_of_children():
  """Of all processes that have ended, those that they started included."""
  usage = resource.getrusage(resource.RUSAGE_CHILDREN)
  return usage.ru_utime + usage.ru_stime


def _evaluate_with_jaxvid(args):
  """As `python -m jaxvid.evaluate` does it."""
  from jaxvid.evaluation import from_files

  start = time.perf_counter()
  rules = from_files.protocol("thumos14", subset=args.subset)
  report, _ = from_files.evaluate(from_files.Request(args.predictions, args.annotations, rules))
  return {"reading and scoring": time.perf_counter() - start, "mAP": list(report["mAP"].values())}


def _evaluate_with_reference(args):
  """As ActionFormer's eval.py does it, from the file on."""
  import joblib

  if not hasattr(np, "float"):
    np.float = float  # Gone from NumPy since the evaluator was written.
  spec = importlib.util.spec_from_file_location("reference_metrics", pathlib.Path(args.reference) / METRICS)
  metrics = importlib.util.module_from_spec(spec)
  sys.modules[spec.name] = metrics
  spec.loader.exec_module(metrics)

  start = time.perf_counter()
  evaluator = metrics.ANETdetection(args.annotations, args.subset, tiou_thresholds=np.linspace(0.3, 0.7, 5))
  # Processes that are forked: np.float is there too, and nothing is imported again.
  with joblib.parallel_config(backend="multiprocessing"):
    mean_ap, _, _ = evaluator.evaluate(args.predictions, verbose=False)
  return {"reading and scoring": time.perf_counter() - start, "mAP": mean_ap.tolist()}


_evaluate_with = {"jaxvid": _evaluate_with_jaxvid, "reference": _evaluate_with_reference}


def _write_detections(args, folder):
  """({side: its file}, number of recordings): made-up detections of every recording of the subset."""
  with open(args.annotations, encoding="utf-8") as file:
    database = json.load(file)["database"]
  recordings = {name: entry for name, entry in database.items() if entry["subset"].lower() == args.subset.lower()}
  if not recordings:
    sys.exit(f'error: {args.annotations} has no recording of subset "{args.subset}"')
  labels = {action["label_id"]: action["label"] for entry in database.values() for action in entry["annotations"]}
  rng = np.random.default_rng(0)
  # Ranks as scores: distinct, and better around actions than elsewhere.
  made_up = [_detections(entry, sorted(labels), args.detections, rng) for entry in recordings.values()]
  quality = np.concatenate([quality for *_, quality in made_up])
  scores = ((1 + np.argsort(np.argsort(quality))) / (1 + len(quality))).reshape(len(made_up), -1).tolist()

  ours, theirs = {}, {}
  for name, (segments, classes, _), row in zip(recordings, made_up, scores):
    rows = list(zip(segments.round(3).tolist(), classes.tolist(), row))
    ours[name] = [{"label": labels[label], "segment": segment, "score": score} for segment, label, score in rows]
    theirs[name] = [{"label_id": label, "segment": segment, "scores": score} for segment, label, score in rows]
  files = {side: folder / f"{side}.json" for side in SIDES}
  files["jaxvid"].write_text(json.dumps({"version": "1.0", "results": ours}))
  files["reference"].write_text(json.dumps({"database": theirs}))
  return files, len(recordings)


def _detections(entry, classes, count, rng):
  """Segments (count, 2) in seconds, class ids and how good each is: half of them around actions, half anywhere."""
  actions = entry["annotations"]
  chosen = rng.integers(0, len(actions), count) if actions else np.zeros(count, int)
  around = (rng.random(count) < 0.5) & bool(actions)
  start = rng.uniform(0, 0.9 * entry["duration"], count)
  segments = np.stack([start, start + rng.uniform(0.2, 0.1 * entry["duration"] + 0.3, count)], axis=1)
  labels = rng.choice(classes, count)
  if actions:
    truth = np.array([action["segment"] for action in actions])[chosen]
    off = rng.normal(0, 0.25, (count, 2)) * (truth[:, 1:] - truth[:, :1])
    segments = np.where(around[:, None], truth + off, segments)
    right = around & (rng.random(count) < 0.85)
    labels = np.where(right, np.array([action["label_id"] for action in actions])[chosen], labels)
  segments = np.sort(np.clip(segments, 0, entry["duration"]), axis=1)
  return segments, labels, rng.normal(0, 1, count) + 1.5 * around


if __name__ == "__main__":
  main()
