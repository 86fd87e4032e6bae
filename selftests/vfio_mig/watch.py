#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Whoever believes what vfiomig monitor says holds what the kernel holds.

Bare devices come, go and change as fast as the kernel makes them, and monitors
watch. What they say is applied, word by word, to what they have said before:
nothing may come that is there, nothing go or change that is not, and what a
change says of the past must be what was said then. In the end what they have
said is held against the kernel, attribute by attribute.

One monitor has a buffer that holds next to nothing, so that it loses almost
everything. The other one has room, and must lose nothing. A third one watches
many network namespaces, between which devices move, and which die.

VFIO_MIG_RUNS says how often the first and the third are done, for once is not
enough to be sure; once if it is not set.
"""

import contextlib
import ctypes
import datetime
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

SKIP = 4
DEVICES = "/sys/module/vfio_mig_sim/parameters/devices"
KEPT = 20
MORE = 500
ROUNDS = 4
# several machines may share them
SHARES = int(os.environ.get("VFIO_MIG_SHARES", "1"))
RUNS = int(os.environ.get("VFIO_MIG_RUNS", "1"))
# in which everything must have been told, however slow the machine is
SLOW = int(os.environ.get("SLOW", "1"))
EVENTS = 100000 // SHARES // SLOW
PATIENCE = 240 * SLOW

# of <linux/netlink.h>, <linux/genetlink.h> and <linux/vfio_mig.h>
NETLINK_GENERIC = 16
NLM_F_REQUEST, NLM_F_ACK, NLA_F_NESTED = 1, 4, 1 << 15
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
CMD_ATTR_SET = 11
CMD_DEV_SET = 13
MOVE_TARGET, MOVE_NETNS_FD = 1, 2
CHANGE_TARGET, CHANGE_ATTR = 1, 2
OBJECT_BUS, OBJECT_NAME = 2, 4
ATTR_U64, ATTR_STRING, ATTR_NAME = 2, 3, 6


def same(want, got, what):
    assert want == got, f"{what}: {want!r} is not {got!r}"


def vfiomig(*args):
    out = subprocess.run(["vfiomig", "-j", *args], check=True,
                         timeout=60 * SLOW, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def where(netns):
    return ("-n", netns) if netns else ()


def seq_now(netns=None):
    return int(vfiomig(*where(netns), "status")["seq"])


def set_devices(count):
    with open(DEVICES, "w", encoding="ascii") as file:
        file.write(str(count))


def nla(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + \
        bytes(-len(data) % 4)


def text(kind, value):
    return nla(kind, value.encode() + b"\0")


class Admin:
    """Sets attributes, faster than a program that is started for each."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.value = 0
        answer = self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
                          text(CTRL_ATTR_FAMILY_NAME, "vfio_mig"), 0)
        attrs = answer[20:]
        while struct.unpack_from("=H", attrs, 2)[0] != CTRL_ATTR_FAMILY_ID:
            attrs = attrs[struct.unpack_from("=H", attrs)[0] + 3 & ~3:]
        self.family = struct.unpack_from("=H", attrs, 4)[0]

    def ask(self, kind, cmd, attrs, flags):
        self.sock.send(struct.pack("=IHHIIBBH", 20 + len(attrs), kind,
                                   NLM_F_REQUEST | flags, 1, 0, cmd, 1, 0) +
                       attrs)
        return self.sock.recv(65536)

    def move(self, name, netns):
        """The device goes to that network namespace, an open file."""
        attrs = nla(MOVE_TARGET | NLA_F_NESTED,
                    text(OBJECT_BUS, "sim") + text(OBJECT_NAME, name))
        attrs += nla(MOVE_NETNS_FD, struct.pack("=I", netns))
        answer = self.ask(self.family, CMD_DEV_SET, attrs, NLM_F_ACK)
        same(0, struct.unpack_from("=i", answer, 16)[0], "error")

    def change(self, name):
        """Two attributes of a device get values that they never had."""
        self.value += 1
        attrs = nla(CHANGE_TARGET | NLA_F_NESTED,
                    text(OBJECT_BUS, "sim") + text(OBJECT_NAME, name))
        attrs += nla(CHANGE_ATTR | NLA_F_NESTED,
                     text(ATTR_NAME, "number") +
                     nla(ATTR_U64, struct.pack("=Q", self.value)))
        attrs += nla(CHANGE_ATTR | NLA_F_NESTED,
                     text(ATTR_NAME, f"text{self.value % 5}") +
                     text(ATTR_STRING, f"value {self.value}"))
        answer = self.ask(self.family, CMD_ATTR_SET, attrs, NLM_F_ACK)
        same(0, struct.unpack_from("=i", answer, 16)[0], "error")


