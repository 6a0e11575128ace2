"""Late fusion: weighted means by hand, clips matched by their names; what does not go together is refused."""

import json

import numpy as np
import pytest

from jaxvid import command
from jaxvid import fuse as fuse_command
from jaxvid.evaluation.late_fusion import fuse

IDS, LABELS = ["a", "b", "c"], [0, 1, 2]
# Each run alone recognises one or two of three; a is what the first is sure of, c the second.
RGB = [[0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [0.5, 0.1, 0.4]]
FLOW = [[0.3, 0.4, 0.3], [0.2, 0.6, 0.2], [0.1, 0.2, 0.7]]


def write(folder, probabilities, ids=IDS, labels=LABELS, class_names=("x", "y", "z")):
  folder.mkdir()
  arrays = dict(features=np.zeros((len(ids), 2)), labels=labels, ids=ids, class_names=list(class_names))
  if probabilities is not None:
    arrays["probabilities"] = np.array(probabilities, np.float32)
  np.savez(folder / "features.npz", **arrays)
  return str(folder)


@pytest.fixture
def rgb(tmp_path):
  return write(tmp_path / "rgb", RGB)


def test_by_hand(tmp_path, rgb):
  flow = write(tmp_path / "flow", FLOW[::-1], IDS[::-1], LABELS[::-1])  # In another order.
  fused, alone = fuse([rgb, flow], tmp_path / "both", top=(1, 2))
  assert list(alone) == [rgb, flow]
  assert [result.top[1] for result in (fused, *alone.values())] == pytest.approx([1, 1 / 3, 2 / 3])
  rows = json.loads((tmp_path / "both" / "predictions.json").read_text())["results"]
  assert [row["label"] for row in rows["b"]] == ["y", "x", "z"]
  assert [row["score"] for row in rows["b"]] == pytest.approx([0.45, 0.3, 0.25])
  assert json.loads((tmp_path / "both" / "scores.json").read_text()) == fused.to_dict()
  weighted, _ = fuse([rgb, flow], tmp_path / "weighted", [3, 1])
  rows = json.loads((tmp_path / "weighted" / "predictions.json").read_text())["results"]
  assert [row["score"] for row in rows["b"]] == pytest.approx([0.375, 0.35, 0.275])
  assert weighted.top[1] == 1 and 5 not in weighted.top


def test_the_command(tmp_path, rgb, capsys):
  flow = write(tmp_path / "flow", FLOW)
  command.run(fuse_command.main, [f"--runs={rgb},{flow}", "--weights=1,3", f"--output={tmp_path / 'both'}", "--top=1"])
  lines = [line.split() for line in capsys.readouterr().out.splitlines()]
  assert lines[0] == ["top1", "mean_class_accuracy"]
  assert lines[1:4] == [[rgb, "33.33", "33.33"], [flow, "66.67", "66.67"], ["fused", "100.00", "100.00"]]
  assert lines[4][-1] == f"{tmp_path}/both/scores.json"
  with pytest.raises(SystemExit, match="error: --weights: 1, 2, 3 for 2 runs; give one positive number a run"):
    command.run(fuse_command.main, [f"--runs={rgb},{flow}", "--weights=1,2,3", f"--output={tmp_path}"])


@pytest.mark.parametrize(
  "other, problem",
  [
    (dict(ids=["a", "b", "d"]), "2 clips are in one of the runs only, such as c; evaluate both on the same split"),
    (dict(labels=[0, 1, 1]), "1 clips have two labels, such as c"),
    (dict(class_names="xyw"), "have different classes"),
    (dict(ids=["a", "b", "b"]), "several clips have the same id"),
    (dict(probabilities=None), "features.npz: has no probabilities; evaluate the run again"),
  ],
)
def test_what_does_not_go_together(other, problem, tmp_path, rgb):
  other = write(tmp_path / "other", **{"probabilities": FLOW} | other)
  with pytest.raises(ValueError, match=problem):
    fuse([rgb, other], tmp_path / "both")
  assert not (tmp_path / "both").exists()


def test_runs_that_are_none(tmp_path, rgb):
  with pytest.raises(ValueError, match="absent/features.npz: missing; evaluate the run first"):
    fuse([rgb, str(tmp_path / "absent")], tmp_path / "both")
  for runs in ([rgb], [rgb, rgb]):
    with pytest.raises(ValueError, match="give two or more different workdirs"):
      fuse(runs, tmp_path / "both")
  with pytest.raises(ValueError, match="--weights: 1, -1 for 2 runs"):
    fuse([rgb, "other"], tmp_path / "both", [1, -1])
