"""serve-moto.py ADDRESS PORT: moto_server, with keys that hold line feeds: its routes are regular expressions whose `.` matches none."""

import sys

from moto.moto_server import utilities, werkzeug_app
from moto.server import main


class RegexConverter(utilities.RegexConverter):
    def __init__(self, url_map, *items):
        super().__init__(url_map, *items)
        self.regex = f"(?s:{self.regex})"


werkzeug_app.RegexConverter = RegexConverter
main(["--host", sys.argv[1], "--port", sys.argv[2]])
