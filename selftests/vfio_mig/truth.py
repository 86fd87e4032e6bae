#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Are the verdicts true?

Simulated hosts that differ in what people argue over, with devices of every
type. Each device is checked against each other one, and then migrates there.
Streams that were damaged on the way are refused, and nothing comes of them;
where several machines, VFIO_MIG_SHARES, each have a seed of their own,
VFIO_MIG_SEED, each damages its share of the places in a stream.
"""

import collections
import json
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.realpath(__file__))
PARENTS = "/sys/module/vfio_mig_sim/parameters/parents"
PARENT = "/sys/class/mdev_bus/vfio_mig_sim.%d"
PRINTK = "/proc/sys/kernel/printk"
UUID = "5e1f7e57-0000-4000-8000-00000000%02x%02x"
SKIP = 4
# how many times as long as else one must wait on this kernel
SLOW = int(os.environ.get("SLOW", "1"))
SHARES = int(os.environ.get("VFIO_MIG_SHARES", "1"))
SEED = int(os.environ.get("VFIO_MIG_SEED", "1"))

# What is set of a host, and the types of the devices it has. Memory is little,
# as all of it migrates.
HOSTS = (
    # an old one, and one with newer software and more memory
    ({}, "gpu-4 gpu-8 net gen1 ccw"),
    ({"version": "1.4.0", "memory": "8192"}, "gpu-8 net gen2 ccw"),
    # software that breaks with what was
    ({"version": "2.0.0"}, "net"),
    # nobody says what these are; of the second one, nobody could
    ({"provider": "0"}, "gpu-8 ccw"),
    ({"provider": "0", "firmware": "9"}, "gpu-8 ccw"),
    # an interface that gen2 takes over by a range, fewer and other features
    ({"interface": "2.0.5", "features": "0x200001", "chpid_type": "0x1b"},
     "gen1 net ccw"),
    ({"interface": "3.0.1", "accept": "2.0.2-2.0.5,3.0.0-",
      "features": "0x6300a1", "chpid_type": "0x1a,0x1b"}, "gen2 net ccw"),
    # a whole, and parts that can become the whole
    ({}, "gpu-1"),
    ({}, "gpu-2"),
    ({"version": "1.3.0"}, "gpu-8"),
)

# Of a type of which a device has more than one.
UNITS = {"gpu-1": 8, "gpu-2": 4, "gpu-4": 2, "gen1": 2, "gen2": 2}

VERDICTS = ("compatible", "incompatible", "adjustable", "undecided")


def find(*candidates):
    """The first of some files that there is, or None."""
    for path in candidates:
        path = os.path.realpath(os.path.join(HERE, path))
        if os.path.exists(path):
            return path
    return None


# In a kernel's tree, and in ours.
VFIO_MIGRATE = find("vfio_migrate", "../../build/selftests/vfio_migrate")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def same(want, got, what):
    assert want == got, f"{what}: {want!r} is not {got!r}"


def vfiomig(*args):
    out = subprocess.run(["vfiomig", "-j", *args], check=False,
                         timeout=60 * SLOW, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def vfio_migrate(jobs):
    """What is answered to some jobs; the devices are closed afterwards."""
    out = subprocess.run([VFIO_MIGRATE, "--batch"], check=False,
                         timeout=400 * SLOW, input="\n".join(jobs) + "\n",
                         text=True, stdout=subprocess.PIPE).stdout
    answers = [json.loads(line) for line in out.splitlines()]
    same(len(jobs), len(answers), "answers")
    return answers


def wait_until(condition):
    """For what is done a moment later. Returns the last answer."""
    end = time.monotonic() + 60 * SLOW
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.05)


def devices():
    return {dev["handle"]: dev for dev in vfiomig("dev", "show")["devices"]}


def places(step, end=None):
    """Of the places in a stream each so many-th, among those that are ours."""
    words = f"first={SEED % SHARES * step} step={SHARES * step}"
    return words if end is None else f"{words} count={end // step // SHARES}"


def refusals(dev):
    return dev["refused"]["count"] if "refused" in dev else 0


def attr(dev, name):
    values = [each["value"] for each in dev["attrs"] if each["name"] == name]
    return values[0] if values else None


def copies_beforehand():
    """Can devices that run be read? Linux 6.1 has no such thing."""
    return all("pre-copy" in attr(dev, "migration")
               for handle, dev in devices().items()
               if handle.startswith("mdev/5e1f7e57"))


def checks(source):
    """What a check of a device against all others says, by their handles."""
    return {target["target"]: target
            for target in vfiomig("check", source)["targets"]
            if target["kind"] == "device"}


def verdict(source, target):
    return vfiomig("check", source, target)["targets"][0]["verdict"]


def make_hosts(hosts):
    """The hosts anew, and their devices, as (handle, words for people)."""
    made = []
    write(PARENTS, "0")
    write(PARENTS, str(len(hosts)))
    for i, (settings, types) in enumerate(hosts):
        parent = PARENT % i
        for name, value in {"memory": "4096", **settings}.items():
            write(f"{parent}/{name}", value)
        for kind in types.split():
            uuid = UUID % (i, len(made))
            write(f"{parent}/mdev_supported_types/vfio_mig_sim-{kind}/create",
                  uuid)
            made.append((f"mdev/{uuid}", f"{kind} on {i}"))

    def described():
        have = devices()
        for handle, words in made:
            settings = hosts[int(words.split()[-1])][0]
            declared = settings.get("provider") != "0"
            if handle not in have or \
                    attr(have[handle], "declared") != declared:
                return False
            if declared and attr(have[handle], "version") != \
                    settings.get("version", "1.2.0"):
                return False
        return True

    assert wait_until(described), "the devices are never described"
    return made


def outcome(answer):
    """In a word. Only the target's refusal of the stream is a refusal."""
    error = answer.get("error")
    if answer["result"] != "refused":
        return answer["result"]
    if error["on"] != "target" or error["step"] not in ("write", "state"):
        return f"failed at {error['step']} of {error['on']}"
    return "refused"


