#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""check-streams.py FILE: decodes a file, prints what a cvicheck behind each
decoder finds, and exits 1 if a stream is corrupt."""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def on_pad_added(_decodebin, pad, pipeline):
    # Damaged video seldom makes a decoder post a message: its log tells.
    branch = Gst.parse_bin_from_description(
        "queue ! cvicheck watch-log=true ! fakesink", True)
    pipeline.add(branch)
    branch.sync_state_with_parent()
    pad.link(branch.get_static_pad("sink"))


def check(path):
    pipeline = Gst.Pipeline()
    source = Gst.ElementFactory.make("filesrc")
    decodebin = Gst.ElementFactory.make("decodebin")
    source.props.location = path
    pipeline.add(source)
    pipeline.add(decodebin)
    source.link(decodebin)
    decodebin.connect("pad-added", on_pad_added, pipeline)

    corrupt = False
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    while True:
        message = bus.timed_pop(Gst.CLOCK_TIME_NONE)
        fields = message.get_structure()
        if message.has_name("cvicheck-finding"):
            print(fields.get_value("rule"), fields.get_value("message"),
                  sep=": ")
        elif message.has_name("cvicheck-summary"):
            corrupt |= fields.get_value("verdict") == "corrupt"
        elif message.type == Gst.MessageType.ERROR:
            # A file that cannot be read to its end is no healthy one.
            corrupt = True
            break
        elif message.type == Gst.MessageType.EOS:
            break
    pipeline.set_state(Gst.State.NULL)
    return corrupt


if __name__ == "__main__":
    Gst.init(None)
    if len(sys.argv) != 2:
        sys.exit("usage: check-streams.py FILE")
    sys.exit(1 if check(sys.argv[1]) else 0)
