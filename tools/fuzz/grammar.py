#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the family's grammar, for the netlink fuzzer, as tables in C.

usage: grammar.py SPEC > grammar.c

All numbers are written as the names that the uAPI header has for them, so that
the compiler finds out when the two disagree.
"""

import sys

import yaml

FORMS = {
    "u8": ("FORM_U8", 1),
    "u32": ("FORM_U32", 4),
    "s32": ("FORM_U32", 4),
    "u64": ("FORM_U64", 8),
    "string": ("FORM_STRING", 0),
    "binary": ("FORM_BINARY", 0),
    "flag": ("FORM_FLAG", 0),
    "nest": ("FORM_NEST", 0),
}

# What the spec can tell in words only: binaries that are themselves made of
# attributes.
INSIDE = {("check", "profile"): "source"}
SUBSETS = {"source": ("object", ["attr"])}


def c_name(*words):
    return "_".join(words).replace("-", "_").upper()


class Grammar:
    """The spec, and what is written of it."""

    def __init__(self, spec):
        self.spec = spec
        self.sets = {s["name"]: s for s in spec["attribute-sets"]}
        self.consts = {d["name"]: d["value"] for d in spec["definitions"]
                       if d["type"] == "const"}
        self.enums = {d["name"]: d for d in spec["definitions"]
                      if d["type"] == "enum"}
        self.order = list(self.sets) + list(SUBSETS)

    def whole(self, name):
        """The set that a set is a part of, or itself."""
        if name in SUBSETS:
            return SUBSETS[name][0]
        return self.sets[name].get("subset-of", name)

    def attrs(self, name):
        """Attributes of a set, with what a subset takes from the whole."""
        whole = self.sets[self.whole(name)]["attributes"]
        if name in SUBSETS:
            wanted = SUBSETS[name][1]
        else:
            wanted = [a["name"] for a in self.sets[name]["attributes"]]
        return [a for a in whole if a["name"] in wanted]

    def number(self, value):
        return self.consts.get(value, value)

    def field(self, name, attr):
        form, size = FORMS[attr["type"]]
        checks = attr.get("checks", {})
        nested = attr.get("nested-attributes") or INSIDE.get(
            (name, attr["name"]))
        words = [f'.name = "{attr["name"]}"',
                 f'.type = {c_name("VFIO_MIG_A", self.whole(name))}_'
                 f'{c_name(attr["name"])}', f".form = {form}"]
        if size:
            words.append(f".len = {size}")
        if "max-len" in checks:
            words.append(f'.max = {self.number(checks["max-len"])}')
        if "enum" in attr:
            enum = self.enums[attr["enum"]]
            start = enum.get("value-start", 0)
            words.append(f".least = {start}")
            words.append(f'.most = {start + len(enum["entries"]) - 1}')
        if "min" in checks:
            words.append(f'.least = {checks["min"]}')
        if nested:
            words.append(f".nested = &sets[SET_{c_name(nested)}]")
        if attr.get("multi-attr"):
            words.append(".multi = true")
        return "\t{ " + ",\n\t  ".join(words) + " },"

    def write_fields(self, title, name, attrs):
        print(f"static const struct field {title}[] = {{")
        for attr in attrs:
            print(self.field(name, attr))
        print("};\n")

    def write_sets(self):
        for name in self.order:
            self.write_fields(f"set_{c_name(name).lower()}", name,
                              self.attrs(name))
        print("const struct set sets[] = {")
        for name in self.order:
            fields = f"set_{c_name(name).lower()}"
            print(f'\t[SET_{c_name(name)}] = {{ "{name}", '
                  f"ARRAY_SIZE({fields}),\n\t\t{fields} }},")
        print("};\n")

    def side(self, op, mode, side):
        """Fields of a request or reply, whose table is written. Its name."""
        body = op.get(mode, {}).get(side)
        if body is None:
            return None
        name = op["attribute-set"]
        title = c_name("op", op["name"], mode, side).lower()
        self.write_fields(title, name, [
            a for a in self.attrs(name) if a["name"] in body["attributes"]])
        return title

    def write_ops(self):
        ops = []
        events = []
        for op in self.spec["operations"]["list"]:
            cmd = f'VFIO_MIG_CMD_{c_name(op["name"])}'
            if "notify" in op:
                events.append((cmd, op))
                continue
            admin = "true" if op.get("flags") else "false"
            for mode in ("do", "dump"):
                if mode in op:
                    ops.append((op["name"], cmd, mode, admin,
                                self.side(op, mode, "request"),
                                self.side(op, mode, "reply")))
        print("const struct op ops[] = {")
        for name, cmd, mode, admin, request, reply in ops:
            print(f'\t{{ .name = "{name}", .cmd = {cmd},\n'
                  f'\t  .dump = {"true" if mode == "dump" else "false"}, '
                  f".admin = {admin},")
            for side, title in (("request", request), ("reply", reply)):
                if title:
                    print(f"\t  .{side} = {{ \"{name}\", "
                          f"ARRAY_SIZE({title}),\n\t\t{title} }},")
            print("\t},")
        print("};\n\nconst unsigned int n_ops = ARRAY_SIZE(ops);\n")
        print("/* Events, and whose replies they look like. */")
        print("const struct event events[] = {")
        for cmd, op in events:
            print(f'\t{{ {cmd}, VFIO_MIG_CMD_{c_name(op["notify"])} }},')
        print("};\n\nconst unsigned int n_events = ARRAY_SIZE(events);")

    def write(self):
        print("/* made of uapi/vfio_mig.yaml by tools/fuzz/grammar.py */")
        print('#include "grammar.h"\n')
        print("enum {")
        for name in self.order:
            print(f"\tSET_{c_name(name)},")
        print("};\n\nextern const struct set sets[];\n")
        self.write_sets()
        self.write_ops()


def main():
    if len(sys.argv) != 2:
        print("usage: grammar.py SPEC", file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        Grammar(yaml.safe_load(file)).write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
