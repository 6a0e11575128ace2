"""Replaces jaxvid.data_prep.building.clip_encoding.Cache in the processes of a test: one clip kills its process."""

import os


class CrashingCache:
  """Nothing is in it; writing the clip "crash" kills the process."""

  def path(self, item):
    return item.file.with_suffix(".absent")

  def write(self, item, open_video):
    if item.id == "crash":
      os._exit(11)
