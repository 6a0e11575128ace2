"""A study: its file, its runs (by a stand-in for jaxvid.main, and once for real), its table."""

import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import time

import jax
import jax.numpy as jnp
import pytest

from jaxvid import study
from jaxvid.studies import plan, run
from jaxvid.studies.plan import StudyError
from jaxvid.tasks.base import build_network

ROOT = pathlib.Path(__file__).parents[1]
FAKE = (sys.executable, str(ROOT / "tests" / "fake_main.py"))

STUDY = '''
"""A study for tests."""

BASE = "{base}"


def get_study(base):
  return dict(
    title="Learning rates",
    published_on="made_up",
    columns=(0.5, "average"),
    rows=dict(
      base=dict(label="as it is", published=(45.0, 33.5)),
      faster=dict(label="faster", changes={{"optim.lr": 0.5}}),
      {more}
    ),
  )
'''


@pytest.fixture
def make_study(tmp_path):
  """Writes a study file and returns the options that run it."""

  def make(more="", base=ROOT / "tests" / "tiny.py"):
    path = tmp_path / "rates.py"
    path.write_text(STUDY.format(base=base, more=more))
    return [f"--study={path}", f"--workdir={tmp_path / 'work'}", "--base.eval.tious=(0.5, 0.7)", "--base.optim.lr=0.25"]

  return make


@pytest.fixture
def fake(monkeypatch):
  """Runs the stand-in; the list that comes back fills with what is executed."""
  executed, execute = [], run.Run.execute
  monkeypatch.setattr(run, "TRAIN", FAKE)
  monkeypatch.setattr(run, "_POLL", 0.05)
  monkeypatch.setattr(run, "count_parameters", lambda folder: 1234)
  monkeypatch.setattr(study.checks, "check", lambda study, names: None)  # It takes a second, and has a test of its own.
  monkeypatch.setattr(run.Run, "execute", lambda self, *args: executed.append(self.name) or execute(self, *args))
  return executed


def read_csv(path):
  with path.open() as file:
    return list(csv.DictReader(file))


class TestTable:
  def test_has_mean_spread_and_published_numbers(self, make_study, fake, tmp_path):
    """Seeds 0 and 2: mAP@0.5 of 29 and 49 percent for the base, 54 and 74 for the faster row."""
    assert study.main([*make_study(), "--seeds=0,2"]) == 0
    assert fake == ["base, seed 0", "faster, seed 0", "base, seed 2", "faster, seed 2"]

    text = (tmp_path / "work" / "table.md").read_text()
    # Sample standard deviations: |49 - 29| / sqrt(2) = 14.14, and 0.75 times that of the average.
    assert "| as it is | 39.00 ± 14.14 | 29.25 ± 10.61 | 33.50 | 1,234 | 8 s | 2 |" in text
    assert "| faster | 64.00 ± 14.14 | 48.00 ± 10.61 | – | 1,234 | 8 s | 2 |" in text
    assert "# Learning rates" in text and "--seeds=0,2" in text and "not finished" not in text

    rows = read_csv(tmp_path / "work" / "table.csv")
    assert [row["row"] for row in rows] == ["base", "faster"]
    assert float(rows[0]["mAP@0.5"]) == pytest.approx(39) and float(rows[0]["mAP@0.5 std"]) == pytest.approx(200**0.5)
    assert rows[0]["published average mAP"] == "33.5" and rows[1]["published average mAP"] == ""
    assert [row["seed"] for row in read_csv(tmp_path / "work" / "runs.csv")] == ["0", "0", "2", "2"]

  def test_one_seed_has_no_spread_and_other_data_no_published_numbers(self, make_study, fake, tmp_path):
    assert study.main([*make_study(), "--rows=base", "--base.data.dataset=others"]) == 0
    text = (tmp_path / "work" / "table.md").read_text()
    assert "| as it is | 29.00 | 21.75 | 1,234 | 8 s | 1 |" in text and "published" not in text
    assert "faster" not in text
    assert read_csv(tmp_path / "work" / "table.csv")[0]["mAP@0.5 std"] == ""


