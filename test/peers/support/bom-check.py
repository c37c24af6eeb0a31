"""Reads bills of materials with the libraries of CycloneDX and SPDX; prints what the latter found, as JSON."""
import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as spdx

cyclonedx_path, spdx_path = sys.argv[1:]
with open(cyclonedx_path, encoding="utf-8") as file:
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
objects = spdx.SHACLObjectSet()
with open(spdx_path, "rb") as file:
    spdx.JSONLDDeserializer().read(file, objects)
json.dump(
    {
        "cyclonedx": None if problem is None else str(problem),
        "models": [model.name for model in objects.foreach_type(spdx.ai_AIPackage)],
        "datasets": [dataset.name for dataset in objects.foreach_type(spdx.dataset_DatasetPackage)],
        "files": len(list(objects.foreach_type(spdx.software_File))),
        "unknown": sorted({type(one).__name__ for one in objects.foreach() if not type(one).__module__.startswith("spdx")}),
    },
    sys.stdout,
)
