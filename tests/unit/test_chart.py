"""The Helm chart, as rendered: valid, of the chart as it is, confined, bounded, and its parts find one another."""

from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from schemas.topics import Topics
from support import chart

Manifest = dict[str, Any]
CASES = chart.cases()
VERSIONS = ["1.27", "1.34", "1.37"]
CUSTOM = {"ScaledObject", "ServiceMonitor"}
"""Of KEDA and the Prometheus operator: their schemas are not Kubernetes' own."""
WORKLOADS = {"StatefulSet", "Deployment", "Job"}


def manifests(case: str) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(chart.rendered(case).read_text()) if one]


def of(case: str, *kinds: str) -> list[Manifest]:
    return [one for one in manifests(case) if one["kind"] in kinds]


def pods(case: str) -> Iterator[tuple[Manifest, Manifest]]:
    for one in of(case, *WORKLOADS):
        yield one, one["spec"]["template"]


def labels_of_pods(case: str) -> list[dict[str, str]]:
    return [pod["metadata"]["labels"] for _, pod in pods(case)]


@pytest.mark.parametrize("case", CASES)
def test_the_rendering_is_of_the_chart_as_it_is(case: str) -> None:
    text = chart.rendered(case).read_text()
    body = "".join(text.splitlines(keepends=True)[2:])

    assert text == chart.head(case, body) + body, "the chart was changed, or its rendering by hand: run `make chart`"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_kubernetes_takes_it(case: str, version: str) -> None:
    for one in manifests(case):
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_a_pod_is_confined_and_bounded(case: str) -> None:
    for workload, pod in pods(case):
        spec, (container,) = pod["spec"], pod["spec"]["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert ":latest" not in container["image"]
        probes = {"startupProbe", "livenessProbe", "readinessProbe"}
        assert probes <= container.keys() or workload["kind"] == "Job"


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_in_the_chart(case: str) -> None:
    assert not of(case, "Secret")
    for _, pod in pods(case):
        environment = {one["name"]: one for one in pod["spec"]["containers"][0]["env"]}
        assert environment["LEEWAY_POSTGRES"].keys() == {"name", "valueFrom"}


@pytest.mark.parametrize("case", CASES)
def test_what_selects_pods_selects_some(case: str) -> None:
    for one in manifests(case):
        spec = one.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector")) or {}
        wanted = selector.get("matchLabels", selector if one["kind"] == "Service" else {})
        if one["kind"] == "ServiceMonitor":
            assert [s for s in of(case, "Service") if wanted.items() <= s["metadata"]["labels"].items()]
        elif wanted:
            assert any(wanted.items() <= labels.items() for labels in labels_of_pods(case)), one["metadata"]["name"]


@pytest.mark.parametrize("case", CASES)
def test_every_volume_that_is_mounted_is_there(case: str) -> None:
    claims = {one["metadata"]["name"] for one in of(case, "PersistentVolumeClaim")}
    for workload, pod in pods(case):
        volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
        made = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])}
        assert {one["name"] for one in pod["spec"]["containers"][0]["volumeMounts"]} == volumes.keys() | made
        used = {one["persistentVolumeClaim"]["claimName"] for one in volumes.values() if "persistentVolumeClaim" in one}
        assert used <= claims


def test_lag_is_that_of_the_groups_that_there_are() -> None:
    topics = Topics("flights")
    triggers = [one["spec"]["triggers"][0]["metadata"] for one in of("most", "ScaledObject")]

    assert [(one["consumerGroup"], one["topic"]) for one in triggers] == [
        ("flights.framer", topics.samples),
        ("flights.scorer", topics.frames),
    ]


@pytest.mark.parametrize(("case", "kind"), [("most", "ScaledObject"), ("cpu", "HorizontalPodAutoscaler")])
def test_who_scales_a_process_is_not_contradicted_by_a_number_of_replicas(case: str, kind: str) -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"] for one in of(case, kind)}

    assert scaled == {one["metadata"]["name"] for one in of(case, "StatefulSet")}
    assert not [one for one in of(case, "StatefulSet") if "replicas" in one["spec"]]


def test_nothing_reaches_the_processes_but_who_reads_metrics() -> None:
    (policy,) = of("most", "NetworkPolicy")

    assert [port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]] == [9100]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not [rule for rule in policy["spec"]["egress"] if "ports" not in rule]
