"""`python -m trivium_server` is `trivium`."""

import sys

from trivium_server.cli import main

sys.exit(main())
