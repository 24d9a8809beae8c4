"""Checks the Kubernetes manifests among YAML files by Kubernetes' own schemas, and prints all as JSON: check_deployment.py FILE..."""

import json
import sys

import kubernetes_validate
import yaml

documents = {}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        documents[path] = yaml.safe_load(file)
    # Kustomize's own file and compose.yaml are no resources of a cluster.
    if documents[path].get("kind") in (None, "Kustomization"):
        continue
    try:
        kubernetes_validate.validate(documents[path], "1.37.0", strict=True)
    except kubernetes_validate.ValidationError as error:
        sys.exit(f"{path}: {'.'.join(map(str, error.path))}: {error.message}")
print(json.dumps(documents))
