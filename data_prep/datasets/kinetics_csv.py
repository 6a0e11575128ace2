"""Kinetics, and datasets that are published like it: tables of label, youtube_id, time_start, time_end, split.

--source is the folder of the tables (all its .csv files, or those of --lists), --videos that of the videos, at any
depth: cut clips, YOUTUBEID_000012_000022.mp4, or whole videos, YOUTUBEID.mp4, from which the times are cut. Videos that
are gone from the web are many: --skip_bad counts them in manifest.json.
"""

from jaxvid.data_prep.dataset import Dataset
from jaxvid.data_prep.readers import kinetics_csv

DATASET = Dataset(
  name="kinetics_csv",
  version="1.0.0",
  kind="clips",
  doc=__doc__,
  reader=kinetics_csv.read,
  flags={
    "--videos": dict(metavar="DIR", help="default: --source"),
    "--lists": dict(nargs="+", metavar="FILE.csv", help="default: all .csv files in --source"),
  },
)
