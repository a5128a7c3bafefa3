#!/usr/bin/python3
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
"""serve.py FOLDER PORT-FILE LOG [CERTIFICATE]: a web server for tests.

It serves the files of FOLDER, the way that the first step of the path says
(/HOW/NAME), until it is killed. PORT-FILE gets the port once it listens, LOG a
line for each request: what is asked for and which range, with "-" for none.
"""

import base64
import email.utils
import http.server
import os
import ssl
import sys

AUTH = "Basic " + base64.b64encode(b"name:secret").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def log(self):
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(f"{self.path} {self.headers.get('Range', '-')}\n")

    def requests_before(self):
        """How often the same was asked for."""
        with open(LOG, encoding="utf-8") as log:
            return sum(line.split()[0] == self.path for line in log) - 1

    def head(self, status, size, **fields):
        self.send_response(status)
        if size is not None:
            self.send_header("Content-Length", str(size))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole(self, data, **fields):
        self.head(200, len(data), **fields)
        self.wfile.write(data)

    def end(self, status, **fields):
        self.head(status, 0, **fields)

    def do_GET(self):
        self.log()
        how, _, name = self.path[1:].partition("/")
        method = getattr(self, "serve_" + how.replace("-", "_"), None)
        if method is None:
            self.end(404)
            return
        try:
            method(name)
        except FileNotFoundError:
            self.end(404)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def content(self, name):
        with open(os.path.join(FOLDER, name), "rb") as file:
            return file.read()

    def validators(self, name):
        stat = os.stat(os.path.join(FOLDER, name))
        return {"ETag": f'"{stat.st_size}-{stat.st_mtime_ns}"',
                "Last_Modified": email.utils.formatdate(stat.st_mtime,
                                                        usegmt=True)}

    def serve_plain(self, name):
        self.whole(self.content(name), **self.validators(name))

    def serve_etag(self, name):
        self.whole(self.content(name), ETag=self.validators(name)["ETag"])

    def serve_date(self, name):
        self.whole(self.content(name),
                   Last_Modified=self.validators(name)["Last_Modified"])

    def serve_none(self, name):
        self.whole(self.content(name))

    def serve_status(self, name):
        self.end(int(name))

    def serve_auth(self, name):
        if self.headers.get("Authorization") == AUTH:
            self.serve_plain(name)
        else:
            self.end(401, WWW_Authenticate='Basic realm="tests"')

    def serve_gzip(self, name):
        self.whole(self.content(name), Content_Encoding="gzip")

    def serve_redirect(self, name):
        """/redirect/3/NAME: over three others."""
        count, _, name = name.partition("/")
        self.end(302, Location=f"/redirect/{int(count) - 1}/{name}"
                 if int(count) > 1 else f"/plain/{name}")

    def serve_to_file(self, name):
        self.end(302, Location="file://" + os.path.join(FOLDER, name))

    def serve_chunked(self, name):
        data = self.content(name)
        self.head(200, None, Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))

    def serve_cut_chunk(self, name):
        data = self.content(name)
        self.head(200, None, Transfer_Encoding="chunked")
        self.wfile.write(b"%x\r\n%s" % (len(data), data[:len(data) // 2]))
        self.close_connection = True

    def serve_close(self, name):
        """No length: the connection's end is the file's."""
        self.head(200, None, Connection="close")
        self.wfile.write(self.content(name))
        self.close_connection = True

    def half(self, name):
        data = self.content(name)
        self.head(200, len(data), **self.validators(name))
        self.wfile.write(data[:len(data) // 2])
        self.close_connection = True

    def serve_cut(self, name):
        """Breaks off in the middle, and goes on there when asked to."""
        data = self.content(name)
        wanted = self.headers.get("Range")
        if wanted is None:
            self.half(name)
            return
        first = int(wanted.removeprefix("bytes=").partition("-")[0])
        if self.headers.get("If-Range") != self.validators(name)["ETag"]:
            self.end(412)
            return
        rest = data[first:]
        self.head(206, len(rest), ETag=self.validators(name)["ETag"],
                  Content_Range=f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.wfile.write(rest)

    def earlier(self, name, tag='"earlier"'):
        """Half of what was there before: of the same size."""
        data = self.content(name)[::-1]
        self.head(200, len(data), ETag=tag)
        self.wfile.write(data[:len(data) // 2])
        self.close_connection = True

    def swap(self, name, **fields):
        """Heeds no If-Range: the rest is of what has come in its place."""
        data = self.content(name)
        wanted = self.headers.get("Range")
        if self.requests_before() == 0:
            self.earlier(name)
        elif wanted is None:
            self.whole(data, ETag='"later"')
        else:
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            self.head(206, len(data) - first, Content_Range=f"bytes {first}-"
                      f"{len(data) - 1}/{len(data)}", **fields)
            self.wfile.write(data[first:])

    def serve_swap(self, name):
        self.swap(name, ETag='"later"')

    def serve_swap_silent(self, name):
        """And does not say of what it is."""
        self.swap(name)

    def serve_swap_anew(self, name):
        """Sends all of what has come in its place."""
        if self.requests_before() == 0:
            self.earlier(name)
        else:
            self.whole(self.content(name), ETag='"later"')

    def serve_swap_always(self, name):
        """Is another one each time."""
        self.earlier(name, f'"{self.requests_before()}"')

    def serve_cut_other(self, name):
        """Breaks off, and then sends another part than was asked for."""
        if self.headers.get("Range") is None:
            self.half(name)
            return
        size = len(self.content(name))
        self.head(206, 4, Content_Range=f"bytes 0-3/{size}",
                  ETag=self.validators(name)["ETag"])
        self.wfile.write(b"1234")

    def serve_cut_once(self, name):
        """Breaks off, knows of no ranges, and sends it whole then."""
        if self.requests_before() == 0:
            self.half(name)
        else:
            self.serve_plain(name)

    def serve_cut_always(self, name):
        self.half(name)

    def serve_hang(self, name):
        """Sends a part, and no more."""
        data = self.content(name)
        self.head(200, len(data), **self.validators(name))
        self.wfile.write(data[:1000])
        self.wfile.flush()
        self.rfile.read(1)

    def serve_endless(self, _name):
        self.head(200, None, Connection="close")
        while True:
            self.wfile.write(bytes(65536))

    def serve_page(self, name):
        self.whole(self.content(name), Content_Type="text/html; charset=utf-8")

    def serve_playlist(self, name):
        self.whole(self.content(name),
                   Content_Type="application/vnd.apple.mpegurl")

    def serve_plain_text(self, name):
        self.whole(self.content(name), Content_Type="text/plain")

    def serve_headers(self, _name):
        """A head that has no end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Filler: " + bytes([120]) * 8000 + b"\r\n")

    def serve_slow(self, name):
        """In small pieces."""
        data = self.content(name)
        self.head(200, len(data), **self.validators(name))
        for start in range(0, len(data), 8192):
            self.wfile.write(data[start:start + 8192])
            self.wfile.flush()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """That a client goes away is what some tests are about."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 4:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[4])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(PORT_FILE + ".part", "w", encoding="utf-8") as file:
        print(server.server_address[1], file=file)
    os.rename(PORT_FILE + ".part", PORT_FILE)
    server.serve_forever()


if __name__ == "__main__":
    FOLDER, PORT_FILE, LOG = sys.argv[1:4]
    main()
