#!/usr/bin/python3
"""A forwarder between the programs and the parts they talk to, a process of its own.  It knows each
client by its pid, so that one pair can be cut, delayed or left half open while others go on.

Started with the addresses it forwards as JSON; then takes one command a line on its standard input
and answers each with one line:

    {"do": "set", "link": "kafka", "pids": [17] or null, "mode": "pass|cut|delay|half-open", "ms": 50}
    {"do": "count"}          {"cut": connections, "delayed": pieces, "swallowed": bytes}
"""

import collections
import heapq
import json
import os
import selectors
import socket
import struct
import sys
import time

PIECE = 65536
PENDING = 4 << 20  # a side that does not read stops the other one


def tcp_pid(port, to_port, pids):
    """Which of these processes owns the client's socket between these two ports: one local port
    serves connections to many."""
    wanted, ends = set(), (":%04X" % port, ":%04X" % to_port)
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file:
            parts = line.split()
            if parts[1].endswith(ends[0]) and parts[2].endswith(ends[1]):
                wanted.add("socket:[%s]" % parts[9])
    for pid in pids:
        try:
            for name in os.listdir("/proc/%d/fd" % pid):
                if os.readlink("/proc/%d/fd/%s" % (pid, name)) in wanted:
                    return pid
        except OSError:
            continue
    return 0


class Side:
    """One socket of a pair: what is still to be written to it."""

    def __init__(self, sock):
        self.sock, self.queue, self.size = sock, collections.deque(), 0
        self.events = selectors.EVENT_READ  # what it is watched for
        self.waiting = 0  # delayed pieces under way to it
        self.due = 0.0  # when the last of them is sent
        self.other = self.pair = None


class Pair:
    def __init__(self, link, client, server, pid):
        self.link, self.pid, self.open = link, pid, True
        self.sides = (Side(client), Side(server))
        for side, other in (self.sides, self.sides[::-1]):
            side.other, side.pair = other, self


