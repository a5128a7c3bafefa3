#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""player.py [--sink ELEMENT] FILE-OR-URI: plays, and shows what a cvicheck
behind each decoder finds, on the terminal and, where GStreamer has textoverlay
(Debian's gstreamer1.0-x), in the picture. Exits 1 if a stream is corrupt.
--sink is where pictures and sound go instead of the screen and the speakers,
such as fakesink."""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

SHOWN_FOR = 5  # seconds
# Damaged video seldom makes a decoder post a message: its log tells.
CHECK = "cvicheck watch-log=true"
TEXT = (" ! videoconvert ! textoverlay name=text valignment=bottom"
        " halignment=left shaded-background=true")


def describe(finding):
    found, start = finding.get_uint64("start-ns")
    place = f"{start / Gst.SECOND:.2f} s: " if found else ""
    return place + ": ".join(
        finding.get_value(name) for name in ("rule", "message"))


class Player:
    def __init__(self, uri, sink):
        self.corrupt = False
        self.loop = GLib.MainLoop()
        self.timeout = 0
        has_text = Gst.ElementFactory.find("textoverlay")
        video = Gst.parse_bin_from_description(
            CHECK + (TEXT if has_text else ""), True)
        self.text = video.get_by_name("text")
        self.playbin = Gst.ElementFactory.make("playbin")
        self.playbin.props.uri = uri
        self.playbin.props.video_filter = video
        self.playbin.props.audio_filter = Gst.parse_bin_from_description(
            CHECK, True)
        if sink:
            self.playbin.props.video_sink = Gst.ElementFactory.make(sink)
            self.playbin.props.audio_sink = Gst.ElementFactory.make(sink)

    def show(self, text):
        print(text, flush=True)
        if not self.text:
            return
        self.text.props.text = text
        if self.timeout:
            GLib.source_remove(self.timeout)
        self.timeout = GLib.timeout_add_seconds(SHOWN_FOR, self.hide)

    def hide(self):
        self.text.props.text = ""
        self.timeout = 0
        return GLib.SOURCE_REMOVE

    def on_message(self, _bus, message):
        fields = message.get_structure()
        if message.has_name("cvicheck-finding"):
            self.show(describe(fields))
        elif message.has_name("cvicheck-summary"):
            self.corrupt |= fields.get_value("verdict") == "corrupt"
        elif message.type == Gst.MessageType.ERROR:
            # A file that cannot be played to its end is no healthy one.
            print(message.parse_error()[0].message, file=sys.stderr)
            self.corrupt = True
            self.loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()

    def play(self):
        bus = self.playbin.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.on_message)
        self.playbin.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.playbin.set_state(Gst.State.NULL)
        bus.remove_signal_watch()
        return self.corrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sink", metavar="ELEMENT")
    parser.add_argument("file", metavar="FILE-OR-URI")
    args = parser.parse_args()
    Gst.init(None)
    # The lines that the checks read are not for the terminal.
    Gst.debug_remove_log_function(None)
    uri = args.file if Gst.uri_is_valid(args.file) else \
        Gst.filename_to_uri(args.file)
    return 1 if Player(uri, args.sink).play() else 0


if __name__ == "__main__":
    sys.exit(main())