def bare(findings):
    """Without the words: a check knows labels of bits, a stream does not."""
    return [{key: value for key, value in each.items() if key != "message"}
            for each in findings]


def why_false(check, answer, findings, after):
    """Why a verdict was not true, or None.

    @answer: what became of the migration; @findings: those that the target
    tells of its refusal; @after: what became of it when all was set.
    """
    came = outcome(answer)
    said = check["verdict"]
    if not answer.get("source_kept", False):
        return "the source was not kept"
    if said == "undecided":
        return None if came in ("same", "refused") else came
    if said == "compatible":
        return None if came == "same" else came
    if came != "refused":
        return came
    if answer["error"]["errno"] != "EINVAL":
        return f"refused by {answer['error']['errno']}"
    if bare(findings) != bare(check["findings"]):
        return f"refused because of {findings}, not {check['findings']}"
    if said == "adjustable":
        return None if after == "same" else f"when it was set: {after}"
    fails = [each for each in findings if each.get("severity") == "fail"]
    return None if fails else "nothing of severity fail"


class Log(threading.Thread):
    """What the kernel says meanwhile, with no bound on how much it is."""

    def __init__(self):
        super().__init__(daemon=True)
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.done = False
        self.lost = False
        self.lines = []
        self.reasons = collections.Counter()
        self.complaints = []

    def take(self, line):
        head, text = line.decode().split("\n")[0].split(";", 1)
        level = int(head.split(",")[0]) & 7
        refused = re.search(r"refused to resume: (.+)", text)
        if refused:
            self.reasons[re.sub(r"\d+", "N", refused.group(1))] += 1
        elif level <= 3 or re.search("vfio|mdev|WARNING|BUG", text):
            self.complaints.append(text)

    def run(self):
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        while True:
            last = self.done
            try:
                while True:
                    self.lines.append(os.read(self.fd, 8192))
            except BlockingIOError:
                pass
            except BrokenPipeError:
                self.lost = True
                continue
            if last:
                return
            poll.poll(100)

    def __enter__(self):
        # the console need not show all of it
        self.printk = read(PRINTK)
        write(PRINTK, "4")
        self.start()
        return self

    def __exit__(self, *_):
        self.done = True
        self.join()
        os.close(self.fd)
        write(PRINTK, self.printk)
        for line in self.lines:
            self.take(line)


def memory_used():
    """KiB that the kernel has, and that nobody could have."""
    info = dict(line.split(":") for line in read("/proc/meminfo").splitlines())
    value = {name: int(text.split()[0]) for name, text in info.items()}
    return value["SUnreclaim"], value["MemTotal"] - value["MemAvailable"]