def by_name(obj):
    return {attr["name"]: attr for attr in obj["attrs"]}


class Monitor:
    """A monitor, and who believes it."""

    def __init__(self, *args):
        # by the handle: the number of the namespace, None at home, and all
        self.objs = {}
        self.events = {}
        # by the number of the namespace
        self.seq = {}
        self.live = 0
        self.synced = []
        self.trouble = None
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            ["vfiomig", "-j", "monitor", "--snapshot", *args],
            stdout=subprocess.PIPE)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.wait(lambda: self.synced, "the snapshot")

    def listen(self):
        try:
            for line in self.process.stdout:
                self.take(json.loads(line))
        except Exception:  # pylint: disable=broad-except
            self.trouble = traceback.format_exc()
            self.process.kill()

    def take(self, event):
        kind, seq = event["event"], int(event["seq"])
        obj = event.get("device") or event.get("type")
        nsid = event.get("nsid")
        self.events[kind] = self.events.get(kind, 0) + 1
        if kind == "synced" and nsid is None:
            self.synced.append(datetime.datetime.fromisoformat(
                event["time"].replace("Z", "+00:00")))
        if kind in ("overrun", "synced"):
            self.seq[nsid] = seq
            return
        if "snapshot" not in event and "resync" not in event:
            assert seq > self.seq[nsid], f"{seq} after {self.seq[nsid]}"
            self.live += 1
            self.seq[nsid] = seq
        handle = obj["handle"]
        if kind == "add":
            assert handle not in self.objs, f"{handle} comes, and is there"
            self.objs[handle] = (nsid, obj)
            return
        assert handle in self.objs, f"{kind}: {handle} is not there"
        place, old = self.objs[handle]
        same(place, nsid, f"{kind}: namespace of {handle}")
        same(old["id"], obj["id"], f"{kind}: id of {handle}")
        if kind == "del":
            del self.objs[handle]
            return
        same("change", kind, "event")
        self.objs[handle] = (nsid, obj)
        self.compare(event["changes"], by_name(old), by_name(obj))

    @staticmethod
    def compare(changes, old, new):
        """What changes say, and nothing else, tells old from new."""
        for change in changes:
            same(old.pop(change["attr"], None), change.get("old"), "old")
            same(new.pop(change["attr"], None), change.get("new"), "new")
        same(old, new, "what has not changed")

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert not self.trouble, self.trouble
            same(None, self.process.poll(), "status of the monitor")
            assert time.monotonic() < end, f"{what} does not come"
            time.sleep(0.1)

    def told(self, seq, nsid):
        return self.seq.get(nsid, -1) >= seq

    def agree(self, others=()):
        """Once it has told all, it has told what there is."""
        seqs = {None: seq_now()}
        kernel = {obj["handle"]: (None, obj)
                  for obj in vfiomig("type", "show")["types"]
                  if obj.get("by") != "sysfs"}
        for netns in (None, *others):
            nsid = others[netns] if netns else None
            seqs[nsid] = seq_now(netns)
            self.wait(lambda seq=seqs[nsid], n=nsid: self.told(seq, n),
                      f"event {seqs[nsid]} of {netns}")
            for obj in vfiomig(*where(netns), "dev", "show")["devices"]:
                kernel[obj["handle"]] = (nsid, obj)
        assert not self.trouble, self.trouble
        same(sorted(kernel), sorted(self.objs), "handles")
        attrs = 0
        for handle, (nsid, obj) in kernel.items():
            place, ours = self.objs[handle]
            same(nsid, place, f"namespace of {handle}")
            ours = dict(ours)
            # of what has changed and changed back it need not be told
            if ours["seq"] != obj["seq"]:
                assert self.events.get("overrun"), "an event is missing"
                ours["seq"] = obj["seq"]
            same(obj, ours, handle)
            attrs += len(obj["attrs"])
        print(f"# events {seqs}: {len(kernel)} objects with {attrs} attributes "
              f"agree; it has told of {self.events}", flush=True)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        same(0, self.process.wait(PATIENCE), "status of the monitor")
        self.thread.join(PATIENCE)
        assert not self.trouble, self.trouble


