"""Small annotation files and submissions for the tests of scoring."""

import json

RECORDINGS = {
  "a": ("Test", 100.0, [("jump", 10, 20), ("run", 40, 60)]),
  "b": ("test", 50.0, [("jump", 5, 10), ("jump", 5.0005, 10.0005)]),
  "c": ("Test", 30.0, []),
  "d": ("Training", 30.0, [("swim", 1, 2)]),
}
IDS = {"jump": 4, "run": 7, "swim": 9}


def write_annotations(path, recordings=RECORDINGS, ids=IDS):
  """ActivityNet's JSON, with ActionFormer's label_id where `ids` are given."""
  database = {
    name: {
      "subset": subset,
      "duration": duration,
      "annotations": [
        {"label": label, "segment": [start, end]} | ({"label_id": ids[label]} if ids else {})
        for label, start, end in actions
      ],
    }
    for name, (subset, duration, actions) in recordings.items()
  }
  path.write_text(json.dumps({"version": "1", "database": database}))
  return path


def detection(label, start, end, score):
  return {"label": label, "segment": [start, end], "score": score}


def write_submission(path, **results):
  path.write_text(json.dumps({"version": "1", "results": results, "external_data": {}}))
  return path
