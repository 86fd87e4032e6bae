#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Whether what stands in a file is JSON, and fulfills conditions.

usage: jsoncheck.py FILE [CONDITION...]

The file must hold exactly one JSON object, on one line; with --lines, one on
each of its lines; with --pretty, one on several lines. A condition is a Python
expression of d, the object or the list of the objects.
"""

import json
import os
import re
import sys

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def once(pairs):
    """An object in which a key stands twice is not valid to us."""
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key twice: {keys}")
    return dict(pairs)


def constant(name):
    raise ValueError(f"{name} is no JSON")


def load(text):
    data = json.loads(text, object_pairs_hook=once, parse_constant=constant)
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def sysfs(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def link(path):
    return os.path.basename(os.readlink(path))


def values(obj):
    """The values of an object's attributes, by their names."""
    return {attr["name"]: attr["value"] for attr in obj["attrs"]}


def find(objs, handle):
    found = [obj for obj in objs if obj["handle"] == handle]
    return found[0] if len(found) == 1 else None


def main():
    args = sys.argv[1:]
    style = args.pop(0) if args[0].startswith("--") else None
    with open(args.pop(0), encoding="utf-8") as file:
        text = file.read()
    try:
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        lines = text[:-1].split("\n")
        if style == "--lines":
            data = [load(line) for line in lines]
        else:
            data = load(text)
            if (style == "--pretty") != (len(lines) > 1):
                raise ValueError(f"{len(lines)} lines")
    except ValueError as err:
        print(f"# not what it should be: {err}")
        print("\n".join("# " + line for line in text.split("\n")))
        return 1

    names = {
        "d": data, "sysfs": sysfs, "link": link, "values": values,
        "find": find, "load": load, "os": os, "rfc3339": RFC3339.match,
    }
    for condition in args:
        try:
            fits = eval(condition, names)  # pylint: disable=eval-used
        except (KeyError, IndexError, TypeError, OSError) as err:
            fits = False
            print(f"# {type(err).__name__}: {err}")
        if not fits:
            print(f"# does not hold: {condition}")
            print(f"# {text[:2000]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
