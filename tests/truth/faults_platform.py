"""Faults of the platform's own Kafka: one of several brokers, all of them, and everything they held."""

import os
import time

from confluent_kafka.admin import AdminClient

import disks
from faults import Fault, gone
from faults_parts import admin_settings
from stage import LineError, wait_until

EMPTY_SECONDS = 1  # the new cluster answers, and nobody has said that it is the right one


def proof_of(pids, *more):
    """Empty when one of them is alive."""
    said = [gone(pid) for pid in pids] + list(more)
    return ", ".join(said) if all(said) else ""


class BrokerLost(Fault):
    """kill -9 of one broker of several; for a share of them its disk is gone too."""

    def inflict(self):
        self.node = self.event["node"]
        kafka = self.stage.kafka
        if kafka.count < 3:
            raise LookupError("a stage of %d brokers" % kafka.count)
        pid = kafka.pid(self.node)
        if self.event["wipe"]:
            data = self.stage.path("kafka", "node%d" % self.node, "data")
            held = disks.used(data)
            kafka.lose(self.node)
            self.proof = proof_of([pid], "" if os.path.exists(data) else "its %d bytes are gone" % held)
        else:
            kafka.kill9(self.node)
            self.proof = proof_of([pid])

    def heal(self):
        self.stage.kafka.restart(self.node)
        wait_until("every partition has all its replicas", lambda: replicated(self.stage), 60)


def replicated(stage):
    """The next broker must not be lost before this one holds everything again."""
    topics = AdminClient(admin_settings(stage)).list_topics(timeout=10).topics.values()
    return all(len(p.isrs) == len(p.replicas) for t in topics for p in t.partitions.values())


class AllBrokersLost(Fault):
    """kill -9 of all brokers at once, as when the power goes."""

    def inflict(self):
        self.proof = proof_of(self.stage.kafka.kill9_all())

    def heal(self):
        self.stage.kafka.start()


class KafkaLost(Fault):
    """All brokers and all their disks are gone; a new cluster answers under the old address, and an
    operator puts control back."""

    def inflict(self):
        kafka = self.stage.kafka
        pids = [kafka.pid(node) for node in range(1, kafka.count + 1)]
        before = kafka.cluster_id()
        kafka.lose()
        after = kafka.cluster_id()
        self.proof = proof_of(pids, "cluster %s became %s" % (before, after)
                              if before != after else "")
        time.sleep(1)  # what readers had fetched they have taken
        self.stage.kafka_is_another()

    def heal(self):
        self.stage.kafka.start()
        time.sleep(EMPTY_SECONDS)
        self.stage.empower()
        steward = self.stage.party("steward")
        self.stage.keep_down(steward)
        if steward.running():
            steward.kill9()
        wait_until("control is restored", self.restored, 60, 1)
        self.stage.bring_up(steward)

    def restored(self):
        """A steward that somebody else started may fence the command: then it is given again."""
        try:
            self.stage.restore_control()
        except LineError as error:
            return "platform.control is not empty" in str(error)
        return True
