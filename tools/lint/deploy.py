#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What deploy/ holds for containers, without an engine: manifests against the schemas of Kubernetes, compose files by docker-compose, and
that names which have to agree do. The last line is `N passed, N failed`, counted in objects."""

import json
import pathlib
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SCHEMAS = ROOT / "build-lint" / "python"  # tools/lint/run has put it there
KUBERNETES = "1.28"


def faults_of_manifest(document, validate, others):
    """What is wrong with one object, of all in its file."""
    name = f"{document.get('kind')} {document.get('metadata', {}).get('name')}"
    try:
        validate(document, KUBERNETES, strict=True)
    except Exception as fault:  # noqa: BLE001 - of several kinds, all with the same meaning
        return [f"{name}: {str(fault).splitlines()[0]}"]
    pods = [other["spec"]["template"]["metadata"]["labels"] for other in others if other["kind"] in ("Deployment", "StatefulSet")]
    spec = document.get("spec", {})
    selected = spec.get("selector") if document["kind"] == "Service" else (spec.get("selector") or spec.get("podSelector") or {}).get("matchLabels")
    faults = []
    if selected and not any(selected.items() <= labels.items() for labels in pods):
        faults.append(f"{name}: its selector {selected} finds no pod")
    template = spec.get("template")
    if template:
        if not selected.items() <= template["metadata"]["labels"].items():
            faults.append(f"{name}: its selector {selected} does not find its own pods")
        faults += [f"{name}: {fault}" for fault in faults_of_pod(template["spec"], spec.get("volumeClaimTemplates", []), others)]
    return faults


def faults_of_pod(pod, claims, others):
    volumes = {volume["name"] for volume in pod["volumes"]} | {claim["metadata"]["name"] for claim in claims}
    secrets = {other["metadata"]["name"] for other in others if other["kind"] == "Secret"}
    for volume in pod["volumes"]:
        if "secret" in volume and volume["secret"]["secretName"] not in secrets:
            yield f"there is no secret {volume['secret']['secretName']}"
    if not pod["securityContext"]["runAsNonRoot"]:
        yield "it may run as root"
    for container in pod["containers"]:
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if container[probe]["httpGet"]["port"] not in ports:
                yield f"{probe} asks a port that is not there"
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                yield f"there is no volume {mount['name']}"
        if not container["securityContext"]["readOnlyRootFilesystem"] or container["securityContext"]["capabilities"]["drop"] != ["ALL"]:
            yield "its container may do more than it needs"


def kubernetes():
    sys.path.insert(0, str(SCHEMAS))
    import kubernetes_validate  # noqa: PLC0415 - from the folder above
    passed, faults = 0, []
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        documents = [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]
        for document in documents:
            found = faults_of_manifest(document, kubernetes_validate.validate, documents)
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in found]
            passed += not found
    return passed, faults


def compose():
    passed, faults = 0, []
    for path in sorted((DEPLOY / "container").glob("compose*.yaml")):
        done = subprocess.run(["docker-compose", "-f", path, "config"], capture_output=True, encoding="utf-8", check=False)
        if done.returncode != 0:
            faults.append(f"{path.relative_to(ROOT)}: {done.stderr.strip()}")
            continue
        passed += 1
        # Files of the project that are mounted must be there, or the engine makes directories of their names.
        for name, service in yaml.safe_load(done.stdout)["services"].items():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("/") and not pathlib.Path(source).exists():
                    faults.append(f"{path.relative_to(ROOT)}: {name} mounts {source}, which is not there")
    return passed, faults


def dashboards():
    passed, faults = 0, []
    for path in sorted((DEPLOY / "grafana").glob("**/*")):
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            elif path.suffix == ".yaml":
                yaml.safe_load(path.read_text(encoding="utf-8"))
            else:
                continue
            passed += 1
        except ValueError as fault:
            faults.append(f"{path.relative_to(ROOT)}: {fault}")
    return passed, faults


def main():
    passed, faults = 0, []
    for check in (kubernetes, compose, dashboards):
        good, bad = check()
        passed, faults = passed + good, faults + bad
    for fault in faults:
        print(fault)
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults else 0


sys.exit(main())
