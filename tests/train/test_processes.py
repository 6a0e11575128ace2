"""Two processes train as one does: same losses, same scores, one set of files."""

import json
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCRIPT = """
import sys
import jax
jax.distributed.initialize(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
from jaxvid.train import loop
from tests import tiny
config = tiny.get_config().to_dict()
config["train"]["num_devices"] = None
config["optim"]["lr"] = 1e-4  # Small, so that Adam does not blow rounding up: sums over two processes round otherwise.
loop.train_and_evaluate(config, sys.argv[4])
"""


@pytest.mark.slow
def test_two_processes_are_one(tmp_path, command_environment):
  with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    address = f"127.0.0.1:{probe.getsockname()[1]}"
  for count in (1, 2):
    # One after the other is not possible for the two: they wait for each other. Their output goes to files, not pipes.
    outputs = [(tmp_path / f"log_{count}_{index}").open("w+") for index in range(count)]
    processes = [
      subprocess.Popen(
        [sys.executable, "-c", SCRIPT, address, str(count), str(index), str(tmp_path / f"run_{count}")],
        cwd=ROOT,
        env=command_environment,
        stdout=output,
        stderr=output,
      )
      for index, output in enumerate(outputs)
    ]
    try:
      for process, output in zip(processes, outputs):
        assert process.wait(timeout=300) == 0, pathlib.Path(output.name).read_text()
    finally:
      for process, output in zip(processes, outputs):
        process.kill()
        output.close()

  one, two = (_losses(tmp_path / f"run_{count}") for count in (1, 2))
  assert len(one) == 18
  np.testing.assert_allclose(one, two, rtol=1e-4)
  results = [json.loads((tmp_path / f"run_{count}" / "predictions.json").read_text())["results"] for count in (1, 2)]
  assert list(results[0]) == list(results[1]) and len(results[0]) == 4, "the same recordings, in the same order"
  for rows in zip(*(result.values() for result in results)):
    best = [[row["segment"] for row in recording[:3]] for recording in rows]
    np.testing.assert_allclose(best[0], best[1], atol=1e-2)


def _losses(workdir):
  rows = map(json.loads, (workdir / "metrics.jsonl").read_text().splitlines())
  return [row["loss"] for row in rows if "loss" in row]
