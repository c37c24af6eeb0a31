"""Prints as JSON what picklescan, modelscan and fickling say of each file that index.json names.

Run: python pickle-verdicts.py <directory>. Nothing is unpickled. `error` is a scanner that could not say.
"""

import json
import logging
import sys
import warnings
from pathlib import Path

from fickling.analysis import check_safety
from fickling.fickle import StackedPickle
from modelscan.modelscan import ModelScan
from picklescan.scanner import scan_file_path

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def picklescan(path):
    result = scan_file_path(str(path))
    if result.issues_count:
        return "dangerous"
    if result.scan_err:
        return "error"
    return "suspicious" if any(found.safety.value == "suspicious" for found in result.globals) else "safe"


def modelscan(path):
    result = ModelScan().scan(path)
    if result["summary"]["total_issues"]:
        return "dangerous"
    if result["errors"] or not result["summary"]["scanned"]["total_scanned"]:
        return "error"
    return "safe"


def fickling(path):
    with open(path, "rb") as file:
        stacked = StackedPickle.load(file)
    levels = [check_safety(pickled).severity.name for pickled in stacked]
    if not levels:
        return "error"
    if all(level == "LIKELY_SAFE" for level in levels):
        return "safe"
    return "suspicious" if all(level in ("LIKELY_SAFE", "SUSPICIOUS", "POSSIBLY_UNSAFE") for level in levels) else "dangerous"


def verdict(scan, path):
    try:
        return scan(path)
    except Exception:
        return "error"


root = Path(sys.argv[1])
names = json.loads((root / "index.json").read_text())
# A library that is scanned with may print; the answer stands alone on the last line.
verdicts = {
    name: {scan.__name__: verdict(scan, root / name) for scan in (picklescan, modelscan, fickling)} for name in names
}
print("\n" + json.dumps(verdicts))
