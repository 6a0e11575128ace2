"""On routines whose grammar is known, Action-Guided Attention finds what decides, and says so: minutes, so slow."""

import csv
import json
import subprocess
import sys

import pytest

from conftest import ROOT
from jaxvid.data.synthetic import routines

# Of 20 actions of a routine the first has nothing before it, the second nothing that decides.
OPTIMUM = (18 * routines.optimum() + 1 / 4 + 1 / 12) / 20


def run(environment, *command):
  done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, capture_output=True, text=True)
  assert done.returncode == 0, done.stderr
  return done.stdout


def trained(variant, folder, environment):
  config = f"--config=configs/routines_aga.py:{variant}"
  run(dict(environment, XLA_FLAGS=""), "jaxvid.main", config, f"--workdir={folder}")
  return json.loads((folder / "scores.json").read_text())["action"]["top1"]


@pytest.mark.slow
def test_it_comes_near_the_optimum_and_names_the_antecedents(tmp_path, command_environment):
  assert trained("", tmp_path, command_environment) > OPTIMUM - 0.03
  run(command_environment, "jaxvid.explain", f"--workdir={tmp_path}", f"--output={tmp_path / 'explain'}")
  best = {}
  with open(tmp_path / "explain" / "forward_before.csv", newline="") as stream:
    for row in csv.DictReader(stream):
      sure = float(row["lift"]) - 2 * float(row["error"])
      if sure > best.get(row["anticipated"], ("", 0.0))[1]:
        best[row["anticipated"]] = (row["past"], sure)
  names = routines.class_names()
  found = [best[names[b]][0] == names[a] for b, a in enumerate(routines.antecedents())]
  assert sum(found) >= 0.8 * len(found)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["last_feature", "no_history"])
def test_without_a_past_a_quarter_is_all_there_is(variant, tmp_path, command_environment):
  assert trained(variant, tmp_path, command_environment) < 0.3