class Matrix:
    """Every device to every other one."""

    def __init__(self, hosts):
        self.made = make_hosts(hosts)
        self.words = dict(self.made)
        self.sizes = {handle: self.size(words) for handle, words in self.made}
        self.ways = ["", "chunk=509"]
        if copies_beforehand():
            self.ways.append("pre-copy=2")
        self.refused = collections.Counter()
        self.count = collections.Counter()
        self.wrong = []
        self.pairs = 0

    @staticmethod
    def size(words):
        """Bytes that a device has, which not all of them tell."""
        kind, host = words.split(" on ")
        each = int(read(f"{PARENT % int(host)}/memory"))
        return each * UNITS.get(kind, 1)

    def job(self, source, target):
        """By any of the ways in which a stream can be carried."""
        size = min(self.sizes[source], self.sizes[target])
        words = self.ways[self.pairs % len(self.ways)]
        self.pairs += 1
        return f"source={source} target={target} " \
               f"region=0 length={size} {words}"

    def adjust(self, source, target, check):
        """Set what is proposed and nothing else, migrate, and set it back."""
        have = devices()[target]
        before = []
        for each in check["set"]:
            before.append((each["attr"], str(attr(have, each["attr"]))))
            subprocess.run(["vfiomig", "dev", "attr", "set", target,
                            each["attr"], str(each["value"])], check=True)
        if not wait_until(lambda: verdict(source, target) == "compatible"):
            return "not compatible"
        # now there must be room for all of it
        answer = vfio_migrate([f"source={source} target={target} region=0 "
                               f"length={self.sizes[source]}"])[0]
        for name, value in before:
            subprocess.run(["vfiomig", "dev", "attr", "set", target, name,
                            value], check=True)
        if not wait_until(lambda: verdict(source, target) == "adjustable"):
            return "not set back"
        return outcome(answer)

    def leave(self, source):
        """One device to all others."""
        said = checks(source)
        targets = [handle for handle, _ in self.made if handle != source]
        answers = vfio_migrate([self.job(source, target)
                                for target in targets])
        self.refused.update(target for target, answer in zip(targets, answers)
                            if outcome(answer) == "refused")

        def told():
            now = devices()
            return now if all(refusals(now[handle]) == self.refused[handle]
                              for handle, _ in self.made) else None

        now = wait_until(told)
        assert now, f"refusals are not counted as they were: {self.refused}"
        for target, answer in zip(targets, answers):
            check = said[target]
            findings = after = None
            if outcome(answer) == "refused":
                findings = now[target]["refused"]["findings"]
                assert now[target]["refused"]["reason"], "no reason"
            if check["verdict"] == "adjustable":
                after = self.adjust(source, target, check)
            self.add(source, target, check, answer, findings, after)

    def add(self, source, target, check, answer, findings, after):
        came = outcome(answer)
        if after:
            came += f", then {after}"
        self.count[check["verdict"], came] += 1
        why = why_false(check, answer, findings, after)
        if why:
            self.wrong.append(f"{self.words[source]} to {self.words[target]}: "
                              f"{check['verdict']}, but {why}: {answer}")

    def run(self):
        for source, _ in self.made:
            self.leave(source)
        print(f"# {self.pairs} pairs of {len(self.made)} devices")
        for (said, came), n in sorted(self.count.items()):
            print(f"# {said:<12} {came:<24} {n:4}")
        for line in self.wrong:
            print(f"# wrong: {line}")


