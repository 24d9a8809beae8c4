"""Checks the Kubernetes manifests among YAML files by Kubernetes' own schemas, and prints all as JSON: check_deployment.py FILE...

A file of several documents is a list of them.
"""

import json
import sys

import kubernetes_validate
import yaml

files = {}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    for document in documents:
        # Kustomize's own file and compose files are no resources of a cluster.
        if document.get("kind") in (None, "Kustomization"):
            continue
        try:
            kubernetes_validate.validate(document, "1.37.0", strict=True)
        except kubernetes_validate.ValidationError as error:
            sys.exit(f"{path}: {'.'.join(map(str, error.path))}: {error.message}")
    files[path] = documents if len(documents) > 1 else documents[0]
print(json.dumps(files))
