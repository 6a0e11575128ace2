"""`jaxvid evaluate`, as a user runs it."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import golden
import score_files as files
from score_files import detection


@pytest.fixture
def evaluate(command_environment):
  """Runs the command with these flags."""

  def run(*switches, **flags):
    command = [
      sys.executable,
      "-m",
      "jaxvid.evaluate",
      *switches,
      *(f"--{name}={value}" for name, value in flags.items()),
    ]
    return subprocess.run(command, capture_output=True, text=True, env=command_environment)

  return run


@pytest.fixture
def paths(tmp_path):
  found = files.write_submission(tmp_path / "found.json", a=[detection("run", 40, 60, 0.9)], b=[])
  return dict(annotations=files.write_annotations(tmp_path / "truth.json"), predictions=found)


def scores(result, path):
  assert result.returncode == 0, result.stderr
  return json.loads(path.read_text())


@pytest.mark.parametrize("by", ["name", "index"])
def test_thumos14_as_actionformer_scores_it(tmp_path, evaluate, by):
  case = json.loads(golden.shared("golden/thumos_eval_a.json").read_text())
  annotations = golden.shared(case["ground_truth"])
  database = json.loads(annotations.read_text())["database"].values()
  ids = {action["label"]: action["label_id"] for entry in database for action in entry["annotations"]}
  labels = [name if by == "name" else ids[name] for name in case["classes"]]
  results = {v: [detection(labels[int(c)], s, e, x) for s, e, c, x in rows] for v, rows in case["predictions"].items()}
  found = files.write_submission(tmp_path / "found.json", **results)
  output = tmp_path / "scores.json"
  ours = scores(evaluate(predictions=found, annotations=annotations, protocol="thumos14", output=output), output)
  np.testing.assert_allclose(list(ours["mAP"].values()), case["mAP"], rtol=0, atol=1e-6)
  np.testing.assert_allclose(ours["average_mAP"], case["average_mAP"], rtol=0, atol=1e-6)
  recall = np.transpose([list(row.values()) for row in ours["recall"].values()])
  np.testing.assert_allclose(recall, case["recall"], rtol=0, atol=1e-6)
  assert list(ours["mAP"]) == ["0.30", "0.40", "0.50", "0.60", "0.70"] and not ours["partial"]


def test_activitynet_as_the_official_evaluator_scores_it(tmp_path, evaluate):
  expected = json.loads(golden.shared("golden/anet_eval_a_expected.json").read_text())
  output = tmp_path / "scores.json"
  result = evaluate(
    predictions=golden.shared("golden/anet_eval_a_predictions.json"),
    annotations=golden.shared("data/activitynet13/activity_net_1_3_available.json"),
    protocol="activitynet13",
    output=output,
  )
  ours = scores(result, output)
  np.testing.assert_allclose(list(ours["mAP"].values()), expected["mAP"], rtol=0, atol=1e-6)
  np.testing.assert_allclose(ours["average_mAP"], expected["average_mAP"], rtol=0, atol=1e-6)


def test_it_prints_the_scores_and_says_what_is_missing(evaluate, paths):
  result = evaluate("--per_class", "--legacy", protocol="thumos14", tious="0.5,0.75", **paths)
  assert result.returncode == 0 and not result.stderr
  lines = [line.split() for line in result.stdout.splitlines()]
  assert ["tIoU", "0.50", "0.75", "mean"] in lines and ["mAP", "50.00", "50.00", "50.00"] in lines
  assert ["run", "100.00", "100.00", "100.00"] in lines
  assert "PARTIAL: 1 of 3 recordings" in result.stdout and "LEGACY: " in result.stdout


@pytest.mark.parametrize(
  "flags, message",
  [
    (dict(protocol="thumos"), 'error: no protocol "thumos"; there are: thumos14, '),
    (dict(protocol="thumos14", tious="high"), "error: could not convert string to float: 'high'"),
    (dict(protocol="thumos14", tious="50"), "error: tIoU thresholds must lie in"),
    (dict(protocol="thumos14", predictions="nowhere.json"), "error: nowhere.json: file: no such file"),
    (
      dict(protocol="thumos14", subset="final"),
      "error: .*truth.json: subset: no recording is in final; the .*: .*Training",
    ),
    (dict(protocol="thumos14", task="adverb"), "error: .*adverb"),
    (dict(), "error: .*protocol"),
    (dict(average="runs/a,runs/b"), "error: .*--average scores no files; leave out --predictions, --annotations"),
  ],
)
def test_what_is_wrong_is_told_in_a_line(evaluate, paths, flags, message):
  result = evaluate(**(paths | flags))
  assert result.returncode in (1, 2) and "Traceback" not in result.stderr
  assert re.search(message, result.stderr.replace("\n", " ")), result.stderr


def test_averages_of_runs(tmp_path, evaluate):
  for name, top1 in {"a": 0.25, "b": 0.75}.items():
    (tmp_path / name).mkdir()
    (tmp_path / name / "scores.json").write_text(json.dumps({"action": {"top1": top1}}))
  runs, output = f"{tmp_path}/a,{tmp_path}/b", tmp_path / "mean.json"
  result = evaluate(average=runs, output=output)
  assert scores(result, output)["scores"]["action.top1"]["mean"] == 0.5
  assert ["action.top1", "50.00", "35.36", "25.00", "75.00"] in [line.split() for line in result.stdout.splitlines()]
  result = evaluate(average=f"{runs},{tmp_path}/c")
  assert result.returncode == 1 and "c/scores.json: missing" in result.stderr and "Traceback" not in result.stderr
