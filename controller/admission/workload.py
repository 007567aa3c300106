"""What the template of a workload may not ask for: what no pod that is made of it could have.

So a slip in an annotation is told to whoever writes the Deployment, and not only by events of pods that never start.
"""

from collections.abc import Iterator

from controller.admission import choices, marks, public, switch
from controller.admission.cause import Cause, invalid
from controller.admission.networks import canonical_addresses
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_mac
from controller.api.annotations import IP_ADDRESS, IP_POOL, MAC_ADDRESS
from controller.api.core import Pod
from controller.api.kind import Kind
from controller.api.meta import ObjectMeta, Resource, Wire
from controller.api.public import ASKED_BY


class Template(Wire, frozen=True, gc=False, kw_only=True):
    """What pods are made of."""

    metadata: ObjectMeta = ObjectMeta()


class JobSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What a cron job makes jobs of."""

    template: Template = Template()


class JobTemplate(Wire, frozen=True, gc=False, kw_only=True):
    """A job in a cron job."""

    spec: JobSpec = JobSpec()


class WorkloadSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The template, wherever the kind has it."""

    template: Template | None = None
    job_template: JobTemplate | None = None


class Workload(Resource, frozen=True, gc=False, kw_only=True):
    """Something that makes pods."""

    spec: WorkloadSpec = WorkloadSpec()

    @property
    def template(self) -> tuple[str, dict[str, str]]:
        """The path of the template's annotations, and these."""
        if self.spec.job_template is not None:
            path, template = "spec.jobTemplate.spec.template", self.spec.job_template.spec.template
        else:
            path, template = "spec.template", self.spec.template or Template()
        return f"{path}.metadata.annotations", template.metadata.annotations


KINDS: tuple[Kind[Workload], ...] = tuple(
    Kind(Workload, group, "v1", name, f"{name.lower()}s", True)
    for group, name in (
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
    )
)
"""The kinds that make pods of a template."""


def create(new: Workload, others: View) -> Iterator[Cause]:
    """A new workload."""
    yield from switch.keep_ip(new)
    yield from _template(new, others)


def update(new: Workload, old: Workload, others: View) -> Iterator[Cause]:
    """Another template: only what changed is judged."""
    yield from switch.keep_ip(new)
    if new.template != old.template:
        yield from _template(new, others)


def delete(old: Workload, others: View) -> Iterator[Cause]:
    """A workload may always go."""
    return iter(())


def _pod(new: Workload, annotations: dict[str, str]) -> Pod:
    return Pod(metadata=ObjectMeta(namespace=new.namespace, annotations=annotations))


def _template(new: Workload, others: View) -> Iterator[Cause]:
    path, annotations = new.template
    yield from marks.readable(path, annotations)
    yield from choices.pool(f"{path}[{IP_POOL}]", _pod(new, annotations), others)
    if fixed := annotations.get(IP_ADDRESS):
        faults: list[Cause] = []
        canonical_addresses(f"{path}[{IP_ADDRESS}]", fixed, faults)
        yield from faults
    if mac := annotations.get(MAC_ADDRESS):
        try:
            parse_mac(mac)
        except InvalidAddress as error:
            yield invalid(f"{path}[{MAC_ADDRESS}]", mac, error.allowed)
    for annotation in ASKED_BY:
        yield from public.readable(f"{path}[{annotation}]", annotations.get(annotation, ""))
