#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-job.py FILE: is the YAML in FILE a Job as job.schema.json says? Prints
it as JSON."""

import json
import os
import sys

import jsonschema
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    job = yaml.safe_load(file)
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "job.schema.json"), encoding="utf-8") as file:
    jsonschema.validate(job, json.load(file))
json.dump(job, sys.stdout)
