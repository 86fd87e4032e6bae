#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a client says that nobody here wrote.

The kernel's own YNL client reads the family by nothing but its specification.
What it is told is held against sysfs and, attribute by attribute, against what
the command vfiomig says.
"""

import glob
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.realpath(__file__))
MTTY = "/sys/class/mdev_bus/mtty/mdev_supported_types"
MDEVS = "/sys/bus/mdev/devices"
UUID = "5e1f7e57-0000-4000-8000-0000000000d%d"
VFIO_PCI = "/sys/bus/pci/drivers/vfio-pci"
TYPES = ("bool", "u64", "string", "version", "bits")
# How many times as long as else one must wait on this kernel.
SLOW = int(os.environ.get("SLOW", "1"))
SKIP = 4


class Skip(Exception):
    """The test cannot be run here."""


def find(*candidates):
    """The first of some files that there is, or None."""
    for path in candidates:
        path = os.path.realpath(os.path.join(HERE, path))
        if os.path.exists(path):
            return path
    return None


# In a kernel's tree, and in ours.
YNL = find("../../../net/ynl", "../../build/selftests/ynl")
SPEC = find("../../../../Documentation/netlink/specs/vfio_mig.yaml",
            "../../uapi/vfio_mig.yaml")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def link(path):
    return os.path.basename(os.readlink(path))


def same(want, got, what):
    assert want == got, f"{what}: {want!r} is not {got!r}"


def vfiomig(*args):
    out = subprocess.run(["vfiomig", "-j", *args], check=False,
                         timeout=60 * SLOW, stdout=subprocess.PIPE).stdout
    return json.loads(out)


def handle(obj):
    return "/".join(obj[part] for part in ("bus", "parent", "name")
                    if part in obj)


def common(attr):
    """An attribute as YNL has it, in the form in which JSON has it."""
    types = [name for name in TYPES if name in attr]
    same(1, len(types), f"values of {attr['name']}")
    kind = types[0]
    value = attr[kind]
    if kind == "bool":
        value = bool(value)
    elif kind == "version":
        value = "{major}.{minor}.{patch}".format(**value)
    elif kind == "bits":
        value = [bit for bit in range(8 * len(value))
                 if value[bit // 8] & 1 << bit % 8]
    known = {"name", "rule", "severity", "missing", "origin", "scope", "label",
             kind}
    assert not set(attr) - known, f"what is {set(attr) - known}?"
    return {
        "name": attr["name"], "type": kind, "value": value,
        "rule": attr["rule"], "severity": attr["severity"],
        "missing": attr["missing"], "origin": attr["origin"],
        "scope": attr.get("scope"), "names": attr.get("label", []),
    }


def plain(attr):
    """An attribute as the command has it, with nothing left out."""
    attr = dict(attr)
    attr.setdefault("rule", "equal")
    attr.setdefault("severity", "fail")
    attr.setdefault("missing", attr["severity"])
    attr.setdefault("origin", "admin")
    attr.setdefault("scope", None)
    attr.setdefault("names", [])
    if attr["type"] == "u64":
        attr["value"] = int(attr["value"])
    elif attr["type"] == "bits":
        numbers = {name["name"]: name["bit"] for name in attr["names"]}
        attr["value"] = [numbers.get(bit, bit) for bit in attr["value"]]
    return attr


def agree(peer, ours, what):
    """Two lists of objects, one of either side."""
    assert peer, f"no {what}"
    same([handle(obj) for obj in peer], [obj["handle"] for obj in ours],
         f"handles of {what}")
    count = 0
    for obj, our in zip(peer, ours):
        name = our["handle"]
        same(obj["id"], our["id"], f"id of {name}")
        same(obj["seq"], int(our["seq"]), f"seq of {name}")
        same(obj.get("available"), our.get("available"),
             f"available of {name}")
        same([attr["name"] for attr in obj["attr"]],
             [attr["name"] for attr in our["attrs"]], f"names in {name}")
        for attr, our_attr in zip(obj["attr"], our["attrs"]):
            same(common(attr), plain(our_attr), f"{attr['name']} of {name}")
            count += 1
    print(f"# {len(peer)} {what} with {count} attributes agree")


def values(obj):
    return {attr["name"]: common(attr)["value"] for attr in obj["attr"]}


class Peer:
    """The tests, in the order in which they stand here."""

    def __init__(self):
        self.bdfs = [bdf for bdf
                     in os.environ.get("VFIO_MIG_SELFTESTS_BDF", "").split()
                     if os.path.exists(f"{VFIO_PCI}/{bdf}")]
        self.mdevs = 0
        subprocess.run(["modprobe", "-q", "mtty"], check=False)
        if os.path.exists(MTTY):
            for ports in (1, 2):
                write(f"{MTTY}/mtty-{ports}/create", UUID % self.mdevs)
                self.mdevs += 1
        self.client = self.open()

    def close(self):
        self.client.close()
        for i in range(self.mdevs):
            if os.path.exists(f"{MDEVS}/{UUID % i}"):
                write(f"{MDEVS}/{UUID % i}/remove", "1")
        for bdf in self.bdfs:
            if not os.path.exists(f"{VFIO_PCI}/{bdf}"):
                write(f"{VFIO_PCI}/bind", bdf)

    @staticmethod
    def open():
        from pyynl.lib import YnlFamily  # pylint: disable=import-error

        schema = find(os.path.join(
            YNL, "../../../Documentation/netlink/genetlink-legacy.yaml"))
        if not importlib.util.find_spec("jsonschema"):
            schema = None
        return YnlFamily(SPEC, schema if schema else "")

    def need_bdf(self):
        if not self.bdfs:
            raise Skip("needs a PCI device in VFIO_MIG_SELFTESTS_BDF")
        return self.bdfs[0]

    def need_mdevs(self):
        if not self.mdevs:
            raise Skip("no mtty: no types")

    def test_status(self):
        """What status-get and the command's status say is the same."""
        peer = self.client.do("status-get", {})
        ours = vfiomig("status")
        for name in ("instance", "seq", "devices", "types", "undescribed"):
            same(peer[name], int(ours[name]), name)
        same(peer["attrs-max"], ours["limits"]["attrs_max"], "attrs-max")
        same(peer["profile-max"], ours["limits"]["profile_max"],
             "profile-max")
        same(len(glob.glob("/sys/class/vfio-dev/*")), peer["devices"],
             "devices")

    def test_devices_as_the_command_has_them(self):
        if not glob.glob("/sys/class/vfio-dev/*"):
            raise Skip("no VFIO device")
        agree(self.client.dump("dev-get", {}),
              vfiomig("dev", "show")["devices"], "devices")

    def test_types_as_the_command_has_them(self):
        self.need_mdevs()
        agree(self.client.dump("type-get", {}),
              vfiomig("type", "show")["types"], "types")

    def test_devices_as_sysfs_has_them(self):
        self.need_bdf()
        devs = self.client.dump("dev-get", {})
        want = {os.path.basename(os.path.realpath(path + "/device"))
                for path in glob.glob("/sys/class/vfio-dev/*")}
        same(want, {dev["name"] for dev in devs}, "names")
        uname = os.uname()
        for dev in devs:
            path = f"/sys/bus/{dev['bus']}/devices/{dev['name']}"
            have = values(dev)
            same(link(f"{path}/driver"), have["driver"], "driver")
            same(link(f"{path}/subsystem"), dev["bus"], "bus")
            assert have["driver.build"].startswith(
                f"{uname.release} {uname.version}"), have["driver.build"]
            if dev["bus"] == "pci":
                same("vfio-pci", have["device_api"], "device_api")
                for name in ("vendor", "device", "class", "revision",
                             "subsystem-vendor", "subsystem-device"):
                    file = name.replace("-", "_")
                    same(int(read(f"{path}/{file}"), 16),
                         have[f"pci.{name}"], f"{name} of {dev['name']}")
            elif dev["bus"] == "mdev":
                kind = f"{path}/mdev_type"
                same(read(f"{kind}/device_api"), have["device_api"],
                     "device_api")
                same(read(f"{kind}/name"), have["mdev.name"], "mdev.name")
                same(link(kind), have["mdev.type"], "mdev.type")

    def test_types_as_sysfs_has_them(self):
        self.need_mdevs()
        types = self.client.dump("type-get", {})
        same(set(os.listdir(MTTY)), {kind["name"] for kind in types},
             "types")
        for kind in types:
            path = f"{MTTY}/{kind['name']}"
            have = values(kind)
            same(("mdev", "mtty"), (kind["bus"], kind["parent"]), "handle")
            same(int(read(f"{path}/available_instances")),
                 kind["available"], "available")
            same(read(f"{path}/device_api"), have["device_api"],
                 "device_api")
            same(read(f"{path}/name"), have["mdev.name"], "mdev.name")
            same(kind["name"], have["mdev.type"], "mdev.type")

    def test_one_by_its_handle(self):
        bdf = self.need_bdf()
        dev = self.client.do("dev-get", {"bus": "pci", "name": bdf})
        agree([dev], vfiomig("dev", "show", f"pci/{bdf}")["devices"],
              "device")
        same(dev, self.client.do("dev-get", {"id": dev["id"]}), "by id")
        if self.mdevs:
            kind = self.client.do("type-get", {
                "bus": "mdev", "parent": "mtty", "name": "mtty-2"})
            agree([kind],
                  vfiomig("type", "show", "mdev/mtty/mtty-2")["types"],
                  "type")

    def refused(self, errno, request, **extack):
        from pyynl.lib import NlError  # pylint: disable=import-error

        try:
            self.client.do("dev-get", request)
        except NlError as err:
            same(errno, -err.error if err.error < 0 else err.error, "errno")
            have = err.nl_msg.extack
            assert have.get("msg"), "no message"
            for key, value in extack.items():
                same(value, have.get(key.replace("_", "-")), key)
            return
        assert False, f"{request} is not refused"

    def test_errors_name_the_attribute(self):
        """The kernel's offsets lead to the right place in the request."""
        self.refused(19, {"bus": "pci", "name": "ffff:ff:1f.7"},
                     bad_attr=".name",
                     msg="no device of this handle in this network namespace")
        self.refused(19, {"id": 0xfffffff0}, bad_attr=".id")
        self.refused(22, {"bus": "pci"}, miss_type="name")
        self.refused(22, {"name": "0000:00:00.0"}, miss_type="bus")
        self.refused(22, {}, miss_type="id")
        self.refused(22, {"id": 1, "seq": 1}, bad_attr=".seq")
        self.refused(34, {"id": 0}, bad_attr=".id")
        self.refused(22, {"bus": "x" * 64, "name": "y"}, bad_attr=".bus")

    def test_events(self):
        bdf = self.need_bdf()
        seq = self.client.do("status-get", {})["seq"]
        with self.open() as mon:
            mon.ntf_subscribe("monitor")
            write(f"{VFIO_PCI}/unbind", bdf)
            write(f"{VFIO_PCI}/bind", bdf)
            events = []
            for event in mon.poll_ntf(duration=10):
                events.append(event)
                if len(events) == 2:
                    break
        same(["dev-del-ntf", "dev-add-ntf"],
             [event["name"] for event in events], "events")
        same([seq + 1, seq + 2], [event["msg"]["seq"] for event in events],
             "numbers")
        same(["pci/" + bdf] * 2, [handle(event["msg"]) for event in events],
             "handles")
        same(events[1]["msg"],
             self.client.do("dev-get", {"bus": "pci", "name": bdf}),
             "the device")

    def test_its_own_command(self):
        """The client's own command line, as people use it."""
        bdf = self.need_bdf()
        cli = [sys.executable, "-B", f"{YNL}/pyynl/cli.py", "--spec", SPEC,
               "--no-schema", "--output-json"]
        begun = time.monotonic()
        dump = subprocess.run([*cli, "--dump", "dev-get"], check=True,
                              stdout=subprocess.PIPE, text=True,
                              timeout=60 * SLOW)
        took = time.monotonic() - begun
        # it does not tell when it listens: twice as long must do
        with subprocess.Popen(
                [*cli, "--subscribe", "monitor",
                 "--duration", str(round(3 * took) + 5 + SLOW)],
                stdout=subprocess.PIPE, text=True) as mon:
            time.sleep(2 * took + 1)
            write(f"{VFIO_PCI}/unbind", bdf)
            write(f"{VFIO_PCI}/bind", bdf)
            out = mon.communicate(timeout=240 * SLOW)[0]
        same(0, mon.returncode, "exit status")
        same(len(glob.glob("/sys/class/vfio-dev/*")),
             len(json.loads(dump.stdout)), "devices")
        events = [json.loads(line) for line in out.splitlines() if line]
        same([("dev-del-ntf", bdf), ("dev-add-ntf", bdf)],
             [(event["name"], event["msg"]["name"]) for event in events],
             "events")


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    return SKIP


def main():
    if not YNL or not SPEC:
        return skip_all("no YNL client, or no specification")
    if not shutil.which("vfiomig"):
        return skip_all("no vfiomig in the PATH")
    sys.path.insert(0, YNL)
    try:
        import pyynl.lib  # pylint: disable=import-error,unused-import
    except ImportError as err:
        return skip_all(f"the YNL client does not run: {err}")

    subprocess.run(["modprobe", "-q", "vfio_mig"], check=False)
    if not os.path.exists("/sys/module/vfio_mig"):
        return skip_all("no module vfio_mig")

    peer = Peer()
    tests = [name for name in vars(Peer) if name.startswith("test_")]
    failed = 0
    print("TAP version 13")
    print(f"1..{len(tests)}")
    for number, name in enumerate(tests, 1):
        line = f"ok {number} {name[5:]}"
        try:
            getattr(peer, name)()
        except Skip as why:
            line += f" # SKIP {why}"
        except Exception:  # pylint: disable=broad-except
            for text in traceback.format_exc().splitlines():
                print(f"# {text}")
            line = "not " + line
            failed += 1
        print(line, flush=True)
    peer.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
