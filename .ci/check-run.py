"""Reads a run's JSON (framescope.run/1) on standard input and holds what must be true of any run of 150 frames."""

import json
import sys

FRAMES = 150
STAGES_MAY_DIFFER = 0.05

run = json.load(sys.stdin)
problems = []


def hold(truth, message):
    if not truth:
        problems.append(message)


hold(run["schema"] == "framescope.run/1", f"schema is {run['schema']!r}")
hold(isinstance(run["plan"], dict) and isinstance(run["host"], dict), "plan or host is missing")

summary = run["summary"]
frames = summary["frames"]
by_verdict = sum(frames[word] for word in ("on_time", "tolerated", "late", "skipped"))
hold(frames["arrived"] == FRAMES, f"{frames['arrived']} frames arrived, not {FRAMES}")
hold(by_verdict == frames["arrived"], f"the verdicts add up to {by_verdict} of {frames['arrived']}")
hold(
    frames["processed"] == frames["arrived"] - frames["skipped"],
    f"{frames['processed']} processed of {frames['arrived']} arrived, {frames['skipped']} skipped",
)
drop_rate = (frames["late"] + frames["skipped"]) / frames["arrived"]
hold(abs(summary["drop_rate"] - drop_rate) < 1e-9, f"drop_rate is {summary['drop_rate']}, not {drop_rate}")
hold(
    len(summary["drops"]) == frames["late"] + frames["skipped"],
    f"{len(summary['drops'])} drops are listed for {frames['late']} late and {frames['skipped']} skipped",
)

service = summary["service_ms"]
hold(service["mean"] is not None and service["mean"] > 0, f"mean service is {service['mean']}")
if frames["processed"] >= 59:
    hold(service["p50"] <= service["p90"] <= service["p95"] <= service["max"], f"quantiles do not ascend: {service}")
hold(service["p99"] is None, "p99 is there, but 150 frames do not support it")
hold(service["p999"] is None, "p999 is there, but 150 frames do not support it")

stages = {stage["id"]: stage["service_ms"]["mean"] for stage in summary["stages"]}
hold(list(stages) == ["convert", "resize", "normalize"], f"the stages are {list(stages)}")
total = sum(stages.values())
hold(
    abs(total - service["mean"]) <= STAGES_MAY_DIFFER * service["mean"],
    f"the stages take {total:.4f} ms of {service['mean']:.4f} ms service",
)

allocations = summary["resources"]["allocations_per_frame"]
hold(allocations == 0, f"{allocations} allocations per frame")

if problems:
    sys.exit("\n".join(problems))
print(
    f"150 frames: {frames['on_time']} on time, {frames['tolerated']} tolerated, {frames['late']} late, "
    f"{frames['skipped']} skipped; service {service['mean']:.2f} ms on average, {service['max']:.2f} ms at most"
)
