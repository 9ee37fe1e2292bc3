"""Reads files with CPython's configparser, for parser_fuzz_test.ts to compare with.

stdin: a JSON array of texts. stdout: a JSON array with one verdict for each of them:
{"refused_at": LINE, "by": EXCEPTION}, where LINE is the first one that CPython won't read past, or
{"sections": [[NAME, [[KEY, RAW, {"value": TEXT, "used": [NAME, ...]} or {"refused": EXCEPTION, "name": NAME}],
...]], ...]}, with the keys of [DEFAULT] in every section, and [DEFAULT] itself as the last one.
"""

import configparser
import io
import json
import re
import sys


class Recorder:
    """The names that were looked up in a mapping."""

    def __init__(self, mapping):
        self.mapping = mapping
        self.names = set()

    def __getitem__(self, name):
        self.names.add(name)
        return self.mapping[name]


class RecordingInterpolation(configparser.BasicInterpolation):
    def before_get(self, parser, section, option, value, defaults):
        self.recorder = Recorder(defaults)
        return super().before_get(parser, section, option, value, self.recorder)


def read(text, interpolation=None):
    parser = configparser.ConfigParser(interpolation=interpolation)
    # A file as open() gives it: universal newlines, which read_string() hasn't.
    parser.read_file(io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8-sig"))
    return parser


def refused_at(text):
    """The number of lines in the shortest beginning of the text that can't be read."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    readable, refused = 0, len(lines)
    while refused - readable > 1:
        middle = (readable + refused) // 2
        try:
            read("".join(lines[:middle]))
            readable = middle
        except configparser.Error:
            refused = middle
    return refused


def judge_value(parser, interpolation, section, key):
    try:
        value = parser.get(section, key)
        return {"value": value, "used": sorted(interpolation.recorder.names)}
    except configparser.InterpolationMissingOptionError as error:
        return {"refused": type(error).__name__, "name": error.reference}
    except configparser.InterpolationError as error:
        return {"refused": type(error).__name__}


def judge(text):
    interpolation = RecordingInterpolation()
    try:
        parser = read(text, interpolation)
    except configparser.Error as error:
        return {"refused_at": refused_at(text), "by": type(error).__name__}
    sections = []
    for section in [*parser.sections(), parser.default_section]:
        keys = [
            [
                key,
                parser.get(section, key, raw=True),
                judge_value(parser, interpolation, section, key),
            ]
            for key in parser[section]
        ]
        sections.append([section, keys])
    return {"sections": sections}


json.dump([judge(text) for text in json.load(sys.stdin.buffer)], sys.stdout)