class Truth:
    """The tests, in the order in which they stand here."""

    def test_verdicts_are_true(self):
        matrix = Matrix(HOSTS)
        matrix.run()
        assert matrix.pairs >= 200, "too few pairs"
        for said in VERDICTS:
            assert any(each == said for each, _ in matrix.count), \
                f"nothing was {said}"
        for came in ("same", "refused"):
            assert matrix.count["undecided", came], \
                f"nothing that was undecided was {came}"
        assert not matrix.wrong, f"{len(matrix.wrong)} are not true"

    def test_what_was_forgotten_is_found(self):
        """A provider that does not tell the firmware makes promises that do
        not hold: that is seen, and by the target's own words."""
        matrix = Matrix((({}, "ccw"), ({"firmware": "9"}, "ccw")))
        matrix.run()
        same({("compatible", "refused"): 2}, dict(matrix.count), "outcomes")
        same(2, len(matrix.wrong), "verdicts that are not true")
        for handle, _ in matrix.made:
            refused = devices()[handle]["refused"]
            assert "firmware" in refused["reason"], refused["reason"]
            same([], refused["findings"], "findings")

    def sweep(self, pair, words):
        """Damages a stream in many ways, all of which must be refused."""
        before = refusals(devices()[pair[1]])
        with Log() as log:
            answer = vfio_migrate(
                [f"source={pair[0]} target={pair[1]} {words}"])[0]
            want = before + answer["refused"]
            wait_until(lambda: refusals(devices()[pair[1]]) == want)
        print(f"# {words}: {answer['refused']} of {answer['variants']} "
              f"refused, {answer['same']} are whole again")
        for reason, n in log.reasons.most_common():
            print(f"#   {n:6} {reason}")
        same("swept", answer["result"], answer)
        assert answer["alive"], answer
        same(0, answer["different"], "arrived with other memory")
        same(answer["variants"], answer["refused"] + answer["same"], "sum")
        # by lot, one damage may undo another one
        assert "random" in words or not answer["same"], answer
        same(want, refusals(devices()[pair[1]]), "refusals that are counted")
        same([], log.complaints, "the kernel's log")
        if log.lost:
            print("# the kernel's log was faster than we")
        else:
            same(answer["refused"], sum(log.reasons.values()), "reasons")
        return answer["refused"]

    def test_damaged_streams_are_refused(self):
        made = [handle for handle, _ in
                make_hosts((({}, "net gen1 ccw"), ({}, "net gen2 ccw")))]
        net, gen, ccw = zip(made[:3], made[3:])

        with tempfile.NamedTemporaryFile() as file:
            vfio_migrate([f"source={net[0]} save={file.name}"])
            stream = file.read()
        head = 24 + struct.unpack_from("<I", stream, 12)[0]
        same(b"VFIO_MIG", stream[:8], "beginning")
        assert 24 < head < len(stream), f"a header of {head} bytes"

        beforehand = "pre-copy=2 " if copies_beforehand() else ""
        self.sweep(net, "sweep=flip count=500")
        before = memory_used()
        count = sum(self.sweep(pair, words) for pair, words in (
            # within the header and the record behind it above all
            (net, f"sweep=cut {places(1, head + 64)}"),
            (net, f"sweep=flip {places(3, (head + 64) * 8)}"),
            (gen, f"sweep=cut {places(7)}"),
            (gen, f"sweep=flip {places(61)}"),
            (gen, f"sweep=replay,swap,drop chunk=64 {places(1)}"),
            (gen, "sweep=endless"),
            (ccw, f"{beforehand}sweep=cut {places(11)}"),
            (ccw, f"{beforehand}sweep=random count={3500 // SHARES} "
             f"chunk=64 seed={SEED}"),
        ))
        after = memory_used()
        grown = [b - a for a, b in zip(before, after)]
        print(f"# {count} damaged streams; memory has grown by {grown[0]} KiB "
              f"of slabs, {grown[1]} KiB of all")
        assert count >= 10000 // SHARES, "too few"
        # a stream that stays behind keeps some 16 KiB
        assert grown[0] < 32 << 10, f"slabs: {before} {after}"
        assert grown[1] < 64 << 10, f"memory: {before} {after}"

    def test_a_header_that_claims_gigabytes(self):
        made = [handle for handle, _ in make_hosts((({}, "net"), ({}, "net")))]
        answer = vfio_migrate([f"source={made[0]} target={made[1]} "
                               f"chunk=24 flip={15 * 8 + 7}"])[0]
        same("refused", outcome(answer), answer)
        same("EBADMSG", answer["error"]["errno"], "errno")
        # with the 24 bytes that claim it, before there is anything of it
        same(0, answer["written"], "bytes that were taken")
        assert wait_until(lambda: refusals(devices()[made[1]]) == 1)
        reason = devices()[made[1]]["refused"]["reason"]
        size = re.match(r"the profile is of (\d+) bytes", reason)
        assert size and int(size.group(1)) >= 1 << 31, reason

    def test_the_protocol_is_kept(self):
        made = make_hosts((({}, "gpu-4 net gen1 ccw"), ({}, "gpu-8 gen2"),
                           ({"provider": "0"}, "net")))
        flags, skipped = 7, []
        if not copies_beforehand():
            # what is forbidden is to do so while a device is copied
            flags, skipped = 3, ["forbidden", "pre-copy", "enomsg"]
        answers = vfio_migrate([f"arcs={handle}" for handle, _ in made])
        for answer, (_, words) in zip(answers, made):
            print(f"# {words}: {answer['checks']} checks")
            same("kept", answer["result"], answer)
            same(skipped, answer["skipped"], "skipped")
            same(flags, answer["flags"], "flags")
            assert answer["checks"] > 100, answer


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    return SKIP


def main():
    if not shutil.which("vfiomig"):
        return skip_all("no vfiomig in the PATH")
    if not VFIO_MIGRATE:
        return skip_all("no vfio_migrate")
    subprocess.run(["modprobe", "-q", "-a", "vfio_mig_sim",
                    "vfio_iommu_type1"], check=False)
    if not os.path.exists(PARENTS):
        return skip_all("no module vfio_mig_sim")

    truth = Truth()
    tests = [f"test_{name}" for name in sys.argv[1:]] or \
        [name for name in vars(Truth) if name.startswith("test_")]
    failed = 0
    print("TAP version 13")
    print(f"1..{len(tests)}")
    for number, name in enumerate(tests, 1):
        line = f"ok {number} {name[5:]}"
        began = time.monotonic()
        try:
            getattr(truth, name)()
        except Exception:  # pylint: disable=broad-except
            for text in traceback.format_exc().splitlines():
                print(f"# {text}")
            line = "not " + line
            failed += 1
        print(f"# {name} took {time.monotonic() - began:.0f} s")
        print(line, flush=True)
        write(PARENTS, "0")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