class Proxy:
    def __init__(self, links):
        self.selector, self.pairs, self.later = selectors.DefaultSelector(), set(), []
        self.modes, self.serial = [], 0  # (link, pids or None, mode, ms)
        self.counts = {"cut": 0, "delayed": 0, "swallowed": 0}
        self.known = set()  # pids that commands named
        for link in links:
            self.listen(link)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self.command)

    def listen(self, link):
        if "socket" in link:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(link["socket"])
            os.chmod(link["socket"], 0o777)
        else:
            listener = socket.create_server(("127.0.0.1", link["port"]))
        listener.listen(200)
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ,
                               lambda sock, _: self.accept(sock, link))

    # ---- connections ----

    def accept(self, listener, link):
        """Whose it is, is asked only while some process of the link is singled out, or when the answer
        is at hand: it costs a look at all sockets.  set_mode() finds the owners of what is open."""
        client, address = listener.accept()
        server = self.connect(link)
        asked = "socket" in link or self.singles_out(link["name"])
        pid = self.pid_of(client, address, link) if asked else 0
        cut = self.mode(link["name"], pid)[0] == "cut"
        self.counts["cut"] += cut
        if server and not cut:
            self.join(Pair(link["name"], client, server, pid))
            return
        client.close()
        if server:
            server.close()

    def pid_of(self, client, address, link):
        if "socket" in link:
            return struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        return tcp_pid(address[1], link["port"], self.known)

    def singles_out(self, link):
        return any(name == link and pids is not None for name, pids, _, _ in self.modes)

    def connect(self, link):
        server = socket.socket(socket.AF_UNIX if "to_socket" in link else socket.AF_INET)
        try:
            server.connect(link.get("to_socket") or ("127.0.0.1", link["to_port"]))
            return server
        except OSError:
            server.close()
            return None

    def join(self, pair):
        self.pairs.add(pair)
        for side in pair.sides:
            side.sock.setblocking(False)
            if side.sock.family == socket.AF_INET:
                side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(side.sock, selectors.EVENT_READ,
                                   lambda sock, mask, s=side: self.ready(s, mask))

    def mode(self, link, pid):
        for name, pids, mode, ms in self.modes[::-1]:
            if name == link and (pids is None or pid in pids):
                return mode, ms
        return "pass", 0

    def ready(self, side, mask):
        try:
            if mask & selectors.EVENT_WRITE:
                self.flush(side)
            if mask & selectors.EVENT_READ and side.pair.open:
                self.pump(side)
        except OSError:
            self.close(side.pair)

    def pump(self, side):
        data = side.sock.recv(PIECE)
        if not data:
            self.close(side.pair, drain=True)
            return
        mode, ms = self.mode(side.pair.link, side.pair.pid)
        if mode == "half-open":
            self.counts["swallowed"] += len(data)
        elif mode == "delay" or side.other.waiting:
            self.counts["delayed"] += 1
            self.delay(side.other, data, ms)
        else:
            self.send(side.other, data)

    def delay(self, side, data, ms):
        """Never before what was delayed before it."""
        due = max(time.monotonic() + ms / 1000, side.due)
        side.due, self.serial = due, self.serial + 1
        side.waiting += 1
        heapq.heappush(self.later, (due, self.serial, side, data))

    def send(self, side, data):
        if not side.pair.open:
            return
        side.queue.append(data)
        side.size += len(data)
        self.flush(side)

    def flush(self, side):
        while side.queue:
            try:
                sent = side.sock.send(side.queue[0])
            except BlockingIOError:
                break
            side.size -= sent
            rest = side.queue.popleft()[sent:]
            if rest:
                side.queue.appendleft(rest)
        self.watch(side)
        self.watch(side.other)

    def watch(self, side):
        events = (selectors.EVENT_READ if side.other.size < PENDING else 0) | \
            (selectors.EVENT_WRITE if side.queue else 0)
        if events and events != side.events and side.pair.open:
            side.events = events
            self.selector.modify(side.sock, events, self.selector.get_key(side.sock).data)

    def close(self, pair, drain=False):
        if not pair.open:
            return
        pair.open = False
        self.pairs.discard(pair)
        for side in pair.sides:
            self.selector.unregister(side.sock)
            if drain and side.queue:
                side.sock.setblocking(True)
                side.sock.settimeout(0.2)
                try:
                    side.sock.sendall(b"".join(side.queue))
                except OSError:
                    pass
            side.sock.close()

    # ---- commands ----

    def command(self, _file, _mask):
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        asked = json.loads(line)
        if asked["do"] == "set":
            self.set_mode(asked)
        elif asked["do"] == "know":
            self.known.update(asked["pids"])
        print(json.dumps(self.counts), flush=True)

    def set_mode(self, asked):
        pids = asked["pids"]
        self.modes = [m for m in self.modes if m[:2] != (asked["link"], pids)]
        if asked["mode"] != "pass":
            self.modes.append((asked["link"], pids, asked["mode"], asked.get("ms", 0)))
        self.known.update(pids or ())
        for pair in list(self.pairs):
            if pair.link != asked["link"]:
                continue
            if not pair.pid:
                pair.pid = self.owner(pair)
            # What was swallowed is missing from the connection: it can only end.
            swallowed = pids is None or pair.pid in pids
            if swallowed and (asked["mode"] == "cut" or asked.get("was") == "half-open"):
                self.counts["cut"] += 1
                self.close(pair)

    def owner(self, pair):
        try:
            sock = pair.sides[0].sock
            return tcp_pid(sock.getpeername()[1], sock.getsockname()[1], self.known)
        except OSError:
            return 0

    def run(self):
        while True:
            wait = max(0, self.later[0][0] - time.monotonic()) if self.later else None
            for key, mask in self.selector.select(wait):
                if key.fileobj is sys.stdin:
                    self.command(None, mask)
                else:
                    key.data(key.fileobj, mask)
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, side, data = heapq.heappop(self.later)
                side.waiting -= 1
                try:
                    self.send(side, data)
                except OSError:
                    self.close(side.pair)


if __name__ == "__main__":
    Proxy(json.loads(sys.argv[1])).run()
