"""A task that jaxvid does not know, of new files only (tests/fourth_task): trained, evaluated and studied by the
commands.
"""

import json
import pathlib

import pytest

from jaxvid import command, complexity, configuration, main, predict, study
from jaxvid.studies import columns

PROJECT = pathlib.Path(__file__).parent / "fourth_task"
CONFIG = f"--config={PROJECT / 'config.py'}"


def rows_of(workdir, key):
  lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
  return {line["step"]: line[key] for line in lines if key in line}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
  """A finished training."""
  workdir = tmp_path_factory.mktemp("trained")
  command.run(main.main, [CONFIG, f"--workdir={workdir}"])
  return workdir


def test_it_learns(trained):
  loss = rows_of(trained, "loss")
  assert list(loss) == list(range(1, 13))  # 24 recordings, batches of 8, 4 epochs.
  assert loss[12] < 0.6 * loss[1]
  assert set(rows_of(trained, "step_loss")) == set(rows_of(trained, "grad_norm/encoder")) == set(loss)
  assert rows_of(trained, "eval/frame_accuracy")[12] > 0.6
  assert (trained / "curves.png").exists()


def test_a_workdir_is_enough_for_an_evaluation(trained, capsys):
  scores = json.loads((trained / "scores.json").read_text())
  for file in ("scores.json", "predictions.json"):
    (trained / file).unlink()
  command.run(main.main, [f"--workdir={trained}", "--mode=eval", "--checkpoint=best"])
  assert f"frame accuracy {100 * scores['frame_accuracy']:.2f}" in capsys.readouterr().out
  assert json.loads((trained / "scores.json").read_text()) == scores
  found = json.loads((trained / "predictions.json").read_text())["results"]
  assert len(found) == 4 and sum(map(len, found.values())) == scores["num_steps"]
  assert {name for names in found.values() for name in names} == {"reach", "hold", "release"}


def test_a_training_goes_on_where_it_was_stopped(trained, tmp_path):
  flags = [CONFIG, f"--workdir={tmp_path}"]
  command.run(main.main, [*flags, "--config.train.epochs=2"])
  command.run(main.main, flags)
  assert rows_of(tmp_path, "loss") == rows_of(trained, "loss")


def test_flags_reach_its_own_settings():
  flags = ["--config.task.smoothing_weight=1", "--config.model.encoder.width=4", "--config.data.noise=0.1"]
  config = configuration.load(str(PROJECT / "config.py"), flags)
  assert config["task"]["smoothing_weight"] == 1.0 and config["data"]["noise"] == 0.1
  assert config["model"] == dict(encoder=dict(type="dilated", width=4, num_layers=3, dropout=0.0), dtype="float32")


@pytest.mark.parametrize(
  "flag, message",
  [
    ("task.smoothing_weigth=1", "did you mean smoothing_weight?"),
    ("model.encoder.widht=4", "did you mean width?"),
    ("data.nose=0.1", "did you mean noise?"),
    ("eval.splt=train", "did you mean split?"),
    ("model.encoder.width=wide", "'wide' is not a whole number"),
    ("model.encoder.type=lstm", 'config.model.encoder.type: no encoder "lstm"; there are: dilated'),
    ("model.dtype=float16", "'float16' is none of float32, bfloat16"),
    ("task.num_classes=2", "dataset segmented has 3 classes"),
  ],
)
def test_mistakes_in_its_settings_give_one_line(tmp_path, flag, message):
  with pytest.raises(SystemExit, match="error: ") as error:
    command.run(main.main, [CONFIG, f"--workdir={tmp_path}", f"--config.{flag}"])
  assert message in str(error.value)


def test_complexity(capsys):
  command.run(complexity.main, [CONFIG, "--dim=6", "--steps=32", "--compile=False"])
  counts = dict(
    line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines() if "," in line or "all" in line
  )
  encoder, classifier = (6 + 1) * 16 + 3 * (3 * 16 + 1 + 16 + 1) * 16, (16 + 1) * 3
  assert counts["  all"] == f"{encoder + classifier:,}"
  assert counts["  all but the classifier"] == f"{encoder:,}"


def test_a_study_has_the_columns_of_its_evaluator(trained, tmp_path, capsys):
  command.run(study.main, [f"--study={PROJECT / 'study.py'}", f"--workdir={tmp_path}", "--dry_run"])
  assert "one: one layer\n  model.encoder.num_layers = 1" in capsys.readouterr().out
  config = json.loads((trained / "config.json").read_text())
  assert columns.from_config(config).headings == {"frame_accuracy": "frame accuracy"}
  scores = json.loads((trained / "scores.json").read_text())
  assert columns.scores(config, scores) == {"frame_accuracy": scores["frame_accuracy"]}


def test_what_it_has_not_is_said(trained):
  with pytest.raises(SystemExit, match="models of the task fourth_task.task cannot be run on files"):
    command.run(predict.main, [f"--workdir={trained}", "--input=features"])


def test_jaxvid_does_not_know_it():
  files = (PROJECT.parents[1] / "jaxvid").rglob("*.py")
  assert not [file for file in files if "fourth_task" in file.read_text()]
