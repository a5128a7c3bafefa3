#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""serve-rtsp.py PORT-FILE ELEMENTS: an RTSP server for the tests, on a free port
of this machine. ELEMENTS, as for gst-launch-1.0, end in one named pay0. The
port goes into PORT-FILE. Serves rtsp://127.0.0.1:PORT/test until it is killed.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main():
    Gst.init(None)
    path, elements = sys.argv[1:]
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {elements} )")
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.get_mount_points().add_factory("/test", factory)
    if not server.attach(None):
        sys.exit("no port")
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(f"{server.get_bound_port()}\n")
    os.rename(path + ".new", path)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
