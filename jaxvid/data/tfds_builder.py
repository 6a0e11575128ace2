"""The TFDS builder that writes all datasets. Import it only for writing: tensorflow_datasets is slow to import."""

import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds


class RecordBuilder(tfds.core.GeneratorBasedBuilder):
  """Writes records as ArrayRecord shards, in the order given, without TensorFlow.

  Use `make_builder`: TFDS takes name, configurations and version from the class, so each dataset is a subclass.
  """

  url_infos = types.MappingProxyType({})  # Nothing is downloaded: there are no checksums to look for beside the code.

  def __init__(
    self,
    *,
    records_by_split: Mapping[str, Callable[[], Iterator[Any]]],
    metadata: Mapping[str, Any],
    kind: types.ModuleType,
    dtype: str,
    data_dir: Path,
    config: str,
  ) -> None:
    """Args: see `make_builder`."""
    self._records_by_split = records_by_split
    self._metadata = metadata
    self._kind = kind
    self._dtype = dtype
    super().__init__(data_dir=data_dir, config=config, file_format="array_record")

  def _info(self) -> tfds.core.DatasetInfo:
    """Fields and metadata of the dataset, for TFDS."""
    # TFDS's default encoding of tensors rounds float64 to float32 and reads long sequences at less than half the speed.
    tensors = {
      name: tfds.features.Tensor(shape=shape, dtype=dtype, encoding="bytes")
      for name, (shape, dtype) in self._kind.tensors(self._metadata, self._dtype).items()
    }
    return tfds.core.DatasetInfo(
      builder=self,
      description=self._metadata["description"],
      features=tfds.features.FeaturesDict(tensors | {name: tfds.features.Text() for name in self._kind.TEXTS}),
      metadata=tfds.core.MetadataDict(self._metadata),
      disable_shuffling=True,
    )

  def _log_download_bytes(self) -> None:
    """Prints nothing; TFDS would announce a download of unknown size."""

  def _log_download_done(self) -> None:
    """Prints nothing; TFDS would name the staging folder as the place of the dataset."""

  def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
    """Split -> its examples, for TFDS."""
    del dl_manager  # Nothing is downloaded.
    return {split: self._generate_examples(records) for split, records in self._records_by_split.items()}

  def _generate_examples(self, records: Callable[[], Iterator[Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (key, stored fields) of each record, for TFDS."""
    # With shuffling disabled TFDS sorts by key: a counter keeps the order of the records.
    for index, record in enumerate(records()):
      yield index, self._kind.to_example(record, self._dtype)


def make_builder(
  data_dir: Path,
  name: str,
  config: str,
  version: str,
  records_by_split: Mapping[str, Callable[[], Iterator[Any]]],
  metadata: Mapping[str, Any],
  kind: types.ModuleType,
  dtype: str,
) -> RecordBuilder:
  """Makes a builder whose `download_and_prepare()` writes DATA_DIR/NAME/CONFIG/VERSION.

  Args:
    data_dir: folder of datasets.
    name, config: of the dataset.
    version: "major.minor.patch".
    records_by_split: TFDS split -> callable that gives an iterator of records.
    metadata: JSON-able dict with at least `description` and `contract`.
    kind: module that converts the records, one of `store.KINDS`.
    dtype: of features on disk, "float16" or "float32".
  """
  tfds.disable_progress_bar()  # It does not know how many records there are; builds show their own.
  with tfds.core.registered.skip_registration():
    builder = type(
      name,
      (RecordBuilder,),
      {
        "name": name,
        "VERSION": tfds.core.Version(version),
        "BUILDER_CONFIGS": [tfds.core.BuilderConfig(name=config)],
        "__module__": __name__,
      },
    )
  return builder(
    records_by_split=records_by_split, metadata=metadata, kind=kind, dtype=dtype, data_dir=data_dir, config=config
  )
