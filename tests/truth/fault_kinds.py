"""All kinds of faults by the names that plans use."""

import faults
import faults_clock
import faults_keys
import faults_parts
import faults_platform
import faults_standby

KINDS = {
    "kill": faults.Kill, "zombie": faults.Zombie, "stop": faults.Stop, "cut": faults.Cut,
    "delay": faults.Delay, "half-open": faults.HalfOpen, "descriptors": faults.Descriptors,
    "certificate": faults.Certificate, "broker": faults_parts.Broker, "crash": faults_parts.Crash,
    "freeze": faults_parts.Freeze,
    "disk full": faults_parts.DiskFull,
    "slot dropped": faults_parts.SlotDropped, "slot advanced": faults_parts.SlotAdvanced,
    "slot recreated": faults_parts.SlotRecreated, "topic deleted": faults_parts.TopicDeleted,
    "restore target": faults_parts.RestoreTarget, "restore source": faults_parts.RestoreSource,
    "broker lost": faults_platform.BrokerLost,
    "all brokers lost": faults_platform.AllBrokersLost,
    "kafka lost": faults_platform.KafkaLost,
    "clock": faults_clock.Clock, "failover": faults_standby.Failover,
    "key renewed": faults_keys.KeyRenewed,
}