class TestResume:
  def test_finished_runs_are_not_repeated(self, make_study, fake, tmp_path):
    options = make_study()
    study.main([*options, "--rows=base"])
    study.main([*options, "--seeds=0,1"])
    assert fake == ["base, seed 0", "faster, seed 0", "base, seed 1", "faster, seed 1"]
    study.main([*options, "--rows=base"])
    assert len(fake) == 4
    # The table has all that was ever run.
    assert "| faster | 64.00" not in (tmp_path / "work" / "table.md").read_text()
    assert "| faster | 59.00 ± 7.07 |" in (tmp_path / "work" / "table.md").read_text()

  @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
  def test_a_killed_study_goes_on(self, make_study, tmp_path, how):
    """SIGTERM and Ctrl-C take the child along. SIGKILL leaves it behind, and nobody starts it again while it runs."""
    options = make_study('slow=dict(label="slow", changes={"data.train_split": "hang"}),')
    code = f"""
      import sys
      from jaxvid import study
      from jaxvid.studies import run
      run.TRAIN, run.count_parameters = {FAKE!r}, lambda folder: 1234
      study.checks.check = lambda study, names: None
      sys.argv = ["study", *{[*options, "--rows=slow"]!r}]
      study.run()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    folder = tmp_path / "work" / "slow" / "seed_0"
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "hanging").exists():
      assert time.monotonic() < deadline and first.poll() is None, first.communicate()
      time.sleep(0.05)
    first.send_signal(how)
    output = first.communicate()[1]
    if how == signal.SIGKILL:
      second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
      assert second.returncode == 0 and "slow, seed 0: running elsewhere" in second.stdout + second.stderr
      child = int((folder / "log.txt").read_text().split("pid ")[1].split()[0])
      os.kill(child, signal.SIGKILL)
    else:
      assert first.returncode == (130 if how == signal.SIGINT else 1) and "the same command goes on" in output
      assert "Traceback" not in output
    assert not (folder / "failure.json").exists() and not (folder / "result.json").exists()

    last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert "slow, seed 0: resumed" in last.stdout + last.stderr
    assert "steps 2 to 4" in (folder / "log.txt").read_text()
    assert json.loads((folder / "result.json").read_text())["train_seconds"] == pytest.approx(8)

  def test_a_changed_configuration_is_refused(self, make_study, fake, tmp_path):
    options = make_study()
    study.main([*options, "--rows=base"])
    with pytest.raises(
      StudyError, match=r"(?s)base/seed_0 holds a run of.*optim.lr: 0.25 there, 0.125 here.*--workdir"
    ):
      study.main([*options, "--base.optim.lr=0.125", "--rows=faster"])
    assert fake == ["base, seed 0"]

  def test_a_key_that_has_come_since_is_no_change(self, make_study, fake, tmp_path):
    """An older version's configuration lacks what a newer one sets to its default."""
    options = make_study()
    study.main([*options, "--rows=base"])
    path = tmp_path / "work" / "base" / "seed_0" / "config.py"
    text = path.read_text()
    assert text.count("'pad_multiple': None,") == 1
    path.write_text(text.replace("'pad_multiple': None,", ""))
    study.main([*options, "--rows=base"])
    path.write_text(text.replace("'pad_multiple': None,", "'pad_multiple': 128,"))
    with pytest.raises(StudyError, match="data.pad_multiple: 128 there, None here"):
      study.main([*options, "--rows=base"])

  def test_a_failure_is_recorded_and_tried_again(self, make_study, fake, tmp_path, capsys):
    options = make_study('broken=dict(label="broken", changes={"data.train_split": "missing"}),')
    assert study.main([*options, "--rows=broken,base"]) == 1
    assert fake == ["base, seed 0", "broken, seed 0"]
    assert "Failed: broken, seed 0. The same command tries these runs again." in capsys.readouterr().err
    text = (tmp_path / "work" / "table.md").read_text()
    assert 'Failed: broken, seed 0: error: no split "missing"' in text and "| as it is | 29.00" in text
    assert "1 of 2 runs are not finished." in text
    assert study.main([*options, "--rows=broken"]) == 1
    assert fake[2:] == ["broken, seed 0"]


