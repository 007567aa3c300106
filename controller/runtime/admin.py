"""The admin socket: health, counters and metrics of the controller, and the two ways to make it look at everything.

HTTP over a Unix socket, so that whoever may reach the file may ask, and ``curl --unix-socket`` is all it takes.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from controller.engine.keeping import FOLLOWED
from controller.runtime.loop import Controller


class Counts(Collector):
    """The controller's tallies in Prometheus' form."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def collect(self) -> list[Metric]:
        """All counters and gauges as they stand."""
        metrics: list[Metric] = []
        for part, counts in counters(self._controller).items():
            for name, value in counts.items():
                family = GaugeMetricFamily if part == "state" else CounterMetricFamily
                metrics.append(family(f"ovn_controller_{part}_{name}", f"{part}: {name}", value=value))
        return metrics


def counters(controller: Controller) -> dict[str, dict[str, int]]:
    """Exact amounts of work since the start, by part, and the present state."""
    loop = controller.tally
    return {
        "loop": {
            "batches": loop.batches,
            "full_batches": loop.full_batches,
            "owners": loop.owners,
            "compile_ns": loop.compile_ns,
        },
        "northbound": asdict(controller.writer.tally),
        "api": asdict(controller.api_writer.tally),
        "state": {
            "ready": int(controller.ready.is_set()),
            "due": controller.engine.due,
            "api_pending": controller.api_writer.pending,
            "rows": len(controller.replica),
            **{kind.plural: controller.view.count(kind) for kind in FOLLOWED},
        },
    }


def application(controller: Controller) -> web.Application:
    """The admin socket's handlers."""
    registry = CollectorRegistry()
    registry.register(Counts(controller))
    registry.register(controller.freeing.histogram)

    async def health(_: web.Request) -> web.Response:
        ready = controller.ready.is_set()
        return web.Response(text="ok\n" if ready else "verifying\n", status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def counts(_: web.Request) -> web.Response:
        return web.json_response(counters(controller))

    async def batches(_: web.Request) -> web.Response:
        latest: list[dict[str, Any]] = [asdict(batch) for batch in controller.tally.latest]
        return web.json_response(latest)

    async def full(_: web.Request) -> web.Response:
        controller.compile_next_in_full()
        return web.json_response({"next": "full"})

    async def resync(_: web.Request) -> web.Response:
        controller.resync()
        return web.json_response({"now": "full"})

    application = web.Application()
    application.add_routes(
        [
            web.get("/healthz", health),
            web.get("/metrics", metrics),
            web.get("/counters", counts),
            web.get("/batches", batches),
            web.post("/full", full),
            web.post("/resync", resync),
        ]
    )
    return application


async def serve(controller: Controller, socket: Path) -> web.AppRunner:
    """Starts to listen on ``socket``, which aiohttp replaces where a predecessor left one."""
    runner = web.AppRunner(application(controller), access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    return runner
