"""serve-moto.py ADDRESS PORT: moto_server, with two things mended.

Keys may hold line feeds: its routes are regular expressions whose `.` matches none. An ETag that two requests ask for first
at the same time is one: it is computed at the first question, from a file whose position they share.
"""

import sys

from moto.moto_server import utilities, werkzeug_app
from moto.s3.models import FakeKey
from moto.server import main


class RegexConverter(utilities.RegexConverter):
    def __init__(self, url_map, *items):
        super().__init__(url_map, *items)
        self.regex = f"(?s:{self.regex})"


def etag(key):
    with key.lock:
        return original_etag.fget(key)


original_etag = FakeKey.etag
FakeKey.etag = property(etag)
werkzeug_app.RegexConverter = RegexConverter
main(["--host", sys.argv[1], "--port", sys.argv[2]])
