"""An application's key is renewed while its programs go on: a new one is issued by command, the old one
loses every right with the answer, and the program is started again with the new one later."""

import glob
import os
import subprocess
import time

from confluent_kafka import Consumer, KafkaException

from faults import Fault
from stage import LineError, wait_until, write_config
from witness.clocks import now_us
from witness.observations import OldKey
from witness.watch_streams import Reader, settings

PATIENCE = 30


class KeyRenewed(Fault):
    def inflict(self):
        program = self.program()
        self.old = program.sections["kafka"]
        self.application = os.path.basename(self.old["cert_file"]).split(".")[0]
        directory = os.path.dirname(self.old["cert_file"])
        wait_until("a new key is issued", lambda: self.issued(directory), PATIENCE)
        self.known = OldKey(name_of(self.old), now_us())
        self.history.seen.old_keys.append(self.known)
        self.new = self.stage.kafka.section(newest(directory, self.application), directory)
        if self.application in self.stage.users:
            self.stage.users[self.application].renew(self.new)
        self.try_the_old_one()

    def issued(self, directory):
        """Not while the account is locked."""
        try:
            return self.stage.lienthong("issue", self.application, "--directory", directory)
        except (LineError, subprocess.TimeoutExpired):
            return None

    def try_the_old_one(self):
        """As somebody who kept it: what it may still read is noted."""
        self.reader = Reader(self.old, self.application + ".witness", "inbox." + self.application,
                             lambda message: self.known.received_us.append(now_us()))
        self.reader.start()
        refused = wait_until("the old key is refused", self.is_refused, PATIENCE)
        self.proof = "%s became %s: %s" % (self.known.name, name_of(self.new), refused)

    def is_refused(self):
        """A reader that may not see a topic from the start hears nothing at all; so it is asked for."""
        topic = "inbox." + self.application
        try:
            error = Consumer(settings(self.old, self.application + ".witness")).list_topics(
                topic, timeout=5).topics[topic].error
        except KafkaException:
            return None
        return error is not None and error.name()

    def heal(self):
        """What an operator does: the new files into the settings, then a restart."""
        program = self.program()
        program.sections["kafka"] = self.new
        write_config(program.config, program.sections)
        self.stage.keep_down(program)
        program.stop()
        self.stage.bring_up(program)
        time.sleep(1)
        self.reader.stop()


def name_of(section):
    return os.path.basename(section["cert_file"])[:-len(".pem")]


def newest(directory, application):
    names = glob.glob(os.path.join(directory, application + ".k*.pem"))
    return "%s.k%d" % (application, max(int(n.rsplit(".k", 1)[1][:-len(".pem")]) for n in names))