def storm(admin, events):
    """At least so many events, at full speed."""
    begin = seq_now()
    until = begin + events
    began = time.monotonic()
    while seq_now() < until:
        for count in range(max(1, 10 // SLOW)):
            set_devices(KEPT + MORE)
            for number in range(KEPT):
                admin.change(f"sim{number}")
                admin.change(f"sim{KEPT + number * 7 % MORE}")
            set_devices(KEPT - 1 - count % 2)
    set_devices(KEPT)
    for number in range(KEPT):
        admin.change(f"sim{number}")
    print(f"# {seq_now() - begin} events in "
          f"{time.monotonic() - began:.1f} s", flush=True)


def next_to_no_buffer():
    admin = Admin()
    monitor = Monitor("--buffer", "1")
    for _ in range(ROUNDS):
        overruns = monitor.events.get("overrun", 0)
        storm(admin, EVENTS // ROUNDS)
        monitor.agree()
        assert monitor.events.get("overrun", 0) > overruns, "none was lost"
    monitor.close()

    # the first one may be early: only then it is seen that there are many
    times = monitor.synced[1:]
    pauses = [(b - a).total_seconds() for a, b in zip(times, times[1:])]
    print(f"# pauses: {[round(pause, 1) for pause in pauses]}")
    assert all(pause > 0.5 for pause in pauses), "it asks too often"


def test_next_to_no_buffer():
    """Almost all is lost, and none of it is missed."""
    for run in range(RUNS):
        if run:
            set_devices(KEPT)
        print(f"# run {run + 1} of {RUNS}", flush=True)
        next_to_no_buffer()


def test_usual_buffer():
    """Nothing is lost, and everything is told, once."""
    admin = Admin()
    monitor = Monitor()
    before, live = seq_now(), monitor.live
    storm(admin, 5000 // SLOW)
    monitor.agree()
    monitor.close()
    same(None, monitor.events.get("overrun"), "overruns")
    same(seq_now() - before, monitor.live - live, "events")


def test_several():
    """Each for itself, and what one has lost is not the other's business."""
    admin = Admin()
    monitors = [Monitor("--buffer", str(size)) for size in (1, 20000, 200000)]
    for _ in range(2):
        storm(admin, 10000 // SHARES // SLOW)
        for monitor in monitors:
            monitor.agree()
    for monitor in monitors:
        monitor.close()


class Spaces:
    """Network namespaces that come and go, and devices that move."""

    def __init__(self, names, devices):
        self.names = names
        self.places = {f"sim{number}": None for number in range(devices)}
        # by name, those that there are: the number, an open file, a socket
        self.there = {}
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.admin = Admin()
        self.libc = ctypes.CDLL(None, use_errno=True)

    def setns(self, fd):
        same(0, self.libc.setns(fd, 0), "error of setns")

    def admin_in(self, fd):
        self.setns(fd)
        try:
            return Admin()
        finally:
            self.setns(self.home)

    def live(self, name):
        subprocess.run(["ip", "netns", "add", name], check=True)
        subprocess.run(["ip", "netns", "set", name, "auto"], check=True)
        out = subprocess.run(["ip", "-j", "netns", "list"], check=True,
                             stdout=subprocess.PIPE).stdout
        nsid = [entry["id"] for entry in json.loads(out)
                if entry["name"] == name][0]
        fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
        self.there[name] = (nsid, fd, self.admin_in(fd))

    def die(self, name):
        """Whatever holds it is closed, and then it is gone, some time."""
        _, fd, admin = self.there.pop(name)
        os.close(fd)
        admin.sock.close()
        subprocess.run(["ip", "netns", "del", name], check=True)
        for device, place in self.places.items():
            if place != name:
                continue
            self.places[device] = None
            end = time.monotonic() + PATIENCE
            while subprocess.run(["vfiomig", "dev", "show", f"sim/{device}"],
                                 check=False, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL).returncode:
                assert time.monotonic() < end, f"{device} does not come home"

    def admin_of(self, place):
        return self.there[place][2] if place else self.admin

    def happen(self, rand):
        device = rand.choice(list(self.places))
        place = self.places[device]
        goal = rand.choice([None, *self.there])
        if rand.random() < 0.5:
            self.admin_of(place).change(device)
            return
        self.admin_of(place).move(
            device, self.there[goal][1] if goal else self.home)
        self.places[device] = goal

    def close(self):
        for name in list(self.there):
            self.die(name)
        os.close(self.home)


@contextlib.contextmanager
def spaces(names, devices):
    made = Spaces(names, devices)
    try:
        yield made
    finally:
        made.close()


def watch_spaces(made, monitor, seed):
    """Some live and die, whose numbers are given anew."""
    rand = random.Random(seed)
    for _ in range(8):
        name = rand.choice(made.names)
        if name in made.there:
            made.die(name)
        else:
            made.live(name)
        for _ in range(100):
            made.happen(rand)
    monitor.agree({name: nsid for name, (nsid, *_) in made.there.items()})


def test_all_namespaces():
    """No device is lost, or seen in two, wherever it goes."""
    with spaces(["watch1", "watch2", "watch3"], KEPT) as made:
        monitor = Monitor("--all-netns")
        for seed in range(RUNS):
            watch_spaces(made, monitor, seed)
        same(None, monitor.events.get("overrun"), "overruns")
        monitor.close()


def test_all_namespaces_next_to_no_buffer():
    with spaces(["watch1", "watch2", "watch3"], KEPT) as made:
        monitor = Monitor("--all-netns", "--buffer", "1")
        for seed in range(RUNS):
            watch_spaces(made, monitor, -seed)
        assert monitor.events.get("overrun"), "none was lost"
        monitor.close()


def wait_for(*args):
    # pylint: disable-next=consider-using-with
    return subprocess.Popen(["vfiomig", "monitor", *args], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_filters_and_ends():
    """Scripts that wait for something get it, and nothing else."""
    set_devices(0)
    waiting = wait_for("--snapshot", "--event", "add,change", "--attr",
                       "number,sim.*", "--count", "5", "--timeout",
                       str(PATIENCE), "sim/sim[3-5]")
    line = waiting.stdout.readline()
    same("synced\n", line, "the beginning")
    admin = Admin()
    set_devices(8)
    for number in range(8):
        admin.change(f"sim{number}")
    set_devices(4)
    out, err = waiting.communicate(timeout=PATIENCE)
    same("", err, "errors")
    same(0, waiting.returncode, "status")
    same(["add device sim/sim3", "add device sim/sim4", "add device sim/sim5",
          "change device sim/sim3"],
         [" ".join(line.split()[:3]).rstrip(":") for line in out.splitlines()],
         "what it has told")

    in_vain = wait_for("--count", "1", "--timeout", "0.5", "sim/sim9")
    out, err = in_vain.communicate(timeout=PATIENCE)
    same(("", 7), (out, in_vain.returncode), "in vain")
    assert "0 of 1" in err, err
    at_once = wait_for("--snapshot", "--timeout", "0", "sim/*")
    out, err = at_once.communicate(timeout=PATIENCE)
    same(("", 0), (err, at_once.returncode), "at once")
    same([f"add device sim/sim{number} (snapshot)" for number in range(4)] +
         ["synced"], out.splitlines(), "the snapshot")


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    return SKIP


def main():
    if not shutil.which("vfiomig"):
        return skip_all("no vfiomig in the PATH")
    subprocess.run(["modprobe", "-q", "vfio_mig_sim"], check=False)
    if not os.access(DEVICES, os.W_OK):
        return skip_all("no module vfio_mig_sim, or not root")

    tests = [name for name in globals() if name.startswith("test_")]
    if len(sys.argv) > 1:
        tests = ["test_" + name for name in sys.argv[1:]]
    failed = 0
    print("TAP version 13")
    print(f"1..{len(tests)}")
    for number, name in enumerate(tests, 1):
        line = f"ok {number} {name[5:]}"
        try:
            set_devices(KEPT)
            globals()[name]()
        except Exception:  # pylint: disable=broad-except
            for words in traceback.format_exc().splitlines():
                print(f"# {words}")
            line = "not " + line
            failed += 1
        print(line, flush=True)
    set_devices(0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
