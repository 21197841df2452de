"""Airbyte's source for BambooHR, run by airbyte-cdk: its own manifest, pointed at the fake, with its gaps filled.

The manifest is the one of the installed package. Its report asks for a text that was left unfinished where the names
of the fields should stand, so the names are put there; it reads no dated tables, so each gets a stream made like the
one of the directory. Messages are counted and not printed, which spares it some work.
"""

import copy
import json
import pkgutil
import sys
import tempfile
from pathlib import Path

import yaml
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

task = json.loads(Path(sys.argv[1]).read_text())
manifest = yaml.safe_load(pkgutil.get_data("source_bamboo_hr", "manifest.yaml"))
streams = manifest["definitions"]["streams"]
manifest["definitions"]["base_requester"]["url_base"] = task["address"] + "/"
streams["custom_reports_stream"]["retriever"]["requester"]["request_body_json"]["fields"] = ["id", *task["fields"]]
for name in task["tables"]:
    stream = copy.deepcopy(streams["employees_directory_stream"])
    stream |= {"name": name}
    stream["retriever"]["requester"]["path"] = f"employees/all/tables/{name}"
    stream["retriever"]["record_selector"]["extractor"]["field_path"] = []
    streams[name] = stream
wanted = ["custom_reports_stream", *task["tables"]]
manifest["streams"] = [{"$ref": f"#/definitions/streams/{name}"} for name in wanted]

config = {"api_key": task["key"], "subdomain": "acme", "custom_reports_fields": ",".join(task["fields"])}
config["custom_reports_include_default_fields"] = False
streams = [
    {
        "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
        "sync_mode": "full_refresh",
        "destination_sync_mode": "overwrite",
    }
    for name in wanted
]
catalog = {"streams": streams}
with tempfile.TemporaryDirectory() as folder:
    for name, content in (("config", config), ("catalog", catalog)):
        (Path(folder) / name).write_text(json.dumps(content))
    source = ConcurrentDeclarativeSource(
        ConfiguredAirbyteCatalogSerializer.load(catalog), config, [], source_config=manifest
    )
    words = ["read", "--config", f"{folder}/config", "--catalog", f"{folder}/catalog"]
    entry = AirbyteEntrypoint(source)
    people = sum(
        '"type":"RECORD"' in message and '"stream":"custom_reports_stream"' in message
        for message in entry.run(entry.parse_args(words))
    )
if people != task["people"]:
    raise SystemExit(f"{people} people were found, not {task['people']}")
