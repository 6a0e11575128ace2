"""Stands in for jaxvid.main in the tests of studies: a training of four steps that takes a fraction of a second.

It scores 0.01 for each step since the beginning, plus the seed's and the learning rate's share, and does as its
configuration says: train_split "missing" fails, "hang" never gets beyond its second step the first time it is started.
"""

import importlib.util
import json
import os
import pathlib
import sys
import time

flags = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
spec = importlib.util.spec_from_file_location("config", flags["config"])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
config, workdir = module.get_config(), pathlib.Path(flags["workdir"])

if config.data.train_split == "missing":
  sys.exit('error: no split "missing"')
checkpoint, metrics = workdir / "checkpoint", workdir / "metrics.jsonl"
first = int(checkpoint.read_text()) if checkpoint.exists() else 0
print(f"pid {os.getpid()} steps {first} to 4", flush=True)
for step in range(first + 1, 5):
  with metrics.open("a") as file:
    file.write(json.dumps({"step": step, "epoch": step / 2, "steps_per_second": 0.5}) + "\n")
  checkpoint.write_text(str(step))
  if config.data.train_split == "hang" and first == 0 and step == 2:
    (workdir / "hanging").touch()
    time.sleep(60)
score = 0.01 * 4 + 0.1 * config.seed + config.optim.lr
(workdir / "scores.json").write_text(
  json.dumps({"mAP": {"0.50": score, "0.70": score / 2}, "average_mAP": 0.75 * score, "recall": {}})
)
