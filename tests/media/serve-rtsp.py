#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""serve-rtsp.py PORT-FILE [ELEMENTS]: an RTSP server for tests, on a free port of
this machine, until it is killed. The port goes into PORT-FILE.

rtsp://127.0.0.1:PORT/HOW is a picture with sound that has no end: HOW is live,
lossy (of the picture's packets numbers 100, 101 and 250 are not sent), short (two
seconds), data (live, with a stream of what a camera sees, which is no media), large (of 1 MB a second) or ts (as an MPEG transport stream). Its sources
are not live ones, which leave frames out on a machine that is busy. With ELEMENTS,
as for gst-launch-1.0, that end in one named pay0, HOW is test alone.
"""

import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

VIDEO = ("videotestsrc pattern=ball num-buffers={n} ! "
         "video/x-raw,width=320,height=240,framerate=25/1 ! "
         "x264enc tune=zerolatency key-int-max=25 bitrate=500 ! "
         "video/x-h264,profile=baseline ! h264parse")
AUDIO = ("audiotestsrc samplesperbuffer=960 num-buffers={m} ! "
         "audio/x-raw,rate=48000,channels=2 ! opusenc")
STREAMS = VIDEO + " ! rtph264pay name=pay0 pt=96 mtu=600 config-interval=-1 " + \
    AUDIO + " ! rtpopuspay name=pay1 pt=97"
DATA = VIDEO + " ! rtph264pay name=pay0 pt=96 mtu=600 config-interval=-1 " + \
    AUDIO + " ! rtpopuspay pt=97 ! capssetter replace=true name=pay1 " \
    "caps=application/x-rtp,media=application,payload=97,clock-rate=48000," \
    "encoding-name=VND.ONVIF.METADATA"
LARGE = ("videotestsrc pattern=snow ! video/x-raw,format=I420,width=320,height=240,"
         "framerate=25/1 ! jpegenc quality=90 ! rtpjpegpay name=pay0 pt=26")
TS = VIDEO + " ! mpegtsmux alignment=7 ! rtpmp2tpay name=pay0 pt=33"
LOST = (100, 101, 250)


def lose(_pad, _info, count):
    count[0] += 1
    if count[0] in LOST:
        return Gst.PadProbeReturn.DROP
    return Gst.PadProbeReturn.OK


def make_lossy(_factory, media):
    pay = media.get_element().get_by_name("pay0")
    kinds = Gst.PadProbeType.BUFFER
    pay.set_property("perfect-rtptime", True)
    pay.get_static_pad("src").add_probe(kinds, lose, [0])


def main():
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    media = {"live": STREAMS.format(n=-1, m=-1),
             "lossy": STREAMS.format(n=-1, m=-1),
             "short": STREAMS.format(n=50, m=50),
             "data": DATA.format(n=-1, m=-1),
             "large": LARGE,
             "ts": TS.format(n=-1)}
    if len(sys.argv) > 2:
        media = {"test": sys.argv[2]}
    for how, launch in media.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch("( " + launch + " )")
        if how == "lossy":
            factory.connect("media-configure", make_lossy)
        server.get_mount_points().add_factory("/" + how, factory)
    if not server.attach(None):
        sys.exit("no port")
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        print(server.get_bound_port(), file=file)
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
