"""Means over the runs of several splits."""

import json

import pytest

from jaxvid.evaluation import averages


def write(folder, scores):
  folder.mkdir()
  (folder / "scores.json").write_text(json.dumps(scores))
  return folder


def scores(top1, windows, **more):
  return {"action": {"top1": top1, "num_windows": windows}, "protocol": {"name": "x", "ks": [1, 5]}, **more}


def test_by_hand(tmp_path):
  runs = [write(tmp_path / name, scores(*row)) for name, row in {"a": (0.1, 4), "b": (0.2, 4), "c": (0.6, 10)}.items()]
  found = averages.read(runs).to_dict()["scores"]
  assert list(found) == ["action.top1", "action.num_windows"], "what is no number is not averaged"
  assert found["action.top1"]["mean"] == pytest.approx(0.3) and found["action.top1"]["values"] == [0.1, 0.2, 0.6]
  assert found["action.top1"]["spread"] == pytest.approx((0.14 / 2) ** 0.5)
  lines = [line.split() for line in averages.read(runs).format().splitlines()]
  assert ["action.top1", "30.00", "26.46", "10.00", "20.00", "60.00"] in lines
  assert ["action.num_windows", "6.00", "3.46", "4.00", "4.00", "10.00"] in lines
  assert ["run", "3:", str(runs[2])] in lines


def test_what_does_not_go_together(tmp_path):
  one, other = write(tmp_path / "a", scores(0.1, 4)), write(tmp_path / "b", scores(0.1, 4, num_dropped=2))
  with pytest.raises(ValueError, match=r"b/scores.json: its numbers are not those of .*1 are new \(num_dropped\)"):
    averages.read([one, other])
  with pytest.raises(ValueError, match=r"a/scores.json: its numbers are not those of .*1 are missing \(num_dropped\)"):
    averages.read([other, one])
  with pytest.raises(ValueError, match="c/scores.json: missing; evaluate the run first"):
    averages.read([one, tmp_path / "c"])
  for runs in ([one], [one, one], []):
    with pytest.raises(ValueError, match="give two different runs or more"):
      averages.read(runs)
  empty = write(tmp_path / "empty", {"name": "x"})
  with pytest.raises(ValueError, match="no numbers in it"):
    averages.read([one, empty])
  (empty / "scores.json").write_text("{")
  with pytest.raises(ValueError, match="empty/scores.json: not valid JSON"):
    averages.read([one, empty])
