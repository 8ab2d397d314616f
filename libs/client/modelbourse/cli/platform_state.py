"""`modelbourse admin platform`: the whole platform, for operators."""

from modelbourse.answers.platform import PlatformState
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, counted, print_facts, print_json, print_table, say

COLOURS = {"healthy": "green", "degraded": "yellow", "silent": "red", "production": "bold"}


def platform(*, json_: JsonOption = False) -> None:
    """Show versions, processes, what waits where, and what was allowed although production refuses it."""
    state = PlatformState.model_validate(open_client().call("GET", "/admin/platform"))
    if json_:
        return print_json(state)
    libraries = ", ".join(f"{name} {version}" for name, version in state.versions.libraries.items())
    print_facts(
        [
            ("profile", state.profile),
            ("release", state.versions.release),
            ("Python", state.versions.python),
            ("libraries", libraries),
            ("dead letters", state.dead_letters),
            ("Redis's memory", (state.cache_memory_ratio is not None and f"{state.cache_memory_ratio:.1%} used") or None),
            ("Ray", _ray(state)),
        ]
    )
    say("")
    print_table(
        ("service", "instance", "host", "release", "profile", "health", "since", "why"),
        [
            (each.service, each.instance, each.host, each.version, each.profile, each.health, each.since, each.reason)
            for each in state.replicas
        ],
        title=f"{len(state.replicas)} processes",
        drop=("since", "host"),
        marks=COLOURS,
    )
    if state.consumer_groups is not None:
        say("")
        groups = [(each.group, each.lag, _where(each.topics)) for each in state.consumer_groups]
        print_table(("consumer group", "behind by", "where"), groups)
    if state.outboxes is not None:
        say("")
        print_table(("outbox", "waiting", "oldest, s"), [(each.service, each.depth, each.oldest_seconds) for each in state.outboxes])
    if state.ways_around:
        say("")
        rows = list(state.ways_around.items())
        print_table(("allowed", "to"), rows, title="Allowed although production refuses it")
    for name, why in state.reasons.items():
        say(f"{name}: not known. {why}")
    return None


def _ray(state: PlatformState) -> str | None:
    if state.ray is None:
        return None
    runners = ", ".join(f"{count} {what}" for what, count in state.ray.runners.items())
    has = ((state.ray.nodes, "node"), (state.ray.cpus, "CPU"), (state.ray.gpus, "GPU"))
    return f"{', '.join(counted(count, what, page=1, page_size=max(count, 1)) for count, what in has)}; runners: {runners or 'none'}"


def _where(topics: dict[str, int]) -> str:
    return ", ".join(f"{topic} {lag}" for topic, lag in topics.items()) or "-"
