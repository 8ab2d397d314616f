"""Which places of jobs' specs have what their owner has called things, as dotted paths, and what stands there once it was erased."""

from collections.abc import Mapping
from typing import Any, Final

ERASED: Final = "erased"
OF_DATA: Final[Mapping[str, Any]] = {"data.path": ERASED, "output_dir": ERASED}
# Columns and labels are named by whoever made the file.
IN_TRAININGS: Final[Mapping[str, Any]] = {
    **OF_DATA,
    "experiment_name": ERASED,
    "resumed_from": None,
    "config.preprocessing": {},
    "config.data.group_column": None,
    "config.data.split_column": None,
}
IN_EXPORTS: Final[Mapping[str, Any]] = {
    "model_path": ERASED,
    "model": {},
    "checks": None,
    "output_dir": ERASED,
    "name": ERASED,
    **dict.fromkeys(("test_data", "text_column", "label_column"), None),
}
IN_SCORINGS: Final[Mapping[str, Any]] = {
    **OF_DATA,
    "dataset_name": ERASED,
    **dict.fromkeys(("text_column", "time_column", "symbol_column"), None),
}
IN_CHECKS: Final[Mapping[str, Any]] = {
    **OF_DATA,
    "report": "",
    **dict.fromkeys(("text_column", "label_column", "time_column", "symbol_column", "group_column", "split_column", "labels"), None),
}
# A manifest names columns and files, and has its owner's bounds.
IN_RECIPE_RUNS: Final[Mapping[str, Any]] = {"data": None, "manifest": {}, "model_name": ""}
IN_GENERATIONS: Final[Mapping[str, Any]] = {"data": None, "manifest": {}, "row_schema": {}}
# Rows are of its owner's customers, products, places.
IN_RECIPE_PREDICTIONS: Final[Mapping[str, Any]] = {"data": None, "rows": ()}
IN_SNAPSHOTS: Final[Mapping[str, Any]] = {
    "subject.reference.path": ERASED,
    "subject.current.path": ERASED,
    "subject.config": {},
    "subject.manifest": {},
}
