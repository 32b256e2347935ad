"""One stream through Kafka: the provider's records into the feed beside raw transactional produce of
the same bytes, and lt-routing from feed to stream beside a consume-produce loop of librdkafka with and
without SHA-256.  All sides handle the same records; rates are by the append times of the topic that
they write."""

import signal

from bench_line import FEED, STREAM, spent
from measure import Side, alternate, program, ratios
import sample

BATCH = 20000  # of routing and of the raw sides; the provider's is 10,000
GOAL_CAPTURE, GOAL_ROUTING = 0.8, 0.9


def raw(places, line, mode, offset, rows, number):
    topic = "bench.%s.%d" % (mode, number)
    line.make_topic(topic)
    before = line.cpu()
    result = program(places.program("bench_kafka"), mode, *line.raw_arguments(), FEED, offset, rows,
                     topic, BATCH if mode != "produce" else 10000)
    result.update(spent(before, line.cpu(), "broker"))
    result["seconds"] = line.rows_of(topic, 0, rows)
    return result


def ours(line, name, topic, at, rows):
    """One program of ours works off what has come while it stood still."""
    before = line.cpu()
    line.of(name).signal(signal.SIGCONT)
    seconds = line.rows_of(topic, at, rows)
    after = line.cpu()
    result = {"rows": rows, "seconds": seconds, "cpu": after[name] - before[name],
              "rss_kib": line.rss_kib(name)}
    result.update(spent(before, after, "broker"))
    return result


def run(places, report, options):
    line = places.line()
    rows = options.rows * 2  # waking up is part of a round
    state = {"next": 1, "number": 0, "at": 0}

    def capture():
        """Everything stands; the provider alone goes on."""
        for name in ("provider", "routing", "consumer"):
            line.of(name).signal(signal.SIGSTOP)
        line.load("INSERT INTO public.bench "
                  + sample.rows(state["next"], state["next"] + rows - 1))
        state["next"] += rows
        state["number"] += 1
        state["at"] = line.end_of(FEED)
        return ours(line, "provider", FEED, state["at"], rows)

    def route():
        result = ours(line, "routing", STREAM, line.end_of(STREAM), rows)
        line.of("consumer").signal(signal.SIGCONT)
        return result

    def limit(mode):
        return lambda: raw(places, line, mode, state["at"], rows, state["number"])

    produce = Side("raw produce", limit("produce"))
    loop, hashing = Side("raw loop", limit("loop")), Side("raw loop + SHA-256", limit("hash"))
    provider, routing = Side("provider", capture), Side("routing", route)
    # Not in turns: each round's records must be there first and are routed last.
    alternate([provider, produce, loop, hashing, routing], options.rounds, in_order=True)
    report.add("capture into Kafka", provider, produce, ratios(provider, produce), GOAL_CAPTURE)
    report.add("routing, one stream", routing, hashing, ratios(routing, hashing), GOAL_ROUTING)
    report.add("routing, one stream", routing, loop, ratios(routing, loop))