class TestFile:
  def read(self, make_study, more="", *options):
    return study.main([*make_study(more), "--dry_run", *options])

  def test_dry_run_says_what_would_be_run(self, make_study, fake, tmp_path, capsys):
    options = make_study()
    study.main([*options, "--rows=faster"])
    capsys.readouterr()
    assert study.main([*options, "--seeds=0,1", "--dry_run"]) == 0
    assert capsys.readouterr().out == textwrap.dedent("""\
      Learning rates: 4 runs, 1 of them finished

      base: as it is
        the base configuration
        seed 0: to be run
        seed 1: to be run

      faster: faster
        optim.lr = 0.5
        seed 0: finished
        seed 1: to be run
      """)
    assert not (tmp_path / "work" / "base").exists()

  def test_mistakes_in_a_row_show_before_anything_is_run(self, make_study):
    for more, message in {
      'bad=dict(label="bad", changes={"optim.rate": 1}),': "row bad: config.optim.rate: nothing reads this key",
      'bad=dict(label="bad", changes={"model.backbone.window": (3, 5, 7)}),': "row bad: window has 3 values for",
    }.items():
      with pytest.raises(StudyError, match=message):
        self.read(make_study, more)

  @pytest.mark.parametrize(
    "more, message",
    [
      ('bad=dict(label="bad", change={}),', "row bad: nothing reads 'change'"),
      ("bad=dict(changes={}),", "row bad: 'label' is missing"),
      ('bad=dict(label="bad", changes={"optim.rates.first": 1}),', "no section 'rates'"),
      ('bad=dict(label="bad", published=(1, 2, 3)),', "3 published numbers for the columns 0.5, average"),
      ('**{"a/b": dict(label="bad")},', "the name is a folder's"),
    ],
  )
  def test_mistakes_in_the_file(self, make_study, fake, more, message):
    with pytest.raises(StudyError, match=message):
      self.read(make_study, more)

  @pytest.mark.parametrize(
    "options, message",
    [
      (["--study=nowhere.py"], "nowhere.py: no such file"),
      (["--rows=base,slower"], "has no row 'slower'; it has: base, faster"),
      (["--seeds=0,one"], "give whole numbers"),
      (["--base.optim.rate=1"], 'no key "base.optim.rate"'),
      (["--base=nowhere.py"], "nowhere.py"),
      (["--variant=small"], 'unknown variant "small"'),
    ],
  )
  def test_mistakes_on_the_command_line(self, make_study, fake, options, message):
    with pytest.raises(StudyError, match=message):
      self.read(make_study, "", *options)

  def test_columns_are_those_that_are_scored(self, make_study, fake):
    options = [option for option in make_study() if "tious" not in option]
    with pytest.raises(StudyError, match="column 0.5: not evaluated; there are: 0.3, 0.7, average"):
      study.main([*options, "--base.eval.tious=(0.3, 0.7)", "--dry_run"])

  def test_variant_and_base(self, make_study, fake, capsys):
    self.read(make_study, "", "--variant=epochs=3")
    with pytest.raises(SystemExit):
      self.read(make_study, "", f"--base={ROOT / 'tests' / 'tiny.py'}", "--variant=epochs=3")
    assert "--variant is for the study's own base configuration" in capsys.readouterr().err

  @pytest.mark.parametrize("path", sorted((ROOT / "configs" / "studies").glob("[a-z]*.py")), ids=lambda path: path.stem)
  def test_our_studies(self, path):
    """Read on the paper's dataset, with its numbers where it has any, and on another one, without."""
    module = plan.load(path)
    others = {"tag": "configs/gym288_tag.py:smoke", "aga": "configs/epic100_aga.py"}
    other = others.get(path.stem[:3], "configs/hapt_actionformer.py:small")
    for base, published in ((module.BASE, path.stem not in ("tag_graphs", "aga_ablations")), (other, False)):
      options = study._parse([f"--study={path}", "--workdir=w", f"--base={ROOT / base}"])
      read = plan.read(module, study._base_config(options, None))
      assert any(row.published for row in read.rows) == published
      configs = [json.dumps(row.config, sort_keys=True) for row in read.rows]
      assert len(set(configs)) >= len(configs) - 1  # One row may be the base as it is, and named for its value.


def test_differences_name_keys_of_either_side():
  there, here = {"a": {"b": 1, "c": 2}, "d": ()}, {"a": {"b": 1, "c": 3}, "e": {}}
  assert plan.differences(there, here) == [
    "a.c: 2 there, 3 here",
    "d: () there, not set here",
    "e: not set there, {} here",
  ]


def test_training_time_counts_each_step_once(tmp_path):
  lines = [(2, 0.5), (4, 1.0), (4, None), (5, 2.0)]  # A line of an evaluation has no speed.
  (tmp_path / "metrics.jsonl").write_text(
    "".join(json.dumps({"step": step} | ({"steps_per_second": speed} if speed else {})) + "\n" for step, speed in lines)
    + '{"step": 6, "steps_p'  # What a kill leaves.
  )
  assert run.train_seconds(tmp_path) == pytest.approx(2 / 0.5 + 2 / 1.0 + 1 / 2.0)


@pytest.mark.slow
def test_two_rows_and_two_seeds_for_real(tmp_path, command_environment):
  path = tmp_path / "widths.py"
  path.write_text(f'''
BASE = "{ROOT / "tests" / "tiny.py"}:epochs=1"


def get_study(base):
  narrow = {{"model.backbone.width": 8, "model.head.width": 8}}
  return dict(title="Widths", rows=dict(wide=dict(label="16"), narrow=dict(label="8", changes=narrow)))
''')
  command = [sys.executable, "-m", "jaxvid.study", f"--study={path}", f"--workdir={tmp_path / 'work'}", "--seeds=0,1"]
  command += ["--base.eval.num_drawn=0", "--base.model.backbone.depths=(1, 0, 1)", "--base.model.head.num_layers=1"]
  done = subprocess.run(command, cwd=ROOT, env=command_environment, capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
  results = {path.parents[1].name: json.loads(path.read_text()) for path in tmp_path.glob("work/*/*/result.json")}
  for row, result in results.items():
    scores = json.loads((tmp_path / "work" / row / "seed_0" / "scores.json").read_text())
    assert set(result["scores"]) == {"0.3", "0.4", "0.5", "0.6", "0.7", "average"}
    assert 0 <= scores["average_mAP"] <= 1 and result["train_seconds"] > 0
  config = run.load_config(tmp_path / "work" / "narrow" / "seed_0" / "config.py")
  inputs = jnp.zeros((1, 64, 6)), jnp.ones((1, 64), bool)
  params = jax.eval_shape(build_network(config["model"], 2).init, jax.random.key(0), *inputs)
  assert results["narrow"]["parameters"] == sum(array.size for array in jax.tree.leaves(params))
  assert "| 8 |" in (tmp_path / "work" / "table.md").read_text()
